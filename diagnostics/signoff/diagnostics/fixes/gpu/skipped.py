"""A second fault in a statement that CUDA's compiler skipped for the first: a name that nothing declares."""

from __future__ import annotations

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import KEYWORDS, scan
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.compare import Movement
from signoff.verifiers.finding import Finding
from signoff.verifiers.snapshot import Snapshot

# A name behind one of these is not being declared.
USES = frozenset(("return", "case", "goto", "else", "sizeof", "throw", "delete", "do"))


def skipped(finding: Finding, candidate: FixCandidate, snapshot: Snapshot) -> bool:
    """Whether an inserted mark has only let the compiler read on to a name that is unknown with or without it.

    A wrongly placed mark makes a name unknown by cutting it off from its declaration: then either the name stands right
    behind the mark (`int a; b;`), or the text declares it somewhere.
    """
    if candidate.rule != "punctuation" or finding.path != snapshot.path or len(candidate.edits) != 1:
        return False
    move = Movement(snapshot.text, candidate.edits)
    index = move.before.offsets(candidate.edits[0].span)[0] + len(candidate.edits[0].text)
    start = move.after.offset(finding.span.start_line, finding.span.start_column)
    tokens = [token for token in scan(move.after.text) if token.kind != "comment"]
    wrong = next((number for number, token in enumerate(tokens) if token.start == start), 0)
    between = [token for token in tokens[:wrong] if token.start >= index]
    return bool(between) and tokens[wrong].kind == "word" and not _declared(tokens, tokens[wrong].text)


def _declared(tokens: list[Token], name: str) -> bool:
    """Whether the text may declare a name: behind a type, or in a directive, or as one more of several."""
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text if number else ""
        if token.kind == "directive" and name in token.text:
            return True
        if token.text == name and (before in ("*", "&", "&&", ">", "[", ",") or _ends_a_type(before)):
            return True
    return False


def _ends_a_type(word: str) -> bool:
    types = ("int", "float", "double", "char", "bool", "auto", "long", "short", "unsigned", "signed", "const", "void")
    return word.isidentifier() and word not in USES and (word not in KEYWORDS or word in types)
