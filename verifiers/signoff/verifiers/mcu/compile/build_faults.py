"""Faults of the build itself, told where the build is declared: flags that gcc does not know, forced includes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.gcc_findings import MISSING_INCLUDE, TOOL, Scene, sentence
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.project import CompileUnit

UNKNOWN_FLAG, FORCED = "UnknownFlag", "ForcedInclude"
# A build file of more is machine-made: where in it a word stands is of no use to anybody.
LONGEST = 1_000_000
# Project files of tools that bring a gcc of their own, which may know more (ST's: -fcyclomatic-complexity).
OWN_GCC = (".cproject", "platformio.ini", "eide.yml", "eide.json", ".code-workspace")
# The program by which a build means whatever gcc is there: it is the one that we have asked.
ANY_GCC = re.compile(r"(?:arm-none-eabi-)?(?:gcc|g\+\+|c\+\+|cc)(?:\.exe)?")


def unknown_flags(flags: Iterable[str], unit: CompileUnit, kit: Toolchain, lines: SourceLines) -> tuple[Finding, ...]:
    """One finding a flag of the build's that this gcc does not know: the build itself would end there.

    None where the build is guessed, or is declared for another compiler than ours, which may know it.
    """
    if (
        not unit.declared
        or unit.origin.endswith(OWN_GCC)
        or not Path(unit.origin).is_file()
        or not _same_gcc(unit.compiler, kit)
    ):
        return ()
    return tuple(_unknown(flag, unit, kit, lines) for flag in dict.fromkeys(flags))


def _same_gcc(compiler: str, kit: Toolchain) -> bool:
    return ANY_GCC.fullmatch(compiler) is not None or os.path.realpath(compiler) in map(
        os.path.realpath, (kit.gcc, kit.gxx)
    )


def _unknown(flag: str, unit: CompileUnit, kit: Toolchain, lines: SourceLines) -> Finding:
    near, value = command.near(flag), flag.partition("=")[2]
    meant = f"; did you mean '{near}'?" if near else "."
    span = named_at(unit.origin, (flag, value) if len(value) > 2 else (flag,), lines)
    message = f"gcc {kit.version} does not know {flag}{meant}"
    data = (("flag", flag), *((("near", near),) if near else ()))
    return Finding(unit.origin, span, Severity.ERROR, UNKNOWN_FLAG, message, TOOL, data=data)


def other_core(flags: Iterable[str]) -> bool:
    """Whether gcc compiled for another core than the build names, as it knows none of that name."""
    return any(flag.startswith(command.CORE) for flag in flags)


def forced(diagnostics: Sequence[Diagnostic], unit: CompileUnit, scene: Scene) -> tuple[Finding, ...]:
    """What is wrong with files that the build includes in front of every unit (-include, -imacros), a finding a file.

    Errors in such a file of the user's own are told there.
    """
    found: dict[str, Finding] = {}
    for one in diagnostics:
        path = _forced_path(one, unit, scene)
        if one.error and path and path not in found:
            found[path] = _forced(path, one, unit, scene)
    return tuple(found.values())


def _forced_path(one: Diagnostic, unit: CompileUnit, scene: Scene) -> str:
    """The forced include that a diagnostic lies in, or that is missing; "" where it has to do with none."""
    if not one.places or not one.places[0].line:
        return next((path for path in unit.forced_includes if one.message == f"{path}: {MISSING_INCLUDE}"), "")
    chain = [scene.path(at.file) for at in (one.places[0], *one.included)]
    if any(map(scene.own, chain)):
        return ""
    return next((path for path in unit.forced_includes if os.path.normpath(path) in chain), "")


def _forced(path: str, one: Diagnostic, unit: CompileUnit, scene: Scene) -> Finding:
    origin = unit.origin if Path(unit.origin).is_file() else unit.source
    shown = os.path.relpath(path, scene.root) if scene.root and path.startswith(scene.root + os.sep) else path
    if one.places and one.places[0].line:
        line = one.places[0].line
        message = f"The build includes {shown} in front of every file, and it is no C: line {line}: {sentence(one)}."
    else:
        message = f"The build includes {shown} in front of every file, and it is not there."
    severity = Severity.ERROR if unit.declared else Severity.INFORMATION
    span = named_at(origin, (shown, path, PurePath(path).name), scene.lines)
    return Finding(origin, span, severity, FORCED, message, TOOL, data=(("header", path),))


def named_at(path: str, words: Iterable[str], lines: SourceLines) -> Span:
    """Where the first of some words that a file holds stands in it; its beginning where it holds none."""
    if Path(path).is_file() and Path(path).stat().st_size < LONGEST:
        index = lines.index(path)
        for word in words:
            match = re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", index.text)
            if match:
                return index.span(*match.span())
    return Span(0, 0, 0, 0)


def first_error(diagnostics: Iterable[Diagnostic], scene: Scene) -> str:
    """The first error in gcc's words, with its place, for a sentence; "" where there is none."""
    for one in diagnostics:
        if one.error:
            at = one.places[0] if one.places else None
            return f"{scene.path(at.file)}:{at.line}: {one.message}" if at is not None else one.message
    return ""
