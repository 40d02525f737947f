"""A place that a condition of the preprocessor leaves out, as if its branch were on.

What turns the branch on is handed to the tools as definitions of that run, and put in place of its macros in the
document's own conditions: a header may define them otherwise. No line moves. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from signoff.completion import generates, nesting
from signoff.completion.conditions import Branch, Values, compared, defined, settle
from signoff.completion.context import Hole
from signoff.verifiers.hdl import slang_macros
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w+)(.*)\Z", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//.*", re.DOTALL)
_LINE_ENDS = re.compile(r"\\\r?\n|\r\Z")
_CONTINUED = re.compile(r"\\\r?\n")
_ATOM = re.compile(r"\bdefined\s*(?:\(\s*(\w+)\s*\)|(\w+))|(?<![\w.])([A-Za-z_]\w*)")
_OPENS = frozenset({"if", "ifdef", "ifndef"})
_TURNS = frozenset({"elif", "elsif", "elifdef", "elifndef", "else"})
# Opening a file under a condition, or a whole library, no conditions deeper than this are written by hand.
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Switched:
    """The document, its hole and its project with the hole's branch on.

    `words` say what that took, one a macro of `values`; of `compared` the conditions ask the value. `assumed`: generate
    conditions are met by no value of a parameter, so that what follows from values there is not certain.
    """

    snapshot: Snapshot
    hole: Hole
    project: Project
    words: tuple[str, ...]
    values: Values
    compared: frozenset[str]
    assumed: bool = False

    def having(self, headers: tuple[Snapshot, ...]) -> Switched:
        """The same with these headers in place of the files, or of what is open of them."""
        paths = {header.path for header in headers}
        others = tuple(buffer for buffer in self.project.buffers if buffer.path not in paths)
        return replace(self, project=replace(self.project, buffers=(*others, *headers)))

    def headers(self) -> tuple[Snapshot, ...]:
        """Headers with the values in them, see branch_headers.py. Reads files, so call it in a thread."""
        from signoff.completion import branch_headers

        return branch_headers.rewritten(self.snapshot, self.project, self.values, self.compared)


def switched(snapshot: Snapshot, hole: Hole, project: Project) -> Switched | None:
    """The same with what the hole's conditions ask for; None where there are none, or nothing is known to do it."""
    if hole.language in nesting.PYTHON:
        return None
    verilog = hole.language in nesting.VERILOG
    branches = enclosing(hole.prefix, hole.language) if hole.conditions else ()
    assumed = generates.enclosing(hole.prefix) if verilog else ()
    if len(branches) > DEEPEST or not (branches or assumed):
        return None
    values = settle(branches, _known(project, verilog)) or {}
    if not (values or assumed):
        return None
    if verilog:
        hole = replace(hole, prefix=generates.met(hole.prefix, assumed))
    else:
        hole = replace(hole, prefix=rewritten(hole.prefix, values), suffix=rewritten(hole.suffix, values))
    text = replace(snapshot, text=hole.prefix + hole.suffix)
    words = (*(_word(name, value) for name, value in values.items()), *(one.word for one in assumed))
    project = _defining(project, values, verilog)
    return Switched(text, hole, project, words, values, compared(branches), bool(assumed))


@lru_cache(maxsize=4)
def enclosing(prefix: str, language: str) -> tuple[Branch, ...]:
    """The conditions that the end of a text is under, outermost first."""
    found = _verilog(prefix) if language in nesting.VERILOG else _c(prefix)
    stack: list[Branch] = []
    before = Branch("")
    for word, rest in found:
        if word in _OPENS:
            stack.append(Branch(_condition(word, rest)))
        elif word in _TURNS and stack:
            last = stack[-1]
            stack[-1] = Branch(_condition(word, rest), (*last.earlier, last.own))
        elif word == "endif" and stack:
            stack.pop()
        elif word == "define" and stack and stack[-1] is before and before.own == f"!defined({_first(rest)})":
            # It guards a file, or is a default.
            stack[-1] = replace(before, sure=True)
        before = stack[-1] if stack and word in _OPENS else Branch("")
    return tuple(stack)


def rewritten(text: str, values: Values) -> str:
    """A C text whose conditions have the values in place of the macros."""
    pieces, last = list[str](), 0
    for token in nesting.tokens(text, "c"):
        match = _DIRECTIVE.match(token[0]) if nesting.is_directive(token[0]) else None
        if match is not None and (match[1] in _OPENS or match[1] in _TURNS):
            pieces += (text[last : token.start()], _with_values(match, values))
            last = token.end()
    return "".join((*pieces, text[last:]))


def _with_values(match: re.Match[str], values: Values) -> str:
    word, rest = match[1], match[2]
    name = _first(rest)
    if word.endswith("def"):
        if name not in values:
            return match[0]
        holds = (values[name] is None) == word.endswith("ndef")
        ends = "".join(_LINE_ENDS.findall(rest))
        return f"#{'el' if word.startswith('el') else ''}if {int(holds)}{ends}"

    def value(atom: re.Match[str]) -> str:
        inner = atom[1] or atom[2]
        if inner:
            return str(int(values[inner] is not None)) if inner in values else atom[0]
        return (values[atom[3]] or "0") if atom[3] in values else atom[0]

    return f"#{word}{_ATOM.sub(value, rest)}"


def _c(text: str) -> Iterator[tuple[str, str]]:
    for token in nesting.tokens(text, "c"):
        match = _DIRECTIVE.match(token[0]) if nesting.is_directive(token[0]) else None
        if match is not None:
            yield match[1], _COMMENT.sub(" ", _CONTINUED.sub(" ", match[2])).strip()


def _verilog(text: str) -> Iterator[tuple[str, str]]:
    for one in slang_macros.scan(text).directives:
        yield one.word, one.name


def _condition(word: str, rest: str) -> str:
    """A branch's condition as #if would have it."""
    if word == "else":
        return "1"
    if word in ("if", "elif"):
        return rest
    return f"{'!' * word.endswith('ndef')}defined({_first(rest)})"


def _first(rest: str) -> str:
    match = re.match(r"\s*([A-Za-z_]\w*)", rest)
    return match[1] if match else ""


def _known(project: Project, verilog: bool) -> dict[str, str | None]:
    """The macros of the command line."""
    unit = project.unit
    if verilog or unit is None:
        return dict(map(defined, project.defines)) if verilog else {}
    return {**dict(map(defined, unit.defines)), **dict.fromkeys(unit.undefines)}


def _defining(project: Project, values: Values, verilog: bool) -> Project:
    """The project with the macros on its command line."""
    more = tuple(f"{name}={value}" for name, value in values.items() if value is not None)
    if verilog:
        return replace(project, defines=(*_others(project.defines, values), *more))
    unit = project.unit or CompileUnit("")
    gone = tuple(name for name, value in values.items() if value is None)
    kept = tuple(name for name in unit.undefines if name not in values)
    unit = replace(unit, defines=(*_others(unit.defines, values), *more), undefines=(*kept, *gone))
    return replace(project, unit=unit)


def _others(defines: tuple[str, ...], values: Values) -> tuple[str, ...]:
    return tuple(one for one in defines if defined(one)[0] not in values)


def _word(name: str, value: str | None) -> str:
    if value is None:
        return f"{name} not defined"
    return f"{name} defined" if value == "1" else f"{name} = {value}"
