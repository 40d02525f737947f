"""A name that is used and driven but nowhere declared: declare it, as wide as what it stands with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.instances import instance_at
from signoff.diagnostics.fixes.modules import NETS, VARIABLES, Module, find_module, module_at
from signoff.diagnostics.fixes.nets import variable_kind
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of, quoted, source
from signoff.diagnostics.fixes.statements import always_at
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

CODES = frozenset(("UndeclaredIdentifier", "TypoIdentifier", "ImplicitNet", "IMPLICIT"))


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Declare the name as a net, or as a variable where a block assigns it. One that nothing drives stays."""
    name = next(iter(quoted(finding.message)), "")
    if finding.code not in CODES and "Can't find definition of variable" not in finding.message:
        return
    module = module_at(index.text, index.offsets(finding.span)[0])
    src = source(index.text)
    if module is None or not name or name in module.declared:
        return
    uses = [n for n in range(module.body, module.last) if src.word(n) == name and src.word(n - 1) != "."]
    kinds = Counter(_driven(src, index, n, snapshot, project) for n in uses)
    loop = any(src.word(n - 1) == "(" and src.word(n - 2) == "for" for n in uses)
    if not uses or (not loop and not kinds["variable"] and not kinds["net"]):
        return
    edit_place, lead, tail = _place(src, index, module, uses[0])
    kind = "integer" if loop else variable_kind(snapshot.language) if kinds["variable"] else "wire"
    for packed in [""] if loop else _widths(src, module, uses, snapshot, project)[:3]:
        text = f"{kind} {packed} {name};" if packed else f"{kind} {name};"
        edit: Edit = replacement(index, edit_place, edit_place, lead + text + tail)
        yield FixCandidate(f"Declare '{text[:-1]}'", (edit,), "declare", finding)


def _driven(src: Source, index: LineIndex, number: int, snapshot: Snapshot, project: Project) -> str:
    """ "variable" where a block assigns the name here, "net" where an `assign` or an instance drives it, else ""."""
    after = number + 1
    while src.word(after) == "[":
        after = src.closing(after) + 1
    block = always_at(index.text, src.tokens[number].start)
    if src.word(after) in ("=", "<=") and src.word(number - 1) in (";", "begin", ")", "else", ":", "end", "*"):
        return "variable" if block is not None and number >= block.statement else ""
    if src.word(after) == "=" and src.word(number - 1) in ("assign", ","):
        return "net"
    return "net" if _port_packed(src, number, snapshot, project, ("output", "inout")) is not None else ""


def _port_packed(
    src: Source, number: int, snapshot: Snapshot, project: Project, directions: tuple[str, ...]
) -> str | None:
    """The range of the port that the name alone is connected to, where its direction is one of these."""
    if src.word(number - 1) != "(" or src.word(number + 1) != ")" or src.word(number - 3) != ".":
        return None
    instance = instance_at(src, src.tokens[number].start)
    found = find_module(instance.module, snapshot, project) if instance is not None else None
    port = found[1].port(src.word(number - 2)) if found is not None else None
    return port.packed if port is not None and port.direction in directions else None


def _place(src: Source, index: LineIndex, module: Module, use: int) -> tuple[int, str, str]:
    """(offset, text before, text after): after the last declaration above the first use, else after the head."""
    entries = [entry for listed in module.declared.values() for entry in listed]
    above = [e.last for e in entries if not e.header and e.last < use and e.kind in (*NETS, *VARIABLES)]
    last = src.tokens[max(above, default=module.body - 1)]
    line = index.position(last.start)[0]
    newline = newline_of(index.text)
    indent = indent_of(index.line(line)) if above else _body_indent(src, index, module)
    end = index.line_end(line)
    following = src.tokens[src.from_(last.end)]
    if following.start < end:
        return last.end, f"{newline}{indent}", f"{newline}{indent}" if not above else ""
    return end, f"{newline}{indent}", ""


def _body_indent(src: Source, index: LineIndex, module: Module) -> str:
    if module.body >= len(src.tokens):
        return ""
    return indent_of(index.line(index.position(src.tokens[module.body].start)[0]))


def _widths(src: Source, module: Module, uses: list[int], snapshot: Snapshot, project: Project) -> list[str]:
    """Ranges of the names that stand with it, the commonest first; a single bit last."""
    votes: Counter[str] = Counter()
    for number in uses:
        packed = _port_packed(src, number, snapshot, project, ("input", "output", "inout"))
        if packed is not None and not any(c.isalpha() for c in packed.replace("signed", "")):
            votes[packed] += 3
        if src.word(number + 1) == "[" and src.word(number + 2).isdigit():
            votes[f"[{src.word(number + 2)}:0]"] += 1
        for other in _neighbours(src, number):
            for entry in module.declared.get(other, ())[:1]:
                votes[entry.packed] += 1
    ranked = sorted(votes, key=lambda packed: (-votes[packed], packed == ""))
    return [*(packed for packed in ranked if packed), ""] if votes[""] < max(votes.values(), default=0) else ranked


def _neighbours(src: Source, number: int) -> Iterator[str]:
    """Whole names in the same statement as the use."""
    low = high = number
    while low > 0 and src.word(low - 1) not in (";", "begin", "end", ")", "else", ":"):
        low -= 1
    while high < len(src.tokens) - 1 and src.word(high) != ";":
        high += 1
    for other in range(low, high):
        if src.tokens[other].is_name and src.word(other + 1) != "[" and src.word(other - 1) != ".":
            yield src.word(other)
