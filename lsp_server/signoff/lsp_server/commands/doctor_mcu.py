"""What `signoff doctor` says of embedded C: the toolchain, the emulators, and the parts that the files are for."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from signoff.lsp_server.commands.session import Session
from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers import extras
from signoff.verifiers.mcu.compile.toolchain import toolchain
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.mcu.parts.library import for_project
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings

# What a user goes without where a tool is off, by the verifier's name.
LOSSES = {
    "part": "clocks, pins, interrupts and memory of the microcontroller are not checked",
    "gcc": "firmware is not compiled while you type",
    "link": "firmware is not linked on save: no undefined names, no memory use, no stack depth",
}
UNKNOWN_PART = (
    "name it in signoff.toml ([[firmware]] part = ...) or in the setting mcu.part; of parts other than STM32F405 to "
    "STM32F417 Signoff knows what an SVD file says ([[firmware]] svd = ..., or the setting mcu.svd)"
)

# Name, whether it is there, state, path, advice.
Row = tuple[str, bool, str, str, str]


async def rows(session: Session, files: Sequence[str]) -> list[Row]:
    """The rows on firmware; starts the compiler at most once, for its version."""
    kit = await asyncio.to_thread(toolchain, session.settings)
    state = f"{kit.version} ({kit.origin})" if kit.gcc else ""
    projects = [project for file in files if (project := _project(session, file)) is not None]
    parts = await asyncio.to_thread(lambda: list(_parts(projects)))
    return [("Arm GNU toolchain", bool(kit.gcc), state, kit.gcc, kit.note), *_emulators(session.settings), *parts]


def _emulators(settings: VerifierSettings) -> Iterator[Row]:
    emulator = settings.emulator
    for name, named, program in (
        ("QEMU", emulator.qemu, "qemu-system-arm"),
        ("Renode", emulator.renode, "renode"),
    ):
        path = shutil.which(named or program) or ""
        missing = f"{named or program} is not there: firmware is not run in {name}"
        yield name, bool(path), "", path, "" if path else missing
    here = importlib.util.find_spec("unicorn") is not None
    advice = f"accesses to unclocked peripherals are not watched; {extras.install('mcu')}"
    yield "Unicorn", here, "installed (the extra mcu)" if here else "", "", "" if here else advice


def _project(session: Session, file: str) -> Project | None:
    if LANGUAGES.get(PurePath(file).suffix.lower()) not in C_LANGUAGES:
        return None
    project = session.workspace.project_for(file)
    return project if project.image is not None else None


def _parts(projects: Sequence[Project]) -> Iterator[Row]:
    """For which part each image is checked, and who says so."""
    for image, project in {project.image: project for project in projects}.items():
        part = for_project(project)
        named = image.part if image is not None else ""
        state = f"{part.name} ({part.source})" if part is not None else named or "not named"
        yield f"part of {image.name if image else ''}", part is not None, state, "", "" if part else UNKNOWN_PART
