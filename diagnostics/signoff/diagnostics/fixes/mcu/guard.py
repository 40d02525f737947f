"""What an edit of C code takes away: nothing but what its rule declares, and never a statement, call or check.

The tokens of the edited stretch are compared before and after, as the guards of the other languages do. What a rule
may replace is bounded: no statement, block, call, assignment, condition, jump, comment or directive can go that way,
and none but an #include can come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import scan
from signoff.diagnostics.fixes.mcu.ground import HEADS
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.text import LineIndex, difference

# What decides which statement comes next, or whether one comes at all: none may come or go.
CONTROL = frozenset(
    ("if", "else", "for", "while", "do", "switch", "case", "default", "return", "break", "continue", "goto", "asm")
)
# What a variable or function is: none may go.
MARKS = frozenset(("volatile", "static", "extern", "const", "inline", "struct", "union", "enum", "typedef", "__weak"))
ASSIGNS = frozenset(("=", "|=", "&=", "^=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "++", "--"))
NO_CALLS = HEADS | {"return", "sizeof", "defined", "__attribute__"}
INCLUDE = "include"


def losses(before: str, after: str, candidate: FixCandidate) -> tuple[str, ...]:
    """What the change from `before` to `after` loses, in words; empty where nothing is lost."""
    old, new = _changed(before, after)
    drops, replaces = Counter(candidate.drops), frozenset(candidate.replaces)
    truth = candidate.finding.code == "parentheses" and "truth value" in candidate.finding.message
    # `if (a = b)`, said to be doubtful by the compiler, may be the comparison that was meant.
    compared = truth and _texts(new)["=="] > _texts(old)["=="]
    said = [*_kept_whole(old, new, drops, replaces), *_structure(old, new, replaces, drops, compared)]
    lost, gained = _counted(old) - _counted(new) - drops, _counted(new) - _counted(old)
    undeclared = [word for word in lost if word not in replaces]
    if undeclared:
        said.append(f"drops {_listed(undeclared)}")
    if lost.total() > gained.total():
        said.append(f"puts too little in place of {_listed(lost)}")
    return tuple(said)


def losses_elsewhere(candidate: FixCandidate) -> tuple[str, ...]:
    """What an edit of another file takes away: nothing may go there but what the rule puts another in place of."""
    text = candidate.elsewhere.text if candidate.elsewhere is not None else ""
    index = LineIndex(text)
    offsets = {edit: index.offsets(edit.span) for edit in candidate.edits}
    replaced = {edit: text[start:end] for edit, (start, end) in offsets.items()}
    gone = [edit for edit, old in replaced.items() if old and not (edit.text and old in candidate.replaces)]
    return tuple(f"replaces text on line {edit.span.start_line + 1}" for edit in gone)


def _kept_whole(
    old: Sequence[Token], new: Sequence[Token], drops: Counter[str], replaces: frozenset[str]
) -> Iterator[str]:
    """Comments and directives stay as they are; strings, too, where the rule does not say that it corrects one."""
    for kind in ("comment", "directive", "string"):
        was, now = (Counter(token.text for token in tokens if token.kind == kind) for tokens in (old, new))
        gone, come = was - now - drops, now - was
        if kind == "string" and set(gone) <= replaces and gone.total() == come.total():
            continue
        yield from (f"drops the {kind} {text[:40]}" for text in gone if text not in replaces)
        for text in come:
            if kind != "directive" or not text.lstrip(" \t#").startswith(INCLUDE):
                yield f"adds the {kind} {text[:40]}"


def _structure(
    old: Sequence[Token], new: Sequence[Token], replaces: frozenset[str], drops: Counter[str], compared: bool
) -> Iterator[str]:
    """Statements, blocks, assignments, marks, control and calls, each by its number. `compared`: one assignment may
    have become a comparison."""
    was, now = _texts(old), _texts(new)
    for sign, name in ((";", "a statement"), ("{", "a block"), ("}", "a block")):
        if was[sign] > now[sign]:
            yield f"drops {name}"
    if sum(was[sign] for sign in ASSIGNS) > sum(now[sign] for sign in ASSIGNS) + compared:
        yield "drops an assignment"
    if marks := [word for word in MARKS if was[word] > now[word]]:
        yield f"drops {_listed(marks)}"
    if control := [word for word in CONTROL if was[word] != now[word]]:
        yield f"adds or drops {_listed(control)}"
    called, calls = _calls(old) - drops, _calls(new)
    gone = called - calls
    if gone.total() > (calls - called).total() or not set(gone) <= replaces:
        yield f"drops the call of {_listed(gone)}"


def _texts(tokens: Sequence[Token]) -> Counter[str]:
    return Counter(token.text for token in tokens)


def _calls(tokens: Sequence[Token]) -> Counter[str]:
    """The names that stand right before a bracket."""
    return Counter(
        token.text
        for token, following in pairwise(tokens)
        if token.kind == "word" and following.text == "(" and token.text not in NO_CALLS
    )


def _counted(tokens: Iterable[Token]) -> Counter[str]:
    """What must not go unsaid: all but what only delimits, and what is counted as a whole."""
    kinds = ("comment", "directive", "string")
    return Counter(token.text for token in tokens if token.kind not in kinds and token.text not in ",()")


def _listed(found: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(set(found)))


def _changed(before: str, after: str) -> tuple[list[Token], list[Token]]:
    """The tokens of the changed stretch of both texts, in whole lines, begun outside any comment."""
    edit, index = difference(before, after), LineIndex(before)
    start = index.starts[edit.span.start_line]
    opened, closed = before.rfind("/*", 0, start), before.rfind("*/", 0, start)
    if opened > closed:
        start = LineIndex(before[:opened]).starts[-1]
    while start > 0 and before[:start].rstrip("\r\n").endswith("\\"):
        start = before.rfind("\n", 0, start - 1) + 1  # a directive goes on over its line
    end = index.line_end(edit.span.end_line)
    tail = len(before) - end
    old, new = before[start:end], after[start : len(after) - tail]
    # A comment or string that reaches beyond the stretch swallows the code after it: look on to the end.
    if any(old.count(mark) != new.count(mark) for mark in ("/*", "*/", '"', "'", "\\")):
        old, new = before[start:], after[start:]
    return _opened(old), _opened(new)


def _opened(text: str) -> list[Token]:
    """The tokens, with those of a macro's text in place of its line: a constant may be a macro."""
    found: list[Token] = []
    for token in scan(text):
        head = token.text.lstrip(" \t#") if token.kind == "directive" else ""
        if head.startswith("define"):
            body = head.removeprefix("define")
            found += (Token("directive", "#define", token.start, token.start), *scan(body))
        else:
            found.append(Token(token.kind, " ".join(token.text.split()), token.start, token.end))
    return found
