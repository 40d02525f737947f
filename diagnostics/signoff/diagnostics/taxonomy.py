"""Which of the 20 kinds of fault a tool's code means; the table is taxonomy.toml.

The kinds are VeriRepair's (Category). Two of them, algorithm and gate logic, are never claimed: no lint can see them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files

from signoff.verifiers.finding import Category, Finding

# Names as the tools quote them: 'name' and "name", and Yosys' `\name'.
QUOTED = re.compile(r"'([^']+)'|`\\?([^`']+)'|\"([^\"]+)\"")
# Codes of errors that the tool has not named: its verifier took them from the message (verilator_codes.toml).
UNNAMED = frozenset(
    {"", "ERROR", "SYNTAX", "SYNTAXERROR", "LITERAL", "UNDEFINED", "REDEFINED", "MACRO", "UNDEFINEDMACRO"}
)


class NameTable:
    """Codes and what they stand for: exact names first, then patterns such as "Expected*" in their order."""

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        pairs = [(name, meaning) for meaning, names in groups.items() for name in names]
        self._exact = {name: meaning for name, meaning in pairs if "*" not in name}
        self._patterns = [(name, meaning) for name, meaning in pairs if "*" in name]

    def get(self, name: str) -> str | None:
        """What `name` stands for, or None."""
        if name in self._exact:
            return self._exact[name]
        return next((meaning for pattern, meaning in self._patterns if fnmatchcase(name, pattern)), None)

    def names(self) -> Iterator[str]:
        """Every name and pattern of the table."""
        yield from self._exact
        yield from (name for name, _ in self._patterns)


@dataclass(frozen=True, slots=True)
class Message:
    """A tool's message that names the fault better than its code does."""

    tool: str
    pattern: re.Pattern[str]
    category: Category
    group: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """taxonomy.toml, read: `codes` holds a table a tool."""

    codes: dict[str, NameTable]
    expected: NameTable
    messages: tuple[Message, ...]
    keyword_codes: frozenset[str]
    keywords: frozenset[str]
    syntax: NameTable
    stumbles: NameTable
    syntax_message: re.Pattern[str]
    equivalent: NameTable
    consequence: dict[str, frozenset[str]]


@cache
def taxonomy() -> Taxonomy:
    """The table, read once."""
    raw = tomllib.loads(files(__package__).joinpath("taxonomy.toml").read_text(encoding="utf-8"))
    expected: dict[str, list[str]] = {}
    for token, category in raw["expected"].items():
        expected.setdefault(category, []).append(token)
    return Taxonomy(
        codes={tool: NameTable(raw[tool]) for tool in ("slang", "verilator", "yosys", "signoff")},
        expected=NameTable(expected),
        messages=tuple(
            Message(row["tool"], re.compile(row["pattern"]), Category(row["category"]), row.get("group", ""))
            for row in raw["message"]
        ),
        keyword_codes=frozenset(raw["keywords"]["codes"]),
        keywords=frozenset(raw["keywords"]["words"]),
        syntax=NameTable({"syntax": raw["syntax"]["codes"]}),
        stumbles=NameTable({"stumble": raw["syntax"]["stumbles"]}),
        syntax_message=re.compile(raw["syntax"]["pattern"]),
        equivalent=NameTable(raw["equivalent"]),
        consequence={category: frozenset(codes) for category, codes in raw["consequence"].items()},
    )


def classify(finding: Finding) -> Finding:
    """The finding with its category; one that its verifier has already placed keeps it."""
    if finding.category is not Category.OTHER:
        return finding
    category = _category(finding)
    return finding if category is Category.OTHER else replace(finding, category=category)


def is_syntax(finding: Finding) -> bool:
    """Whether the text itself is wrong there, so that other tools stumble at it or somewhat later."""
    table = taxonomy()
    if finding.tool == "slang":
        return table.syntax.get(finding.code) is not None
    return table.syntax_message.search(finding.message) is not None


def is_stumble(finding: Finding) -> bool:
    """Whether a parser that has already met a syntax error says this of text that may well be right."""
    return finding.tool == "slang" and taxonomy().stumbles.get(finding.code) is not None


def is_unnamed(finding: Finding) -> bool:
    """Whether the tool has given the fault no name of its own, only a message."""
    return finding.code.upper() in UNNAMED


def equivalence(finding: Finding) -> str:
    """The name of the group of codes that mean the same fault in several tools, or ""."""
    message = _message(finding)
    return (message.group if message else "") or taxonomy().equivalent.get(finding.code) or ""


def is_consequence(finding: Finding, cause: Category | None = None) -> bool:
    """Whether a fault of category `cause` (None: of some category) at the same place brings this finding with it."""
    table = taxonomy().consequence
    return any(finding.code in codes for kind, codes in table.items() if cause is None or kind == cause)


@lru_cache(maxsize=4096)
def quoted_names(message: str) -> frozenset[str]:
    """What the message quotes, without a leading backslash or hierarchy: mostly the names of signals and ports."""
    found = ("".join(groups) for groups in QUOTED.findall(message))
    return frozenset(name.rsplit(".", 1)[-1].lstrip("\\") for name in found)


def _category(finding: Finding) -> Category:
    table = taxonomy()
    if finding.code == "ExpectedToken":
        tokens = quoted_names(finding.message)
        return next((Category(kind) for token in tokens if (kind := table.expected.get(token))), Category.OTHER)
    if message := _message(finding):
        return message.category
    if finding.code in table.keyword_codes and any(map(_misspelt_keyword, quoted_names(finding.message))):
        return Category.ILLEGAL_KEYWORD
    for tool in (finding.tool, "signoff"):
        if tool in table.codes and (kind := table.codes[tool].get(finding.code)):
            return Category(kind)
    return Category.OTHER


def _message(finding: Finding) -> Message | None:
    rows = (row for row in taxonomy().messages if row.tool == finding.tool)
    return next((row for row in rows if row.pattern.search(finding.message)), None)


def _misspelt_keyword(name: str) -> bool:
    return len(name) > 2 and any(_one_slip(name, keyword) for keyword in taxonomy().keywords)


def _one_slip(word: str, other: str) -> bool:
    """One letter added, lost, changed, or two neighbours swapped."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    left, right = word[start:], other[start:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])
