"""A name that is used and driven but nowhere declared: declare it, as wide as what it stands with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.instances import instance_at
from signoff.diagnostics.fixes.modules import NETS, VARIABLES, Module, find_module, module_at
from signoff.diagnostics.fixes.nets import variable_kind
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of, quoted, scan, source
from signoff.diagnostics.fixes.statements import always_at
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

LOGIC = frozenset(("==", "!=", "===", "!==", "&&", "||", "!", "<", ">", ">="))
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
    if not loop and not kinds["variable"] and not kinds["net"]:
        return
    edit_place, lead, tail = _place(src, index, module, uses[0])
    kind = "integer" if loop else variable_kind(snapshot.language) if kinds["variable"] else "wire"
    for packed in [""] if loop else _widths(src, module, uses, snapshot, project)[:3]:
        text = f"{kind} {packed} {name};" if packed else f"{kind} {name};"
        edit: Edit = replacement(index, edit_place, edit_place, lead + text + tail)
        yield FixCandidate(f"Declare '{text[:-1]}'", (edit,), "declare", finding, parsed=True, declares=name)


def _driven(src: Source, index: LineIndex, number: int, snapshot: Snapshot, project: Project) -> str:
    """ "variable" where a block assigns the name here, "net" where an `assign` or an instance drives it, else ""."""
    after = number + 1
    while src.word(after) == "[":
        after = src.closing(after) + 1
    block = always_at(index.text, src.token(number).start)
    if src.word(after) in ("=", "<=") and src.word(number - 1) in (";", "begin", ")", "else", ":", "end", "*"):
        return "variable" if block is not None and number >= block.statement else ""
    if src.word(after) == "=" and src.word(number - 1) in ("assign", ","):
        return "net"
    if src.word(after) in (",", "}") and _assigned_in_braces(src, number):
        return "net" if block is None else "variable"
    return "net" if _port_packed(src, number, snapshot, project, ("output", "inout")) is not None else ""


def _assigned_in_braces(src: Source, number: int) -> bool:
    """Whether the name stands in `{a, b} =`, at any depth of nothing but names and braces."""
    low = high = number
    while src.word(low) in ("{", ",", "]", "[", ":") or src.token(low).kind in ("word", "number"):
        if src.word(low) == "{" and src.word(low - 1) in ("assign", ";", "begin", ")", "else", "end", ":"):
            high = src.closing(low)
            return src.word(high + 1) in ("=", "<=")
        low -= 1
    return False


def driven_uses(name: str, snapshot: Snapshot, project: Project, index: LineIndex, offset: int) -> int:
    """How often the module around an offset uses a name, 0 where nothing there drives it."""
    module, src = module_at(index.text, offset), source(index.text)
    if module is None or not (name.isidentifier() or name.startswith("\\")):
        return 0
    uses = [n for n in range(module.body, module.last) if src.word(n) == name and src.word(n - 1) != "."]
    return len(uses) if any(_driven(src, index, n, snapshot, project) for n in uses) else 0


def _port_packed(
    src: Source, number: int, snapshot: Snapshot, project: Project, directions: tuple[str, ...]
) -> str | None:
    """The range of the port that the name alone is connected to, where its direction is one of these."""
    if src.word(number - 1) != "(" or src.word(number + 1) != ")" or src.word(number - 3) != ".":
        return None
    instance = instance_at(src, src.token(number).start)
    found = find_module(instance.module, snapshot, project) if instance is not None else None
    port = found[1].port(src.word(number - 2)) if found is not None else None
    return port.packed if port is not None and port.direction in directions else None


def _place(src: Source, index: LineIndex, module: Module, use: int) -> tuple[int, str, str]:
    """(offset, text before, text after): after the last declaration above the first use, else after the head."""
    entries = [entry for listed in module.declared.values() for entry in listed]
    above = [e.last for e in entries if not e.header and e.last < use and e.kind in (*NETS, *VARIABLES)]
    last = src.token(max(above, default=module.body - 1))
    line = index.position(last.start)[0]
    newline = newline_of(index.text)
    indent = indent_of(index.line(line)) if above else _body_indent(src, index, module)
    end = index.line_end(line)
    following = src.token(src.from_(last.end))
    if following.start < end:
        return last.end, f"{newline}{indent}", f"{newline}{indent}" if not above else ""
    return end, f"{newline}{indent}", ""


def _body_indent(src: Source, index: LineIndex, module: Module) -> str:
    if module.body >= len(src.tokens):
        return ""
    return indent_of(index.line(index.position(src.token(module.body).start)[0]))


def _widths(src: Source, module: Module, uses: list[int], snapshot: Snapshot, project: Project) -> list[str]:
    """Ranges of what stands with it, the commonest first; a single bit last unless it is the commonest."""
    votes: Counter[str] = Counter()
    for number in uses:
        packed = _port_packed(src, number, snapshot, project, ("input", "output", "inout"))
        # Names in the port's range are those of the other module; only where this one has them, too, do they serve.
        if packed is not None and all(token.text in module.declared for token in scan(packed) if token.is_name):
            votes[packed] += 3
        if src.word(number + 1) == "[" and src.word(number + 2).isdigit():
            votes[f"[{src.word(number + 2)}:0]"] += 1
        votes.update(_neighbours(src, module, number))
    ranked = sorted(votes, key=lambda packed: (-votes[packed], packed == ""))
    return ranked if "" in ranked[:1] else [*(packed for packed in ranked if packed), ""]


def _neighbours(src: Source, module: Module, number: int) -> Iterator[str]:
    """Ranges of what the assignment that the use stands in joins it with: names, parts of names, literals."""
    low = high = number
    while low > 0 and src.word(low - 1) not in (";", "begin", "end", ")", "else", ":", "assign", *NETS, *VARIABLES):
        low -= 1
    while high < len(src.tokens) - 1 and src.word(high) != ";":
        high += 1
    if not (src.token(low).is_name or src.word(low) == "{"):
        return
    # A condition or the result of one is a single bit, whatever stands beside it.
    words = [src.word(other) for other in range(low, high)]
    if src.word(number + 1) == "?" or ("?" not in words and not LOGIC.isdisjoint(words)):
        yield ""
        return
    for other in range(low, high):
        yield from _range(src, module, other)


def _range(src: Source, module: Module, number: int) -> Iterator[str]:
    token, after = src.token(number), src.word(number + 1)
    entries = module.declared.get(token.text, ())
    if token.kind == "number" and src.word(number - 1) in ("=", "<="):
        size, quote, _ = token.text.partition("'")
        width = int(size) if quote and size.isdigit() else int(size).bit_length() if size.isdigit() else 0
        if width > 1:
            yield f"[{width - 1}:0]"
    elif entries and after != "[":
        yield entries[0].packed
    elif entries and src.word(number + 3) == ":" and src.word(number + 2).isdigit() and src.word(number + 4).isdigit():
        width = abs(int(src.word(number + 2)) - int(src.word(number + 4))) + 1
        yield f"[{width - 1}:0]" if width > 1 else ""
    elif entries and src.word(number + 3) == "]":
        yield ""
