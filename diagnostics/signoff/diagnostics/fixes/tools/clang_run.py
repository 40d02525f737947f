"""One run of clang-tidy on a firmware's file with its unsaved text, compiled as the build has it, for its fixes."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.tools.clang_fixes import TidyFix, parse
from signoff.verifiers import tools
from signoff.verifiers.mcu.compile.arguments import arguments, language_of
from signoff.verifiers.mcu.compile.gcc import unit_of
from signoff.verifiers.mcu.compile.overlay import Laid, lay_out, unsaved
from signoff.verifiers.mcu.compile.toolchain import Toolchain, toolchain
from signoff.verifiers.project import CompileUnit
from signoff.verifiers.run import ToolMissing, run, run_blocking, scratch_folder
from signoff.verifiers.verifier import NotJudged

NAME = "clang-tidy"
SECONDS = 20.0
REPORT = "fixes.yaml"
TARGET = "--target=arm-none-eabi"
SEARCHED = re.compile(r"#include <\.\.\.> search starts here:\n(.*?)\nEnd of search list", re.DOTALL)
# The compiler's own headers (stddef.h, arm_acle.h): clang has brought its own.
OWN = re.compile(r"/gcc/[^/]+/[\d.]+/include(?:-fixed)?$")


async def asked(fault: Fault) -> tuple[TidyFix, ...]:
    """What clang-tidy would change in the document, in its order; nothing where it cannot work."""
    settings = fault.project.settings
    tool = await asyncio.to_thread(tools.clang_tidy, settings)
    if not tool.argv:
        return ()
    try:
        unit = unit_of(fault.snapshot, fault.project)
    except NotJudged:
        return ()
    with scratch_folder(NAME) as folder:
        laid, flags = await asyncio.to_thread(_prepared, fault, unit, folder)
        file = next((shadow for shadow, path in laid.originals.items() if path == fault.snapshot.path), "")
        argv = (*tool.argv, *command(folder / REPORT, laid.source, file or fault.snapshot.path), "--", *flags)
        try:
            done = await run(argv, cwd=folder, timeout=SECONDS, memory_limit_mb=settings.memory_limit_mb)
        except ToolMissing:
            return ()
        if done.timed_out or done.overflowed:
            return ()
        return await asyncio.to_thread(_read, folder / REPORT, laid, fault)


def command(report: Path, source: str, file: str) -> tuple[str, ...]:
    """clang-tidy's own arguments. A configuration that is given keeps it from looking for one beside the file."""
    return (
        source,
        "--quiet",
        "--config={}",
        f"--checks=-*,{','.join(table()['checks'])}",
        f"--header-filter=^{re.escape(file)}$",
        f"--export-fixes={report}",
    )


def _prepared(fault: Fault, unit: CompileUnit, folder: Path) -> tuple[Laid, tuple[str, ...]]:
    """The text laid out, and the flags for it. Reads files and may start the compiler, so call it in a thread."""
    project = fault.project
    kit = toolchain(project.settings, unit.compiler if project.trusted else "")
    laid = lay_out(unit, unsaved(project, fault.snapshot), folder)
    kept = flags(arguments(unit, project, kit).argv)
    language = language_of(unit)
    system = () if "-nostdinc" in kept else headers(kit, language)
    ours = ("-x", language, TARGET, "-fsyntax-only", "-Qunused-arguments", "-ferror-limit=100", *table()["warnings"])
    return laid, (*ours, *kept, *(part for folder_ in system for part in ("-isystem", folder_)))


def flags(vetted: Sequence[str]) -> tuple[str, ...]:
    """Those of a build's vetted flags that mean the same to clang."""
    known, pairs = table()["flags"]["alone"], table()["flags"]["pairs"]
    pattern = re.compile("|".join(f"(?:{one})" for one in known))
    kept: list[str] = []
    words = iter(vetted)
    for word in words:
        if word in pairs:
            kept += (word, next(words, ""))
        elif pattern.fullmatch(word):
            kept.append(word)
    return tuple(kept)


@cache
def headers(kit: Toolchain, language: str) -> tuple[str, ...]:
    """The folders of the toolchain's C library, as its compiler names them; asked once."""
    if not kit.gcc:
        return ()
    try:
        done = run_blocking((kit.gcc, "-E", "-v", "-x", language, "-"), timeout=SECONDS)
    except ToolMissing:
        return ()
    match = SEARCHED.search(done.stderr.decode("utf-8", "replace").replace("\r\n", "\n"))
    return tuple(_library(match[1])) if match else ()


def _library(listed: str) -> Iterator[str]:
    for line in listed.splitlines():
        folder = line.strip()
        if folder and not OWN.search(folder.replace("\\", "/")):
            yield folder


def _read(report: Path, laid: Laid, fault: Fault) -> tuple[TidyFix, ...]:
    """The fixes of the report that are of the document alone."""
    path = fault.snapshot.path
    shadow = next((name for name, original in laid.originals.items() if original == path), path)
    try:
        text = Path(shadow).read_bytes()
        return parse(report.read_bytes(), shadow, text)
    except OSError:
        return ()


@cache
def table() -> dict[str, Any]:
    """clang_tidy.toml."""
    return tomllib.loads((resources.files("signoff.diagnostics.fixes.tools") / "clang_tidy.toml").read_text("utf-8"))
