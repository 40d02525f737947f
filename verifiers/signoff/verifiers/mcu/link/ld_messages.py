"""What the linker prints, as plain data: each complaint with the places it names. Pure.

The texts are those of GNU ld (binutils 2.30 to 2.43: bfd/linker.c, ld/ldmain.c, ld/ldlang.c, ld/ldfile.c).
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, replace


class Kind(enum.StrEnum):
    """What a complaint is about."""

    UNDEFINED = "undefined reference"
    MULTIPLE = "multiple definition"
    OVERFLOW = "region overflow"
    SCRIPT = "linker script"
    SCRIPT_MISSING = "linker script is missing"
    SCRIPT_SYMBOL = "undefined symbol in the linker script"
    REGION_UNKNOWN = "region is not declared"
    LIBRARY = "missing library"
    ENTRY = "missing entry point"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as ld names it: an object ("" where it does not say), the function, a source line (0: not known)."""

    object: str = ""
    function: str = ""
    path: str = ""
    line: int = 0
    section: str = ""
    offset: int = -1


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that ld says. `name` is the symbol, region, file or library, `bytes` by how much a region overflows.

    `first` is where a symbol was defined first; `fatal` False for a warning; `text` ld's own line.
    """

    kind: Kind
    text: str
    name: str = ""
    spot: Spot = field(default_factory=Spot)
    first: Spot = field(default_factory=Spot)
    bytes: int = 0
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Used:
    """One line of --print-memory-usage: sizes in bytes."""

    region: str
    used: int
    size: int


LD = re.compile(r"^(?:(?:[A-Za-z]:)?[^:\n]*[/\\-])?(?:ld|ld\.bfd|ld\.gold|collect2)(?:\.exe)?: ?")
WITHIN = re.compile(r"^(?:(?P<object>.+?): ?)?(?:in function|in func) [`'](?P<function>.+)':$")
REFERENCE = re.compile(r"(?P<more>more )?undefined references? to [`'](?P<name>.+?)'(?: follow)?$")
TWICE = re.compile(r"multiple definition of [`'](?P<name>.+?)'; (?P<first>.+): first defined here$")
LINE = re.compile(r"^(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?$")
OFFSET = re.compile(r"^(?:(?P<path>.+?):)?\((?P<section>[^()]+)\+0x(?P<offset>[0-9a-fA-F]+)\)$")
OVERFLOW = re.compile(r"region [`'](?P<name>.+?)' overflowed by (?P<bytes>\d+) bytes?")
NO_ENTRY = re.compile(r"warning: cannot find entry symbol (?P<name>[^;]+); (?:not setting|defaulting)")
NO_LIBRARY = re.compile(r"cannot find (?P<name>-l\S+|.+?)(?:: No such file or directory|: file not recognized.*)?$")
NO_SCRIPT = re.compile(r"cannot open linker script file (?P<name>.+?): ")
SYNTAX = re.compile(
    r"^(?P<path>.+?):(?P<line>\d+): (?P<what>(?:ignoring invalid|non constant|invalid|syntax|parse)?.*)$"
)
SCRIPT_SYMBOL = re.compile(r"undefined symbol [`'](?P<name>.+?)' referenced in expression")
REGION = re.compile(r"(?:warning: )?memory region [`'](?P<name>.+?)' not declared")
# Follows from another complaint, or tells nothing of the user's code.
ECHO = re.compile(
    r"will not fit in region|more undefined references to|^error: ld returned|final link failed|collect2: error"
    r"|has a LOAD segment with RWX"
    r"|missing \.note\.GNU-stack|NOTE: This behaviour is deprecated|is not implemented and will always fail"
    r"|enabling the --no-warn|in the link map|treating as linker script|ld returned \d+ exit"
)
USAGE = re.compile(
    r"^ *(?P<region>\S+): +(?P<used>\d+) (?P<used_unit>GB|MB|KB|B) +(?P<size>\d+) (?P<size_unit>GB|MB|KB|B) +[\d.]+%"
)
UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def parse(output: bytes) -> tuple[Complaint, ...]:
    """All complaints of a run of `gcc ... -o image`, from its standard error, in order. Never raises."""
    found: list[Complaint] = []
    object_file = function = ""
    for line in output.decode("utf-8", "replace").splitlines():
        text = _bare(line)
        within = WITHIN.match(text)
        if within:
            object_file, function = within["object"] or object_file, within["function"]
            continue
        one = _complaint(text, Spot(object_file, function))
        if one is not None:
            found.append(one)
    return tuple(dict.fromkeys(found))


def usage(output: bytes) -> tuple[Used, ...]:
    """The lines of --print-memory-usage, from standard output."""
    matches = filter(None, map(USAGE.match, output.decode("utf-8", "replace").splitlines()))
    return tuple(
        Used(one["region"], int(one["used"]) * UNITS[one["used_unit"]], int(one["size"]) * UNITS[one["size_unit"]])
        for one in matches
    )


def _bare(line: str) -> str:
    """The line without the programs' own names in front."""
    while match := LD.match(line):
        line = line[match.end() :]
    return line.strip()


