"""A unit's text in two parts, each preprocessed by itself: what includes headers, and what stands below.

The upper part is the same for all that is typed below it, and it is nearly all that a front end reads. The lower part
needs only the macros that the upper one leaves. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.verifiers.gpu.compile.unit_files import directives

# Left in the upper part's last line: where the preprocessor lets it stand, that line is read.
CUT = "signoff_cut_here"
_CONDITION = re.compile(r"^[ \t]*#[ \t]*(ifdef|ifndef|if|endif)\b", re.MULTILINE)
_MACRO = re.compile(r"#(?:define|undef)\b")
# What the compiler defines of itself it defines for the lower part, too.
_OWN = re.compile(r'^# 0 "<command-line>"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parts:
    """Two texts to preprocess: `upper` ends in CUT, `lower` names the lines as they were."""

    upper: str
    lower: str


def parted(text: str, path: str) -> Iterator[Parts]:
    """A unit's text (line ends "\n", its first line the document's first) behind an #include, in the order to try.

    First behind the last one; a condition may leave that out, so then behind the last one that is under fewer of them,
    at last in front of everything. `path` is what the lower part's messages name.
    """
    fewest = None
    for include in reversed(directives(text)):
        end = text.find("\n", include.end) + 1
        opened = _opened(text[:end])
        if end and opened >= 0 and (fewest is None or opened < fewest):
            fewest = opened
            yield _at(text, end, opened, path)
    yield _at(text, 0, 0, path)


def _opened(upper: str) -> int:
    """How many conditions the end of a text is under; negative where they do not match."""
    return sum(1 if match[1] != "endif" else -1 for match in _CONDITION.finditer(upper))


def _at(text: str, end: int, opened: int, path: str) -> Parts:
    upper, lower = text[:end], text[end:]
    number = upper.count("\n") + 1
    line = f'#line {number} "{quoted(path)}"\n'
    closed = "".join(["#endif\n"] * opened)
    return Parts(f"{upper}{CUT}\n{closed}", "".join(["#if 1\n"] * opened) + line + lower)


def macros_apart(preprocessed: str) -> tuple[str, str] | None:
    """(the text without macros, the macros) of an upper part preprocessed with -dD; None where it has no CUT left."""
    rows = preprocessed.split("\n")
    if CUT not in rows:
        return None
    own = _OWN.search(preprocessed)
    skipped = preprocessed.count("\n", 0, own.start()) if own is not None else 0
    macros = [row for row in rows[skipped:] if row.startswith("#") and _MACRO.match(row)]
    # Each leaves an empty line, as the lines are counted.
    text = "\n".join("" if row == CUT or (row.startswith("#") and _MACRO.match(row)) else row for row in rows)
    return text, "".join(f"{row}\n" for row in macros)


def lines_read(preprocessed: str, path: str) -> tuple[int, ...]:
    """The lines (from 0) of the file that the preprocessor has left something of: the front end reads all of them."""
    name = re.escape(quoted(path))
    found: set[int] = set()
    for marker in re.finditer(rf'^# (\d+) "{name}"[^\n]*\n', preprocessed, re.MULTILINE):
        end = preprocessed.find("\n# ", marker.end() - 1)
        rows = preprocessed[marker.end() : end if end >= 0 else len(preprocessed)].split("\n")
        found.update(int(marker[1]) - 1 + number for number, row in enumerate(rows) if row.strip())
    return tuple(sorted(found))


def read_from(preprocessed: str, folder: str) -> tuple[str, ...]:
    """The files below a folder that were read, by their names there."""
    pattern = re.compile(rf'^# 1 "{re.escape(quoted(folder))}[\\/]+([^"\n]+)"', re.MULTILINE)
    return tuple(dict.fromkeys(pattern.findall(preprocessed)))


def below(command: Sequence[str]) -> Iterator[str]:
    """The preprocessor's command without the files that it includes first: the upper part has them already."""
    skipped = False
    for word in command:
        if skipped or word == "-include":
            skipped = not skipped
        else:
            yield word


def quoted(path: str) -> str:
    """A path as it stands between quotes in a directive."""
    return path.replace("\\", "\\\\").replace('"', '\\"')
