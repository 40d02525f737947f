"""A translation unit: the document and the project's headers that it includes, each preprocessed and parsed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from weakref import ref

from tree_sitter import Node

from signoff.verifiers.gpu.values.macros import Definition, Expander, Macro, Timeline
from signoff.verifiers.gpu.values.parsing import Stretch, difference
from signoff.verifiers.gpu.values.preprocess import Preprocessed, environment, preprocess
from signoff.verifiers.gpu.values.source import Snippet, Source
from signoff.verifiers.gpu.values.spelling import regular

# Given the name between the quotes, whether it stood in <>, and the including file: the header's path and text.
Include = Callable[[str, bool, str], tuple[str, str] | None]
T = TypeVar("T")
# The text that another is made from, and where they differ.
Edit = tuple[Source, Stretch]
MOST_HEADERS = 300
DEEPEST = 32
LARGEST_TEXT = 6_000_000
KEPT_TREES = 600
KEPT_VERSIONS = 4


@dataclass(eq=False, slots=True)
class File:
    """One file of a unit: its tree, what preprocessing says, and the byte offsets of its __cluster_dims__."""

    source: Source
    done: Preprocessed
    clusters: tuple[int, ...]

    @property
    def macros(self) -> Timeline:
        """The file's macros."""
        return self.done.timeline


