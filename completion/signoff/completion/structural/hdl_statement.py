"""The half-typed instance at a cursor: its module, its parameters and ports connected so far, and what is missing."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from signoff.verifiers.hdl.index import KEYWORDS

_CODE = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|\(\*[^)]*?\*\)|`\w+[^\n]*", re.DOTALL)
# Where the statement of an instance may begin: behind a semicolon, or a word that ends what was before.
_BEGINNING = re.compile(r";|\b(?:begin|end\w*|generate|else)\b(?:[ \t]*:[ \t]*\w+)?")
_ITEM = re.compile(r"(?:;|\bbegin(?:[ \t]*:[ \t]*\w+)?|\bend\w*(?:[ \t]*:[ \t]*\w+)?|\bgenerate|\A)\s*\Z")
_NEAR = 2_000
_HEAD = re.compile(r"\s*(?P<module>[A-Za-z_]\w*)(?P<space>\s*)")
_NAMED = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)(?:\s*\[[^\]]*\])?(?P<space>\s*)")
# No statement of an instance is longer than this; beyond it nothing is looked at.
_REACH = 12_000


class Part(enum.Enum):
    """Where in an instance the cursor is."""

    MODULE = "module"  # within or behind the module's name: nothing else of the instance is there
    NAME = "name"  # behind a name (and parameters), before a list
    PARAMETERS = "parameters"
    PORTS = "ports"


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of connections: `names` in it, whether `)` and `;` follow, and where the `)` stands behind the cursor."""

    names: tuple[str, ...] = ()
    closed: bool = False
    ended: bool = False
    closer: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """The instance at the cursor; `start` is where its statement begins, in the text before the cursor.

    `fresh` is where a connection may begin: behind `(` or `,`. `before` are names connected before the cursor, `after`
    the rest of the list.
    """

    part: Part
    module: str
    start: int
    name: str = ""
    parameters: str = ""
    fresh: bool = False
    dotted: bool = False
    before: tuple[str, ...] = ()
    after: Listed = Listed()


def instance_at(before: str, after: str) -> Instance | None:
    """The instance whose statement the text before the cursor ends in; None where it is no instance's.

    `before` is without the name that is being typed.
    """
    base = max(len(before) - _REACH, 0)
    code = blanked(before[base:])
    beginnings = list(_BEGINNING.finditer(code))
    start = beginnings[-1].end() if beginnings else 0
    found = _read(code, start)
    if found is None or found.module in KEYWORDS or found.name in KEYWORDS:
        return None
    listed = _following(after) if found.part in (Part.PORTS, Part.PARAMETERS) else Listed()
    where = len(code) - len(code[start:].lstrip()) + base
    return Instance(
        found.part, found.module, where, found.name, found.parameters, found.fresh, found.dotted, found.before, listed
    )


def starts_item(before: str) -> bool:
    """Whether a module's item may begin behind the text: at its start, behind a semicolon or the end of another."""
    return _ITEM.search(blanked(before[-_NEAR:])) is not None


def blanked(text: str) -> str:
    """The text with blanks in place of comments, strings, attributes and directives; every offset stays."""
    return _CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _read(code: str, start: int) -> Instance | None:
    head = _HEAD.match(code, start)
    if head is None:
        return None
    module, place = head["module"], head.end()
    if place == len(code):
        return Instance(Part.NAME, module, start) if head["space"] else None
    parameters = ""
    if code[place] == "#":
        opened = re.compile(r"#\s*\(").match(code, place)
        if opened is None:
            return None
        end = _closing(code, opened.end())
        if end is None:
            return _list(Part.PARAMETERS, Instance(Part.PARAMETERS, module, start), code[opened.end() :])
        parameters = code[opened.end() : end]
        place = end + 1
        if not code[place:].strip():
            return Instance(Part.NAME, module, start, parameters=parameters)
    named = _NAMED.match(code, place)
    if named is None:
        return None
    rest = Instance(Part.NAME, module, start, named["name"], parameters)
    if named.end() == len(code):
        return rest if named["space"] else None
    if code[named.end()] != "(":
        return None
    return _list(Part.PORTS, rest, code[named.end() + 1 :])


def _list(part: Part, known: Instance, text: str) -> Instance | None:
    """The instance with the cursor in a list whose text up to the cursor is given."""
    if _closing(text, 0) is not None:
        return None
    flat = _flat(text)
    bare = flat.rstrip()
    dotted = bare.endswith(".")
    items = flat.split(",")
    if any(item.strip() and not item.lstrip().startswith(".") for item in items):
        return None  # connected by order: what comes next has no name
    names = tuple(re.findall(r"\.\s*(\w+)", flat))
    fresh = not bare or bare.endswith(",") or (dotted and bare[:-1].rstrip()[-1:] in ("", ","))
    nested = _depth(text) > 0
    if nested or not fresh:
        return None
    return Instance(part, known.module, known.start, known.name, known.parameters, True, dotted, names)


def _closing(text: str, start: int) -> int | None:
    """Where the bracket is closed that was opened before `start`."""
    depth = 0
    for match in re.compile(r"[()]").finditer(text, start):
        depth += 1 if match[0] == "(" else -1
        if depth < 0:
            return match.start()
    return None


def _depth(text: str) -> int:
    return sum({"(": 1, "[": 1, "{": 1}.get(one, -1 if one in ")]}" else 0) for one in text)


def _flat(text: str) -> str:
    """The text without what stands in brackets."""
    depth, kept = 0, []
    for one in text:
        depth += one in "([{"
        kept.append(one if depth == 0 else " ")
        depth -= one in ")]}"
    return "".join(kept)


_LISTED = re.compile(r"\s*(?:\.\s*(?P<name>\w+)\s*(?P<open>\()?|(?P<comma>,)|(?P<wild>\.\*)|(?P<close>\)))")


def _following(after: str) -> Listed:
    """The rest of a list of connections behind the cursor; not closed where something else stands there."""
    code = blanked(after[:_REACH])
    place, names = 0, list[str]()
    while (match := _LISTED.match(code, place)) is not None:
        place = match.end()
        if match["close"]:
            ended = re.compile(r"\s*;").match(code, place) is not None
            return Listed(tuple(names), True, ended, place - 1)
        if match["name"]:
            names.append(match["name"])
        if match["open"]:
            end = _closing(code, place)
            if end is None:
                break
            place = end + 1
    return Listed(tuple(names))
