"""Misspelt keywords and names: the tool's own "did you mean", else the one near word."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.declare import driven_uses
from signoff.diagnostics.fixes.modules import module_at, modules
from signoff.diagnostics.fixes.source import Token, quoted, source
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.project import Project
from signoff.verifiers.slips import digits, near
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

# Words people type for a keyword though no letters were swapped (VHDL, C and scripting habits).
HABITS = {"elsif": "else if", "elif": "else if", "elseif": "else if", "endif": "end", "switch": "case"}
MODULE_ELSEWHERE = "IncompleteProject"
SUGGESTION = "did you mean '"
UNKNOWN_NAME = frozenset(("UndeclaredIdentifier", "TypoIdentifier", "UnknownModule", "UnknownMember", "MODMISSING"))


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Replace the word that is wrong by the one that was meant."""
    if finding.code == MODULE_ELSEWHERE:
        yield from _module(finding, index)
    if finding.severity is not Severity.ERROR:
        return
    seen: set[tuple[int, str]] = set()
    pairs = [*_keywords(finding, index)]
    wrong = next(iter(quoted(finding.message)), "")
    repeated = sum(token.text == wrong for token in source(index.text).tokens) > 1
    renamed = [*_misdeclared(finding, index, wrong)] if repeated else []
    yield from renamed
    # A name that is assigned and used again is not misspelt: it lacks its declaration.
    if not renamed and driven_uses(wrong, snapshot, project, index, index.offsets(finding.span)[0]) < 2:
        pairs = [*_suggested(finding, index), *pairs, *_names(finding, index)]
    for token, word in pairs:
        # `data1` for `data2` is another signal, not a slip.
        if (token.start, word) not in seen and token.text != word and digits(token.text) == digits(word):
            seen.add((token.start, word))
            edit = replacement(index, token.start, token.end, word)
            title, parsed = f"Replace '{token.text}' by '{word}'", word not in KEYWORDS and word not in HABITS.values()
            yield FixCandidate(title, (edit,), "spelling", finding, parsed=parsed)


def _module(finding: Finding, index: LineIndex) -> Iterator[FixCandidate]:
    """A module that no file has, but for one of nearly that name: slang's rule for guessed projects names both."""
    for token, word in list(_suggested(finding, index))[:1]:
        edit = replacement(index, token.start, token.end, word)
        yield FixCandidate(f"Replace '{token.text}' by '{word}'", (edit,), "spelling", finding, parsed=True)


def _misdeclared(finding: Finding, index: LineIndex, wrong: str) -> Iterator[FixCandidate]:
    """A declared name that nothing uses, near one that is used but not declared: the declaration is misspelt."""
    module, src = module_at(index.text, index.offsets(finding.span)[0]), source(index.text)
    if module is None or finding.code not in UNKNOWN_NAME or wrong in module.declared or not wrong.isidentifier():
        return
    for name in near(wrong, module.declared):
        uses = [token for token in src.tokens if token.text == name]
        if len(uses) == 1:
            edit = replacement(index, uses[0].start, uses[0].end, wrong)
            line = index.position(uses[0].start)[0] + 1
            title = f"Rename the unused '{name}' of line {line} to '{wrong}'"
            yield FixCandidate(title, (edit,), "spelling", finding, parsed=True)


def _suggested(finding: Finding, index: LineIndex) -> Iterator[tuple[Token, str]]:
    wrong = quoted(finding.message)
    if SUGGESTION not in finding.message or len(wrong) < 2:
        return
    src = source(index.text)
    number = src.at(index.offsets(finding.span)[0])
    for token in src.tokens[number : number + 4]:
        if token.text == wrong[0]:
            yield token, wrong[1 if finding.code == MODULE_ELSEWHERE else -1]
            return


def _keywords(finding: Finding, index: LineIndex) -> Iterator[tuple[Token, str]]:
    """Words on the faulty line, or just before it, that are one slip away from a keyword and stand nowhere else."""
    src = source(index.text)
    line = finding.span.start_line
    first = src.before(index.offset(line, 0))
    last = src.from_(index.line_end(line))
    known = {token.text for module in modules(index.text) for token in (src.token(module.opener + 1),)}
    for token in src.tokens[max(first, 0) : last]:
        if not token.is_name or len(token.text) < 3 or token.text in known:
            continue
        if token.text not in quoted(finding.message) and _declared(index, token):
            continue
        if token.text.lower() in HABITS:
            yield token, HABITS[token.text.lower()]
        for word in near(token.text, KEYWORDS):
            yield token, word


def _declared(index: LineIndex, token: Token) -> bool:
    """Whether the word is a declared name in use: a misspelt keyword may look like a declaration, but once."""
    module = module_at(index.text, token.start)
    used = sum(other.text == token.text for other in source(index.text).tokens)
    return module is not None and token.text in module.declared and used > 1


def _names(finding: Finding, index: LineIndex) -> Iterator[tuple[Token, str]]:
    """Names of the module near one that is not declared."""
    wrong = quoted(finding.message)
    src = source(index.text)
    number = src.at(index.offsets(finding.span)[0])
    nearby = src.tokens[number : number + 4]
    token = next((token for token in nearby if wrong and token.text == wrong[0]), None)
    module = module_at(index.text, index.offsets(finding.span)[0])
    if (
        token is None
        or module is None
        or (finding.code not in UNKNOWN_NAME and "find definition" not in finding.message)
    ):
        return
    names = [entry.name for entry in modules(index.text)] if "odule" in finding.code + finding.message else []
    for word in near(token.text, names or module.declared):
        yield token, word
