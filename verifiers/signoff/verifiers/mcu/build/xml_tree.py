"""XML project files as plain nodes with their places; safe against hostile files.

Nothing external is fetched and no entity is expanded: a file that declares one is refused, as no IDE writes any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from signoff.verifiers.finding import Span
from signoff.verifiers.text import LineIndex

MOST_NODES = 400_000
DEPTH = 200


@dataclass(slots=True)
class Node:
    """One element: `text` is what stands directly in it, `at` the offset of its start tag in UTF-8 bytes."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    text: str = ""
    at: int = 0

    def get(self, attribute: str) -> str:
        """An attribute's value, "" where it is not there."""
        return self.attributes.get(attribute, "")

    def all(self, *tags: str) -> Iterator[Node]:
        """Every element below with one of these tags, in document order."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            if node.tag in tags:
                yield node
            waiting.extend(reversed(node.children))

    def path(self, *tags: str) -> list[Node]:
        """The elements that a path of tags leads to."""
        found = [self]
        for tag in tags:
            found = [child for node in found for child in node.children if child.tag == tag]
        return found

    def words(self, *tags: str) -> str:
        """The text of the first element at a path, without blanks around; "" where there is none."""
        return next((node.text.strip() for node in self.path(*tags)), "")


class BrokenXml(Exception):
    """A file that is no XML, or one that no IDE would write; `span` says where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


def parse_xml(text: str) -> Node:
    """The root element. Raises BrokenXml."""
    builder = _Builder()
    try:
        builder.parser.Parse(text.encode("utf-8", errors="replace"), True)
    except expat.ExpatError as error:
        line = max(error.lineno - 1, 0)
        raise BrokenXml(f"is not valid XML here: {expat.ErrorString(error.code)}", _line(text, line)) from error
    except _Refused as error:
        raise BrokenXml(str(error), _line(text, builder.parser.CurrentLineNumber - 1)) from error
    return builder.root.children[0]


def place(text: str, node: Node, value: str = "") -> Span:
    """The span of a value in or after a node's start tag; of the tag's line where it does not stand there as it is."""
    raw = text.encode("utf-8", errors="replace")
    start = len(raw[: node.at].decode("utf-8", errors="replace"))
    index = LineIndex(text)
    at = text.find(value, start, start + 4000) if value else -1
    return index.span(at, at + len(value)) if at >= 0 else _line(text, index.position(start)[0])


def _line(text: str, number: int) -> Span:
    return Span(number, 0, number, len(LineIndex(text).line(number)))


class _Refused(Exception):
    """More than a project file can be."""


class _Builder:
    def __init__(self) -> None:
        self.root = Node("")
        self._open = [self.root]
        self._count = 0
        # The text is decoded already: what encoding the declaration names does not matter any more.
        self.parser: Any = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_NODES or len(self._open) > DEPTH:
            raise _Refused("has more elements, or deeper ones, than a project file can have")
        node = Node(tag, attributes, at=self.parser.CurrentByteIndex)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _entity(self, *declaration: object) -> None:
        raise _Refused("declares an entity, which is not expanded")
