"""Verilog: an instance's ports and parameters, and whole instances of the design's modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from signoff.completion import nesting
from signoff.completion.structural import hdl_connect
from signoff.completion.structural.hdl_connect import Connection
from signoff.completion.structural.hdl_statement import Instance, Listed, Part, instance_at, starts_item
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop, joined
from signoff.verifiers.hdl.facts import NameFacts, PortFacts
from signoff.verifiers.hdl.place_facts import Described, PlaceFacts
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
        return tuple(with_files(one, path) for one in _proposals(place, at, instance, known.scope.names))


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
            with_files(_whole(place, name, instance, known.scope.names, probe=f"u_{name}"), modules[name])
            for name in names
            if (instance := known.of(f"u_{name}")) is not None and instance.type == name != known.scope.module
        )


def with_files(proposal: Proposal, path: str) -> Proposal:
    """The proposal, and what is tried in its place, with the file of its module."""
    plainer, without = proposal.plainer, proposal.without

    def less(blamed: frozenset[str]) -> Proposal | None:
        found = without(blamed) if without is not None else None
        return with_files(found, path) if found is not None else None

    plainer = with_files(plainer, path) if plainer is not None else None
    files = (path,) if path else ()
    return replace(proposal, files=files, plainer=plainer, without=less if without is not None else None)


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


def _proposals(place: Place, at: Instance, instance: Described, names: Sequence[NameFacts]) -> Iterable[Proposal]:
    if at.part is Part.PARAMETERS:
        free = hdl_connect.values(instance.parameters, names)
        yield from _rest(
            place, at, [one for one in free if one.name not in (*at.before, *at.after.names)], "parameters"
        )
        return
    if at.part is Part.NAME and not at.name:
        yield _whole(place, at.module, instance, names, probe=f"u_{at.module}", behind=True)
        return
    there = {*at.before, *at.after.names}
    ports = [port for port in instance.ports if port.name not in there]
    connections = hdl_connect.connect(ports, names)
    if at.part is Part.NAME:
        yield _ports_of(place, at, connections, opened=False)
        return
    yield from _rest(place, at, connections, "ports")
    if at.dotted or place.word:
        yield from (_one(place, at, port, one) for port, one in zip(ports, connections, strict=True))


def _one(place: Place, at: Instance, port: PortFacts, one: Connection) -> Proposal:
    body: Body = (f"{port.name}(", Stop(one.to), ")")
    dot = () if at.dotted else (".",)
    told = f"{port.direction} {port.type}"
    return Proposal(port.name, (*dot, *body), place.start, place.offset, Kind.PORT, told, asked=True, judged=False)


def _rest(place: Place, at: Instance, connections: Sequence[Connection], what: str) -> Iterable[Proposal]:
    if connections and not place.word:
        yield _ports_of(place, at, connections, what=what)


def _ports_of(
    place: Place, at: Instance, connections: Sequence[Connection], *, opened: bool = True, what: str = "ports"
) -> Proposal:
    """All of the connections as one text, laid out as the file does it."""
    start = place.before.rindex(".") if at.dotted else place.start
    end, closing = _closing(place, at, opened)
    aligned = hdl_connect.is_aligned(place.snapshot.text)
    indent = _statement_indent(place, at)

    def body(some: Sequence[Connection]) -> Body:
        listed = joined(hdl_connect.entries(some, aligned=aligned), ",\n" + indent + place.unit)
        return (_opening(place, at, indent, opened), *listed, closing)

    rest = "the rest of the " if at.before or at.after.names else ""
    count = sum(1 for one in connections if one.to)
    proposal = Proposal(
        f"{rest}{what} of {at.module}",
        body(connections),
        start,
        end,
        Kind.MODULE,
        f"{count} of {len(connections)} by name",
        _told(at.module, connections, what),
        filter="." if at.dotted else "",
        asked=True,
    )
    if what != "ports":
        return proposal
    return _with_plainer(proposal, body, connections)


def _with_plainer(
    proposal: Proposal, body: Callable[[Sequence[Connection]], Body], all_: Sequence[Connection]
) -> Proposal:
    """The proposal, and where it is refused: without what is blamed; with inputs only; with nothing connected."""
    inputs, nothing = hdl_connect.without(all_, outputs=False), hdl_connect.without(all_, outputs=True)
    plainer = None
    if any(one.to for one in inputs):
        plainer = replace(proposal, body=body(nothing), detail="to be connected")
    if any(one.to and one.output for one in all_):
        plainer = replace(proposal, body=body(inputs), detail="only inputs by name", plainer=plainer)

    def less(blamed: frozenset[str]) -> Proposal:
        rest = [replace(one, to="") if blamed & {one.to, one.name} else one for one in all_]
        count = sum(1 for one in rest if one.to)
        fewer = replace(proposal, body=body(rest), detail=f"{count} of {len(rest)} by name")
        return _with_plainer(fewer, body, rest)

    return replace(proposal, plainer=plainer, without=less)


def _opening(place: Place, at: Instance, indent: str, opened: bool) -> str:
    if not opened:
        return f"{'' if place.line_before[-1:].isspace() or place.word else ' '}(\n{indent}{place.unit}"
    before = place.line_before[:-1] if at.dotted else place.line_before
    return "" if not before.strip() else f"\n{indent}{place.unit}"


def _closing(place: Place, at: Instance, opened: bool) -> tuple[int, str]:
    """(where the replaced text ends, what closes the list there)."""
    indent = _statement_indent(place, at)
    end = ");" if at.part is not Part.PARAMETERS else ")"
    if not opened or not at.after.closed:
        return place.offset, f"\n{indent}{end}"
    if at.after.names:
        return place.offset, "," if place.after.lstrip().startswith(".") else ""
    closer = at.after.closer
    if "\n" in place.after[:closer] or place.after[:closer].strip():
        return place.offset, ""
    if at.part is Part.PARAMETERS or at.after.ended:
        return place.offset + closer, f"\n{indent}"
    return place.offset + closer + 1, f"\n{indent}{end}"


def _statement_indent(place: Place, at: Instance) -> str:
    line = place.index.line(place.index.position(at.start)[0])
    return line[: len(line) - len(line.lstrip(" \t"))]


def _whole(
    place: Place, module: str, instance: Described, names: Sequence[NameFacts], *, probe: str, behind: bool = False
) -> Proposal:
    """A whole instance; `behind` the module's name, which then stands there already. `probe` is the one asked about."""
    aligned = hdl_connect.is_aligned(place.snapshot.text)
    indent, unit = place.indent, place.unit
    settings = [one for one in hdl_connect.values(instance.parameters, names) if one.to]
    ports = hdl_connect.connect(instance.ports, names)
    taken = {one.name for one in names if one.name != probe or re.search(rf"\b{probe}\b", place.snapshot.text)}
    free = _free_name(f"u_{module}", taken)

    def body(some: Sequence[Connection]) -> Body:
        pieces: list[str | Stop] = [] if behind else [f"{module} "]
        if settings:
            set_: list[Body] = [(f".{one.name}(", Stop(one.to), ")") for one in settings]
            pieces += [f"#(\n{indent}{unit}", *joined(set_, f",\n{indent}{unit}"), f"\n{indent}) "]
        listed = hdl_connect.entries(some, aligned=aligned)
        pieces += [Stop(free), f" (\n{indent}{unit}" if some else " (", *joined(listed, f",\n{indent}{unit}")]
        return (*pieces, f"\n{indent});" if some else ");")

    count = sum(1 for one in ports if one.to)
    proposal = Proposal(
        f"{module} {free} (...)",
        body(ports),
        place.start,
        place.offset,
        Kind.MODULE,
        f"instance, {count} of {len(ports)} ports by name",
        _told(module, ports, "ports"),
        filter=place.word if behind else module,
        asked=behind,
    )
    return _with_plainer(proposal, body, ports)


def _free_name(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(free for number in range(2, 1_000_000) if (free := f"{name}_{number}") not in taken)


def _told(module: str, connections: Sequence[Connection], what: str) -> str:
    """What comes in, and why."""
    to = [one for one in connections if one.to]
    empty = [one.name for one in connections if not one.to]
    why = "of the same name and width" if what == "ports" else "of the same name, or the default"
    said = [f"{len(to)} of {len(connections)} {what} of `{module}` are connected to what is {why}."] if to else []
    if other := [f"`{one.name}` to `{one.to}`" for one in to if one.to != one.name and what == "ports"]:
        said.append(f"By a similar name: {', '.join(other)}.")
    if empty:
        said.append(f"To be connected: {', '.join(f'`{name}`' for name in empty)}.")
    return " ".join(said)