class _Trees:
    """Parsed texts, so that a change in one file parses that file only, and of that no more than it must."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[tuple[bytes, Source, tuple[int, ...]]]] = OrderedDict()

    def get(self, path: str, text: str, data: bytes, edit: Edit | None = None) -> tuple[Source, tuple[int, ...]]:
        """The source of a text, of which preprocessing has left `data`, and the offsets of its __cluster_dims__. `edit`
        says from which source it differs where."""
        versions = self._kept.pop(path, [])
        found = next((one for one in versions if one[0] == data and one[1].text == text), None)
        if found is None:
            shaped, clusters = regular(data)
            base = _base([one for _, one, _ in versions], shaped)
            place = edit[1] if edit is not None and edit[0] is base else None
            found = data, Source(path, text, shaped, base, place), clusters
            found[1].enlist()
        self._kept[path] = kept = [*(one for one in versions if one is not found), found]
        if len(kept) > KEPT_VERSIONS:
            last = max((at for at, one in enumerate(kept) if not one[1].root.has_error), default=-1)
            kept.pop(0 if last else 1)[1].retire()
        while len(self._kept) > KEPT_TREES:
            for _, source, _ in self._kept.popitem(last=False)[1]:
                source.retire()
        return found[1:]


def _base(versions: list[Source], data: bytes) -> Source | None:
    """The version whose tree a text's is made from: the latest that is not broken. While the text is, a tree made so is
    of no use, and costs more than one made afresh: it is tried only where the text may be whole again."""
    whole = next((one for one in reversed(versions) if not one.root.has_error), None)
    if whole is None or whole is versions[-1]:
        return whole
    place = difference(whole.data, data)
    typed = data[place.start : place.new_end].rstrip()
    return whole if not typed or typed.endswith((b";", b"}")) or typed.isalnum() else None


TREES = _Trees()


class Unit:
    """The document's file first, then its headers in the order of their inclusion.

    `before` is an earlier state of the same document, with the same macros: what an edit clearly does not concern is
    taken over from it, and `grown` then tells from which unit and where the text differs.
    """

    def __init__(
        self,
        text: str,
        path: str,
        defines: Iterable[str],
        undefines: Iterable[str],
        include: Include | None,
        before: Unit | None = None,
    ) -> None:
        self._include = include
        self._seen = {path}
        self.truncated = ""
        self._length = 0
        self.headers: list[File] = []
        self._answers: list[tuple[tuple[str, bool, str], tuple[str, str] | None]] = []
        self.grown: tuple[ref[Unit], Stretch] | None = None
        main = self._grown(text, before) if before is not None and before.main.source.path == path else None
        self.main: File = main or self._read(path, text, environment(defines, undefines), 0)[0]
        self.files = (self.main, *self.headers)
        self.written: frozenset[str] | None = None  # names that macros change, once asked for
        self._by_source = {id(file.source): file for file in self.files}
        # What other modules remember of the unit's text: it does not depend on who asks.
        self.remembered: dict[tuple[object, ...], Any] = {}
        self._snippets: dict[tuple[int, int, str], Snippet | None] = {}

    def _grown(self, text: str, before: Unit) -> File | None:
        """The document's file, where an edit has to do with no directive and all headers are as they were."""
        data, old = text.encode("utf-8", "replace"), before.main.source
        place = difference(old.original, data)
        done = before.main.done.moved(old.original, data, place)
        if done is None or any(self._found(*asked) != answer for asked, answer in before._answers):
            self._answers = []
            return None
        self._seen, self._length, self.truncated = before._seen, before._length, before.truncated
        self.headers, self.grown = before.headers, (ref(before), place)
        source, clusters = TREES.get(old.path, text, done.data, (old, place))
        return File(source, done, clusters)

    def _found(self, name: str, angled: bool, origin: str) -> tuple[str, str] | None:
        """The path and text of a header, None where it is not to be had."""
        answer = self._include(name, angled, origin) if self._include else None
        self._answers.append(((name, angled, origin), answer))
        return answer

    def _read(
        self, path: str, text: str, before: dict[str, Definition], depth: int
    ) -> tuple[File, dict[str, Definition]]:
        def header(name: str, angled: bool, now: dict[str, Definition]) -> dict[str, Definition] | None:
            return self._header(name, angled, path, now, depth + 1)

        data = text.encode("utf-8", "replace")
        done = preprocess(data, before, header)
        source, clusters = TREES.get(path, text, done.data)
        return File(source, done, clusters), done.environment

    def _header(
        self, name: str, angled: bool, origin: str, now: dict[str, Definition], depth: int
    ) -> dict[str, Definition] | None:
        found = self._found(name, angled, origin)
        if found is None or found[0] in self._seen:
            return None
        self._length += len(found[1])
        if depth > DEEPEST or len(self._seen) > MOST_HEADERS or self._length > LARGEST_TEXT:
            self.truncated = self.truncated or f"{name} was not read: too many or too large headers"
            return None
        self._seen.add(found[0])
        file, after = self._read(*found, now, depth)
        self.headers.append(file)
        return after

    def file(self, source: Source) -> File:
        """The file of a source."""
        return self._by_source[id(source)]

    def expander(self, source: Source, offset: int) -> Expander:
        """The macros that hold at a place."""
        return Expander(self.file(source).macros, offset, self.main.source.reads.macros)

    def snippet(self, origin: Source, offset: int, expression: str) -> Snippet | None:
        """The tree of an expression that macros made, None where it is none."""
        key = (id(origin), offset, expression)
        if key not in self._snippets:
            snippet = Snippet(origin, offset, expression)
            self._snippets[key] = snippet if snippet.expression is not None else None
        return self._snippets[key]

    @cached_property
    def macros(self) -> tuple[Macro, ...]:
        """Every definition of a macro in the unit, each once."""
        return tuple(dict.fromkeys(macro for file in self.files for macro in file.macros.macros()))

    def macro(self, source: Source, name: str, offset: int) -> Definition | None:
        """What a name is as a macro at a place; None where nothing was ever said of it."""
        self.main.source.reads.macros.add(name)
        return self.file(source).macros.at(name, offset)

    def in_macros(self, name: str) -> bool:
        """Whether a name stands in the body of a macro, be it as a part of a word."""
        self.main.source.reads.spelled.add(name)
        return name in self.bodies

    def blanked(self, name: str) -> bool:
        """Whether a name stands, be it as a part of a word, in what preprocessing has taken out."""
        self.main.source.reads.blanked.add(name)
        word = name.encode()
        return any(file.source.original.count(word) != file.source.data.count(word) for file in self.files)

    @cached_property
    def bodies(self) -> str:
        """The bodies of all macros."""
        return "\n".join(macro.body for macro in self.macros)

    def shared(self, key: tuple[object, ...], compute: Callable[[], T]) -> T:
        """What the text says, whoever asks: computed once, and counted as looked at by everyone who asks."""
        source = self.main.source
        found = self.remembered.get(key)
        if found is None:
            found = self.remembered[key] = source.recording(compute)
        source.reads.absorb(found[1])
        value: T = found[0]
        return value

    def identifiers(self, name: str) -> Iterator[tuple[Source, Node]]:
        """Every node of the identifier `name` in the unit."""
        for file in self.files:
            for node in file.source.identifiers(name):
                yield file.source, node

    def introductions(self, name: str) -> Iterator[tuple[Source, Node]]:
        """The same, for who only asks what the name is declared as and passes over its uses."""
        for file in self.files:
            for node in file.source.introductions(name):
                yield file.source, node
