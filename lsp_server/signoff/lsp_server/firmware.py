"""What the editor shows of firmware beside diagnostics: hovers, lenses above main, memory use, emulated runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from signoff.lsp_server.checking import Checking
from signoff.lsp_server.documents import Documents
from signoff.lsp_server.memory import regions_json
from signoff.verifiers.finding import Outcome, Span
from signoff.verifiers.mcu.emulate.emulation import LACKING
from signoff.verifiers.mcu.facts import LINK, PART, FirmwareFacts, LinkedImage
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

if TYPE_CHECKING:
    from signoff.verifiers.mcu.emulate.run import Emulation
    from signoff.verifiers.mcu.parts.part import Region

EMULATOR = "emulator"
MEMORY_NOTIFICATION = "signoff/memory"
OUTPUT_NOTIFICATION = "signoff/emulatorOutput"
RUN = "signoff.runEmulator"
DEEP = "signoff.checkDeep"
KIB = 1024
MAIN = "main"

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lens:
    """One line above a function, and the command that a click runs."""

    span: Span
    title: str
    command: str
    arguments: tuple[Any, ...]


class Firmware:
    """Answers for open C documents that belong to an image."""

    def __init__(self, documents: Documents, checking: Checking) -> None:
        self._documents, self._checking = documents, checking
        self._regions: dict[tuple[str, float], tuple[Region, ...]] = {}
        # By an image's name what its last link that went well told: an edit that does not link takes it from nobody.
        self._linked: dict[str, LinkedImage] = {}

    def linked(self, uri: str) -> LinkedImage | None:
        """What the last link of a document's image told; None before the first."""
        found = self._checking.facts(uri, LINK).get("image")
        return found if isinstance(found, LinkedImage) else None

    async def hover(self, uri: str, place: Place) -> tuple[str, Span | None] | None:
        """Markdown for what is at (line, column), and its place; None where unknown or the text has changed."""
        seen = self._checking.look(uri)
        if seen is None or seen[1].image is None:
            return None
        linked, stale = self._figures(uri, seen[1])
        found = await asyncio.to_thread(self._hover, *seen, place, linked, stale)
        document = self._documents.get(uri)
        return found if document is not None and document.version == seen[0].version else None

    async def lenses(self, uri: str) -> tuple[Lens, ...]:
        """Above main: run it in an emulator, and what the image takes of its memory."""
        await self._checking.settled(uri)
        seen = self._checking.look(uri)
        if seen is None or seen[1].image is None:
            return ()
        run = self._checking.latest(uri, PART)
        if run is None or run.snapshot.version != seen[0].version:
            return ()
        facts = run.outcome.facts.get("firmware")
        functions = facts.functions if isinstance(facts, FirmwareFacts) else ()
        mains = (one.name_span for one in functions if one.name == MAIN and one.path in ("", seen[0].path))
        return tuple(lens for span in mains for lens in self._main_lenses(uri, span))

    def memory(self, uri: str) -> dict[str, Any] | None:
        """The parameters of signoff/memory for a document's image."""
        image = self.linked(uri)
        if image is None:
            return None
        if image.symbols:
            self._linked[image.image] = image
        return {"uri": uri, "image": image.image, "linked": image.linked, "regions": regions_json(image)}

    async def emulate(
        self, snapshot: Snapshot, project: Project, engine: str, on_output: Callable[[str], None]
    ) -> Emulation:
        """Run a document's image as it stands in the editor; its findings are shown until the next run or edit."""
        from signoff.verifiers.mcu.emulate.run import emulate

        done = await emulate(project, engine=engine, on_output=on_output, settings=project.settings)
        self._checking.demanded(snapshot, project, EMULATOR, Outcome(EMULATOR, findings=done.findings))
        return done

    def _hover(
        self, snapshot: Snapshot, project: Project, place: Place, linked: LinkedImage | None, stale: bool
    ) -> tuple[str, Span | None] | None:
        """In a thread: the part's facts may have to be read."""
        from signoff.diagnostics.explain.mcu import hover
        from signoff.verifiers.mcu.parts.library import for_project

        regions = tuple(region for script in self._scripts(project) for region in self._regions_of(script))
        part = for_project(project)
        return hover(
            snapshot, place, part=part, linked=linked, regions=regions, sources=lambda: _sources(project), stale=stale
        )

    def _figures(self, uri: str, project: Project) -> tuple[LinkedImage | None, bool]:
        """What the last link that went well told, and whether a text has changed since."""
        image, run = self.linked(uri), self._checking.latest(uri, LINK)
        name = project.image.name if project.image is not None else ""
        if image is None or run is None or not image.symbols:
            return (image if image is not None and image.symbols else self._linked.get(name)), True
        self._linked[name] = image
        then = {one.path: one.text for one in run.project.buffers}
        return image, any(then.get(one.path, one.text) != one.text for one in project.buffers)

    def _main_lenses(self, uri: str, span: Span) -> Iterator[Lens]:
        yield Lens(span, "Run in emulator", RUN, (uri, "qemu"))
        yield Lens(span, "Watch peripheral clocks", RUN, (uri, "unicorn"))
        image = self.linked(uri)
        if image is not None and image.regions:
            uses = (f"{one.name} {_amount(one.used)} of {_amount(one.size)}" for one in image.regions if one.used)
            told = ", ".join(uses)
            yield Lens(span, (told or "links") if image.linked else f"{told} (does not link)".strip(), DEEP, (uri,))

    def _scripts(self, project: Project) -> tuple[str, ...]:
        return project.image.linker_scripts if project.image is not None else ()

    def _regions_of(self, script: str) -> tuple[Region, ...]:
        from signoff.verifiers.mcu.build.linker_script import regions

        try:
            key = (script, Path(script).stat().st_mtime)
            if key not in self._regions:
                self._regions = {**self._regions, key: regions(Path(script).read_bytes().decode(errors="replace"))}
        except OSError:
            return ()
        return self._regions[key]


