"""Indentation as the document has it: only tabs for blanks or blanks for tabs, never a level more or less."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from signoff.completion.context import Hole

# So much text around the cursor says what a document indents with.
AROUND = 6000
USUAL = 4
_OPENS = re.compile(r"(?:[{(\[:]|\bbegin(?:\s*:\s*\w+)?|\)|\belse)\s*\Z")
# One line in so many that is indented otherwise makes no mixture.
MIXED = 10
_LEAD = re.compile(r"\n([ \t]+)(?=\S)")


def width(line: str) -> int:
    """How many characters of blanks a line begins with."""
    return len(line) - len(line.lstrip(" \t"))


def unit(hole: Hole) -> str:
    """What one level is in this document: a tab, or so many blanks; "" where it has no indented line, or both."""
    leads = _LEAD.findall(f"\n{hole.prefix[-AROUND:]}\n{hole.suffix[:AROUND]}")
    if not leads:
        return ""
    tabs = sum("\t" in lead for lead in leads)
    if tabs * MIXED > len(leads):
        return "\t" if (len(leads) - tabs) * MIXED < len(leads) else ""
    return "" if tabs else " " * step([len(lead) for lead in leads])


def step(widths: list[int]) -> int:
    """The usual difference between two levels."""
    rises = Counter(later - earlier for earlier, later in pairwise([0, *widths]) if 1 < later - earlier <= 8)
    return rises.most_common(1)[0][0] if rises else USUAL


def adapted(text: str, hole: Hole) -> str:
    """The text with the document's kind of indentation, where it has the other kind."""
    lines = text.split("\n")
    leads = [match[1] for line in lines[1:] if (match := re.match(r"([ \t]+)\S", line))]
    own = unit(hole) if leads else ""
    if not own:
        return text
    if own == "\t" and all("\t" not in lead for lead in leads):
        by = _level(lines, hole)
        return "\n".join((lines[0], *(_tabbed(line, by) for line in lines[1:])))
    if own != "\t" and any("\t" in lead for lead in leads):
        return "\n".join((lines[0], *(_spaced(line, own) for line in lines[1:])))
    return text


def _level(lines: list[str], hole: Hole) -> int:
    """How many blanks the text has for one tab of the document: its second line is at a depth that is known."""
    second = next(width(line) for line in lines[1:] if line.strip())
    depth = hole.line_prefix[: width(hole.line_prefix)].count("\t") + bool(_OPENS.search(lines[0]))
    by = second // depth if depth and second % depth == 0 else 0
    return by if by in (2, 3, 4, 8) else USUAL


def _tabbed(line: str, by: int) -> str:
    lead = width(line)
    return "\t" * (lead // by) + " " * (lead % by) + line[lead:]


def _spaced(line: str, own: str) -> str:
    lead = width(line)
    return line[:lead].replace("\t", own) + line[lead:]


def shifted(text: str, hole: Hole) -> str:
    """Code that starts at the margin (it came in fences), as lines of the block that the cursor is in."""
    base = hole.line_prefix[: width(hole.line_prefix)]
    lines = text.split("\n")
    rest = [width(line) for line in lines[1:] if line.strip()]
    if not base or not rest or width(lines[0]) or min(rest) >= len(base):
        return text
    return "\n".join((lines[0], *(base + line if line.strip() else line for line in lines[1:])))
