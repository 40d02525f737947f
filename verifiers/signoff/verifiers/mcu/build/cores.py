"""Which core a microcontroller has, by its name, and gcc's options for it; the facts are in cores.toml."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

_PLAIN = re.compile(r"[^a-z0-9]")


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    text = (resources.files("signoff.verifiers.mcu.build") / "cores.toml").read_text("utf-8")
    table: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return table


def cpu_of(part: str) -> str:
    """gcc's -mcpu name of a part in any spelling ("STM32F407VGTx" -> "cortex-m4"); "" where it is not known."""
    return _longest("families", part)


def fpu_of(part: str) -> str:
    """gcc's -mfpu name of a part's floating-point unit; "" where it has none or it is not known."""
    return _longest("units", part)


def core_flags(cpu: str, fpu: str = "", abi: str = "") -> tuple[str, ...]:
    """gcc's options for a core: `fpu` as in -mfpu ("" for none), `abi` as in -mfloat-abi; () where no core is known."""
    if not cpu:
        return ()
    float_abi = abi or ("hard" if fpu else "soft")
    unit = (f"-mfpu={fpu}",) if fpu and float_abi != "soft" else ()
    return (f"-mcpu={cpu}", "-mthumb", *unit, f"-mfloat-abi={float_abi}")


def _longest(section: str, part: str) -> str:
    plain = _PLAIN.sub("", part.lower())
    fitting = [
        (len(start), name) for name, starts in _table()[section].items() for start in starts if plain.startswith(start)
    ]
    return max(fitting, default=(0, ""))[1]
