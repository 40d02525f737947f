"""Verilog: an instance as text: which of its connections, laid out as the file lays them out. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from signoff.completion.structural import hdl_connect
from signoff.completion.structural.hdl_connect import Connection
from signoff.completion.structural.hdl_statement import Instance, Part
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop, joined
from signoff.verifiers.hdl.facts import NameFacts, PortFacts
from signoff.verifiers.hdl.place_facts import Described


def proposals(place: Place, at: Instance, instance: Described, names: Sequence[NameFacts]) -> Iterable[Proposal]:
    """What may stand in the list that the cursor is in, or behind the name; `names` are those in scope."""
    if at.part is Part.PARAMETERS:
        free = hdl_connect.values(instance.parameters, names)
        yield from _rest(
            place, at, [one for one in free if one.name not in (*at.before, *at.after.names)], "parameters"
        )
        return
    if at.part is Part.NAME and not at.name:
        yield whole(place, at.module, instance, names, probe=f"u_{at.module}", behind=True)
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


def whole(
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
