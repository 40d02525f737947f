"""Check 2: an enable bit is written to the register of another bus. The macro's own name tells its register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.mcu.checks.check import TOOL, by_function
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Call, Function, ImageFacts, Operand, RegisterAccess
from signoff.verifiers.mcu.source.files import names_in
from signoff.verifiers.project import Project

CODE = "WrongClockRegister"
# RCC_APB1ENR_TIM12EN: bus, kind of register, bit.
MACRO = re.compile(r"RCC_((?:AHB|APB)\d)((?:LP)?ENR|RSTR|SMENR)\d?_(\w+)")
REGISTER = re.compile(r"((?:AHB|APB)\d)((?:LP)?ENR|RSTR|SMENR)(\d?)")
# LL_APB1_GRP1_EnableClock(LL_APB2_GRP1_PERIPH_USART1), RCC_APB1PeriphClockCmd(RCC_APB2Periph_USART1, ENABLE)
CALL = re.compile(r"(?:LL_((?:AHB|APB)\d)_GRP\d_\w+|RCC_((?:AHB|APB)\d)Periph(?:Clock|Reset|ClockLPMode)Cmd)")
ARGUMENT = re.compile(r"(?:LL_((?:AHB|APB)\d)_GRP\d_PERIPH_(\w+)|RCC_((?:AHB|APB)\d)Periph_(\w+))")
POINTED = re.compile(r"&\s*\(?\s*RCC(?:_|->)((?:AHB|APB)\d(?:ENR|RSTR))\)?")


def wrong_registers(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterable[Finding]:
    """Enable, reset and low-power bits that are written to another bus's register."""
    source = image.sources.get(path)
    for function in source.functions if source is not None else ():
        yield from _of_function(function)


@by_function
def _of_function(function: Function) -> Iterator[Finding]:
    for access in function.body.registers:
        yield from _accessed(function, access)
    for call in function.body.calls:
        yield from _called(function, call)


def _accessed(function: Function, access: RegisterAccess) -> Iterator[Finding]:
    register = REGISTER.fullmatch(access.register)
    if register is None or access.peripheral != "RCC" or access.access not in (Access.WRITE, Access.MODIFY):
        return
    operands = [one for one in (access.value, access.mask) if one is not None]
    name = _foreign(operands, register[1])
    if name is not None:
        macro = MACRO.fullmatch(name)
        assert macro is not None
        right = f"{macro[1]}{register[2]}{register[3]}"
        yield _finding(function, access, name, macro[3], access.register, right)


def _foreign(operands: list[Operand], bus: str) -> str | None:
    """The first macro of another bus; None where one is of this bus, or they are of several (then it is no slip)."""
    names = sorted(name for one in operands for name in names_in(one.resolved) | names_in(one.text))
    macros = [match for name in names if (match := MACRO.fullmatch(name)) is not None]
    buses = {match[1] for match in macros}
    return macros[0][0] if macros and bus not in buses and len(buses) == 1 else None


def _called(function: Function, call: Call) -> Iterator[Finding]:
    named = CALL.fullmatch(call.callee)
    if named is not None and call.arguments:
        bus = named[1] or named[2]
        for name in sorted(names_in(call.arguments[0].resolved)):
            argument = ARGUMENT.fullmatch(name)
            own = argument[1] or argument[3] if argument else bus
            if argument is not None and own != bus:
                peripheral = argument[2] or argument[4]
                yield _finding(function, call, name, peripheral, f"{bus}ENR", f"{own}ENR")
                return
    elif call.callee == "rcc_peripheral_enable_clock" and len(call.arguments) > 1:
        pointed = POINTED.fullmatch(call.arguments[0].resolved)
        name_ = _foreign([call.arguments[1]], pointed[1][:4]) if pointed else None
        macro = MACRO.fullmatch(name_) if name_ else None
        if pointed is not None and macro is not None:
            yield _finding(function, call, macro[0], macro[3], pointed[1], f"{macro[1]}{macro[2]}")


def _finding(function: Function, item: Call | RegisterAccess, macro: str, bit: str, wrong: str, right: str) -> Finding:
    name = re.sub(r"(?:LP)?(?:EN|RST)$", "", bit)
    message = (
        f"{macro} is a bit of RCC->{right}, not of {wrong}: {name} hangs on {right[:4]}, "
        f"and the same bit of {wrong} belongs to something else, or to nothing."
    )
    data = (("peripheral", name), ("macro", macro), ("register", right), ("wrong", wrong))
    span = function.place(item)
    return Finding(function.path, span, Severity.ERROR, CODE, message, TOOL, Category.CLOCK_ENABLE, "", (), data)
