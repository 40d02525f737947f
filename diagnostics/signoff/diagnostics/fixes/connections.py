"""Named connections: a port that the module does not have, and ports that nothing connects."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.instances import Instance, instance_at
from signoff.diagnostics.fixes.modules import PARAMETERS, Module, find_module, module_at
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of, quoted, source
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.slips import near
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

WRONG_PORT = frozenset(("PortDoesNotExist", "PINNOTFOUND"))
WRONG_PARAMETER = frozenset(("ParameterDoesNotExist",))
MISSING = frozenset(("UnconnectedInputPort", "UnconnectedNamedPort", "PINMISSING"))


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Name the nearest port that is not connected yet; connect a port to the signal of its name."""
    if finding.code not in WRONG_PORT | WRONG_PARAMETER | MISSING:
        return
    src = source(index.text)
    start = index.offsets(finding.span)[0]
    instance = instance_at(src, start)
    found = find_module(instance.module, snapshot, project) if instance is not None else None
    name = next(iter(quoted(finding.message)), "")
    if instance is None or found is None or not name:
        return
    module = found[1]
    if finding.code in MISSING:
        yield from _connect(finding, src, index, instance, module, name)
    elif finding.code in WRONG_PARAMETER or name in instance.parameters:
        yield from _rename(finding, src, index, instance.parameters, parameters_of(module), name)
    else:
        yield from _rename(finding, src, index, instance.connected, list(module.ports), name)


def parameters_of(module: Module) -> list[str]:
    """The names of a module's parameters."""
    return [name for name, entries in module.declared.items() if any(e.kind in PARAMETERS for e in entries)]


def _rename(
    finding: Finding, src: Source, index: LineIndex, used: dict[str, int], names: list[str], wrong: str
) -> Iterator[FixCandidate]:
    if wrong not in used:
        return
    free = [name for name in names if name not in used]
    close = [name for name in free if name.lower() == wrong.lower()] or near(wrong, free)
    affixed = [name for name in free if wrong in name or name in wrong]
    # The only port left is what is meant, whatever it is called.
    for name in list(dict.fromkeys((*close, *affixed, *(free if len(free) == 1 else ()))))[:3]:
        token = src.token(used[wrong])
        edit = replacement(index, token.start, token.end, name)
        yield FixCandidate(f"Connect port '{name}' instead of '{wrong}'", (edit,), "connections", finding)


def _connect(
    finding: Finding, src: Source, index: LineIndex, instance: Instance, module: Module, port: str
) -> Iterator[FixCandidate]:
    around = module_at(index.text, src.token(instance.open).start)
    if (
        around is None
        or instance.ordered
        or instance.wildcard
        or port not in module.ports
        or port in instance.connected
    ):
        return
    # A connection under a wrong name may be the one that is missing.
    if not set(instance.connected) <= set(module.ports):
        return
    missing = [name for name in module.ports if name not in instance.connected]
    same = [name for name in missing if name in around.declared]
    if port in same:
        edit = addition(src, index, instance, [f".{port}({port})"])
        yield FixCandidate(f"Connect '{port}' to the signal of the same name", (edit,), "connections", finding)
        if len(same) > 1:
            edit = addition(src, index, instance, [f".{name}({name})" for name in same])
            title = f"Connect {len(same)} ports to the signals of the same names"
            yield FixCandidate(title, (edit,), "connections", finding)
    declared = module.port(port)
    if declared is not None and declared.direction == "output":
        edit = addition(src, index, instance, [f".{port}()"])
        title = f"Leave the output '{port}' open, in writing"
        yield FixCandidate(title, (edit,), "connections", finding)


def addition(src: Source, index: LineIndex, instance: Instance, connections: list[str]) -> Edit:
    """The edit that adds connections after the last one, in its layout: a line each where that starts a line."""
    if not instance.connected:
        place = src.token(instance.open).end
        return replacement(index, place, place, ", ".join(connections))
    last = src.token(max(instance.connected.values()) - 1)
    line, column = index.position(last.start)
    place = src.token(instance.close - 1).end
    own_line = not index.line(line)[:column].strip()
    separator = f",{newline_of(index.text)}{indent_of(index.line(line))}" if own_line else ", "
    lead = "" if src.word(instance.close - 1) == "," else separator
    return replacement(index, place, place, lead + separator.join(connections))
