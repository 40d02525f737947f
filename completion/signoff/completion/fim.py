"""Fill-in-the-middle: the families of families.toml, which of them a model belongs to, and prompts in their form."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from signoff.completion.passage import Passage

TABLE = Path(__file__).with_name("families.toml")
# What a repository is called in a prompt: its real name tells the model nothing, and must not leave the machine.
REPOSITORY = "project"
HASH_COMMENTS = frozenset({".py", ".sh", ".tcl", ".sdc", ".xdc", ".mk", ".cmake", ".toml", ".yml", ".yaml"})


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of models is asked to fill in: a row of families.toml, which says what the fields mean."""

    name: str
    template: str
    tokens: tuple[str, ...]
    stop: tuple[str, ...]
    names: tuple[str, ...]
    special: tuple[str, ...] = ()
    repository: str = ""
    file: str = ""
    by_name: bool = False
    hidden: bool = False
    spm: bool = False
    source: str = ""
    seen: str = ""

    @property
    def core(self) -> tuple[str, ...]:
        """The tokens of the template itself, without those of several files."""
        return tuple(token for token in self.tokens if token.strip("▁") in self.template)

    @property
    def markers(self) -> tuple[str, ...]:
        """Every special token of the family: none of them may stand in a document's text as a token."""
        return tuple(dict.fromkeys((*self.tokens, *self.special, *(text for text in self.stop if text[0] in "<["))))


@cache
def _table() -> tuple[tuple[Family, ...], tuple[str, ...], tuple[str, ...]]:
    data = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    lists = ("tokens", "stop", "names", "special")
    rows = tuple(Family(**{**row, **{key: tuple(row.get(key, ())) for key in lists}}) for row in data["family"])
    return rows, tuple(data["without"]["names"]), tuple(data["common"]["special"])


FAMILIES, WITHOUT, SPECIAL = _table()


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(" ", "-")


def _length(part: str, name: str) -> int:
    """How much of `name` the row's name `part` fits, 0 if not at all: codeqwen is no qwen, starcoder2 no starcoder."""
    return len(part) if re.search(rf"(?<![a-z0-9]){re.escape(part)}(?![a-z0-9])", name) else 0


def by_name(name: str) -> Family | None:
    """The family of a model name or path, None where it is not known or the model cannot fill in.

    A name says only what a model should be; see detect.py for what its tokenizer says.
    """
    named = of_name(name)
    return named[0] if named else None


def of_name(name: str) -> tuple[Family, ...]:
    """Every family whose names fit `name` best; more than one where its card leaves the tokens open."""
    name = _normal(name)
    if untrained(name):
        return ()
    fits = [(max(_length(part, name) for part in family.names), family) for family in FAMILIES]
    best = max((length for length, _ in fits), default=0)
    return tuple(family for length, family in fits if length == best > 0)


def untrained(name: str) -> bool:
    """Whether a model is known not to have learnt to fill in, whatever tokens its tokenizer has."""
    name = _normal(name)
    return any(_length(part, name) for part in WITHOUT)


def get(name: str) -> Family | None:
    """The family called `name`, None for "" or an unknown name."""
    return next((family for family in FAMILIES if family.name == name), None)


def repo_level(name: str) -> bool:
    """Whether the family called `name` has a form of its own for other files."""
    row = get(name)
    return row is not None and bool(row.repository)


def neutral(text: str, family: Family) -> str:
    """`text` with a space in each of the family's special tokens, so that a server reads them as plain text.

    A document that holds such a token (a program that writes prompts) would else end its own prompt there. What the
    user typed stays as it is: this is only what the model reads.
    """
    if "<" not in text and "[" not in text:
        return text
    return _pattern(family).sub(lambda token: re.sub(r"([<\[])", r"\1 ", token[0], count=1), text)


@cache
def _pattern(family: Family) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(marker) for marker in sorted(family.markers, key=len, reverse=True)))


def render(
    family: str,
    prefix: str,
    suffix: str,
    passages: Sequence[Passage] = (),
    path: str = "",
    repo: str = REPOSITORY,
    *,
    spm: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """(prompt, stop strings, at most three). Without a family the text is continued from left to right.

    `passages` come in the family's own form for several files, else as comments before the prefix; `path` is the
    document's below the workspace's root. `spm`: the prefix comes last, behind the suffix; only for families whose
    row says so. Equal arguments give equal bytes.
    """
    row = get(family)
    if row is None:
        return as_comments(passages, path) + prefix, ()
    if passages and not row.repository:
        prefix, passages = as_comments(passages, path) + prefix, ()
    written, prefix = (neutral(prefix, row), "") if spm else ("", prefix)
    parts = {
        "prefix": neutral(prefix, row),
        "suffix": neutral(suffix, row),
        "path": neutral(path or _unnamed(path), row),
        "repo": neutral(repo, row),
        "passages": "".join(_file(one, path, row) for one in _joined(passages)),
    }
    return _fill(row.repository if passages else row.template, parts) + written, row.stop


def _fill(template: str, parts: dict[str, str]) -> str:
    # In one pass: the document's own text may hold the word {suffix}.
    return re.sub(r"\{(\w+)\}", lambda place: parts[place[1]], template)


def _file(passage: Passage, path: str, row: Family) -> str:
    name = passage.path or _unnamed(path)
    return _fill(row.file, {"path": neutral(name, row), "text": neutral(passage.text.rstrip("\n"), row)})


def _unnamed(path: str) -> str:
    """What a text that stands in no one file is called: an ending tells the model its language."""
    return f"context{PurePosixPath(path).suffix}"


def _joined(passages: Iterable[Passage]) -> list[Passage]:
    """Neighbours of the same file as one passage."""
    joined: list[Passage] = []
    for one in passages:
        if joined and joined[-1].path == one.path:
            joined[-1] = Passage(one.path, f"{joined[-1].text.rstrip()}\n{one.text}")
        else:
            joined.append(one)
    return joined


def as_comments(passages: Iterable[Passage], path: str) -> str:
    """The passages as line comments of the language that the document's name `path` tells."""
    leader = "#" if PurePosixPath(path).suffix.lower() in HASH_COMMENTS else "//"
    lines: list[str] = []
    for one in _joined(passages):
        lines += [one.path] if one.path else []
        lines += one.text.rstrip("\n").splitlines()
    return "".join(f"{leader} {line}".rstrip() + "\n" for line in lines)
