"""What a build prints before it runs it (make -n, link.txt, ninja) to commands with their folders. Nothing is run.

Only what builds print is understood: words, quotes, &&, ||, ;, cd, subshells and redirections; no expansion of $x.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signoff.verifiers.compile_flags import split
from signoff.verifiers.mcu.build.commands import Command, is_building
from signoff.verifiers.mcu.build.reading import is_source

# A line without any of these words makes nothing that matters here.
_WORTH = re.compile(r"gcc|g\+\+|clang|c\+\+|\bcc\b|\bar\b|-ar\b|\bld\b|-ld\b|-as\b|armcc|iccarm|make|\bcd\b")
_ENTERING = re.compile(r"^\S*make\S*?(?:\[\d+\])?: (Entering|Leaving) directory [`'\"](.*)['\"]$")
_PLAIN = re.compile(r"[^;&|()<>\"'\\`#$]*")
_TOKEN = re.compile(r"""\d?>&\d|(?:[^\s"'\\;&|()<>]|\\.|"(?:\\.|[^"\\])*"|'[^']*')+|&&|\|\||>>|[;&|()<>]""", re.DOTALL)
_JOINING = re.compile(r"\d?>&\d")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_MAKE = re.compile(r"(?:.*/)?(?:g|mingw32-)?make(?:\.exe)?")
_SEPARATORS = frozenset({"&&", "||", ";", "|", "&", "(", ")"})
_PREFIXES = frozenset({"env", "time", "nice", "exec", "command", "then", "else", "do", "@", "+", "-", "!", "{"})
MOST_COMMANDS = 50_000


@dataclass(slots=True)
class _Place:
    """A folder that commands run in; `told` where make said that it went there, and will say that it left."""

    path: str
    told: bool


def commands_in(text: str, directory: str) -> list[Command]:
    """The commands of a build's output, each once, in order. `directory` is where it starts."""
    places = [_Place(directory, True)]
    seen: set[tuple[str, str]] = set()
    found: dict[Command, None] = {}
    for line in _logical(text):
        if match := _ENTERING.match(line):
            _entered(places, match[1] == "Entering", match[2])
        elif _WORTH.search(line) and (key := (places[-1].path, line)) not in seen and len(seen) < MOST_COMMANDS:
            seen.add(key)
            found.update(dict.fromkeys(_line(line, places)))
    return list(found)


def simple_commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a shell line, separators such as && between them left out."""
    if _PLAIN.fullmatch(line):
        yield line.split()
        return
    words: list[str] = []
    tokens = iter(_TOKEN.findall(line))
    for token in tokens:
        if token in _SEPARATORS:
            yield words
            words = []
        elif token.startswith("#"):
            break
        elif _JOINING.fullmatch(token):
            continue
        elif token in (">", ">>", "<"):
            next(tokens, None)
            if words and words[-1].isdigit():
                words.pop()
        else:
            words.append("".join(split(token)) if any(sign in token for sign in "\"'\\") else token)
    yield words


def _logical(text: str) -> Iterator[str]:
    """Lines with their continuations."""
    whole = ""
    for line in text.splitlines():
        if line.endswith("\\"):
            whole += line[:-1] + " "
            continue
        yield (whole + line).strip()
        whole = ""
    if whole:
        yield whole.strip()


def _entered(places: list[_Place], entering: bool, path: str) -> None:
    while len(places) > 1 and not places[-1].told:
        places.pop()
    if entering:
        places.append(_Place(path, True))
    elif len(places) > 1:
        places.pop()


def _line(line: str, places: list[_Place]) -> Iterator[Command]:
    here = ""
    for words in simple_commands(line):
        words = _without_prefixes(words)
        if not words:
            continue
        if words[0] == "cd" and len(words) > 1:
            here = os.path.normpath(os.path.join(here or places[-1].path, words[1]))
        elif _MAKE.fullmatch(words[0]):
            _guess(places, here, words)
        elif is_building(words[0]):
            yield Command(here or _place_of(words, places), tuple(words))


def _without_prefixes(words: list[str]) -> list[str]:
    place = 0
    while place < len(words) and (words[place] in _PREFIXES or _ASSIGNMENT.fullmatch(words[place])):
        place += 1
    return words[place:]


def _guess(places: list[_Place], here: str, words: list[str]) -> None:
    """A make that may go elsewhere without saying so (--no-print-directory)."""
    named = here
    for word, following in zip(words[1:], [*words[2:], ""], strict=True):
        if word in ("-C", "--directory"):
            named = os.path.join(here, following)
        elif word.startswith("--directory="):
            named = os.path.join(here, word.partition("=")[2])
        elif word.startswith("-C"):
            named = os.path.join(here, word[2:])
    if not named:
        return
    while len(places) > 1 and not places[-1].told and not os.path.isdir(os.path.join(places[-1].path, named)):
        places.pop()
    places.append(_Place(os.path.normpath(os.path.join(places[-1].path, named)), False))


def _place_of(words: Iterable[str], places: list[_Place]) -> str:
    """The folder that a command runs in: the innermost that holds its sources, where make does not say where it is."""
    sources = [word for word in words if is_source(word) and not word.startswith("-")]
    while not places[-1].told and len(places) > 1:
        here = places[-1].path
        if sources and all(os.path.isfile(os.path.join(here, source)) for source in sources):
            break
        objects = [word for word in words if word.endswith(".o")]
        if not sources and any(_has_source(os.path.join(here, one)) for one in objects):
            break
        places.pop()
    return places[-1].path


def _has_source(path: str) -> bool:
    """Whether an object lies here, or the source of it."""
    stem = os.path.splitext(path)[0]
    return any(os.path.isfile(stem + ending) for ending in (".o", ".c", ".cpp", ".cc", ".s", ".S"))
