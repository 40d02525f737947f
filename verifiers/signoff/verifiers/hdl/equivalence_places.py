"""Where an edit lies, and so of what a proof of equivalence speaks: modules, parameters, code that is made. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.hdl.netlist import Unsupported
from signoff.verifiers.hunks import Hunk, hunks
from signoff.verifiers.text import common, common_end

_COMMENT = re.compile(r'(?P<string>"(?:\\.|[^"\\\r\n])*")|//[^\r\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_MODULE = re.compile(
    r"\b(?:(?P<open>(?:macro)?module)\s+(?:automatic\s+|static\s+)?(?P<name>[A-Za-z_]\w*)|endmodule\b)"
)
_NAME = re.compile(r"(?<![\w$`'\\])[A-Za-z_]\w*")
# What a statement begins behind.
_BOUND = re.compile(r";|\b(?:begin|end|generate|endgenerate|endcase)\b")
PROBE = "signoff_probe_"
# An edit of more places than this is not looked at.
PLACES = 8


def modules(before: str, after: str) -> tuple[str, ...]:
    """The modules that an edit changes. Raises Unsupported where it lies outside of any, or in a macro's text."""
    lines = code(before).splitlines()
    found: dict[str, None] = {}
    for hunk in hunks(code(before), code(after)):
        if not any(line.strip() for line in (*hunk.old, *hunk.new)):
            continue
        touched = lines[max(hunk.first - 1, 0) : hunk.first + len(hunk.old)]
        if any(line.rstrip().endswith("\\") for line in (*touched, *hunk.new)):
            raise Unsupported("the edit lies in the text of a macro")
        name = _open_module(lines, hunk.first + max(len(hunk.old), 1))
        if not name:
            raise Unsupported("the edit lies outside of any module")
        found[name] = None
    return tuple(found)


def code(text: str) -> str:
    """A text with blanks in place of its comments."""
    return _COMMENT.sub(lambda match: match["string"] or re.sub(r"[^\r\n]", " ", match[0]), text)


def _open_module(lines: list[str], count: int) -> str:
    """The module that is open, or was in the last of so many lines."""
    name = ""
    for number, line in enumerate(lines[:count]):
        for match in _MODULE.finditer(line):
            if match["name"]:
                name = match["name"]
            elif number < count - 1:
                name = ""
    return name


def probes(before: str, after: str) -> Iterator[str]:
    """`after` with other names at each edited place, one at a time: where that makes no difference to a netlist, macros
    or parameters switch the place off, and nothing was proven of it. Raises Unsupported for an edit of many places."""
    text = code(after)
    found = [hunk for hunk in hunks(code(before), text) if any(line.strip() for line in (*hunk.old, *hunk.new))]
    if len(found) > PLACES:
        raise Unsupported("the edit has too many places")
    lines, shift = text.splitlines(keepends=True), 0
    for hunk in found:
        first = hunk.first + shift
        shift += len(hunk.new) - len(hunk.old)
        start, end = _stretch(hunk, sum(map(len, lines[:first])), text)
        while end < len(text) and not _names(text[start:end]):
            end = _statement_end(text, end)
        yield text[:start] + _NAME.sub(_probe, text[start:end]) + text[end:]


def _stretch(hunk: Hunk, start: int, text: str) -> tuple[int, int]:
    """The statements in which a hunk's text, which starts at an offset, differs from what stood there before."""
    old, new = "\n".join(hunk.old), "\n".join(hunk.new)
    head = common(old, new)
    tail = common_end(old[head:], new[head:])
    first, last = start + head, start + len(new) - tail
    bounds = [match.end() for match in _BOUND.finditer(text, 0, first)]
    return (bounds[-1] if bounds else 0), _statement_end(text, max(first, last))


def _statement_end(text: str, place: int) -> int:
    match = _BOUND.search(text, place)
    return match.end() if match else len(text)


def _names(line: str) -> list[str]:
    return [name for name in _NAME.findall(line) if name not in KEYWORDS]


def _probe(match: re.Match[str]) -> str:
    return match[0] if match[0] in KEYWORDS else f"{PROBE}{match[0]}"


def scope(netlist: Mapping[str, Any], names: Iterable[str], *, everything: bool) -> str:
    """For which parameters a proof of these modules speaks; "" where they have none. `everything`: the whole design was
    read, so each set of parameters that it uses is among them."""
    wanted = {plain(name) for name in names}
    if not any(row.get("parameter_default_values") for name, row in netlist.items() if plain(name) in wanted):
        return ""
    return "the parameters that the design uses and their defaults" if everything else "the default parameters"


def below(netlist: Mapping[str, Any], names: Iterable[str]) -> list[Mapping[str, Any]]:
    """Modules of a netlist, with all that they instantiate."""
    todo, seen = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in netlist and name not in seen:
            seen.add(name)
            todo += [cell["type"] for cell in netlist[name]["cells"].values()]
    return [netlist[name] for name in sorted(seen)]


def plain(name: str) -> str:
    """A module's name as it stands in the source, of one that Yosys has derived from it."""
    return name.split("\\")[1] if name.startswith("$paramod") and "\\" in name else name
