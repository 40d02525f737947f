"""The deepest stack below main and each handler, where the call graph is closed; else where it is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signoff.verifiers.mcu.facts import CallDepth, StackUse
from signoff.verifiers.mcu.link import elf
from signoff.verifiers.mcu.link.callgraph import INDIRECT, Frame
from signoff.verifiers.mcu.link.machine_code import MachineCode
from signoff.verifiers.mcu.link.object_facts import ObjectFacts

MAIN = "main"
HANDLERS = ("_Handler", "_IRQHandler", "_handler", "_isr", "_ISR")
# Deeper than any firmware's calls: what is beyond is taken as not closed.
MAX_DEPTH = 500

# A function: (number of its object, or -1 for one that all objects see; its symbol).
_Node = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Deepest:
    bytes: int | None
    chain: tuple[str, ...]
    open_at: str = ""


def stack_uses(objects: Sequence[ObjectFacts], names: frozenset[str]) -> tuple[StackUse, ...]:
    """The frames of the functions that are in the image."""
    frames = (frame for facts in objects for frame in facts.frames if frame.name in names)
    return tuple(StackUse(one.name, one.path, one.line, one.bytes, one.bounded) for one in frames)


def depths(
    objects: Sequence[ObjectFacts], names: frozenset[str], code: MachineCode | None = None
) -> tuple[CallDepth, ...]:
    """The depth below main, and below each handler that the objects define themselves; `names` are in the image.

    `code` tells of functions that gcc says nothing of: those of libraries, and of assembler.

    What the core itself puts on the stack when it enters a handler (8 words, 26 with the FPU's) is not counted.
    """
    graph = _Graph(objects, names, code)
    found = []
    for root in sorted(graph.roots(), key=lambda name: (name != MAIN, name)):
        deepest = graph.deepest((-1, root))
        found.append(CallDepth(root, deepest.bytes, deepest.chain, deepest.open_at))
    return tuple(found)


class _Graph:
    def __init__(self, objects: Sequence[ObjectFacts], names: frozenset[str], code: MachineCode | None) -> None:
        self._names = names
        self._code = code
        self._decoded: dict[str, Frame | None] = {}
        self._objects = objects
        self._home = _homes(objects)
        self._frames = [{frame.name: frame for frame in facts.frames} for facts in objects]
        self._known: dict[_Node, _Deepest] = {}
        self._open: set[_Node] = set()

    def roots(self) -> Iterable[str]:
        """main, and the handlers that are C: those of startup code only wait for ever."""
        for name in self._names:
            if name == MAIN or name.endswith(HANDLERS):
                number = self._home.get(name, -1)
                if number >= 0 and (name in self._frames[number] or (name == MAIN and self._frame((-1, name)))):
                    yield name

    def deepest(self, node: _Node, depth: int = 0) -> _Deepest:
        """The deepest way from a function on, itself included."""
        if node in self._known:
            return self._known[node]
        frame = self._frame(node)
        if frame is None:
            return _Deepest(None, (node[1],), f"{node[1]} has no known stack frame")
        if not frame.bounded:
            return _Deepest(None, (node[1],), f"the stack frame of {node[1]} is decided while it runs")
        if node in self._open or depth > MAX_DEPTH:
            return _Deepest(None, (node[1],), f"{node[1]} calls itself")
        self._open.add(node)
        found = self._below(node, frame, depth)
        self._open.discard(node)
        self._known[node] = found
        return found

    def _below(self, node: _Node, frame: Frame, depth: int) -> _Deepest:
        best = _Deepest(frame.bytes, (node[1],))
        for callee in self._callees(node, frame):
            if callee == INDIRECT:
                return _Deepest(None, (node[1],), f"{node[1]} calls through a pointer")
            below = self.deepest(self._resolved(node, callee), depth + 1)
            chain = (node[1], *below.chain)
            if below.bytes is None:
                return _Deepest(None, chain, below.open_at)
            if best.bytes is None or frame.bytes + below.bytes > best.bytes:
                best = _Deepest(frame.bytes + below.bytes, chain)
        return best

    def _callees(self, node: _Node, frame: Frame) -> tuple[str, ...]:
        """gcc's edges, and what inline assembly branches to.

        gcc also names functions of which it made no call in the end: those that are not in the image.
        """
        number = self._number(node)
        branches = self._objects[number].reaches.get(frame.name, frozenset()) if number >= 0 else frozenset()
        named = dict.fromkeys((*frame.calls, *sorted(branches)))
        return tuple(name for name in named if name == INDIRECT or name in self._names or "@" in name)

    def _resolved(self, caller: _Node, name: str) -> _Node:
        number = self._number(caller)
        own = self._objects[number].defined.get(name) if number >= 0 else None
        return (number, name) if own is not None and own.binding == elf.STB_LOCAL else (-1, name)

    def _number(self, node: _Node) -> int:
        return node[0] if node[0] >= 0 else self._home.get(node[1], -1)

    def _frame(self, node: _Node) -> Frame | None:
        number = self._number(node)
        frame = None
        if number >= 0:
            frame = self._frames[number].get(node[1]) or self._alias(number, node[1])
        return frame or self._read(node)

    def _read(self, node: _Node) -> Frame | None:
        """What the machine code tells, of a function whose name is no other's."""
        if self._code is None or node[0] >= 0:
            return None
        if node[1] not in self._decoded:
            self._decoded[node[1]] = self._code.frame(node[1])
        return self._decoded[node[1]]

    def _alias(self, number: int, name: str) -> Frame | None:
        """The function at the same place under another name."""
        defined = self._objects[number].defined
        one = defined.get(name)
        if one is None or one.kind != elf.STT_FUNC:
            return None
        same = (other.name for other in defined.values() if (other.section, other.offset) == (one.section, one.offset))
        return next((self._frames[number][other] for other in same if other in self._frames[number]), None)


def _homes(objects: Sequence[ObjectFacts]) -> dict[str, int]:
    """Which object a symbol is taken from: a strong definition before a weak one, else the first."""
    found: dict[str, tuple[bool, int]] = {}
    for number, facts in enumerate(objects):
        for one in facts.defined.values():
            if one.binding == elf.STB_LOCAL:
                continue
            rank = (one.binding == elf.STB_WEAK, number)
            if one.name not in found or rank < found[one.name]:
                found[one.name] = rank
    return {name: number for name, (_, number) in found.items()}
