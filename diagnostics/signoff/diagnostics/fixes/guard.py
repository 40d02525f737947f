"""What an edit takes away. Deleting the faulty lines satisfies every tool, so nothing may be lost by a fix.

Compared are the tokens of the edited stretch before and after: where no name, number, operator or keyword is
lost, no assignment, instance, port, call or check is. That is stricter than counting constructs, and it works on
text that does not parse, where a count of constructs would mean little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from signoff.diagnostics.fixes.blocks import END_WORDS
from signoff.diagnostics.fixes.modules import NETS, VARIABLES
from signoff.diagnostics.fixes.source import Token, quoted, scan
from signoff.verifiers.finding import Finding
from signoff.verifiers.text import LineIndex, difference

# These only delimit: a surplus one may go.
DELIMITERS = frozenset((*END_WORDS, "begin", ";", ",", "(", ")", "[", "]", "{", "}"))
TYPES = frozenset((*NETS, *VARIABLES))
ASSIGNS = frozenset(("=", "<="))
# At least so much of the whole text's code must stay, by tokens.
KEPT = 0.8
# What a template may say that it takes away: a negation, or a sign that becomes part of another one (`=<` is `<=`).
SIGNS = frozenset("!~<>=:'&|+")
# Operators of other languages.
WRITTEN = frozenset(("and", "or", "not", "xor", "mod"))
UNARY = frozenset(("~", "!", "not"))


def losses(
    before: str, after: str, finding: Finding, replaces: Iterable[str] = (), drops: Iterable[str] = ()
) -> tuple[str, ...]:
    """What the change from `before` to `after` loses, in words; empty where nothing is lost.

    A name or number may be replaced by another where `finding` names it, or one where it stands on the
    finding's line; a net or variable type by another; `=` by `<=`; a level-sensitive event list by any other.
    `replaces` are tokens that an edit says it puts others in place of, one for one (an operator by an operator);
    `drops` signs that it takes away (see SIGNS).
    """
    old, new = _changed(before, after)
    lost, gained = Counter(map(_key, old)), Counter(map(_key, new))
    lost, gained = lost - gained, gained - lost
    said = [f"adds the directive {text}" for kind, text in gained if kind == "directive"]
    said += [
        f"drops the {kind} {text[:40]}"
        for kind, text in lost
        if kind in ("comment", "directive", "string", "attribute")
    ]
    words, added = Counter(dict(_code(lost))), Counter(dict(_code(gained)))
    if finding.code == "AssignmentRequiresParens" and words["="] <= added["=="]:
        # The tools take it for no assignment: IEEE 1800-2017, 11.3.6.
        del words["="]
    if "always" in replaces:
        # always_comb waits for what it reads, without being told: IEEE 1800-2017, 9.2.2.2.
        words["@"] -= min(words["@"], words["always"], added["always_comb"])
    declared = frozenset(replaces)
    _exchange(words, added, declared, drops)
    for family in (TYPES, ASSIGNS):
        if _total(words, family) > _total(added, family):
            said.append(f"drops {_listed(word for word in words if word in family)}")
    rest = {word: count for word, count in words.items() if count > 0 and word not in TYPES | ASSIGNS | DELIMITERS}
    if sum(rest.values()) > sum(n for word, n in added.items() if _is_word(word)):
        said.append(f"drops {_listed(rest)}")
    named = set(quoted(finding.message)) | _under(before, finding)
    if set(added) & set(quoted(finding.message)):
        # A declaration that nothing uses may take the name that is used in its place.
        named |= {word for word in rest if len(re.findall(rf"(?<![\w$]){re.escape(word)}(?![\w$])", before)) == 1}
    unnamed = [word for word in rest if word not in named | declared]
    if not all(_is_word(word) for word in rest):
        said.append(f"drops {_listed(word for word in rest if not word[0].isalnum())}")
    if len(unnamed) > 1 or not set(unnamed) <= _near(before, finding):
        said.append(f"replaces {_listed(unnamed)}, which the finding does not name")
    if len(after.split()) < KEPT * len(before.split()):
        said.append("keeps less than 80 % of the text")
    return tuple(said)


def _exchange(words: Counter[str], added: Counter[str], declared: frozenset[str], drops: Iterable[str]) -> None:
    """Takes out of `words` (lost) what an edit says it replaces: an operator by another one that has come, or two by
    one of as many characters (`=<` by `<=`); the pieces of a literal by the literal (`8hFF` by `8'hFF`)."""
    for sign in drops:
        words[sign] -= sign in SIGNS and words[sign] > 0
    signs = [text for text in declared if words[text] > 0 and (not _is_word(text) or text in WRITTEN)]
    # A sign of one operand stands for no sign of two: behind it the other operand is gone.
    fit = frozenset() if any(text in UNARY for text in signs) else UNARY
    come = {text: count for text, count in added.items() if not _is_word(text) and text not in DELIMITERS | fit}
    count, length = sum(come.values()), sum(len(text) * number for text, number in come.items())
    if sum(words[text] for text in signs) <= count or sum(len(text) * words[text] for text in signs) <= length:
        for text in signs:
            words[text] = 0
    literals = [text.lower() for text in added if "'" in text[:-1] or text[0] == "'"]
    for text in declared:
        if any(text.lower().lstrip("0x") in literal for literal in literals):
            words[text] = 0


def _is_word(text: str) -> bool:
    return text[0].isalnum() or text[0] in "_$\\'"


def _key(token: Token) -> tuple[str, str]:
    return (token.kind, token.text)


def _code(tokens: Counter[tuple[str, str]]) -> list[tuple[str, int]]:
    return [(text, count) for (kind, text), count in tokens.items() if kind in ("word", "number", "operator")]


def _total(counts: Counter[str], family: Iterable[str]) -> int:
    return sum(counts[word] for word in family)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _changed(before: str, after: str) -> tuple[list[Token], list[Token]]:
    """The tokens of the changed stretch of both texts, in whole lines, begun outside any comment."""
    edit = difference(before, after)
    index = LineIndex(before)
    start = index.starts[edit.span.start_line]
    opened, closed = before.rfind("/*", 0, start), before.rfind("*/", 0, start)
    if opened > closed:
        start = LineIndex(before[:opened]).starts[-1]
    end = index.line_end(edit.span.end_line)
    # A comment or an attribute that reaches beyond the stretch swallows the code after it: look on to the end.
    tail = len(before) - end
    old, new = before[start:end], after[start : len(after) - tail]
    if old.count("/*") != new.count("/*") or old.count("(*") != new.count("(*") or old.count('"') != new.count('"'):
        old, new = before[start:], after[start:]
    return _without_lists(scan(old)), _without_lists(scan(new))


def _without_lists(tokens: list[Token]) -> list[Token]:
    """Without the names in level-sensitive event lists, which state nothing that the block itself does not."""
    kept: list[Token] = []
    number = 0
    while number < len(tokens):
        kept.append(tokens[number])
        if tokens[number].text == "@":
            close = _list_end(tokens, number + 1)
            if not any(token.text in ("posedge", "negedge", "edge") for token in tokens[number + 1 : close + 1]):
                number = close
        number += 1
    return kept


def _list_end(tokens: list[Token], number: int) -> int:
    if number >= len(tokens) or tokens[number].text != "(":
        return min(number, len(tokens) - 1)
    depth = 0
    for position in range(number, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[position].text, 0)
        if depth == 0:
            return position
    return number - 1


def _under(text: str, finding: Finding) -> set[str]:
    start, end = LineIndex(text).offsets(finding.span)
    return {token.text for token in scan(text[start:end])} if end - start < 200 else set()


def _near(text: str, finding: Finding) -> set[str]:
    index = LineIndex(text)
    lines = range(max(finding.span.start_line - 1, 0), finding.span.start_line + 1)
    return {token.text for line in lines for token in scan(index.line(line))}
