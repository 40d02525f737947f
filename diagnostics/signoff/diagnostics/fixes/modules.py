"""Modules, ports and declarations as the text states them, faults or not, of this file and of its project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from signoff.diagnostics.fixes.source import Source, source
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

DIRECTIONS = ("input", "output", "inout", "ref")
NETS = ("wire", "tri", "wand", "wor", "uwire", "tri0", "tri1", "supply0", "supply1")
VARIABLES = ("reg", "logic", "bit", "integer", "int", "byte", "shortint", "longint", "real", "time", "genvar")
PARAMETERS = ("parameter", "localparam")
_STARTERS = frozenset((*DIRECTIONS, *NETS, *VARIABLES, *PARAMETERS, "var"))
# Beyond this many files a search of the whole project for one module would take longer than a person waits.
SEARCHED_FILES = 400


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared name. `first` and `last` are the token indices of its whole declaration, `name` its own.

    `direction`, `kind` (wire, reg, logic, parameter ...) and `packed` ("[7:0]" with signed) are as written or
    inherited from the name before; `siblings` counts the names of the same declaration; `header` is True in
    an ANSI port list.
    """

    text: str
    name: int
    first: int
    last: int
    direction: str
    kind: str
    packed: str
    siblings: int
    header: bool
    unpacked: bool


@dataclass(slots=True)
class Module:
    """A module's head and declarations; `body` is the token index after the head's `;`, `last` its last token."""

    name: str
    opener: int
    body: int
    last: int
    ports: tuple[str, ...] = ()
    declared: dict[str, list[Declared]] = field(default_factory=dict)

    def port(self, name: str) -> Declared | None:
        """The declaration that gives a port its direction."""
        return next((entry for entry in self.declared.get(name, ()) if entry.direction), None)


@lru_cache(maxsize=64)
def modules(text: str) -> tuple[Module, ...]:
    """All modules of a text, in order; one that lacks its `endmodule` ends where the next begins."""
    src = source(text)
    starts = [
        number
        for number, token in enumerate(src.tokens)
        if token.text in ("module", "macromodule") and token.kind == "word"
    ]
    ends = [*starts[1:], len(src.tokens)]
    return tuple(_module(src, start, end) for start, end in zip(starts, ends, strict=False))


def module_at(text: str, offset: int) -> Module | None:
    """The module that an offset lies in."""
    number = source(text).before(offset + 1)
    return next((module for module in modules(text) if module.opener <= number + 1 and number <= module.last), None)


def find_module(name: str, snapshot: Snapshot, project: Project) -> tuple[str, Module] | None:
    """(text, module) of a module of this document, of the open buffers or of the project's files."""
    pattern = re.compile(rf"\b(?:macro)?module\s+(?:automatic\s+|static\s+)?{re.escape(name)}\b")
    for text in _texts(name, snapshot, project):
        if pattern.search(text):
            found = next((module for module in modules(text) if module.name == name), None)
            if found is not None:
                return text, found
    return None


def module_names(snapshot: Snapshot, project: Project) -> list[str]:
    """The modules of this document, of the open buffers and of the project's files, each once."""
    pattern = re.compile(r"^[ \t]*(?:macro)?module\s+(?:automatic\s+|static\s+)?([A-Za-z_][\w$]*)", re.MULTILINE)
    return list(dict.fromkeys(name for text in _texts("", snapshot, project) for name in pattern.findall(text)))


def _texts(name: str, snapshot: Snapshot, project: Project) -> Iterator[str]:
    yield snapshot.text
    buffers = {buffer.path: buffer.text for buffer in project.buffers}
    yield from buffers.values()
    paths = [path for path in (*project.files, *project.library_files) if path not in buffers and path != snapshot.path]
    paths.sort(key=lambda path: Path(path).stem != name)
    for path in paths[:SEARCHED_FILES]:
        try:
            yield Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue


