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

from signoff.verifiers.finding import Finding, Outcome, Severity, Span, Status
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.strings.python_literals import Piece, PlacedText
from signoff.verifiers.gpu.strings.python_sources import Source, sources, worth_parsing
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

Inner = Callable[[Snapshot, Project], Awaitable[Outcome]]
LANGUAGE = "cuda-cpp"


@dataclass(frozen=True, slots=True)
class Embedded:
    """One CUDA text inside a Python document. `origin` names what takes it ("CuPy RawKernel").

    `added` counts the characters before it that the loader puts there: torch's own includes. `bare` is the same text
    without them.
    """

    placed: PlacedText
    source: Source
    added: int = 0
    bare: Embedded | None = None

    @property
    def text(self) -> str:
        """The CUDA text, exactly as it is compiled."""
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
        loader = self.source.loader
        unit = known or CompileUnit(path, directory=str(Path(path).parent) if path else "")
        defines, undefines, include_dirs, flags = _options(self.source.options or ())
        return replace(
            unit,
            source=path,
            include_dirs=(*include_dirs, *(self.source.include_dirs or ()), *unit.include_dirs),
            defines=(*unit.defines, *defines),
            undefines=(*unit.undefines, *undefines),
            flags=(*unit.flags, *flags),
            origin=self.origin,
            # torch has flags of its own beside those it is given.
            declared=None not in (self.source.options, self.source.include_dirs) and not loader.implicit_includes,
        )


def units(snapshot: Snapshot) -> tuple[Embedded, ...]:
    """The CUDA texts of a Python document; () at once for one without the words that lead to any."""
    return _units(snapshot.text) if worth_parsing(snapshot.text) else ()


@lru_cache(maxsize=8)  # several verifiers ask for the same text one after the other
def _units(text: str) -> tuple[Embedded, ...]:
    index = LineIndex(text)
    return tuple(_embedded(source, index) for source in sources(text))


def _embedded(source: Source, index: LineIndex) -> Embedded:
    head = "".join(f"#include <{name}>\n" for name in source.loader.implicit_includes)
    bare = Embedded(PlacedText(source.pieces, index), source)
    if not head:
        return bare
    added = Piece(head, source.pieces[0].source, 0)
    return Embedded(PlacedText((added, *source.pieces), index), source, len(head), bare)


async def checked(inner: Inner, snapshot: Snapshot, project: Project) -> Outcome:
    """Run `inner` on every CUDA text of a Python document; findings and facts are at their places in the document."""
    verifier = getattr(inner, "__self__", None)
    name = getattr(verifier, "tool", "") or getattr(verifier, "name", "signoff")
    outcomes = []
    for unit in units(snapshot):
        outcome = await inner(unit.snapshot(snapshot), unit.project(snapshot, project))
        moved = _moved(_about_the_string(outcome, unit, snapshot.path), unit.placed, snapshot.path)
        if unit.bare is not None and moved.ran and not moved.complete:
            moved = replace(moved, facts={**moved.facts, **await _facts_without(inner, unit.bare, snapshot, project)})
        outcomes.append(moved)
    return together(outcomes) if outcomes else Outcome(name)


def _about_the_string(outcome: Outcome, unit: Embedded, path: str) -> Outcome:
    """Without what is said of the lines that the loader adds: a header of torch's that was not found is no fault."""
    lines = unit.text.count("\n", 0, unit.added)
    kept = tuple(one for one in outcome.findings if one.path != path or one.span.start_line >= lines)
    return replace(outcome, findings=kept, complete=outcome.complete and len(kept) == len(outcome.findings))


async def _facts_without(inner: Inner, bare: Embedded, snapshot: Snapshot, project: Project) -> dict[str, object]:
    """What is learnt of a text without torch's headers, where it compiles: most kernels need none of them."""
    outcome = await inner(bare.snapshot(snapshot), bare.project(snapshot, project))
    if not outcome.judged or any(finding.severity is Severity.ERROR for finding in outcome.findings):
        return {}
    return _moved(outcome, bare.placed, snapshot.path).facts


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
