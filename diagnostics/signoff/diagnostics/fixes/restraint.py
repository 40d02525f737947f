"""What no fix may do, in any language: silence a tool, switch code off, hide code where nothing runs it, write far more
than a fix does, or touch lines that have nothing to do with the finding.

The guards against loss (guard.py and those of gpu/ and mcu/) see what is taken away. These see what is added so that
nothing has to be taken away. Both look at the changed stretches only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from signoff.diagnostics.fixes import source
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu import tokens as c_tokens
from signoff.diagnostics.fixes.guard import DELIMITERS, TYPES
from signoff.diagnostics.fixes.source import Token
from signoff.diagnostics.taxonomy import QUOTED
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.hunks import LINES, Hunk, hunks
from signoff.verifiers.slips import near
from signoff.verifiers.text import LineIndex

HDL = frozenset(("verilog", "systemverilog"))
# Characters; the longest text that a rule adds is a handler of some 300, a port list of a core some 4,000.
GROWTH = 16_384
# An edit within so many lines of the finding, or of a place that the finding names, is about it.
NEAR = 8
# What tells a tool to say less, wherever it stands: of Verilator, slang, synthesis tools, C compilers, linters, Python.
SILENCE = re.compile(
    r"""lint_(?:off|on|save|restore)|(?:translate|coverage|tracing|synthesis|verilator)[_ ](?:off|on)\b
    |\bpragma\b|_Pragma|NOLINT|noqa|type:[ ]*ignore|lint[-_ ](?:off|ignore|waive)|fall_?through
    |\b(?:verilator|synopsys|synthesis|slang|verible|cppcheck|coverity|pylint|ruff|mypy|pyright|flake8)\b[ \t]*[:\w-]
    |__attribute__|__extension__|__declspec|maybe_unused|diag_suppress|nv_diagnostic|\(\s*void\s*\)\s*[\w(&*]
    |\b(?:full|parallel)_case\b|\$unused|\bdont_touch\b""",
    re.VERBOSE,
)
# Behind these stands what decides whether, or how often, the code after it runs.
HEADS = frozenset(("if", "while", "elif", "case", "casez", "casex", "switch", "repeat", "until", "wait", "assert"))
# What holds code that nothing need run. A rule may write one in place of a misspelt one, and no other.
_HOLDERS = """
module macromodule interface program package class function task property sequence checker covergroup specify primitive
initial final fork generate config namespace struct union template lambda def async disable goto exit
"""
HOLDERS = frozenset(_HOLDERS.split())
CONSTANTS = frozenset(("true", "false", "True", "False", "TRUE", "FALSE", "None", "NULL", "nullptr", "not"))
ALWAYS_ZERO = re.compile(r"(?:\d*'[sS]?[bodhBODH])?0+[uUlL]*|false|False|FALSE|0x0+")
# What brings in a name stands where a file begins, wherever the name is missing.
BRINGS = re.compile(r"[ \t]*(?:#[ \t]*include\b|import\b|from\b.*\bimport\b)")
NAME = re.compile(r"[A-Za-z_$][\w$]*")
# On so many lines that they connect nothing.
ORDINARY = KEYWORDS | c_tokens.KEYWORDS | {"clk", "clock", "rst", "reset", "rst_n", "self", "i", "j", "k", "x"}
# Where one of these binds a constant, what stands on its other side decides nothing.
BINDING = frozenset(("&&", "||", "and", "or", "&", "*"))


def breaches(before: str, after: str, candidate: FixCandidate, language: str) -> tuple[str, ...]:
    """What the change from `before` to `after` does that no fix may, in words; empty where it does nothing of it."""
    if len(after) - len(before) > GROWTH:
        return (f"adds {len(after) - len(before):,} characters",)
    found = hunks(before, after)
    said = [*_silenced(found)]
    for hunk in found:
        scanner = source.scan if language in HDL else c_tokens.scan
        old, new = (
            [token for token in scanner("\n".join(lines)) if token.kind not in ("comment", "string")]
            for lines in (hunk.old, hunk.new)
        )
        said += _switched_off(old, new)
        said += _hidden(old, new, language)
        if candidate.elsewhere is None and not _about(hunk, candidate.finding, old, new, before):
            said.append(f"changes line {hunk.first + 1}, which has nothing to do with the finding")
    return tuple(dict.fromkeys(said))


def _silenced(found: Sequence[Hunk]) -> Iterator[str]:
    """What tells a tool to say less, more often than before."""
    was, now = (
        Counter(SILENCE.findall("\n".join(line for hunk in found for line in part(hunk)))) for part in (_old, _new)
    )
    yield from (f"tells a tool to be silent: {text.strip()}" for text in now - was)


def _old(hunk: Hunk) -> tuple[str, ...]:
    return hunk.old


def _new(hunk: Hunk) -> tuple[str, ...]:
    return hunk.new


def _switched_off(old: Sequence[Token], new: Sequence[Token]) -> Iterator[str]:
    """Conditions that no longer depend on anything, more of them than before."""
    was, now = (Counter((*_constant_heads(tokens), *_bound(tokens))) for tokens in (old, new))
    yield from (f"puts code under a constant condition: {text}" for text in now - was)


def _constant_heads(tokens: Sequence[Token]) -> Iterator[str]:
    for number, token in enumerate(tokens):
        if token.text in HEADS:
            condition = _condition(tokens, number + 1)
            if condition and not any(_varies(one) for one in condition):
                yield f"{token.text} {''.join(one.text for one in condition)}"
        elif token.text == "for" and any(_is_zero(one) for one in _middle(tokens, number + 1)):
            yield "for"


def _condition(tokens: Sequence[Token], number: int) -> list[Token]:
    """The bracket that opens at an index, without it; else, as in Python, what comes before the colon."""
    opened = number < len(tokens) and tokens[number].text == "("
    depth, found = 0, list[Token]()
    for token in tokens[number:]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if (opened and depth == 0) or (not opened and token.text in (":", ";")):
            break
        found.append(token)
    return found[1:] if opened else found


def _middle(tokens: Sequence[Token], number: int) -> list[Token]:
    """The test of a for loop, where it is one token."""
    ends = [place for place, token in enumerate(tokens[number:], number) if token.text == ";"][:2]
    return list(tokens[ends[0] + 1 : ends[1]]) if len(ends) == 2 and ends[1] - ends[0] == 2 else []


def _bound(tokens: Sequence[Token]) -> Iterator[str]:
    """A zero, or another constant, beside what makes it decide alone."""
    for one, other in pairwise(tokens):
        if (one.text in BINDING and _is_constant(other)) or (other.text in ("&&", "||", "?") and _is_constant(one)):
            yield f"{one.text} {other.text}"


def _varies(token: Token) -> bool:
    return token.kind == "word" and token.text not in CONSTANTS


def _is_zero(token: Token) -> bool:
    return ALWAYS_ZERO.fullmatch("".join(token.text.split())) is not None


def _is_constant(token: Token) -> bool:
    return _is_zero(token) or token.text in CONSTANTS - {"not"}


def _hidden(old: Sequence[Token], new: Sequence[Token], language: str) -> Iterator[str]:
    """Something that holds code which nothing need run, more of it than before."""
    was, now = (Counter(token.text for token in tokens if token.text in HOLDERS) for tokens in (old, new))
    gone = {token.text for token in old if token.kind == "word"} - {token.text for token in new}
    for word in now - was:
        if not near(word, gone):
            yield f"adds '{word}'"
    if language not in HDL and language != PYTHON and _lambdas(new) > _lambdas(old):
        yield "adds a function within a function"


def _lambdas(tokens: Sequence[Token]) -> int:
    """How often code is put into a function of its own: `[&]`, `[=]`, `[]` where no array can be meant."""
    texts = [token.text for token in tokens]
    return sum(
        (a in ("=", "(", ",", ";", "{", "}", "return")) and b == "[" and c in ("&", "=", "]")
        for a, b, c in zip(texts, texts[1:], texts[2:], strict=False)
    )


def _about(hunk: Hunk, finding: Finding, old: Sequence[Token], new: Sequence[Token], before: str) -> bool:
    """Whether a stretch is near the finding, names what the finding names, brings in a name, or only delimits."""
    last = hunk.first + max(len(hunk.old), 1) - 1
    if len(hunk.old) > LINES:
        return False  # an edit so large is no fix of one finding
    for first_line, last_line in _places(finding):
        if hunk.first <= last_line + NEAR and last >= first_line - NEAR:
            return True
    if not old and all(BRINGS.match(line) for line in hunk.new if line.strip()):
        return True
    changed = Counter(token.text for token in old)
    changed.subtract(Counter(token.text for token in new))
    if all(text in DELIMITERS or text in TYPES for text, count in changed.items() if count):
        return True
    # Not the tokens: a macro's text is one of them, and a constant may be a macro.
    return bool(set(NAME.findall("\n".join((*hunk.old, *hunk.new)))) & _named(finding, before))


def _places(finding: Finding) -> Iterator[tuple[int, int]]:
    """The lines of the finding and of what it names beside, in its own document."""
    yield finding.span.start_line, finding.span.end_line
    for note in finding.related:
        if note.path == finding.path:
            yield note.span.start_line, note.span.end_line
    line = dict(finding.data).get("location", "").partition(":")[0]
    if line.isdigit():
        yield int(line), int(line)


def _named(finding: Finding, before: str) -> set[str]:
    """What the finding quotes, the arguments that its tool gave with it, and the names on its lines."""
    index, span = LineIndex(before), finding.span
    said = [text for groups in QUOTED.findall(finding.message) for text in groups]
    said += [value for _, value in finding.data]
    said += [index.line(line) for line in range(span.start_line, min(span.end_line, span.start_line + 2) + 1)]
    return {name for text in said for name in NAME.findall(text) if name not in ORDINARY}
