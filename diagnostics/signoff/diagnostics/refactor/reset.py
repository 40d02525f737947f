"""Registers that a process assigns but does not reset get a value in its reset branch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.modules import Module, module_at
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of
from signoff.diagnostics.fixes.statements import Always, assignments, statement_end
from signoff.diagnostics.refactor.site import Site, listed
from signoff.verifiers.finding import Category
from signoff.verifiers.text import Edit

NAME = "reset"
# How designers call a reset: rst, rst_n, i_rst, aresetn, nreset, sys_rst_ni, clr.
RESET = re.compile(r"(?:^|_|[a-z])(?:n?a?rst|n?a?reset|clr|clear|por)(?:_|n|b|\d|i|l|$)|^(?:rst|reset|clr|clear)", re.I)
# What takes a plain 0; of a type that the text names, nobody knows here what its values are.
PLAIN = frozenset(("reg", "logic", "bit", "integer", "int", "byte", "shortint", "longint"))
STEP = "    "


@dataclass(frozen=True, slots=True)
class _Branches:
    """`if (reset) <taken> else <other>` of a clocked process, or `<other> if (reset) <taken>`: token indices."""

    taken: tuple[int, int]
    other: tuple[int, int]


def propose(site: Site) -> Iterator[FixCandidate]:
    """One candidate a process: a 0 for every register that its other branch assigns and its reset branch does not."""
    src = site.src
    for block in site.processes():
        branches = _branches(src, block) if block.clocked else None
        module = module_at(src.text, src.token(block.keyword).start)
        names = _missing(src, branches, module) if branches is not None and module is not None else []
        if branches is None or not names:
            continue
        finding = site.finding(
            NAME,
            src.token(block.keyword).start,
            src.token(block.last).end,
            f"{', '.join(repr(name) for name in names)}: assigned here, and not reset",
            Category.RESET,
        )
        title = f"Reset {listed(names)} to 0 in this process"
        changed = f"{'it is' if len(names) == 1 else 'they are'} 0 after reset, whatever was there before"
        yield FixCandidate(title, _added(site, branches, names), NAME, finding, changed)


def _branches(src: Source, block: Always) -> _Branches | None:
    statements = list(_statements(src, block))
    first, last = statements[0][0], statements[-1]
    if src.word(first) == "if" and _is_reset(src, block, first):
        end = statement_end(src, src.closing(first + 1) + 1)
        if src.word(end + 1) == "else":
            return _Branches((src.closing(first + 1) + 1, end), (end + 2, statement_end(src, end + 2)))
    elif len(statements) > 1 and src.word(last[0]) == "if" and _is_reset(src, block, last[0]):
        taken = src.closing(last[0] + 1) + 1
        names = {src.word(n) for n in range(last[0] + 2, taken) if src.token(n).is_name}
        # What the rest of the process does in reset, it does on purpose where it asks for it.
        asked = any(src.word(n) in names for n in range(first, last[0]))
        if statement_end(src, taken) == last[1] and not asked:
            return _Branches((taken, last[1]), (first, last[0] - 1))
    return None


def _statements(src: Source, block: Always) -> Iterator[tuple[int, int]]:
    """(first, last) token of each statement of a process."""
    number, last = block.statement, block.last
    if src.word(number) == "begin":
        number, last = number + (3 if src.word(number + 1) == ":" else 1), last - 1
    yield number, (end := statement_end(src, number))
    while end < last:
        number = end + 1
        yield number, (end := max(statement_end(src, number), number))


def _is_reset(src: Source, block: Always, first: int) -> bool:
    """Whether an `if` asks for the reset of its process, and for nothing else."""
    if src.word(first + 1) != "(":
        return False
    close = src.closing(first + 1)
    names = [src.word(n) for n in range(first + 2, close) if src.token(n).is_name]
    events = {src.word(n) for n in range(block.keyword + 1, block.statement) if src.token(n).is_name}
    edges = sum(src.word(n) in ("posedge", "negedge") for n in range(block.keyword + 1, block.statement))
    asynchronous = edges > 1 and len(names) == 1 and names[0] in events
    return len(set(names)) == 1 and (asynchronous or RESET.search(names[0]) is not None)


def _missing(src: Source, branches: _Branches, module: Module) -> list[str]:
    """The registers that only the other branch assigns, whole ones of a plain type."""
    reset = {name for name, _ in assignments(src, branches.taken[0] - 1, branches.taken[1])}
    reset |= {src.word(n) for n in range(branches.taken[0], branches.taken[1]) if src.token(n).is_name}
    found: dict[str, bool] = {}
    for name, operator in assignments(src, branches.other[0] - 1, branches.other[1]):
        # A part of a register, or what is blocking and so perhaps no register at all, makes no register to reset.
        found[name] = found.get(name, True) and src.word(operator) == "<="
    return [name for name, clocked in found.items() if clocked and name not in reset and _plain(module, name)]


def _plain(module: Module, name: str) -> bool:
    entries = module.declared.get(name, [])
    kinds = {entry.kind for entry in entries if entry.kind} | {
        "logic" for one in entries if one.direction and one.packed
    }
    return bool(entries) and kinds <= PLAIN and bool(kinds) and not any(entry.unpacked for entry in entries)


def _added(site: Site, branches: _Branches, names: list[str]) -> tuple[Edit, ...]:
    """The statements behind the last one of the reset branch, laid out as that is."""
    src, index, newline = site.src, site.index, newline_of(site.snapshot.text)
    first, last = branches.taken
    value = "'0" if site.snapshot.language == "systemverilog" else "0"
    made = [f"{name} <= {value};" for name in names]
    if src.word(first) == "begin":
        return _in_block(site, first, last, made)
    start, end = src.token(first), src.token(last)
    line, column = index.position(start.start)
    if index.line(line)[:column].strip():
        return (site.insert(start.start, "begin "), site.insert(end.end, f" {' '.join(made)} end"))
    inner, head = indent_of(index.line(line)), src.token(first - 1).end
    outer = indent_of(index.line(index.position(head)[0]))
    text = "".join(f"{newline}{inner}{one}" for one in made) + f"{newline}{outer}end"
    return (site.insert(head, " begin"), site.insert(_behind(site, last), text))


def _in_block(site: Site, first: int, last: int, made: list[str]) -> tuple[Edit, ...]:
    """Statements at the end of `begin ... end`."""
    src, index, newline = site.src, site.index, newline_of(site.snapshot.text)
    line, column = index.position(src.token(last).start)
    if index.line(line)[:column].strip():
        return (site.insert(src.token(last - 1).end, " " + " ".join(made)),)
    inner = indent_of(index.line(index.position(src.token(last - 1).start)[0]))
    # `begin end` on lines of their own hold nothing to be laid out like.
    inner = inner if src.word(last - 1) == ";" and first != last - 1 else indent_of(index.line(line)) + STEP
    return (site.insert(index.starts[line], "".join(f"{inner}{one}{newline}" for one in made)),)


def _behind(site: Site, number: int) -> int:
    """The end of a token's line where nothing but a comment follows it there, else of the token."""
    end = site.src.token(number).end
    line = site.index.line_end(site.index.position(end)[0])
    return line if site.src.token(number + 1).start >= line else end