def _complaint(text: str, within: Spot) -> Complaint | None:
    if not text or ECHO.search(text):
        return None
    for read in (_undefined, _multiple, _named, _script):
        one = read(text, within)
        if one is not None:
            return one
    # An error has no mark of its own; what else is printed (hints, warnings, notes) says so.
    said = text.removeprefix("error: ")
    noise = re.search(r"\b(?:warning|note|info): ", text, re.IGNORECASE) or text.startswith(("(", "/usr/bin/"))
    return None if noise else Complaint(Kind.OTHER, said, spot=within)


def _undefined(text: str, within: Spot) -> Complaint | None:
    match = REFERENCE.search(text)
    if match is None or match["more"]:
        return None
    return Complaint(Kind.UNDEFINED, text, match["name"], _spot(text[: match.start()], within))


def _multiple(text: str, within: Spot) -> Complaint | None:
    match = TWICE.search(text)
    if match is None:
        return None
    first = _spot(match["first"], Spot())
    return Complaint(Kind.MULTIPLE, text, match["name"], _spot(text[: match.start()], within), first)


def _spot(words: str, within: Spot) -> Spot:
    """`x.o:/a/main.c:5: `, `/a/main.c:5: `, `main.c:(.text+0x4): ` or `x.o:(.text+0x4): ` as a place."""
    words = words.strip().rstrip(":")
    head, separator, rest = _object_in_front(words)
    if separator:
        within, words = Spot(head), rest
    if match := LINE.match(words):
        return replace(within, path=match["path"], line=int(match["line"]))
    if match := OFFSET.match(words):
        path = match["path"] or ""
        if path.endswith((".o", ".obj", ".a")) or ".a(" in path:
            within, path = replace(within, object=path), ""
        return replace(within, path=path, section=match["section"], offset=int(match["offset"], 16))
    return within


def _object_in_front(words: str) -> tuple[str, str, str]:
    match = re.match(r"^(?P<object>.+?(?:\.o|\.obj|\.a\([^)]*\))):(?P<rest>.+)$", words)
    return (match["object"], ":", match["rest"]) if match else ("", "", words)


def _named(text: str, within: Spot) -> Complaint | None:
    if match := OVERFLOW.search(text):
        return Complaint(Kind.OVERFLOW, text, match["name"], bytes=int(match["bytes"]))
    if match := NO_ENTRY.search(text):
        return Complaint(Kind.ENTRY, text, match["name"], fatal=False)
    if match := NO_SCRIPT.search(text):
        return Complaint(Kind.SCRIPT_MISSING, text, match["name"])
    if match := NO_LIBRARY.match(text):
        return Complaint(Kind.LIBRARY, text, match["name"])
    return None


def _script(text: str, within: Spot) -> Complaint | None:
    match = SYNTAX.match(text)
    if match is None or match["path"].endswith((".o", ".obj", ".a")) or ".a(" in match["path"]:
        return None
    spot = Spot(path=match["path"], line=int(match["line"]))
    if named := SCRIPT_SYMBOL.search(text):
        return Complaint(Kind.SCRIPT_SYMBOL, match["what"], named["name"], spot)
    if named := REGION.search(text):
        return Complaint(Kind.REGION_UNKNOWN, match["what"], named["name"], spot, fatal=False)
    if match["what"].startswith("warning: "):
        return None
    return Complaint(Kind.SCRIPT, match["what"], spot=spot)
