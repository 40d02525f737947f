"""A latch by a path that assigns nothing; a case without a default."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.blocks import enclosing, structure
from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of, quoted, source
from signoff.diagnostics.fixes.statements import Always, always_at, assignments
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

LATCHES = frozenset(("InferredLatch", "LATCH", "LatchInferred"))
CASES = frozenset(("CaseDefault", "CASEINCOMPLETE"))
STEP = "    "


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Give the variable a value at the start of the block, or the case a default arm."""
    src = source(index.text)
    if finding.code in LATCHES:
        yield from _latch(finding, src, index)
    elif finding.code in CASES:
        yield from _default(finding, src, index)


def _latch(finding: Finding, src: Source, index: LineIndex) -> Iterator[FixCandidate]:
    block = always_at(index.text, index.offsets(finding.span)[0])
    name = next(iter(quoted(finding.message)), "").split(".")[-1].lstrip("\\")
    if block is None or block.clocked or block.word == "always_latch" or not name:
        return
    if name not in {assigned for assigned, _ in assignments(src, block.statement, block.last)}:
        return
    title = f"Assign '{name}' 0 at the start of the block"
    edits = _at_start(src, index, block, f"{name} = 0;")
    yield FixCandidate(title, edits, "latches", finding, f"'{name}' is 0 where nothing else assigns it")


def _at_start(src: Source, index: LineIndex, block: Always, statement: str) -> tuple[Edit, ...]:
    newline = newline_of(index.text)
    line = index.position(src.token(block.keyword).start)[0]
    indent = indent_of(index.line(line))
    if src.word(block.statement) == "begin":
        head = block.statement + (2 if src.word(block.statement + 1) == ":" else 0)
        inner = index.position(src.token(head + 1).start)[0]
        step = indent_of(index.line(inner)) if inner != index.position(src.token(head).start)[0] else indent + STEP
        place = src.token(head).end
        return (replacement(index, place, place, f"{newline}{step}{statement}"),)
    place, end = src.token(block.statement - 1).end, src.token(block.last).end
    return (
        replacement(index, place, place, f" begin{newline}{indent}{STEP}{statement}"),
        replacement(index, end, end, f"{newline}{indent}end"),
    )


def _default(finding: Finding, src: Source, index: LineIndex) -> Iterator[FixCandidate]:
    start = index.offsets(finding.span)[0]
    opener = next((b for b in structure(index.text).blocks if src.token(b.opener).start >= start), None)
    case = opener if opener is not None and opener.word.startswith("case") else None
    if case is None or index.position(src.token(case.opener).start)[0] != finding.span.start_line:
        case = enclosing(index.text, start, ("case", "casez", "casex"))
    if case is None or case.closer < 0 or _has_default(src, case.opener, case.closer):
        return
    block = always_at(index.text, src.token(case.opener).start)
    if block is None:
        return
    assigned = dict.fromkeys(name for name, _ in assignments(src, case.opener, case.closer))
    before = {name for name, _ in assignments(src, block.statement, case.opener)}
    open_names = [] if block.clocked else [name for name in assigned if name not in before]
    body = " ".join(f"{name} = 0;" for name in open_names)
    body = f"begin {body} end" if len(open_names) > 1 else body or ";"
    line, column = index.position(src.token(case.closer).start)
    own_line = not index.line(line)[:column].strip()
    indent = _arm_indent(src, index, case.opener)
    text = f"{indent}default: {body}{newline_of(index.text)}" if own_line else f"default: {body} "
    place = index.starts[line] if own_line else src.token(case.closer).start
    changed = f"{', '.join(open_names)} = 0 in the cases not listed" if open_names else ""
    title = f"Add 'default: {body}'"
    yield FixCandidate(title, (replacement(index, place, place, text),), "latches", finding, changed)


def _has_default(src: Source, opener: int, closer: int) -> bool:
    nested = 0
    for number in range(opener + 1, closer):
        word = src.word(number)
        nested += word in ("case", "casez", "casex")
        nested -= word == "endcase"
        if word == "default" and nested == 0:
            return True
    return False


def _arm_indent(src: Source, index: LineIndex, opener: int) -> str:
    """The indentation of the first arm, else one step more than the case's own."""
    line = index.position(src.token(opener).start)[0]
    head = src.closing(opener + 1)
    arm = index.position(src.token(head + 1).start)[0]
    return indent_of(index.line(arm)) if arm != line else indent_of(index.line(line)) + STEP
