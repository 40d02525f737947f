"""A literal whose stated width is not the one its place has: state that one, where the value fits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.modules import Declared, module_at
from signoff.diagnostics.fixes.source import Token, source
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

CODES = frozenset(("WidthTruncate", "WidthExpand", "WIDTHTRUNC", "WIDTHEXPAND", "VectorLiteralOverflow"))
_SIZED = re.compile(r"(\d[\d_]*)(\s*'\s*)([bodhBODH])(\s*)([0-9a-fA-F_]+)$")
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}
_RANGE = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*\]")
COMPARISONS = frozenset(("==", "!=", "===", "!==", "<", ">", ">=", "==?", "!=?"))
# What may stand beside a comparison of a plain name with a literal.
ENDS = frozenset(("(", ")", ";", ",", "&&", "||", "?", ":", "=", "<=", "!", "{", "}"))
SCALARS = frozenset(("", "wire", "reg", "logic", "bit", "tri"))
_TARGETS = (
    re.compile(r"from \d+ to (\d+) bits"),
    re.compile(r"expects (\d+)(?: or \d+)? bits"),
    re.compile(r"\((\d+) bits needed\)"),
)


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Resize the literal at the place; a computed width says nothing about what was meant, so nothing else is."""
    if finding.code not in CODES:
        return
    found = next((match for pattern in _TARGETS if (match := pattern.search(finding.message))), None)
    if found is None:
        return
    for token in _literals(finding, index):
        text = _resized(token, int(found.group(1)))
        if text is not None and not _outgrows(token, int(found.group(1)), index):
            edit = replacement(index, token.start, token.end, text)
            yield FixCandidate(f"Write {text} for {token.text}", (edit,), "literals", finding, _change(token))


def _literals(finding: Finding, index: LineIndex) -> list[Token]:
    src = source(index.text)
    start = src.at(index.offsets(finding.span)[0])
    line_end = index.line_end(finding.span.start_line)
    numbers = [token for token in src.tokens[start : src.from_(line_end)] if _SIZED.match(token.text)]
    const = re.search(r"CONST '(\d+)'", finding.message)
    if const is not None:
        numbers = [token for token in numbers if token.text.startswith(f"{const.group(1)}'")]
    return numbers[:1]


def _change(token: Token) -> str:
    """What a larger width does to the hardware: a literal that does not fit has lost its upper bits until then."""
    size, value = _value(token)
    cut = value % (1 << size)
    return f"the value becomes {value}, it was cut to {cut}" if cut != value else ""


def _outgrows(token: Token, width: int, index: LineIndex) -> bool:
    """Whether the literal would be wider than a declared name that it is compared with, and so never equal it."""
    size, value = _value(token)
    module, src = module_at(index.text, token.start), source(index.text)
    if module is None or value < 1 << size:
        return False
    number = src.at(token.start)
    for operator, other, beyond in ((number - 1, number - 2, number - 3), (number + 1, number + 2, number + 3)):
        # A part of a name, or a sum, has another width than the name.
        plain = src.word(beyond) in ENDS or src.token(beyond).kind == "word"
        if src.word(operator) in COMPARISONS and plain:
            return any(0 < _width(entry) < width for entry in module.declared.get(src.word(other), ()))
    return False


def _width(entry: Declared) -> int:
    """Bits of a declared name; 0 where that takes more than reading."""
    match = _RANGE.fullmatch(entry.packed.replace("signed", "").strip())
    if match is not None:
        return abs(int(match[1]) - int(match[2])) + 1
    return 1 if entry.kind in SCALARS and not entry.packed.strip() and not entry.unpacked else 0


def _value(token: Token) -> tuple[int, int]:
    """(stated width, value) of a sized literal that _resized() has accepted."""
    match = _SIZED.match(token.text)
    assert match is not None
    return int(match[1].replace("_", "")), int(match[5].replace("_", ""), _BASES[match[3].lower()])


def _resized(token: Token, width: int) -> str | None:
    match = _SIZED.match(token.text)
    if match is None:
        return None
    size, quote, base, gap, digits = match.groups()
    try:
        value = int(digits.replace("_", ""), _BASES[base.lower()])
    except ValueError:
        return None
    if int(size) == width or value >= 1 << width:
        return None
    return f"{width}{quote}{base}{gap}{digits}"
