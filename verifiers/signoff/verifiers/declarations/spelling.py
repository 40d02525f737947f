"""A declaration's text: its name, its types, and the whole of it on one line. Pure; a lexer's view."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from signoff.verifiers.declarations.facts import Member
from signoff.verifiers.mcu.source.vocabulary import vocabulary as mcu_vocabulary

NAME = re.compile(r"[A-Za-z_]\w*")
SPACE = re.compile(r"\s+")
TIGHT = re.compile(r"(?<=[(\[]) | (?=[)\],;])()")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\r?\n|\\.)*", re.MULTILINE)
BRACKETED = re.compile(r"\[\[.*?\]\]", re.DOTALL)
TEMPLATE = re.compile(r"\btemplate\s*<")
FUNCTION = re.compile(r"([A-Za-z_~]\w*(?:\s*::\s*~?[A-Za-z_]\w*)*)\s*(?:<[\w\s,:*]*>\s*)?\(")


@dataclass(frozen=True, slots=True)
class Words:
    """words.toml, ready for use; see there."""

    noise: frozenset[str]
    calls: frozenset[str]
    qualifiers: frozenset[str]
    plain: frozenset[str]
    no_function: frozenset[str]
    keywords: frozenset[str]


@cache
def vocabulary() -> Words:
    """The words; read once a process."""
    table = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    known = mcu_vocabulary()
    return Words(
        frozenset((known.blanked | set(table["noise"])) - KEPT),
        frozenset(table["calls"]),
        frozenset(table["qualifiers"]) | known.qualifiers | known.constants,
        frozenset(table["plain"]),
        frozenset(table["no_function"]),
        frozenset(table["keywords"]),
    )


def one_line(text: str) -> str:
    """The text with blanks only where a reader needs them."""
    return TIGHT.sub(r"\1", SPACE.sub(" ", text)).strip()


def without_attributes(text: str) -> str:
    """The text without what compilers' attributes and calling macros put in."""
    known = vocabulary()
    text = BRACKETED.sub(" ", text) if "[[" in text else text
    at = 0
    while match := CALLED.search(text, at):
        at = match.end()
        if match[1] in known.calls:
            text = text[: match.start()] + " " + text[closing(text, match.end() - 1) + 1 :]
            at = match.start()
    return NAME.sub(lambda word: "" if word[0] in known.noise else word[0], text)


# What may be a macro that takes an argument: a word in capitals or with a low line in front.
CALLED = re.compile(r"(?<!\w)((?:_|[A-Z]|alignas)\w*)\s*\(")
# Qualifiers that are worth a reader's while, although they are macros.
KEPT = frozenset(("__IO", "__I", "__O", "__IM", "__OM", "__IOM", "__weak", "__WEAK", "__restrict"))


def closing(text: str, start: int, opening: str = "(", closer: str = ")") -> int:
    """The offset of what closes the bracket at `start`; the end where nothing does."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closer)
        if not depth:
            return at
    return len(text)


def template_split(text: str) -> tuple[str, str]:
    """(template <...> in front, the rest)."""
    front = ""
    while match := TEMPLATE.match(text.lstrip()):
        text = text.lstrip()
        end = closing(text, match.end() - 1, "<", ">") + 1
        front, text = front + text[:end] + " ", text[end:]
    return front, text


def function_name(head: str) -> tuple[str, int]:
    """(name, offset of its parameter list) of a function's declaration without template <...>; ("", 0) for none."""
    for match in FUNCTION.finditer(head):
        before = head[: match.start()]
        if match[1] in vocabulary().no_function or before.count("(") != before.count(")"):
            continue
        if not NAME.search(before) and "::" not in match[1]:
            continue  # no type before it: a macro's use, or a constructor
        return re.sub(r"\s+", "", match[1]).rpartition("::")[2], match.end() - 1
    return "", 0


def base_type(text: str, *, named: bool = False) -> str:
    """The bare name of the type that a declaration's text begins with: "X" of "static X * const".

    `named`: the text may end in the name that is declared.
    """
    if "<" in text:
        text = re.sub(r"<[^<>]*>", " ", text)
    known = vocabulary()
    words = [word for word in NAME.findall(text) if word not in known.qualifiers]
    words = words[:-1] if named and len(words) > 1 else words
    return next((word for word in words if word not in known.plain), words[0] if words else "")


def split_commas(text: str) -> list[str]:
    """What stands between commas, not counting those in brackets."""
    parts, depth, last = [], 0, 0
    for at, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and not depth:
            parts.append(text[last:at])
            last = at + 1
    return [*parts, text[last:]]


def parameter_types(arguments: str) -> tuple[str, ...]:
    """The bare types of a parameter list's parameters."""
    found = (one.partition("=")[0] for one in split_commas(arguments) if one.strip() not in ("", "void", "..."))
    return tuple(base_type(one, named=True) for one in found)


def declared_names(text: str) -> list[tuple[str, str]]:
    """(name, bare type) of the variables or members that a declaration without its ; declares."""
    pointer = re.search(r"\(\s*\*\s*(?:const\s+)?([A-Za-z_]\w*)\s*(?:\[[^\]]*\])?\s*\)\s*\(", text)
    if pointer:
        return [(pointer[1], "")]
    parts = split_commas(re.sub(r"=.*", "", text, flags=re.DOTALL) if "," not in text else text)
    plain = [re.sub(r"\[[^\]]*\]|:\s*\w+\s*$", " ", part.partition("=")[0]) for part in parts]
    kind, found = base_type(plain[0], named=True), []
    for bare in plain:
        words = NAME.findall(bare)
        if words and words[-1] not in vocabulary().qualifiers | vocabulary().plain:
            found.append((words[-1], kind if kind != words[-1] or bare is not plain[0] else ""))
    return found


def enumerators(body: str) -> tuple[Member, ...]:
    """The enumerators of an enum's body."""
    names = (NAME.match(part.strip()) for part in split_commas(body))
    return tuple(Member(match[0]) for match in names if match)
