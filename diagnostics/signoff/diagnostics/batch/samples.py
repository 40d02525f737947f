"""A dataset: JSON Lines, a sample a line, and what may be wrong with a line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from signoff.verifiers.file_kinds import LANGUAGES

FIELDS: Mapping[str, str] = {
    "code": "the source to verify and repair; required",
    "id": "a string or number of the sample's own; without it its line is its id",
    "language": "verilog, systemverilog, cuda, triton, c or cpp; without it the ending of `file` decides",
    "file": "the source's name, with folders from the sample's root where it has any, as in \"rtl/top.v\"; without it "
    "top and the language's ending",
    "files": "other files that belong to it, by name: headers, packages, a signoff.toml, a compile_commands.json",
}

# As users call the languages, with the ending that a file of each has.
ENDINGS: Mapping[str, str] = {
    "verilog": ".v",
    "systemverilog": ".sv",
    "cuda": ".cu",
    "cuda-cpp": ".cu",
    "triton": ".py",
    "python": ".py",
    "c": ".c",
    "cpp": ".cpp",
    "c++": ".cpp",
}
# Characters of all of a sample's files, and files: what is larger is no sample but a mistake.
MOST_CHARACTERS = 20_000_000
MOST_FILES = 2_000
LONGEST_NAME = 200
# What no file can be called on one system or another.
_FORBIDDEN = frozenset('<>:"|?*\\\0')


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: `files` are (name, text) of all its files, `file` the one to repair. `line` counts from 1.

    `digest` tells whether a sample is the one that was repaired before.
    """

    id: str
    line: int
    file: str
    files: tuple[tuple[str, str], ...]

    @property
    def code(self) -> str:
        """The source to repair."""
        return dict(self.files)[self.file]

    @property
    def digest(self) -> str:
        """32 hexadecimal digits of all that the sample is, but its place in the dataset."""
        data = json.dumps([self.id, self.file, sorted(self.files)])
        return hashlib.sha256(data.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no sample, and why, for a person."""

    line: int
    why: str


def samples(path: Path) -> Iterator[Sample | BadLine]:
    """The samples of a dataset, a line after the other, empty lines apart. Raises OSError."""
    seen: dict[str, int] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            one = parsed(line, number)
            if isinstance(one, Sample) and (first := seen.setdefault(one.id, number)) != number:
                one = BadLine(number, f'its id "{one.id}" is that of line {first}')
            yield one


def parsed(line: bytes, number: int) -> Sample | BadLine:
    """The sample of one line; `number` counts from 1."""
    try:
        return _sample(json.loads(line.removeprefix(b"\xef\xbb\xbf").decode("utf-8")), number)
    except UnicodeDecodeError as error:
        return BadLine(number, f"is not UTF-8 (byte {error.start + 1})")
    except json.JSONDecodeError as error:
        return BadLine(number, f"is no JSON: {error.msg} at column {error.colno}")
    except RecursionError:
        return BadLine(number, "is no JSON that can be read: nested too deep")
    except ValueError as error:
        return BadLine(number, str(error))


def _sample(said: Any, number: int) -> Sample:
    """Raises ValueError, saying what is wrong."""
    if not isinstance(said, dict):
        raise ValueError(f"is {_kind(said)}, not an object")
    code, others = _text(said, "code"), said.get("files") or {}
    if not isinstance(others, dict):
        raise ValueError(f'"files" is {_kind(others)}, not an object of names and texts')
    file = _file(said)
    names = [file, *(_name(name, "files") for name in others)]
    if clash := next((name for name in names if [one.lower() for one in names].count(name.lower()) > 1), ""):
        raise ValueError(f'two of its files are called "{clash}"')
    if inside := next((one for one in names for other in names if one.startswith(f"{other}/")), ""):
        raise ValueError(f'"{inside}" lies below a name that is a file')
    texts = [code, *(_text(others, name) for name in others)]
    if len(names) > MOST_FILES or sum(map(len, texts)) > MOST_CHARACTERS:
        raise ValueError(f"is too large (at most {MOST_FILES} files of {MOST_CHARACTERS:,} characters in all)")
    return Sample(_id(said, number), number, file, tuple(zip(names, texts, strict=True)))


def _id(said: dict[str, Any], number: int) -> str:
    told = said.get("id")
    if told is None:
        return f"line {number}"
    if isinstance(told, bool) or not isinstance(told, str | int) or not str(told).strip():
        raise ValueError(f'"id" is {_kind(told)}, not a string or number')
    return str(told)


def _text(said: dict[str, Any], name: str) -> str:
    if name not in said:
        raise ValueError(f'has no "{name}"; known are {", ".join(FIELDS)}')
    text = said[name]
    if not isinstance(text, str):
        raise ValueError(f'"{name}" is {_kind(text)}, not a text')
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError(f'"{name}" holds half a surrogate pair, which no file can')
    return text


def _file(said: dict[str, Any]) -> str:
    """The name of the source; it agrees with the language where both are given."""
    language = said.get("language")
    if language is not None and (not isinstance(language, str) or language.lower() not in ENDINGS):
        shown = f'"{language[:40]}"' if isinstance(language, str) else _kind(language)
        raise ValueError(f'"language" is {shown}; known are {", ".join(ENDINGS)}')
    if said.get("file") is None:
        if language is None:
            raise ValueError('has neither "language" nor "file", so nothing says what its code is')
        return f"top{ENDINGS[language.lower()]}"
    file = _name(said["file"], "file")
    is_of = LANGUAGES.get(PurePosixPath(file).suffix.lower())
    if is_of is None:
        raise ValueError(f'"file" is "{file}", which ends in none of {", ".join(LANGUAGES)}')
    wanted = LANGUAGES[ENDINGS[language.lower()]] if language is not None else is_of
    if not _alike(is_of, wanted):
        raise ValueError(f'"language" is {language}, and "{file}" is no such file')
    return file


def _alike(one: str, other: str) -> bool:
    """Verilog is read as SystemVerilog, and a header of C may be one of C++ or CUDA."""
    return one == other or {one, other} <= {"verilog", "systemverilog"} or {one, other} <= {"c", "cpp", "cuda-cpp"}


def _name(name: Any, where: str) -> str:
    """A relative name that stays below the sample's root. Raises ValueError."""
    if not isinstance(name, str):
        raise ValueError(f'"{where}" is {_kind(name)}, not a name')
    pieces = name.split("/")
    plain = all(piece.strip(" .") and piece == piece.strip() and len(piece) <= LONGEST_NAME for piece in pieces)
    if not plain or not name.isprintable() or _FORBIDDEN.intersection(name) or len(pieces) > 20:
        raise ValueError(f'"{where}" names "{name[:80]}", which is no relative name of a file below the sample\'s root')
    return name


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
