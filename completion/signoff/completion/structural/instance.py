"""Verilog: an instance's ports and parameters, and whole instances of the design's modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from signoff.completion import nesting
from signoff.completion.structural.hdl_statement import Instance, Listed, Part, instance_at, starts_item
from signoff.completion.structural.instance_text import proposals, whole
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Proposal
from signoff.verifiers.hdl.place_facts import PlaceFacts
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.text import LineIndex

# Names of modules, and the file of each: what the workspace has under a prefix, the nearest to a path.
Library = Callable[[str, str], Mapping[str, str]]

MOST_MODULES = 3
SHORTEST_WORD = 2


class InstancePorts:
    """In an instance's list: the rest of its ports or parameters, each of them after a dot, or behind a name all."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang, library: Library) -> None:
        self._slang, self._library = slang, library

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        return instance_at(place.before, place.after) is not None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        at = instance_at(place.before, place.after)
        if at is None:
            return ()
        name = at.name or f"u_{at.module}"
        text = f"{at.module} {f'#({at.parameters}) ' if at.parameters else ''}{name} ();"
        path = self._library(at.module, place.snapshot.path).get(at.module, "")
        known = await _ask(self._slang, place, with_file(project, path), at, text, (name,))
        instance = known.of(name)
        if instance is None or instance.type != at.module:
            return ()
        return tuple(with_files(one, path) for one in proposals(place, at, instance, known.scope.names))


class WholeInstance:
    """A module's name: a whole instance of it."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang, library: Library) -> None:
        self._slang, self._library = slang, library

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        long_enough = len(place.word) >= SHORTEST_WORD and not place.line_after.strip()
        return long_enough and starts_item(place.before)

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        modules = self._library(place.word, place.snapshot.path)
        names = sorted(modules, key=lambda name: (name != place.word, len(name), name))[:MOST_MODULES]
        if not names:
            return ()
        for name in names:
            project = with_file(project, modules[name])
        at = Instance(Part.MODULE, place.word, place.start)
        text = " ".join(f"{name} u_{name} ();" for name in names)
        known = await _ask(self._slang, place, project, at, text, tuple(f"u_{name}" for name in names))
        return tuple(
            with_files(whole(place, name, instance, known.scope.names, probe=f"u_{name}"), modules[name])
            for name in names
            if (instance := known.of(f"u_{name}")) is not None and instance.type == name != known.scope.module
        )


def with_files(proposal: Proposal, path: str) -> Proposal:
    """The proposal, and what is tried in its place, with the file of its module: slang has elaborated it there."""
    plainer, without = proposal.plainer, proposal.without

    def less(blamed: frozenset[str]) -> Proposal | None:
        found = without(blamed) if without is not None else None
        return with_files(found, path) if found is not None else None

    plainer = with_files(plainer, path) if plainer is not None else None
    files = (path,) if path else ()
    return replace(proposal, files=files, plainer=plainer, without=less if without is not None else None, read=True)


def with_file(project: Project, path: str) -> Project:
    """The project with one more file."""
    return replace(project, files=(*project.files, path)) if path and path not in project.files else project


async def _ask(
    slang: Slang, place: Place, project: Project, at: Instance, text: str, names: tuple[str, ...]
) -> PlaceFacts:
    """slang, of the document with `text` in place of the half-typed statement."""
    end = _statement_end(place, at.after)
    mended = replace(place.snapshot, text=place.snapshot.text[: at.start] + text + place.snapshot.text[end:])
    line, column = LineIndex(mended.text).position(at.start)
    return await slang.place(mended, project, line, column, names)


def _statement_end(place: Place, after: Listed) -> int:
    if not after.closed:
        return place.offset
    ended = re.compile(r"\)\s*;").match(place.after, after.closer)
    return place.offset + (ended.end() if ended else after.closer + 1)
