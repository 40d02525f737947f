"""A net that a block assigns: it must be a variable."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.modules import NETS, Declared, Module, module_at
from signoff.diagnostics.fixes.source import Source, quoted, source
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

CODES = frozenset(("AssignToNet", "PROCASSWIRE"))


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Declare the net as `reg` (`logic` in SystemVerilog)."""
    if finding.code not in CODES:
        return
    src = source(index.text)
    start, end = index.offsets(finding.span)
    module = module_at(index.text, start)
    if module is None:
        return
    names = quoted(finding.message)[:1] or tuple(
        token.text for token in src.tokens[src.at(start) : src.from_(max(end, start + 1))] if token.is_name
    )
    kind = variable_kind(snapshot.language)
    for name in names[:1]:
        entry = _declaration(module, name)
        if entry is None:
            continue
        edits = tuple(_as_variable(src, index, entry, kind))
        if edits:
            yield FixCandidate(f"Declare '{name}' as {kind}", edits, "nets", finding)


def variable_kind(language: str) -> str:
    """The field's word for a variable: `reg` in Verilog, `logic` in SystemVerilog."""
    return "logic" if language == "systemverilog" else "reg"


def _declaration(module: Module, name: str) -> Declared | None:
    entries = [entry for entry in module.declared.get(name, ()) if entry.direction != "input"]
    typed = [entry for entry in entries if entry.kind in NETS]
    return next(iter(typed or entries), None)


def _as_variable(src: Source, index: LineIndex, entry: Declared, kind: str) -> Iterator[Edit]:
    if entry.siblings > 1:
        yield from _split(src, index, entry, kind)
        return
    net = next((n for n in range(entry.first, entry.name) if src.word(n) in NETS), None)
    if net is not None:
        yield replacement(index, src.token(net).start, src.token(net).end, kind)
    elif entry.direction:
        word = next(n for n in range(entry.first, entry.name) if src.word(n) == entry.direction)
        yield replacement(index, src.token(word).end, src.token(word).end, f" {kind}")


def _split(src: Source, index: LineIndex, entry: Declared, kind: str) -> Iterator[Edit]:
    """Take one name out of a list: its own declaration after the others, or its own type in a port list."""
    packed = f"{entry.packed} " if entry.packed else ""
    name = src.token(entry.name)
    after = src.token(entry.name + 1)
    own = f"{entry.direction} {kind} {packed}{entry.text}" if entry.direction else f"{kind} {packed}{entry.text}"
    if entry.header:
        if src.word(entry.name - 1) != ",":
            return
        yield replacement(index, name.start, name.end, own)
        # The name after it inherited what stands before: say it again.
        if after.text == "," and src.token(entry.name + 2).is_name:
            place = src.token(entry.name + 2).start
            yield replacement(index, place, place, f"{entry.direction} {entry.kind or 'wire'} {packed}")
        return
    if entry.unpacked or after.text not in (",", ";") or src.word(entry.last) != ";":
        return
    if src.word(entry.name - 1) == ",":
        yield replacement(index, src.token(entry.name - 2).end, name.end, "")
    else:
        yield replacement(index, name.start, src.token(entry.name + 2).start, "")
    yield replacement(index, src.token(entry.last).end, src.token(entry.last).end, f" {own};")
