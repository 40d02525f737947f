"""Which files a CUDA text includes, as its compiler would find them, with open documents in place of the disk's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from signoff.verifiers.project import CompileUnit

DIRECTIVE = re.compile(r'^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)
# Beyond these, a unit is seen by its compiler only.
MAX_FILES = 400
MAX_CHARACTERS = 8_000_000
MAX_FILE_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Include:
    """One #include: the name as written, whether in angle brackets, and where the name stands (offsets)."""

    name: str
    angled: bool
    start: int
    end: int


@lru_cache(maxsize=2048)
def directives(text: str) -> tuple[Include, ...]:
    """Every #include of a text, also those in a branch that is not compiled."""
    return tuple(
        Include(match[1] or match[2], match[1] is None, *match.span(1 if match[1] else 2))
        for match in DIRECTIVE.finditer(text)
    )


@dataclass(frozen=True, slots=True)
class Files:
    """Where texts come from: open documents (path to text), else the disk; and where includes are looked up."""

    texts: Mapping[str, str]
    unit: CompileUnit

    def text(self, path: str) -> str | None:
        """The text of a file; None where there is none, or it is too large to be a source."""
        return self.texts[path] if path in self.texts else _on_disk(path)

    def resolve(self, include: Include, origin: str) -> str | None:
        """The file that an #include in `origin` means; None where no folder of the unit has it."""
        for path in self._candidates(include, origin):
            if path in self.texts or _is_file(path):
                return path
        return None

    def _candidates(self, include: Include, origin: str) -> Iterator[str]:
        if Path(include.name).is_absolute():
            yield include.name
            return
        own = () if include.angled or not origin else (str(Path(origin).parent),)
        for folder in (*own, *self.unit.include_dirs, *self.unit.system_include_dirs):
            yield os.path.normpath(f"{folder}/{include.name}")


def closure(files: Files, path: str, text: str) -> dict[str, str]:
    """All files that `text` at `path` includes, directly or not, and that the unit's folders hold; itself first.

    Cut off at MAX_FILES files and MAX_CHARACTERS of text.
    """
    found = {path: text}
    waiting, size = [path], len(text)
    while waiting and len(found) < MAX_FILES and size < MAX_CHARACTERS:
        origin = waiting.pop(0)
        for target in targets(files, origin, found[origin]):
            if target not in found and (body := files.text(target)) is not None:
                found[target] = body
                size += len(body)
                waiting.append(target)
    return found


def targets(files: Files, origin: str, text: str) -> Iterator[str]:
    """The files that a text at `origin` includes directly, as far as the unit's folders hold them."""
    for include in directives(text):
        target = files.resolve(include, origin)
        if target is not None:
            yield target


def reaching(files: Files, found: Mapping[str, str], wanted: set[str]) -> set[str]:
    """Those of the files that include one of `wanted`, directly or not, and `wanted` themselves."""
    into = {path: set(targets(files, path, text)) for path, text in found.items()}
    reached = set(wanted)
    while more := {path for path, aims in into.items() if path not in reached and aims & reached}:
        reached |= more
    return reached


def rewritten(files: Files, path: str, text: str, names: Mapping[str, str]) -> str:
    """The text with its includes naming what they mean, as it will lie elsewhere.

    `names` leads from a file to its stand-in's name; a file found beside the text itself is named outright.
    """
    parts: list[str] = []
    last = 0
    for include in directives(text):
        target = files.resolve(include, path)
        if target is None:
            continue
        name = names.get(target) or (None if include.angled else target)
        if name is not None and not set(name) & {'"', "\n", "\\"}:
            parts += (text[last : include.start - 1], '"', name, '"')
            last = include.end + 1
    return "".join((*parts, text[last:]))


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a NUL in half-typed text
        return False


def _on_disk(path: str) -> str | None:
    try:
        file = Path(path)
        return None if file.stat().st_size > MAX_FILE_BYTES else file.read_bytes().decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return None
