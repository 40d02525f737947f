"""What the tests of fixes for firmware share: documents, images, the tools that judge, the fixes for a text."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from signoff.diagnostics.fixes.offer import FixCache, ProvenFix, offers
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import baselines
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.checks.part import Part
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.mcu.link.link import Link
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed, Verifier
from signoff.verifiers.workers import WorkerPool

DEFECTS = Path(__file__).parents[1] / "mcu_defects"
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-O2", "-ffunction-sections")
PART = "STM32F407VG"


def unit(path: Path, *include_dirs: Path) -> CompileUnit:
    folders = tuple(map(str, include_dirs))
    made = CompileUnit(str(path), str(path.parent), "arm-none-eabi-gcc", folders, defines=("STM32F407xx",))
    return replace(made, standard="c11", flags=FLAGS, declared=True)


def project_of(path: Path, units: Sequence[CompileUnit], *, scripts: Sequence[Path] = ()) -> Project:
    """The project of a file that is one of the units, or that is compiled as the first one is."""
    own = next((one for one in units if one.source == str(path)), None)
    image = Image("image", str(path.parent), declared=True, units=tuple(units), part=PART)
    if scripts:
        flags = ("-mcpu=cortex-m4", "-mthumb", "-nostartfiles", "-Wl,--gc-sections")
        image = replace(image, link_declared=True, linker_scripts=tuple(map(str, scripts)), link_flags=flags)
    return Project(str(path.parent), declared=False, files=(str(path),), unit=own, image=image)


def document(path: Path, text: str, project: Project, version: int = 3) -> tuple[Snapshot, Project]:
    snapshot = Snapshot(path.as_uri(), str(path), "c", version, text)
    return snapshot, replace(project, buffers=(snapshot,))


@asynccontextmanager
async def judges(cache: Path | None = None) -> AsyncIterator[tuple[Verifier, ...]]:
    """The verifiers that prove fixes; the linker where there is a folder for its objects."""
    pool = WorkerPool()
    try:
        linker = (Link(store=Store(cache)),) if cache is not None else ()
        yield Part(pool, "proof"), Gcc(pool, "proof"), *linker
    finally:
        await pool.close()


async def fixes_for(
    snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], codes: Sequence[str] = ()
) -> tuple[list[Finding], tuple[ProvenFix, ...]]:
    """The findings on a text, gravest first, and the fixes that are proven for them (for those codes alone)."""
    known = await baselines(snapshot, project, verifiers)
    known |= {one.name: await one.run(snapshot, project) for one in verifiers if one.speed is Speed.DEEP}
    merged = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=100)
    findings = sorted(merged, key=lambda one: (one.severity, one.span))
    asked = [one for one in findings if not codes or one.code in codes]
    return findings, await offers(asked, snapshot, project, verifiers, known, cache=FixCache(), budget=60)


def code_alone(text: str) -> str:
    """A text without comments and blanks: what two programs that do the same share."""
    return re.sub(r"\s+", "", re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL))
