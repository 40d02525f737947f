"""What a rule for firmware stands on: one finding, the text as tokens, its statements and functions, and the part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.gpu.tokens import CudaSource, is_name, source
from signoff.diagnostics.fixes.source import Token, indent_of, newline_of
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

# What ends the statement before: a statement behind one of these stands in a block, and another may stand beside it.
BOUNDS = frozenset((";", "{", "}"))
# Words before a bracket that are followed by a statement, not by a call.
HEADS = frozenset(("if", "for", "while", "switch"))


@dataclass(frozen=True, slots=True)
class Body:
    """One function definition, by indices of tokens: its name, and the braces around its body."""

    name: int
    opened: int
    closed: int


@dataclass(frozen=True)
class Ground:
    """One finding in one state of a document. `known`: what the verifiers, by name, say of exactly this text."""

    finding: Finding
    snapshot: Snapshot
    project: Project
    index: LineIndex
    known: Mapping[str, Outcome]

    @cached_property
    def src(self) -> CudaSource:
        """The tokens of the text: C's are CUDA's."""
        return source(self.snapshot.text)

    @cached_property
    def data(self) -> dict[str, str]:
        """The finding's own arguments."""
        return dict(self.finding.data)

    @cached_property
    def part(self) -> Part | None:
        """The microcontroller; None where it is not known."""
        from signoff.verifiers.mcu.parts.library import for_project

        return for_project(self.project)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name in the code of the text."""
        return frozenset(token.text for token in self.src.tokens if is_name(token))

    @cached_property
    def at(self) -> int:
        """The index of the token that the finding begins with."""
        return self.src.at(self.index.offsets(self.finding.span)[0])

    @cached_property
    def bodies(self) -> tuple[Body, ...]:
        """The function definitions of the text, in their order."""
        return tuple(_bodies(self.src))

    def body(self, number: int) -> Body | None:
        """The function definition that a token is part of, its head included."""
        return next((one for one in self.bodies if one.name <= number <= one.closed), None)

    def statement(self, number: int) -> range:
        """The tokens of the statement around a token, its semicolon included; what a condition guards is one by itself.

        A `for`'s head counts as statement of its own kind: nothing is put before or behind what stands in it.
        """
        src = self.src
        first = number
        while first > 0 and not self._ends(first - 1) and not self._guarded(first):
            first -= 1 if src.word(first - 1) not in (")", "]") else max(first - 1 - src.opening(first - 1), 1)
        last = number
        while last < len(src.tokens) and src.word(last) not in BOUNDS:
            last = src.closing(last) + 1 if src.word(last) in ("(", "[") else last + 1
        return range(first, min(last, len(src.tokens) - 1) + 1)

    def _ends(self, number: int) -> bool:
        """Whether a token ends the statement before: a directive does, too."""
        return self.src.word(number) in BOUNDS or self.src.token(number).kind == "directive"

    def _guarded(self, number: int) -> bool:
        """Whether a token begins what an `if (...)`, `else` or label stands before."""
        before = self.src.word(number - 1)
        if before in ("else", "do") or (before == ":" and not self._in_choice(number - 1)):
            return True
        return before == ")" and self.src.word(self.src.opening(number - 1) - 1) in HEADS

    def _in_choice(self, colon: int) -> bool:
        """Whether a colon belongs to `a ? b : c`."""
        number = colon - 1
        while number >= 0 and self.src.word(number) not in BOUNDS:
            if self.src.word(number) == "?":
                return True
            number -= 1
        return False

    def stands_free(self, statement: range) -> bool:
        """Whether another statement may be put before this one: it stands in a block of its own function."""
        inside = self.body(statement.start)
        last = self.src.word(statement.stop - 1)
        whole = last == ";" or (last == "{" and self.src.word(statement.start) in HEADS)
        free = self._ends(statement.start - 1) and whole and not self.labelled(statement)
        return free and inside is not None and inside.opened < statement.start and not self._in_head(statement.start)

    def labelled(self, statement: range) -> bool:
        """Whether a statement begins with a `case` or a label: what is put before it is jumped over."""
        return self.src.word(statement.start) in ("case", "default") or self.src.word(statement.start + 1) == ":"

    def _in_head(self, number: int) -> bool:
        """Whether a token lies in round brackets, as in the head of a `for`."""
        depth = 0
        for place in range(number - 1, -1, -1):
            word = self.src.word(place)
            if word in ("{", "}") and depth == 0:
                return False
            depth += {")": 1, "(": -1}.get(word, 0)
            if depth < 0:
                return True
        return False

    def outer(self, number: int) -> range:
        """The nearest statement around a token that stands free: the `if` or `while` that guards it, else itself."""
        statement = self.statement(number)
        while statement.start > 0 and not self.stands_free(statement):
            before = statement.start - 1
            if self._ends(before) and not self._in_head(statement.start):
                break
            head = self.src.opening(before) - 1 if self.src.word(before) == ")" else before
            statement = range(self.statement(head).start, statement.stop)
        return statement

    def text(self, tokens: range) -> str:
        """The text from the first token to the last one."""
        return self.snapshot.text[self.src.token(tokens.start).start : self.src.token(tokens.stop - 1).end]

    def replace(self, token: Token, text: str) -> Edit:
        """The edit that puts `text` in place of a token."""
        return replacement(self.index, token.start, token.end, text)

    def insert(self, offset: int, text: str) -> Edit:
        """The edit that inserts `text` at an offset."""
        return replacement(self.index, offset, offset, text)

    def line_before(self, number: int, text: str) -> Edit:
        """The edit that puts a statement on a line of its own before the one that begins with a token."""
        start = self.src.token(number).start
        line = self.index.position(start)[0]
        indent = indent_of(self.index.line(line))
        if self.index.line(line)[: start - self.index.starts[line]].strip():
            return self.insert(start, f"{text} ")
        return self.insert(self.index.starts[line], f"{indent}{text}{newline_of(self.snapshot.text)}")

    def line_behind(self, number: int, text: str, indent: str | None = None) -> Edit:
        """The edit that puts a statement on the line behind the one that ends with a token."""
        line = self.index.position(self.src.token(number).start)[0]
        own = indent_of(self.index.line(line)) if indent is None else indent
        end = self.index.line_end(line)
        following = self.src.token(number + 1)
        if following.text and following.start < end:
            return self.insert(self.src.token(number).end, f" {text}")
        return self.insert(end, f"{newline_of(self.snapshot.text)}{own}{text}")

    def indent_in(self, body: Body) -> str:
        """The indent of a function's statements."""
        first = self.src.token(body.opened + 1)
        line = self.index.line(self.index.position(first.start)[0])
        return indent_of(line) if first.text != "}" and body.closed > body.opened + 1 else "    "

    def candidate(
        self,
        title: str,
        edits: Iterable[Edit],
        rule: str,
        replaces: Iterable[str] = (),
        behaviour: str = "",
        links: Iterable[str] = (),
    ) -> FixCandidate:
        """A candidate for this finding; edits in the order of the text, each once. `links`: see FixCandidate."""
        ordered = tuple(sorted(dict.fromkeys(edits), key=lambda edit: edit.span))
        kept = tuple(dict.fromkeys(replaces))
        return FixCandidate(title, ordered, rule, self.finding, behaviour, replaces=kept, links=tuple(links))


def _bodies(src: CudaSource) -> Iterable[Body]:
    """`name(...) {` outside all braces."""
    number, total = 0, len(src.tokens)
    while number < total:
        if src.word(number) != "{":
            number += 1
            continue
        closed = src.closing(number)
        name = _head(src, number)
        if name >= 0:
            yield Body(name, number, closed)
        elif src.word(number - 1).startswith('"') or src.word(number - 2) in ("extern", "namespace"):
            number += 1  # extern "C" { ... }: functions lie in it
            continue
        number = closed + 1


def _head(src: CudaSource, opened: int) -> int:
    """The index of the name of the function whose body opens there; -1 where it is none."""
    closing = opened - 1
    while closing > 0 and src.token(closing).kind in ("word", "directive"):
        closing -= 1  # attributes, const
    if src.word(closing) != ")":
        return -1
    name = src.opening(closing) - 1
    if src.word(name) in ("__attribute__",):
        return _head(src, name)
    return name if is_name(src.token(name)) else -1
