"""The clock tree as RCC->PLLCFGR, RCC->CFGR and FLASH->ACR are written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.checks.tree_model import Tree, Value, crystal
from signoff.verifiers.mcu.parts.part import Part, Register
from signoff.verifiers.mcu.source.facts import Access, Function, ImageFacts, RegisterAccess, SourceFacts
from signoff.verifiers.mcu.source.files import names_in
from signoff.verifiers.mcu.source.values import constant, from_macros
from signoff.verifiers.mcu.source.vocabulary import known_value


def register_trees(function: Function, source: SourceFacts, part: Part, image: ImageFacts) -> Iterator[Tree]:
    """The clock tree of a function that writes the PLL's register and switches to it; one at the most."""
    pll = _writes(function, "RCC", "PLLCFGR")
    if len(pll) != 1 or pll[0].operator != "=" or function.body.jumps:
        return
    tree = _pll(function, pll[0], source, part)
    if tree is None:
        return
    names = table("tree")["registers"]
    switches = _writes(function, "RCC", "CFGR")
    tree.by_pll = any(names["switch"] in _names(access) for access in switches)
    if tree.by_pll:
        tree.ahb = _divider(function, switches, names["ahb"])
        tree.apb1 = _divider(function, switches, names["apb1"])
        tree.apb2 = _divider(function, switches, names["apb2"])
        tree.latency = _latency(function, image, pll[0], part)
    yield tree


def _writes(function: Function, peripheral: str, register: str) -> list[RegisterAccess]:
    return [
        one
        for one in function.body.registers
        if one.peripheral == peripheral
        and one.register == register
        and one.access in (Access.WRITE, Access.MODIFY)
        and one.operator != "&="
    ]


def _names(access: RegisterAccess) -> frozenset[str]:
    return names_in(access.value.resolved) if access.value is not None else frozenset()


def _pll(function: Function, access: RegisterAccess, source: SourceFacts, part: Part) -> Tree | None:
    controller = part.peripheral("RCC")
    register = controller.register("PLLCFGR") if controller is not None else None
    values = table("tree")["registers"]["values"]
    if access.value is None or register is None:
        return None
    known = from_macros(source.macros, lambda name: values.get(name, known_value(name)))
    raw = access.value.value
    # Names with a value of ours come first: the device's header, where they are defined, is not read.
    raw = constant(access.value.resolved, lambda name: values.get(name, known(name))) if raw is None else raw
    if raw is None:
        return None
    names = table("tree")["registers"]["factors"]
    span = function.place(access)
    factors = {letter: _field(register, name, raw) for letter, name in names.items()}
    feed = _field(register, table("tree")["registers"]["source"], raw)
    if None in factors.values() or feed is None:
        return None
    tree = Tree(source=crystal(source) if feed else part.clocks.hsi or None)
    tree.m, tree.n = Value(factors["m"] or 0, span), Value(factors["n"] or 0, span)
    tree.p = Value(2 * ((factors["p"] or 0) + 1), span)  # 0, 1, 2, 3 stand for 2, 4, 6, 8 (RM0090, 7.3.2)
    return tree


def _field(register: Register, name: str, raw: int) -> int | None:
    found = register.field(name)
    return (raw & found.mask) >> found.lsb if found is not None else None


def _divider(function: Function, writes: list[RegisterAccess], pattern: str) -> Value | None:
    """The divider that a name sets; 1, the value after reset, where CFGR is written by such names alone."""
    for access in writes:
        for name in _names(access):
            match = re.fullmatch(pattern, name)
            if match:
                return Value(int(match[1]), function.place(access))
    named = all(_names(access) for access in writes)
    plain = [access for access in writes if access.operator == "|="]
    return Value(1, function.place(writes[0])) if writes and named and len(plain) == len(writes) else None


def _latency(function: Function, image: ImageFacts, pll: RegisterAccess, part: Part) -> Value | None:
    """The wait states that the function sets; 0, the value after reset, where nothing in the image sets them."""
    flash = part.peripheral("FLASH")
    register = flash.register("ACR") if flash is not None else None
    latency = register.field("LATENCY") if register is not None else None
    writes = _writes(function, "FLASH", "ACR")
    if latency is None or len(writes) > 1:
        return None
    if not writes:
        touched = any(_touches_flash(one) for one in image.every()) or not image.closed
        return None if touched else Value(0, function.place(pll))
    pattern = table("tree")["registers"]["latency"]
    for name in _names(writes[0]):
        match = re.fullmatch(pattern, name)
        if match and match[1]:
            return Value(int(match[1]), function.place(writes[0]))
        if match:
            return None
    raw = writes[0].value.value if writes[0].value is not None else None
    return Value((raw & latency.mask) >> latency.lsb, function.place(writes[0])) if raw is not None else None


FLASH_CALL = re.compile(r"(?:__HAL_FLASH|LL_FLASH|FLASH_|flash_|HAL_RCC_ClockConfig|rcc_clock_setup)\w*")


def _touches_flash(function: Function) -> bool:
    """Whether a function may set the wait states."""
    return any(one.peripheral == "FLASH" or one.address is not None for one in function.body.registers) or any(
        FLASH_CALL.match(call.callee) for call in function.body.calls
    )
