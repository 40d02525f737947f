"""Hover texts on pins and their alternate functions."""

from __future__ import annotations

import re

from signoff.diagnostics.explain.markdown import code, table
from signoff.diagnostics.explain.mcu_text import paragraphs, source
from signoff.verifiers.mcu.parts.part import Part

PIN = re.compile(r"P(?P<port>[A-K])(?P<number>\d{1,2})")
PINS_OF_A_PORT = 16
PINS_OF_A_REGISTER = 8


def pin_text(port: str, number: int, part: Part) -> str | None:
    """A pin's alternate functions; None where the part has no such pin."""
    pin = f"P{port}{number}"
    functions = part.alternates.get(pin)
    if functions is None:
        return None
    rows = [(str(af), ", ".join(map(code, signals.split("/")))) for af, signals in functions]
    return paragraphs(f"**{pin}** · {_bits(number)}", table(("AF", "Function"), rows), source(part))


def number_text(number: int, part: Part) -> str | None:
    """A pin's number where the port is not known: which bits of the port's registers are its own."""
    if not 0 <= number < PINS_OF_A_PORT or not part.alternates:
        return None
    return paragraphs(f"**Pin {number} of a port** · mask `0x{1 << number:04X}`", f"{_bits(number)}.", source(part))


def function_text(af: int | None, peripheral: str, part: Part, *, pin: str = "") -> str | None:
    """Which pins have a peripheral as alternate function `af` (None: as any), and which signal.

    `pin` is the one that the statement sets, "" where it names none. None where no pin has it.
    """
    rows = [
        (name, number, signal)
        for name, functions in part.alternates.items()
        for number, signals in functions
        for signal in signals.split("/")
        if af in (None, number) and (not peripheral or _of(signal, peripheral))
    ]
    if not rows or not peripheral:
        return None
    numbers = sorted({number for _, number, _ in rows})
    head = f"**Alternate function {', '.join(map(str, numbers))}: {peripheral}**"
    listed = [(name, code(signal), *((str(number),) if len(numbers) > 1 else ())) for name, number, signal in rows]
    columns = ("Pin", "Signal", *(("AF",) if len(numbers) > 1 else ()))
    return paragraphs(head, _verdict(rows, pin, peripheral, part), table(columns, listed), source(part))


def _verdict(rows: list[tuple[str, int, str]], pin: str, peripheral: str, part: Part) -> str:
    if pin not in part.alternates:
        return ""
    signals = [signal for name, _, signal in rows if name == pin]
    return f"On {pin}: {', '.join(map(code, signals))}." if signals else f"**{pin} has no {peripheral} here.**"


def _of(signal: str, peripheral: str) -> bool:
    return signal == peripheral or signal.startswith(f"{peripheral}_")


def _bits(number: int) -> str:
    low, shift = 2 * number, 4 * (number % PINS_OF_A_REGISTER)
    register = "AFRL (AFR[0])" if number < PINS_OF_A_REGISTER else "AFRH (AFR[1])"
    pair, four = f"{low + 1}:{low}", f"{shift + 3}:{shift}"
    return f"MODER, OSPEEDR, PUPDR bits {pair}; {register} bits {four}; IDR, ODR, OTYPER bit {number}"