# How a run ended, in words that follow "until".
_ENDS = {
    "time limit": "its time was over",
    "returned": "main returned",
    "output limit": "it had printed too much",
    "waiting": "it waited for what never comes here",
    "cancelled": "it was cancelled",
    "steady state": "nothing new happened any more",
}


def verdict(done: Emulation, name: str) -> tuple[bool, str]:
    """(whether it went well, how it ended in one sentence for a person)."""
    if not done.ran:
        return False, f"{name}: not run: {done.message}"
    told = (f"{fault.kind}{_at(fault.path, fault.line)}: {fault.message}" for fault in done.faults)
    faults = "; ".join(dict.fromkeys(told))
    counted = len(done.findings)
    found = f", {counted} finding{'s' if counted > 1 else ''}" if counted else ""
    how = faults or f"ran for {done.seconds:.1f} s, until {_ENDS.get(done.ended, done.ended)}"
    well = not done.faults and not done.findings and done.ended != LACKING
    return well, f"{name}: {how}{found}"


def _sources(project: Project) -> Iterator[tuple[str, str]]:
    """(path, text) of the files that a document's constants and functions are defined in, as they are being edited."""
    open_texts = {one.path: one.text for one in project.buffers}
    units = (unit.source for unit in project.image.units) if project.image is not None else ()
    for path in dict.fromkeys((*project.files, *units)):
        try:
            yield path, open_texts[path] if path in open_texts else Path(path).read_text("utf-8", "replace")
        except OSError:
            continue


def _at(path: str, line: int) -> str:
    return f" at {PurePath(path).name}:{line + 1}" if path else ""


def _amount(size: int) -> str:
    if size < KIB:
        return f"{size} B"
    text = f"{size / KIB:,.1f}".removesuffix(".0")
    return f"{text} KiB"
