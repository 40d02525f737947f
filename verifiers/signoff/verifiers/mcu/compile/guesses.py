"""What may be told of a unit whose flags nobody has declared: only what no missing flag could explain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.compile.gcc_findings import MISSING_INCLUDE
from signoff.verifiers.project import CompileUnit

# 'STM32_TICK' undeclared (first use in this function): a macro that a -D may define. With a near name it is a slip.
MACRO = re.compile(r"'[A-Z][A-Z0-9_]{2,}' (?:undeclared|was not declared)")
# What a macro in capitals leaves where it is not known to be one.
SUGGESTED = "did you mean"
# #error in a header: "Please select first the target STM32F4xx device".
DIRECTIVE = re.compile(r"^#error", re.IGNORECASE)


def certain(found: Iterable[Finding], unit: CompileUnit) -> tuple[tuple[Finding, ...], bool, str]:
    """(what is certain, whether gcc saw everything as the build would, why not)."""
    everything = tuple(found)
    missing = tuple(one for one in everything if MISSING_INCLUDE in one.message and one.severity is Severity.ERROR)
    if unit.declared:
        return everything, not missing, ""
    if missing:
        told = tuple(replace(one, severity=Severity.INFORMATION, message=f"{one.message}{GUESSED}") for one in missing)
        return told, False, "An included file was not found, and the include folders are guessed."
    if any(DIRECTIVE.match(one.message) for one in everything):
        return (), False, "A header asks for a macro that the build may define; its flags are guessed."
    kept = tuple(one for one in everything if not _explained(one))
    return kept, len(kept) == len(everything), ""


GUESSED = " (the build of this file is guessed: name it in compile_commands.json or signoff.toml)"


def _explained(one: Finding) -> bool:
    return MACRO.search(one.message) is not None and SUGGESTED not in one.message
