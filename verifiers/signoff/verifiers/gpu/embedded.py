"""CUDA in Python strings: each text is checked as a document of its own, and what comes back is put in its place.

The string is what the verifiers see: a virtual document of the same path whose text is exactly the string's. Spans of
findings and facts are then moved to the .py file, through escapes, line ends and concatenated literals.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from signoff.verifiers.finding import Finding, Outcome, Span, Status
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.python_literals import PlacedText
from signoff.verifiers.gpu.python_sources import Source, sources, worth_parsing
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

Inner = Callable[[Snapshot, Project], Awaitable[Outcome]]
LANGUAGE = "cuda-cpp"


@dataclass(frozen=True, slots=True)
class Embedded:
    """One CUDA text inside a Python document. `origin` names what takes it ("CuPy RawKernel")."""

    placed: PlacedText
    source: Source

    @property
    def text(self) -> str:
        """The CUDA text, exactly as the loader gets it."""
        return self.placed.text

    @property
    def origin(self) -> str:
        """What the text is handed to."""
        return self.source.loader.origin

    def snapshot(self, document: Snapshot) -> Snapshot:
        """The text as a document of its own, under the Python file's path."""
        return replace(document, language=LANGUAGE, text=self.text)

    def project(self, document: Snapshot, project: Project) -> Project:
        """The project as it is for this text: its own options and implicit headers, and itself as the open buffer."""
        own = self.snapshot(document)
        buffers = tuple(own if buffer.path == document.path else buffer for buffer in project.buffers)
        return replace(project, unit=self._unit(document.path, project.unit), buffers=buffers)

    def _unit(self, path: str, known: CompileUnit | None) -> CompileUnit:
        unit = known or CompileUnit(path, directory=str(Path(path).parent) if path else "")
        defines, undefines, include_dirs, flags = _options(self.source.options or ())
        return replace(
            unit,
            source=path,
            include_dirs=(*include_dirs, *(self.source.include_dirs or ()), *unit.include_dirs),
            defines=(*unit.defines, *defines),
            undefines=(*unit.undefines, *undefines),
            forced_includes=(*self.source.loader.forced_includes, *unit.forced_includes),
            flags=(*unit.flags, *flags),
            origin=self.origin,
            declared=self.source.options is not None and self.source.include_dirs is not None,
        )


def units(snapshot: Snapshot) -> tuple[Embedded, ...]:
    """The CUDA texts of a Python document; () at once for one without the words that lead to any."""
    return _units(snapshot.text) if worth_parsing(snapshot.text) else ()


@lru_cache(maxsize=8)  # several verifiers ask for the same text one after the other
def _units(text: str) -> tuple[Embedded, ...]:
    index = LineIndex(text)
    return tuple(Embedded(PlacedText(source.pieces, index), source) for source in sources(text))


async def checked(inner: Inner, snapshot: Snapshot, project: Project) -> Outcome:
    """Run `inner` on every CUDA text of a Python document; findings and facts are at their places in the document."""
    verifier = getattr(inner, "__self__", None)
    name = getattr(verifier, "tool", "") or getattr(verifier, "name", "signoff")
    outcomes = []
    for unit in units(snapshot):
        outcome = await inner(unit.snapshot(snapshot), unit.project(snapshot, project))
        outcomes.append(_moved(outcome, unit.placed, snapshot.path))
    return together(outcomes) if outcomes else Outcome(name)


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several runs of one tool: it is as complete as the least complete of them."""
    failed = next((outcome for outcome in outcomes if outcome.status is not Status.FINDINGS), outcomes[0])
    facts: dict[str, object] = {}
    for outcome in outcomes:
        for key, value in outcome.facts.items():
            facts[key] = _sum(facts[key], value) if key in facts else value
    return replace(
        failed,
        findings=tuple(dict.fromkeys(finding for outcome in outcomes for finding in outcome.findings)),
        seconds=sum(outcome.seconds for outcome in outcomes),
        facts=facts,
        complete=all(outcome.complete for outcome in outcomes),
        notice=next((outcome.notice for outcome in outcomes if outcome.notice), ""),
    )


def _sum(left: object, right: object) -> object:
    if isinstance(left, UnitFacts) and isinstance(right, UnitFacts):
        return UnitFacts(
            left.kernels + right.kernels, left.launches + right.launches, left.truncated or right.truncated
        )
    if isinstance(left, tuple) and isinstance(right, tuple):
        return (*left, *right)
    return right


def _moved(outcome: Outcome, placed: PlacedText, path: str) -> Outcome:
    findings: tuple[Finding, ...] = _placed(outcome.findings, placed, path)
    return replace(outcome, findings=findings, facts={k: _placed(v, placed, path) for k, v in outcome.facts.items()})


def _placed(value: Any, placed: PlacedText, path: str) -> Any:
    """The value with every span moved to the document; what belongs to another file stays as it is."""
    if isinstance(value, Span):
        return placed.span(value)
    if isinstance(value, tuple):
        return tuple(_placed(item, placed, path) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    if getattr(value, "path", "") not in ("", path):
        return _related_placed(value, placed, path)
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    moved = {name: _placed(old, placed, path) for name, old in fields.items() if _holds_places(old)}
    return replace(value, **moved) if moved else value


def _related_placed(value: Any, placed: PlacedText, path: str) -> Any:
    """A finding in a header may still name a place in the document."""
    related = getattr(value, "related", ())
    return replace(value, related=_placed(related, placed, path)) if related else value


def _holds_places(value: object) -> bool:
    return isinstance(value, (Span, tuple)) or dataclasses.is_dataclass(value)


def _options(words: Sequence[str]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Compiler options as macros, macros taken back, include folders and the rest."""
    kinds: dict[str, list[str]] = {"-D": [], "-U": [], "-I": []}
    rest: list[str] = []
    pending = ""
    for word in words:
        if pending:
            kinds[pending].append(word)
            pending = ""
        elif word in kinds:
            pending = word
        elif word[:2] in kinds:
            kinds[word[:2]].append(word[2:])
        else:
            rest.append(word)
    return kinds["-D"], kinds["-U"], kinds["-I"], rest
