"""The facts of Python documents with Triton kernels in their worker process. Reads files, runs none."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from signoff.completion.facts.python_cursor import Cursor, at, code, definitions, words
from signoff.completion.facts.python_modules import Meanings, Store, Told
from signoff.completion.facts.questions import TritonQuestion
from signoff.completion.facts.usage import Usage
from signoff.completion.passage import Passage
from signoff.completion.reader import below
from signoff.verifiers.gpu.triton.triton_data import Source
from signoff.verifiers.mcu.source.files import Files

NEAR, FAR = 2_000, 6_000
MOST_LIKELY, MOST_NEXT, MOST_FAMILY = 40, 12, 8
CALL, LAUNCHED, NAMED, HALF, FUNCTION, LIKELY, FILE, PACKAGE = 5.0, 4.5, 3.5, 3.0, 2.5, 1.8, 1.4, 0.6
KERNEL = re.compile(r"@(?:triton\.)?jit\b.*?^\s*def\s+(\w+)", re.DOTALL | re.MULTILINE)
LONGEST_LAUNCH = 500
# Documents, each without the definition at the cursor, whose names' meanings are kept.
KEPT = 8


class TritonFactsEngine:
    """The engine class of workers.py. One instance serves one project root."""

    def __init__(self) -> None:
        self._store = Store()
        self._usage = Usage(lambda text: (frozenset(words(code(one))) for one in definitions(text)))
        self._ready: set[str] = set()
        self._kept: OrderedDict[tuple[object, ...], Meanings] = OrderedDict()

    def passages(self, question: TritonQuestion) -> tuple[Passage, ...] | None:
        """What matters at the place; None where the workspace has to be read first: prepare() does it."""
        if question.source.path not in self._ready:
            return None
        cursor = at(question.prefix, question.suffix)
        text = question.prefix + question.suffix
        outside = f"{text[: cursor.start]}\n{text[cursor.end :]}"
        meanings = self._meanings(question, outside)
        likely = self._usage.likely(words(cursor.region), question.source.path, MOST_LIKELY)
        place = _Place(cursor, meanings, question.source, outside)
        return (*_within(place.near(likely), NEAR), *_within(place.far(likely), FAR))

    def _meanings(self, question: TritonQuestion, outside: str) -> Meanings:
        """What the names mean; what was found out before where only the definition at the cursor has changed."""
        source = question.source
        key = source.path, source.root, source.buffers, question.package, outside
        kept = self._kept.pop(key, None)
        if kept is None or not kept.unchanged():
            kept = Meanings(source, outside, question.package, self._store)
        self._kept[key] = kept
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept

    def prepare(self, question: TritonQuestion) -> None:
        """Read the modules that a document leads to, and its neighbours, however long it takes."""
        files = Files()
        files.begin({})
        self._usage.read(files, question.source.path, question.source.root, (".py",))
        self._ready.add(question.source.path)
        self.passages(question)


class _Place:
    def __init__(self, cursor: Cursor, meanings: Meanings, source: Source, outside: str) -> None:
        self.cursor = cursor
        self.meanings = meanings
        self.source = source
        self.outside = outside

    def near(self, likely: Sequence[str]) -> Iterator[Passage]:
        """What the statement at the cursor needs."""
        for number, callee in enumerate(self.cursor.calls):
            yield from self._told(callee, CALL - number / 10, near=True)
        elsewhere = set(words(self.cursor.region))
        for name in self.cursor.names:
            if name not in elsewhere:
                yield from self._told(name, NAMED, near=True)
        for name in self.meanings.beginning(self.cursor.half, MOST_FAMILY):
            yield from self._told(name, HALF, near=True)
        if not self.cursor.names and not self.cursor.half:
            for number, name in enumerate(likely[:MOST_NEXT]):
                yield from self._told(name, HALF - number / 1000, near=True)

    def far(self, likely: Sequence[str]) -> Iterator[Passage]:
        """What the definition around the cursor uses, how its kernel is launched, and what may come next."""
        kernel = KERNEL.search(self.cursor.region)
        if kernel is not None:
            yield from self._launches(kernel[1])
        for name in dict.fromkeys(words(self.cursor.region)):
            yield from self._told(name, FUNCTION)
        for number, name in enumerate(likely):
            yield from self._told(name, LIKELY - number / 1000)
        for name in dict.fromkeys(words(code(self.outside))):
            yield from self._told(name, FILE)

    def _told(self, name: str, weight: float, *, near: bool = False) -> Iterator[Passage]:
        found = self.meanings.told(name)
        if found is not None:
            yield self._passage(found, weight - (0 if found.path or near else PACKAGE), near=near)

    def _passage(self, found: Told, weight: float, *, near: bool) -> Passage:
        own = found.path == self.source.path
        path = below(self.source.root, found.path) if found.path else ""
        why = f"signature of {found.name}" + (f" in {path}" if path and not own else "")
        return Passage(path if own and not near else "", found.text, why=why, weight=weight, near=near)

    def _launches(self, kernel: str) -> Iterator[Passage]:
        for match in re.finditer(rf"^[ \t]*{re.escape(kernel)}\s*\[", self.outside, re.MULTILINE):
            text = _call(self.outside[match.start() : match.start() + LONGEST_LAUNCH])
            if text:
                path = below(self.source.root, self.source.path)
                yield Passage(path, text.strip(), why=f"launch of {kernel}", weight=LAUNCHED)


def _call(text: str) -> str:
    """`kernel[grid](...)` at the beginning of a text; "" where it does not end."""
    depth, brackets = 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        brackets += letter in ")]}" and depth == 0
        if brackets == 2:
            return text[: place + 1]
    return ""


def _within(found: Iterator[Passage], room: int) -> Iterator[Passage]:
    seen: set[str] = set()
    for one in sorted(found, key=lambda passage: -passage.weight):
        if one.text not in seen and len(one.text) <= room:
            seen.add(one.text)
            room -= len(one.text)
            yield one
