"""Small firmware images of texts for an STM32F407, for the checks of clocks, pins, the clock tree and memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.checks.hardware import CHECKS
from signoff.verifiers.mcu.parts.library import for_project
from signoff.verifiers.mcu.source.image_facts import ImageReader
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot

READER = ImageReader()


def findings(
    folder: Path, *functions: str, code: str = "", files: dict[str, str] | None = None, **image: Any
) -> list[Finding]:
    """What the checks say of all C files: main.c is `functions`, joined; `files` are others by name.

    `image`: members of Image that are otherwise than those of a declared one.
    """
    texts = {"main.c": "\n".join(functions), **(files or {})}
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    units = tuple(_unit(folder, name) for name in texts if not name.endswith((".h", ".ld")))
    scripts = tuple(str(folder / name) for name in texts if name.endswith(".ld"))
    made = Image("image", str(folder), declared=True, link_declared=True, units=units, linker_scripts=scripts)
    found = [one for unit in units for one in _of_unit(unit, replace(made, **image))]
    return [one for one in found if not code or one.code == code]


def messages(folder: Path, *functions: str, **more: Any) -> list[str]:
    """The findings as "line code: message", lines counted from 1."""
    return [f"{one.span.start_line + 1} {one.code}: {one.message}" for one in findings(folder, *functions, **more)]


def _unit(folder: Path, name: str) -> CompileUnit:
    return CompileUnit(str(folder / name), include_dirs=(str(folder),), defines=("STM32F407xx",), declared=True)


def _of_unit(unit: CompileUnit, image: Image) -> Iterator[Finding]:
    if unit.source.endswith((".c", ".cpp")):
        project = Project(image.root, unit=unit, image=image)
        facts = READER.read(Snapshot("", unit.source, "c", 1, Path(unit.source).read_text("utf-8")), project, 30.0)
        assert facts is not None
        for one in CHECKS:
            yield from one(facts, unit.source, for_project(project), project)
