"""What a block waits for: edges and their polarity, the signals of a list, the kind of the block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from signoff.diagnostics.fixes.modules import Module
from signoff.diagnostics.fixes.statements import ALWAYS, Always, always_at, assignments
from signoff.diagnostics.fixes.templates.likeness import signals
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import bits_of

FAMILY = "edges"
CODES = (
    *("MultipleEdges", "MultiBitEdge", "AlwaysWithoutTimingControl", "AlwaysFFEventControl", "AsyncResetValue"),
    *("TimingInFuncNotAllowed", "EventExpressionConstant", "ALWNEVER", "SYNCASYNCNET", "IncompleteSensitivityList"),
    *("BLKSEQ", "COMBDLY", "BlockingInAlwaysFF", "BlockingAssignmentInAlwaysFF", "InferredComb", "InferredLatch"),
    *("LATCH", "NOLATCH", "BLKANDNBLK", "LatchInferred"),
)
EDGES = ("posedge", "negedge")
OTHER = {"posedge": "negedge", "negedge": "posedge"}
# How signals that act when low are called.
_LOW = re.compile(r"(?:_n|_ni|_b|_l|n)$", re.IGNORECASE)
CLOCKED = ("BLKSEQ", "BlockingInAlwaysFF", "BLKANDNBLK")


def draft(place: Place) -> Iterator[Draft]:
    """Other edges, other signals, another keyword for the block around the finding."""
    block = always_at(place.text, place.start)
    if block is None or place.module is None:
        return
    if place.code in ("MultipleEdges", "AsyncResetValue", "SYNCASYNCNET"):
        yield from _polarity(place, block)
        yield from _tested(place, block, place.module)
    if place.code == "MultiBitEdge":
        yield from _clock(place, block, place.module)
    if place.code in ("AlwaysWithoutTimingControl", "AlwaysFFEventControl", "COMBDLY", "EventExpressionConstant"):
        yield from _waiting(place, block, place.module)
    if place.code in (
        "LATCH",
        "InferredLatch",
        "LatchInferred",
        "IncompleteSensitivityList",
        "COMBDLY",
        "InferredComb",
    ):
        yield from _waiting(place, block, place.module, 6)
    if place.code in ("TimingInFuncNotAllowed", "NOLATCH"):
        yield from _keyword(place, block)
    if place.code in CLOCKED:
        yield from _operators(place, block)


def _list(place: Place, block: Always) -> range:
    """The tokens of the event list, brackets included; empty where there is none."""
    return range(block.keyword + 1, block.statement)


def _polarity(place: Place, block: Always) -> Iterator[Draft]:
    """The edge of a signal that the block tests: `negedge` goes with `if (!rst)`, `posedge` with `if (rst)`."""
    src = place.src
    for number in _list(place, block):
        if src.word(number) not in EDGES:
            continue
        name = src.word(number + 1)
        sense, low = _sense(place, block, name), _LOW.search(name) is not None
        if not sense or sense == src.word(number):
            continue
        title = f"Wait for {sense} of '{name}', as the block tests it"
        odds = 0 if low == (sense == "negedge") else 2
        yield place.draft(odds, title, place.replace(number, sense), FAMILY, "the reset acts at the other level")
        if sense == "posedge":
            tested = next(n for n in range(block.statement, block.last) if src.word(n) == "if") + 2
            edit = place.insert(src.token(tested).start, "!")
            yield place.draft(
                1, f"Test '!{name}', as its edge has it", edit, FAMILY, "the reset acts at the other level"
            )


def _sense(place: Place, block: Always, name: str) -> str:
    """The edge that fits the first `if` of the block; "" where that does not test the signal alone."""
    src, number = place.src, block.statement
    while src.word(number) in ("begin", ":") or src.word(number - 1) == ":":
        number += 1
    if src.word(number) != "if":
        return ""
    words = [src.word(n) for n in range(number + 2, src.closing(number + 1))]
    if words == [name]:
        return "posedge"
    return "negedge" if len(words) == 2 and words[0] in ("!", "~") and words[1] == name else ""


def _tested(place: Place, block: Always, module: Module) -> Iterator[Draft]:
    """The signal of an edge that the block never tests, by the one that its first `if` does test."""
    src = place.src
    body = {src.word(n) for n in range(block.statement, block.last)}
    first = next((n for n in range(block.statement, block.last) if src.word(n) == "if"), -1)
    if first < 0:
        return
    names = [src.word(n) for n in range(first + 1, src.closing(first + 1)) if bits_of(module, src.word(n)) == 1]
    marked = [number for number in _list(place, block) if src.word(number) in EDGES]
    for number in marked[1:]:
        listed = src.word(number + 1)
        for name in dict.fromkeys(names):
            if listed not in body and name != listed and name in module.ports:
                edge = "negedge" if src.word(first + 2) in ("!", "~") else "posedge"
                edit = place.replace(number, f"{edge} {name}", number + 1)
                yield place.draft(1, f"Wait for {edge} {name}, which the block tests", edit, FAMILY)


def _clock(place: Place, block: Always, module: Module) -> Iterator[Draft]:
    """An edge of one bit: the clock of the other blocks."""
    for number in _list(place, block):
        if place.src.word(number) in EDGES and bits_of(module, place.src.word(number + 1)) != 1:
            for odds, name in enumerate(_clocks(place, module)):
                edit = place.replace(number + 1, name)
                yield place.draft(odds, f"Wait for '{name}' instead", edit, FAMILY)


def _clocks(place: Place, module: Module) -> list[str]:
    """One-bit signals by how often blocks of the module wait for their edges; else those called like a clock."""
    src = place.src
    waited = Counter(src.word(n + 1) for n in range(module.body, module.last) if src.word(n) in EDGES)
    named = [name for name in signals(module) if "clk" in name.lower() or "clock" in name.lower()]
    ranked = [name for name, _ in waited.most_common(3)]
    return [name for name in dict.fromkeys((*ranked, *named)) if bits_of(module, name) == 1][:3]


def _waiting(place: Place, block: Always, module: Module, odds: int = 0) -> Iterator[Draft]:
    """A list for a block without one: that of the module's other blocks; everything where it assigns with `=`."""
    src, listed = place.src, _list(place, block)
    operators = {src.word(n) for _, n in assignments(src, block.statement, block.last)}
    texts = [*(_lists(place, module) if operators == {"<="} or src.word(block.keyword) == "always_ff" else ())]
    if operators == {"="} and src.word(block.keyword) == "always":
        texts.insert(0, "@*" if "@*" in place.text else "@(*)")
    for number, text in enumerate(dict.fromkeys(texts)):
        if listed:
            edit = place.replace(listed.start, text, listed.stop - 1)
        else:
            edit = place.insert(src.token(block.keyword).end, f" {text}")
        yield place.draft(odds + number, f"Wait for {text}", edit, FAMILY)
    if not listed and src.word(block.keyword) == "always_ff" and operators == {"="}:
        yield place.draft(odds, "Write always_comb", place.replace(block.keyword, "always_comb"), FAMILY)