def _module(src: Source, start: int, following: int) -> Module:
    number = start + 1
    while src.word(number) in ("automatic", "static"):
        number += 1
    module = Module(src.word(number), start, 0, following - 1)
    position = number + 1
    while position < following and src.word(position) not in ("(", ";"):
        position += 2 if src.word(position) == "#" else 1
        if src.word(position - 2) == "#":
            _list(src, position - 1, module, header=True)
            position = src.closing(position - 1) + 1
    if src.word(position) == "(":
        close = min(src.closing(position), following - 1)
        _list(src, position, module, header=True)
        module.ports = _port_names(src, position, close, module)
        position = close + 1
    module.body = position + 1 if src.word(position) == ";" else position
    ends = (i for i in range(module.body, following) if src.word(i) == "endmodule")
    module.last = next(ends, module.last)
    _body(src, module)
    return module


def _port_names(src: Source, start: int, close: int, module: Module) -> tuple[str, ...]:
    ansi = tuple(name for name, entries in module.declared.items() if any(e.direction for e in entries))
    if ansi:
        return ansi
    return tuple(token.text for token in src.tokens[start + 1 : close] if token.is_name)


def _body(src: Source, module: Module) -> None:
    number, inside = module.body, 0
    while number < module.last:
        word = src.word(number)
        # Declarations of a function or task are its own, not the module's.
        if word in ("function", "task"):
            inside += 1
        elif word in ("endfunction", "endtask"):
            inside -= 1
        elif word in _STARTERS and inside <= 0 and _starts_statement(src, number):
            number = _statement(src, number, module, header=False, limit=module.last)
            continue
        number += 1


def _starts_statement(src: Source, number: int) -> bool:
    before = src.token(number - 1)
    # A macro may stand for an attribute; a block may bear a label.
    return (
        before.text in (";", ")", "end", "begin", "endfunction", "endtask", "generate", "endcase", "else")
        or before.kind == "directive"
        or (src.word(number - 2) == ":" and src.word(number - 3) in ("begin", "end"))
    )


def _list(src: Source, opening: int, module: Module, *, header: bool) -> None:
    """An ANSI port list or a parameter port list."""
    close, number = src.closing(opening), opening + 1
    while number < close:
        if src.word(number) in _STARTERS:
            number = _statement(src, number, module, header=header, limit=close)
        else:
            number += 1


def _statement(src: Source, first: int, module: Module, *, header: bool, limit: int) -> int:
    """Read one declaration from its keyword; returns the token after it."""
    words: list[str] = []
    number = first
    while number < limit and not src.token(number).is_name and src.word(number) not in (";", ","):
        end = src.closing(number) if src.word(number) == "[" else number
        words.append(src.text[src.token(number).start : src.token(end).end])
        number = end + 1
    names: list[tuple[int, bool]] = []
    while number < limit and src.word(number) != ";":
        if not src.token(number).is_name:
            break
        name, unpacked = number, src.word(number + 1) == "["
        number = _declarator_end(src, number + 1, limit)
        names.append((name, unpacked))
        if src.word(number) != ",":
            break
        number += 1
        if header and src.word(number) in _STARTERS:
            break
    direction = next((word for word in words if word in DIRECTIONS), "")
    kind = next((word for word in words if word in (*NETS, *VARIABLES, *PARAMETERS)), "")
    packed = " ".join(word for word in words if word.startswith("[") or word == "signed")
    for name, unpacked in names:
        entry = Declared(src.word(name), name, first, number, direction, kind, packed, len(names), header, unpacked)
        module.declared.setdefault(entry.text, []).append(entry)
    return max(number, first + 1)


def _declarator_end(src: Source, number: int, limit: int) -> int:
    """The token after `name [dims] [= value]`: the next comma or semicolon outside brackets."""
    while number < limit and src.word(number) not in (",", ";"):
        if src.word(number) in ("(", "[", "{"):
            number = src.closing(number)
        # A missing semicolon: the next statement is not part of this declaration.
        if src.word(number) in _STARTERS or src.word(number) in ("assign", "always", "initial", "endmodule"):
            break
        number += 1
    return min(number, limit)
