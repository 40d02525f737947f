"""Paths, addresses and people in texts: taken out, the last name of a path kept where it is a file's. Pure.

Folders tell who a user is, for whom they work and on what. A replaced text has as many lines as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PATH, URL, MAIL, USER, HOST = "<path>", "<url>", "<mail>", "<user>", "<host>"

# Where paths begin on the machines of this world: below one of these even a short one is a path.
_TOPS = (
    "home|Users|root|tmp|var|usr|opt|etc|mnt|media|srv|data|work|workspace|private|Volumes|proj|projects|nfs|net|scratch"
    "|export|run|dev|proc|sys|nix|snap|vol|remote|github|app|eda|tools|cad|cygdrive"
)
_PIECE = r"(?:\\ |[\w.@+%~#-])+"
# Not within a name or behind an operand, but behind an option of a compiler.
_BEGIN = r"(?:(?<![\w.)\]/>*])|(?<=-[ILFBo]))"
_KNOWN = re.compile(rf"{_BEGIN}/{{1,3}}(?:{_TOPS})(?![\w.-])(?:/+{_PIECE})*/?")
_ABSOLUTE = re.compile(rf"{_BEGIN}/{{1,3}}{_PIECE}(?:/+{_PIECE})+/?")
# In code a slash divides; nobody divides so often by things of these names.
_IN_CODE = re.compile(rf"(?<=<)/{_PIECE}(?:/+{_PIECE})+|{_BEGIN}/(?:{_TOPS})(?:/+{_PIECE}){{2,}}/?")
_TILDE = re.compile(rf"(?<![\w~/])~[\w.-]*(?:/+{_PIECE})+/?")
_DRIVE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]:(?:\\{1,2}|/)[^\s\"'<>|*?:;,()]+")
_SHARE = re.compile(r"(?<![\\\w])\\{2,4}[\w.-]{2,}(?:\\{1,2}[\w$.-]{2,})+")
_URL = re.compile(r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}:/{2,3}[^\s\"'<>`)\]]+")
_REMOTE = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}:[\w.~-]{0,255}/[\w./~-]+")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]+)+")
_SOMEBODY = re.compile(r"(?i)\b(home|users)([/\\]+)(?![<\s])[^/\\\s\"'<>]+")
# A whole string that is a path may have blanks in it.
_WHOLE = re.compile(r"(?:/|~/|[A-Za-z]:[/\\]|\\{2,4}[\w.-]{2,}\\)[^\r\n*?<>|]*")
_FILE = re.compile(r"[^/\\]*\.[A-Za-z][A-Za-z0-9]{0,8}\Z")
# Names of users and hosts that tell nothing.
_NOBODY = frozenset(("root", "user", "users", "admin", "home", "runner", "ubuntu", "debian", "build", "localhost"))
_NAME_LEAST = 3


def short(path: str) -> str:
    """What is kept of a path: that it was one, and the name of the file."""
    name = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    return f"{PATH}/{name}" if _FILE.fullmatch(name) else PATH


def without_places_in_code(text: str) -> str:
    """The text of code, in which hardly a slash begins a path."""
    return _IN_CODE.sub(lambda match: short(match[0]), text)


def without_places(text: str) -> str:
    """The text of a message or comment without any path, URL or mail address."""
    text = _MAIL.sub(MAIL, _REMOTE.sub(URL, _URL.sub(URL, text)))
    for form in (_DRIVE, _SHARE, _TILDE, _KNOWN, _ABSOLUTE):
        text = form.sub(lambda match: short(match[0]), text)
    return _SOMEBODY.sub(rf"\1\2{USER}", text)


def without_places_in_comment(text: str) -> str:
    """The same of a comment, which keeps its opening: of three slashes in a row two are its own."""
    opening = "#" if text.startswith("#") else text[:2]
    rest = text[len(opening) :]
    if match := _KNOWN.match(f"/{rest}"):
        return opening + short(match[0]) + without_places(rest[match.end() - 1 :])
    return opening + without_places(rest)


def without_places_in_string(text: str) -> str:
    """The same of a literal with its quotes; blanks may be part of a path that it holds."""
    quotes = re.match(r"\"\"\"|'''|\"|'", text)
    opening = quotes[0] if quotes else ""
    closing = opening if opening and len(text) >= 2 * len(opening) and text.endswith(opening) else ""
    inner = text[len(opening) : len(text) - len(closing)]
    if _WHOLE.fullmatch(inner) and re.search(r"\w", inner) and re.search(r"[/\\].*[/\\]", inner):
        return opening + short(inner) + closing
    return opening + without_places(inner) + closing


def names(users: Iterable[str], hosts: Iterable[str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What finds the names of users and hosts, and what is put in their place; common names are nobody's."""
    pairs = [*((name, USER) for name in users), *((name, HOST) for name in hosts)]
    kept = [(name, said) for name, said in pairs if len(name) >= _NAME_LEAST and name.lower() not in _NOBODY]
    return tuple((re.compile(rf"(?i)(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"), said) for name, said in kept)
