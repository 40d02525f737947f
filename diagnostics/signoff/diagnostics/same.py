"""When two findings are one fault: the judgements merge.py rests on, each a pure predicate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.taxonomy import equivalence, is_consequence, is_stumble, is_syntax, is_unnamed, quoted_names
from signoff.verifiers.finding import Category, Finding, Severity, Span

TOOL_ORDER = ("slang", "verilator", "yosys")
# A finding over more lines than this is looked up by its first lines only.
LINES_INDEXED = 50
# A number of its own, outside names and literals.
NUMBER = re.compile(r"(?<![\w'\[:.])\d+(?![\w'\]:])")
# Faults of one signal: the tools point at different places (the process, the assignment, the declaration).
BY_NAME = frozenset({Category.LATCH, Category.MULTIPLE_DRIVERS})
# Several such faults may share a line, told apart by the names in their messages.
NAMED = BY_NAME | {Category.MODULE_CONNECTION, Category.UNDEFINED_MODULE}


def tool_rank(tool: str) -> tuple[int, str]:
    """slang first, as its places are the most exact, then Verilator, Yosys and the others."""
    return (TOOL_ORDER.index(tool) if tool in TOOL_ORDER else len(TOOL_ORDER), tool)


def keys(finding: Finding) -> Iterator[object]:
    """What two findings must share to be one fault: a line, or the signal in their messages."""
    span = finding.span
    yield from range(span.start_line, min(span.end_line, span.start_line + LINES_INDEXED) + 1)
    if finding.category in BY_NAME:
        yield from ((finding.category, name) for name in quoted_names(finding.message))


def name_keys(finding: Finding) -> Iterator[object]:
    """What two findings must share for one to echo the other: a line and a name on it."""
    yield from ((finding.span.start_line, name) for name in quoted_names(finding.message))


def distance(one: Finding, other: Finding) -> tuple[int, int]:
    """How far apart two findings are: (lines, columns), both 0 where they overlap."""
    if overlap(one.span, other.span):
        return (0, 0)
    lines = abs(one.span.start_line - other.span.start_line)
    return (lines, abs(one.span.start_column - other.span.start_column))


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character, or touch."""
    return (one.start_line, one.start_column) <= (other.end_line, other.end_column) and (
        other.start_line,
        other.start_column,
    ) <= (one.end_line, one.end_column)


def same_fault(known: Finding, finding: Finding) -> bool:
    """Whether two tools mean the same fault."""
    if known.category in BY_NAME and known.category is finding.category:
        return bool(quoted_names(known.message) & quoted_names(finding.message))
    if not _same_place(known, finding):
        return False
    if (known.code, known.span, known.message) == (finding.code, finding.span, finding.message):
        return True
    if is_unnamed(finding) or is_unnamed(known):
        # Of a literal that does not fit, slang only warns.
        literals = known.category is finding.category is Category.INVALID_LITERAL
        return literals or known.severity is finding.severity is Severity.ERROR
    group, other_group = equivalence(known), equivalence(finding)
    if group and other_group:
        return group == other_group and _names_agree(known, finding) and _widths_agree(known, finding)
    if known.category is Category.OTHER or known.category is not finding.category:
        return known.span == finding.span and known.severity is finding.severity is Severity.ERROR
    return known.category not in NAMED or _names_agree(known, finding)


def follows_from(finding: Finding, cause: Finding) -> bool:
    """Whether `finding` only says where a tool stumbled over `cause`."""
    if breaks_syntax(cause) and is_syntax(finding) and finding.severity is Severity.ERROR:
        if finding.tool == cause.tool:
            same_line = finding.span.start_line == cause.span.start_line
            return (same_line or is_stumble(finding)) and cause.span <= finding.span
        return cause.span.start_line - finding.span.start_line <= 1
    if _echoes(finding, cause):
        return True
    if not is_consequence(finding, cause.category) or not _same_place(cause, finding):
        return False
    # Nothing on the line has its true width once an expression on it is wrong.
    broken = cause.severity is Severity.ERROR or "Logical operator" in finding.message
    return broken or overlap(cause.span, finding.span)


def breaks_syntax(finding: Finding) -> bool:
    """Whether tools lose their way at this fault."""
    if finding.severity is not Severity.ERROR:
        return False
    return is_syntax(finding) or finding.category is Category.ILLEGAL_KEYWORD


def may_follow(finding: Finding) -> bool:
    """Whether the finding could be the mere consequence of one near it; follows_from() tells of which."""
    return is_consequence(finding) or (is_syntax(finding) and finding.severity is Severity.ERROR)


def _echoes(finding: Finding, known: Finding) -> bool:
    """A name that is wrong twice on a line is told twice by one tool and perhaps once by another."""
    if finding.tool == known.tool or not quoted_names(finding.message) & quoted_names(known.message):
        return False
    return _same_place(known, finding) and same_fault(known, finding)


def _same_place(one: Finding, other: Finding) -> bool:
    return one.span.start_line == other.span.start_line or overlap(one.span, other.span)


def _names_agree(one: Finding, other: Finding) -> bool:
    names, other_names = quoted_names(one.message), quoted_names(other.message)
    return not names or not other_names or bool(names & other_names)


def _widths_agree(one: Finding, other: Finding) -> bool:
    """Where both name bit widths, one tool's are among the other's (Verilator adds minimal widths)."""
    widths, other_widths = set(NUMBER.findall(one.message)), set(NUMBER.findall(other.message))
    return not widths or not other_widths or widths <= other_widths or other_widths <= widths
