"""What one HDL file defines and uses, read from its text alone: fast, and tolerant of anything.

Regular expressions over the text without comments, not a parser: every branch of an `ifdef counts, no
include is followed and broken text costs nothing. Measured against slang's syntax trees in docs/projects.md.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

HDL_EXTENSIONS = (".v", ".sv", ".vh", ".svh", ".svi", ".vinc")
HEADER_EXTENSIONS = (".vh", ".svh", ".svi", ".vinc")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Names that one file defines and uses, each tuple sorted and without repeats (`includes` as written).

    `optional` are those names used (a macro's with its "`") that stand only where a preprocessor with no macro
    defined skips. `instances` are the module or interface types of instantiations, `imports` the packages of import
    declarations (certain to be packages), `scopes` every other name before "::" (a package or a class),
    `port_types` names that may be interfaces of ports, `macros_used` leaves out those the file defines.
    `binds`: a bind directive puts an instance into a module of another file; both are among `instances`.
    """

    modules: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    port_types: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    macros_used: tuple[str, ...] = ()
    binds: bool = False

    @property
    def units(self) -> tuple[str, ...]:
        """Every name that may be defined only once in a design."""
        return self.modules + self.interfaces + self.packages


EMPTY = FileFacts()


def _words(file: str) -> frozenset[str]:
    text = files(__package__).joinpath(file).read_text("ascii")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


# Words that are never the type of an instance, nor its name.
KEYWORDS = _words("keywords.txt")
DIRECTIVES = _words("directives.txt")