def _lists(place: Place, module: Module) -> list[str]:
    """The event lists with edges of the module, the commonest first; else the edge of each clock."""
    src, found = place.src, Counter[str]()
    for number in range(module.body, module.last):
        if src.word(number) == "@" and src.word(number + 1) == "(" and src.word(number - 1) in ALWAYS:
            text = " ".join(place.between(number, src.closing(number + 1)).split())
            found[text] += any(edge in text for edge in EDGES)
    listed = [text for text, count in found.most_common(3) if count]
    return listed or [f"@(posedge {name})" for name in _clocks(place, module)]


def _keyword(place: Place, block: Always) -> Iterator[Draft]:
    """`always_comb @(posedge clk)` is a flip-flop; a block that waits for a level is none."""
    edges = any(place.src.word(n) in EDGES for n in _list(place, block))
    for odds, word in enumerate(("always_ff", "always") if edges else ("always_comb",)):
        yield place.draft(odds, f"Write {word}", place.replace(block.keyword, word), FAMILY)


def _operators(place: Place, block: Always) -> Iterator[Draft]:
    """The operator of one assignment, or of all to its variable in the block, as the others of the block have it."""
    src = place.src
    made = assignments(src, block.statement, block.last)
    wanted = "<=" if block.clocked else "="
    wrong = [(name, n) for name, n in made if src.word(n) != wanted]
    line = [(name, n) for name, n in wrong if n in place.line or n in place.statement]
    for name, number in line[:1]:
        yield place.draft(0, f"Assign '{name}' with '{wanted}'", place.replace(number, wanted), FAMILY, "at the edge")
        every = [place.replace(n, wanted) for other, n in wrong if other == name]
        yield place.draft(1, f"Assign '{name}' with '{wanted}' everywhere in the block", every, FAMILY, "at the edge")
    if line and len(wrong) > 1:
        every = [place.replace(n, wanted) for _, n in wrong]
        yield place.draft(2, f"Assign with '{wanted}' in the whole block", every, FAMILY, "at the edge")
