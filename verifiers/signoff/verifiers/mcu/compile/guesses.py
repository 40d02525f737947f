"""What may be told of a unit whose flags nobody has declared: only what no missing flag could explain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.file_kinds import IAR_ENDING, KEIL_ENDING
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.compile.gcc_findings import MISSING_INCLUDE
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.project import CompileUnit

# 'STM32_TICK' undeclared (first use in this function): a macro that a -D may define. With a near name it is a slip.
MACRO = re.compile(r"'[A-Z][A-Z0-9_]{2,}' (?:undeclared|was not declared)")
# <cstdint>, <vector>: only C++'s own have no ending.
CPP_HEADER = re.compile(rf"\w+: {MISSING_INCLUDE}")
NO_CPP = " (this toolchain has no C++ library: install libstdc++-arm-none-eabi-newlib, or Arm's own toolchain)"
# What a macro in capitals leaves where it is not known to be one.
SUGGESTED = "did you mean"
# Projects of other compilers. What their dialects have of their own (__asm functions, __forceinline, __irq) is a syntax
# error to gcc, mostly in a header, and everything behind it is read wrong.
FOREIGN = (KEIL_ENDING, IAR_ENDING)
DIALECT = re.compile(
    r"expected|storage class|at end of input|stray |unknown type name|undeclared here|follows (?:non-static|extern)",
    re.IGNORECASE,
)
# #error in a header: "Please select first the target STM32F4xx device".
DIRECTIVE = re.compile(r"^#error", re.IGNORECASE)


def certain(found: Iterable[Finding], unit: CompileUnit, kit: Toolchain) -> tuple[tuple[Finding, ...], bool, str]:
    """(what is certain, whether gcc saw everything as the build would, why not)."""
    everything = _with_library(tuple(found), kit)
    if any(NO_CPP in one.message for one in everything):
        return everything, False, "This toolchain has no C++ library."
    missing = tuple(one for one in everything if MISSING_INCLUDE in one.message and one.severity is Severity.ERROR)
    if missing and not unit.declared:
        return (
            _softened(missing, GUESSED),
            False,
            "An included file was not found, and the include folders are guessed.",
        )
    if unit.declared:
        absent = _absent(unit) if missing else ""
        if not absent:
            return everything, not missing, ""
        others = tuple(one for one in everything if one not in missing)
        why = f" (the build's include folder {absent} is not there: is it made by the build, or a submodule?)"
        return (*others, *_softened(missing, why)), False, f"The include folder {absent} is not there."
    if unit.origin.lower().endswith(FOREIGN) and any(DIALECT.search(one.message) for one in everything):
        return (), False, "It is written for another compiler, whose dialect gcc does not know."
    if any(DIRECTIVE.match(one.message) for one in everything):
        return (), False, "A header asks for a macro that the build may define; its flags are guessed."
    kept = tuple(one for one in everything if not _explained(one))
    return kept, len(kept) == len(everything), ""


GUESSED = " (the build of this file is guessed: name it in compile_commands.json or signoff.toml)"


def _with_library(found: tuple[Finding, ...], kit: Toolchain) -> tuple[Finding, ...]:
    """A header of the C++ library is missing because the library is."""
    if kit.cpp_library:
        return found
    return tuple(
        replace(one, severity=Severity.INFORMATION, message=f"{one.message}{NO_CPP}")
        if CPP_HEADER.match(one.message)
        else one
        for one in found
    )


def _softened(missing: Iterable[Finding], why: str) -> tuple[Finding, ...]:
    return tuple(replace(one, severity=Severity.INFORMATION, message=f"{one.message}{why}") for one in missing)


def _absent(unit: CompileUnit) -> str:
    """An include folder of the build that does not exist; "" where all do."""
    folders = (*unit.include_dirs, *unit.system_include_dirs)
    return next((folder for folder in folders if not Path(folder).is_dir()), "")


def _explained(one: Finding) -> bool:
    return MACRO.search(one.message) is not None and SUGGESTED not in one.message
