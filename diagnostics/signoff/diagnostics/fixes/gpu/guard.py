"""What an edit of GPU code takes away: nothing but what its rule declares to replace, and never a call or statement.

The tokens of the edited stretch are compared before and after, as guard.py does for Verilog. What a rule may replace
is bounded: no launch, call, barrier, statement, jump, string, comment or directive can go or come that way.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import scan
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.text import LineIndex, difference

# What leaves a statement, a loop or a function: one more of them takes away all that follows it.
JUMPS = frozenset(
    ("return", "break", "continue", "goto", "throw", "co_return", "raise", "exit", "abort", "__trap", "asm")
)
# What states what a function or variable is; `if` and `for` are told apart by what a rule declares.
MARKS = frozenset(
    ("__global__", "__device__", "__host__", "__shared__", "__constant__", "__launch_bounds__", "template")
)
KEPT_KINDS = frozenset(("comment", "directive", "string"))
# Words that stand before a bracket and call nothing.
NO_CALLS = frozenset(("if", "for", "while", "switch", "return", "sizeof", "catch", "and", "or", "not", "in", "else"))
CUDA_RULES = frozenset(("signoff", "nvrtc", "nvcc"))


def losses(before: str, after: str, candidate: FixCandidate, language: str) -> tuple[str, ...]:
    """What the change from `before` to `after` loses, in words; empty where nothing is lost."""
    # A CUDA text in a Python string is CUDA: its lines are, where the edit lies.
    scanner = scan_python if language == PYTHON and candidate.finding.tool not in CUDA_RULES else scan
    old, new = _changed(before, after, scanner)
    said = [*_kept_whole(old, new), *_structure(old, new)]
    lost = _counted(old) - _counted(new)
    undeclared = [word for word in lost if word not in candidate.replaces]
    if undeclared:
        said.append(f"drops {_listed(undeclared)}")
    if lost.total() > (_counted(new) - _counted(old)).total():
        said.append(f"puts too little in place of {_listed(lost)}")
    return tuple(said)


def _kept_whole(old: Sequence[Token], new: Sequence[Token]) -> Iterable[str]:
    """Comments, strings and directives neither go nor come: a new one could swallow code."""
    was, now = (Counter((t.kind, t.text) for t in tokens if t.kind in KEPT_KINDS) for tokens in (old, new))
    yield from (f"drops the {kind} {text[:40]}" for kind, text in was - now)
    yield from (f"adds the {kind} {text[:40]}" for kind, text in now - was)


def _structure(old: Sequence[Token], new: Sequence[Token]) -> Iterable[str]:
    """Statements, blocks, launches, calls, qualifiers and jumps, each by its number."""
    was, now = Counter(token.text for token in old), Counter(token.text for token in new)
    for sign, name in (
        (";", "a statement"),
        ("{", "a block"),
        ("}", "a block"),
        ("<<<", "a launch"),
        ("@", "a decorator"),
    ):
        if was[sign] > now[sign]:
            yield f"drops {name}"
    if marks := [word for word in MARKS if was[word] > now[word]]:
        yield f"drops {_listed(marks)}"
    if jumps := [word for word in JUMPS if was[word] < now[word]]:
        yield f"adds {_listed(jumps)}"
    if jumps := [word for word in JUMPS if was[word] > now[word]]:
        yield f"drops {_listed(jumps)}"
    called, calls = _calls(old), _calls(new)
    if called.total() > calls.total():
        yield f"drops the call of {_listed(called - calls)}"


def _calls(tokens: Sequence[Token]) -> Counter[str]:
    """The names that stand right before a bracket or a launch's configuration."""
    return Counter(
        token.text
        for token, following in pairwise(tokens)
        if token.kind == "word" and following.text in ("(", "<<<") and token.text not in NO_CALLS
    )


def _counted(tokens: Iterable[Token]) -> Counter[str]:
    """What must not go unsaid: all but what only delimits."""
    return Counter(token.text for token in tokens if token.kind not in KEPT_KINDS and token.text not in ",()")


def _listed(found: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(set(found)))


def _changed(before: str, after: str, scanner: Callable[[str], list[Token]]) -> tuple[list[Token], list[Token]]:
    """The tokens of the changed stretch of both texts, in whole lines, begun outside any comment."""
    edit, index = difference(before, after), LineIndex(before)
    start = index.starts[edit.span.start_line]
    opened, closed = before.rfind("/*", 0, start), before.rfind("*/", 0, start)
    if opened > closed:
        start = LineIndex(before[:opened]).starts[-1]
    end = index.line_end(edit.span.end_line)
    tail = len(before) - end
    old, new = before[start:end], after[start : len(after) - tail]
    # A comment or string that reaches beyond the stretch swallows the code after it: look on to the end.
    if any(old.count(mark) != new.count(mark) for mark in ("/*", "*/", '"', "'")):
        old, new = before[start:], after[start:]
    return _opened(scanner(old)), _opened(scanner(new))


def _opened(tokens: list[Token]) -> list[Token]:
    """With the tokens of a macro's text in place of its line: a constant may be a macro."""
    found: list[Token] = []
    for token in tokens:
        match = _DIRECTIVE.match(token.text) if token.kind == "directive" else None
        if match is None:
            found.append(token)
        else:
            found += (
                Token("directive", " ".join(match.group().split()), token.start, token.end),
                *scan(token.text[match.end() :]),
            )
    return found


def scan_python(text: str) -> list[Token]:
    """The tokens of a stretch of Python; what cannot be told apart is taken word by word."""
    try:
        lines = LineIndex(text)
        found = list(tokenize.generate_tokens(io.StringIO(text).readline))
        places = [(lines.offset(t.start[0] - 1, t.start[1]), lines.offset(t.end[0] - 1, t.end[1])) for t in found]
        kinds = [_PYTHON_KINDS.get(token.type, "") for token in found]
        return [
            Token(k, t.string, *at) for k, t, at in zip(kinds, found, places, strict=True) if k and t.string.strip()
        ]
    except (tokenize.TokenError, SyntaxError):
        return [Token("word" if m[1] else "operator", m[0], m.start(), m.end()) for m in _PIECES.finditer(text)]


_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*define\b")
_PIECES = re.compile(r"(\w+)|[^\s\w]")
_PYTHON_KINDS = {
    tokenize.NAME: "word",
    tokenize.NUMBER: "number",
    tokenize.STRING: "string",
    tokenize.OP: "operator",
    tokenize.COMMENT: "comment",
}