# An unterminated comment or string runs on instead of failing: that would cost a scan for each beginning.
_COMMENT = re.compile(r'//[^\n]*+|/\*(?:.*?\*/|.*\Z)|("(?:[^"\\\n]++|\\.)*+"?)', re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?', re.DOTALL)
_INCLUDE = re.compile(r'`include\s*(?:"([^"\n]+)"|<([^>\n]+)>)')
_DEFINE = re.compile(r"`define\s+([A-Za-z_]\w*)")
_MACRO = re.compile(r"`([A-Za-z_]\w*)")
_DEFINE_BODY = re.compile(r"`define\b(?:[^\n\\]|\\.)*", re.DOTALL)
# The patterns begin with a literal, or with the rarest thing there is, and what stands before a match is looked at
# afterwards: a lookbehind or an optional group in front made them five times slower.
_UNIT = re.compile(
    r"\b(?:macromodule|module|interface|program|primitive|package|class)\s+(?:(?:automatic|static|class)\s+)?([A-Za-z_][\w$]*+)"
)
_IMPORT = re.compile(r"import\s+([A-Za-z_][\w$]*\s*::[^;]*)")
_SCOPE = re.compile(r"\b([A-Za-z_][\w$]*+)\s*+(?:#\s*\([^()]*\)\s*)?::")
_PORT_TYPE = re.compile(r"[(,]\s*([A-Za-z_][\w$]*+)(?:\s*\.\s*[A-Za-z_]\w*+)?\s+[A-Za-z_][\w$]*+\s*(?=[,)\[])")
_BIND = re.compile(r"\bbind\s+([A-Za-z_][\w$]*)")
_VIRTUAL = re.compile(r"virtual\s+(?:interface\s+)?([A-Za-z_][\w$]*)")
_INNER = re.compile(r"\([^()]*+\)")
_BRACKETS = re.compile(r"\[[^\[\]]*+\]")
# On text whose parentheses are collapsed to "\1": Type [#\1] name \1 followed by "," or ";".
_INSTANCE = re.compile(
    r"\b([A-Za-z_][\w$]*+)(?:\s*+#\s*(?:\x01|[\w.]+)\s*|\s++)([A-Za-z_][\w$]*+|\\\S+)\s*+\x01\s*+[,;]"
)
_WORD_BEFORE = re.compile(r"([`\w$]+|[^\s\w])\s*\Z")
_CONDITION = re.compile(r"`(ifdef|ifndef|elsif|else|endif)\b")
# What may stand right before an instantiation; a plain name may, as a label, an `ifdef's or a bind's.
_OPENERS = frozenset({"begin", "else", "generate", "join", "join_any", "join_none"})
_BEFORE_NAME = re.compile(r"(?::|`ifdef|`ifndef|`elsif|`undef|`default_nettype|\bbind)\s*\Z")
_COLLAPSE_LIMIT = 64


def extract(text: str) -> FileFacts:
    """The names a file defines and uses. Never raises; linear in the length of the text."""
    code = _COMMENT.sub(r"\1", text)
    includes = _includes(code)
    active = set(_includes(_active(code)))
    code = _STRING.sub('""', code)
    macros = set(_DEFINE.findall(code))
    # A macro's body is not the file's own text; what it uses shows where it is expanded.
    code = _DEFINE_BODY.sub("`define", code)
    used = _macros_used(code) - macros
    active |= {f"`{name}" for name in _macros_used(_active(code))}
    units = _units(code)
    imports = _imports(code)
    active |= _imports(_active(code))
    scopes = set(_SCOPE.findall(code)) if "::" in code else set()
    instances, firm = _instances(code)
    targets = set(_BIND.findall(code)) - KEYWORDS
    instances, firm = instances | targets, firm | targets
    uses = {*includes, *imports, *instances, *(f"`{name}" for name in used)}
    return FileFacts(
        modules=_names(units["module"]),
        interfaces=_names(units["interface"]),
        packages=_names(units["package"]),
        classes=_names(units["class"]),
        instances=_names(instances),
        optional=_names(uses - active - firm),
        imports=_names(imports),
        scopes=_names(scopes - imports - units["class"] - KEYWORDS - {"std"}),
        port_types=_names({*_PORT_TYPE.findall(code), *_VIRTUAL.findall(code)} - KEYWORDS),
        includes=tuple(includes),
        macros=_names(macros),
        macros_used=_names(used),
        binds=bool(targets),
    )


def _includes(code: str) -> dict[str, None]:
    return dict.fromkeys(quoted or angled for quoted, angled in _INCLUDE.findall(code))


def _macros_used(code: str) -> set[str]:
    return set(_MACRO.findall(code)) - DIRECTIVES


def _names(names: Iterable[str]) -> tuple[str, ...]:
    # The same names occur in thousands of files: one string object each.
    return tuple(sys.intern(name) for name in sorted(set(names)))


def _word_before(code: str, start: int) -> str:
    match = _WORD_BEFORE.search(code, max(0, start - 100), start)
    return match.group(1) if match else ""


def _units(code: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"module": set(), "interface": set(), "package": set(), "class": set()}
    for match in _UNIT.finditer(code):
        name = match.group(1)
        keyword = match.group(0).split(maxsplit=1)[0]
        if name in KEYWORDS or not _declares(keyword, code, match.start()):
            continue
        found[keyword if keyword in found else "module"].add(name)
    return found


def _declares(keyword: str, code: str, start: int) -> bool:
    if code[start - 1 : start] in ("$", "`", "."):
        return False
    before = _word_before(code, start)
    # "virtual interface" is a handle and "typedef class" a promise; "virtual class" and "interface class" declare.
    return before not in ("typedef", "extern") and not (keyword == "interface" and before == "virtual")


def _imports(code: str) -> set[str]:
    names = {name for part in _IMPORT.findall(code) for name in re.findall(r"([\w$]+)\s*::", part)}
    return names - {"std"}


def _instances(code: str) -> tuple[set[str], set[str]]:
    """(every type that is instantiated, those where no condition has to hold)."""
    for _ in range(_COLLAPSE_LIMIT):
        code, collapsed = _INNER.subn("\x01", _BRACKETS.sub("", code))
        if not collapsed:
            break
    inactive = _inactive(code)
    starts = [start for start, _ in inactive]
    firm: set[str] = set()
    optional: set[str] = set()
    for match in _INSTANCE.finditer(code):
        kind, name = match.groups()
        if kind in KEYWORDS or name in KEYWORDS or kind in firm or not _may_stand(code, match.start()):
            continue
        left_of = bisect_right(starts, match.start()) - 1
        hidden = left_of >= 0 and match.start() < inactive[left_of][1]
        (optional if hidden else firm).add(kind)
    return firm | optional, firm


def _may_stand(code: str, start: int) -> bool:
    before = _word_before(code, start)
    if code[start - 1 : start] in ("$", "`", "."):
        return False
    # A quote is the end of an `include's file name.
    if before in ("", ";", "\x01", '"') or before.startswith(("`", "end")) or before in _OPENERS:
        return True
    if before in KEYWORDS or not (before[0].isalpha() or before[0] == "_"):
        return False
    # A name: go back over it (and white space) to what makes it a label or an `ifdef's argument.
    end = code.rindex(before, 0, start)
    return _BEFORE_NAME.search(code, max(0, end - 100), end) is not None


def _active(code: str) -> str:
    """The text that a preprocessor with no macro defined keeps."""
    pieces = []
    last = 0
    for start, end in _inactive(code):
        pieces.append(code[last:start])
        last = end
    pieces.append(code[last:])
    return "".join(pieces)


def _inactive(code: str) -> list[tuple[int, int]]:
    """The stretches that a preprocessor with no macro defined leaves out, in order and apart from each other."""
    stretches: list[tuple[int, int]] = []
    # One a nested condition: where its left-out branch began (None: in the one kept), whether one was kept already.
    open_since: list[tuple[int | None, bool]] = []
    for match in _CONDITION.finditer(code):
        word, start = match.group(1), match.start()
        if word in ("ifdef", "ifndef"):
            open_since.append((start, False) if word == "ifdef" else (None, True))
        elif open_since:
            since, kept = open_since.pop()
            if since is not None:
                stretches.append((since, start))
            if word == "else" and not kept:
                open_since.append((None, True))
            elif word != "endif":
                open_since.append((start, kept))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
