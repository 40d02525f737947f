"""Preprocessing without losing a byte: what is certainly not compiled is blanked, macros are noted by offset.

Where a condition cannot be evaluated, its directives and all its branches stay, and what they define is not known.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from signoff.verifiers.gpu.values.conditions import defined, holds
from signoff.verifiers.gpu.values.macros import Definition, Expander, Macro, State, Timeline, on_command_line, parsed
from signoff.verifiers.gpu.values.parsing import Stretch
from signoff.verifiers.gpu.values.scanning import Directive, directives

INCLUDE = re.compile(r"\"([^\"]+)\"|<([^>]+)>")
NOT_NEWLINE = re.compile(rb"[^\r\n]")
# What directives, comments and strings begin, end and go on with.
TELLING = (b"#", b'"', b"'", b"\\", b"//", b"/*", b"*/", b"\r")
CONTINUED = re.compile(rb"\\\r?\n")
# What nvcc defines on the host side, and what it certainly does not.
ALWAYS = ("__CUDACC__=1", "__NVCC__=1", "__cplusplus=201703L")
NEVER = ("__HIPCC__", "__HIP__", "__HIP_PLATFORM_AMD__", "__HIP_PLATFORM_HCC__", "__HIP_DEVICE_COMPILE__")


@dataclass(slots=True)
class _Group:
    """One #if ... #endif: its directives, and what is known of the branch that we are in."""

    certain: bool  # no condition of it was unknown
    live: bool | None  # the present branch: compiled, not compiled, not known
    taken: bool | None  # whether an earlier branch was compiled
    directives: list[Directive] = field(default_factory=list)
    start: int = 0


@dataclass(slots=True)
class Preprocessed:
    """The text to parse, and what is a macro where."""

    data: bytes
    timeline: Timeline
    environment: dict[str, Definition]
    blank: list[tuple[int, int]]  # in order

    def moved(self, old: bytes, new: bytes, place: Stretch) -> Preprocessed | None:
        """What preprocessing makes of another text, given the one that this is of, and where they differ: where an edit
        has clearly to do with no directive, the directives need not be looked for again. None where it may."""
        start = old.rfind(b"\n", 0, place.start) + 1
        ends = _line_end(old, place.old_end), _line_end(new, place.new_end)
        lines = old[start : ends[0]], new[start : ends[1]]
        if any(mark in line for line in lines for mark in TELLING) or CONTINUED.search(old, max(start - 3, 0), start):
            return None
        at = bisect_left(self.blank, start, key=_second)
        if at < len(self.blank) and self.blank[at][0] <= ends[0]:
            return None
        data = self.data[: place.start] + new[place.start : place.new_end] + self.data[place.old_end :]
        blank = [*self.blank[:at], *((first + place.shift, last + place.shift) for first, last in self.blank[at:])]
        return Preprocessed(data, self.timeline.moved(place.old_end, place.shift), self.environment, blank)


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order, without those that lie in others."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _line_end(data: bytes, offset: int) -> int:
    end = data.find(b"\n", offset)
    return end if end >= 0 else len(data)


def _second(stretch: tuple[int, int]) -> int:
    return stretch[1]


# Given (name, angled), the macros that a header leaves; None where it was not read.
Includer = Callable[[str, bool, dict[str, Definition]], dict[str, Definition] | None]


def environment(defines: Iterable[str], undefines: Iterable[str]) -> dict[str, Definition]:
    """The macros before the first line."""
    result: dict[str, Definition] = dict.fromkeys(NEVER, State.UNDEFINED)
    for text in (*ALWAYS, *defines):
        macro = on_command_line(text)
        result[macro.name] = macro
    result.update((name, State.UNDEFINED) for name in undefines)
    return result


def preprocess(data: bytes, before: Mapping[str, Definition], include: Includer) -> Preprocessed:
    """Blank what is not compiled; `include` is called for each #include that may be compiled, in order."""
    run = _Run(data, before, include)
    found = directives(data)
    for number, directive in enumerate(found):
        run.step(directive, found[number + 1] if number + 1 < len(found) else None)
    return run.result()


class _Run:
    """One pass over a text's directives."""

    def __init__(self, data: bytes, before: Mapping[str, Definition], include: Includer) -> None:
        self.data = data
        self.timeline = Timeline(before)
        self.environment: dict[str, Definition] = dict(before)
        self.include = include
        self.groups: list[_Group] = []
        self.blank: list[tuple[int, int]] = []

    @property
    def live(self) -> bool | None:
        """Whether what follows is compiled."""
        states = [group.live for group in self.groups]
        return False if False in states else None if None in states else True

    def step(self, directive: Directive, following: Directive | None) -> None:
        if directive.word in ("if", "ifdef", "ifndef"):
            self._open(directive, following)
        elif directive.word in ("elif", "else", "elifdef", "elifndef", "endif"):
            self._branch(directive)
        else:
            self.blank.append((directive.start, directive.end))
            if self.live is not False:
                self._other(directive)

    def _open(self, directive: Directive, following: Directive | None) -> None:
        holds = False if self.live is False else self._condition(directive, following)
        certain = holds is not None or self.live is False
        group = _Group(certain, holds, holds, [directive], directive.end)
        self.groups.append(group)

    def _branch(self, directive: Directive) -> None:
        if not self.groups:
            self.blank.append((directive.start, directive.end))
            return
        group = self.groups[-1]
        if group.live is False:
            self.blank.append((group.start, directive.start))
        group.directives.append(directive)
        if directive.word == "endif":
            self.groups.pop()
            if group.certain:
                self.blank.extend((one.start, one.end) for one in group.directives)
            return
        group.live = self._next(group, directive)
        group.certain = group.certain and group.live is not None
        group.taken = (
            True if True in (group.taken, group.live) else None if None in (group.taken, group.live) else False
        )
        group.start = directive.end

    def _next(self, group: _Group, directive: Directive) -> bool | None:
        """Whether the next branch of a group is compiled."""
        outer = self.groups[:-1]
        if group.taken is True or any(one.live is False for one in outer):
            return False
        holds = True if directive.word == "else" else self._condition(directive, None)
        return False if holds is False else holds if group.taken is False else None

    def _condition(self, directive: Directive, following: Directive | None) -> bool | None:
        at = self._expander()
        name = directive.rest.split()[0] if directive.rest.split() else ""
        if directive.word in ("ifdef", "elifdef"):
            return defined(name, at)
        if directive.word in ("ifndef", "elifndef"):
            answer = defined(name, at)
            if answer is None and name not in self.environment and _defines(following, name):
                return True  # a default, or a header's guard
            return None if answer is None else not answer
        if (
            (match := GUARD.match(directive.rest))
            and match[1] not in self.environment
            and _defines(following, match[1])
        ):
            return True
        return holds(directive.rest, at)

    def _expander(self) -> Expander:
        return Expander(Timeline(self.environment), 0)

    def _other(self, directive: Directive) -> None:
        if directive.word == "define":
            macro = parsed(directive.rest)
            if macro is not None:
                self._set(directive.end, macro.name, macro if self.live else self._joined(macro))
        elif directive.word == "undef":
            name = directive.rest.split()[0] if directive.rest.split() else ""
            self._set(directive.end, name, State.UNDEFINED if self.live else State.UNKNOWN)
        elif directive.word == "include" and (match := INCLUDE.match(directive.rest)):
            self._included(directive, match[1] or match[2], match[1] is None)

    def _joined(self, macro: Macro) -> Definition:
        """What a macro is after a definition that may not be compiled."""
        return macro if self.environment.get(macro.name) == macro else State.UNKNOWN

    def _included(self, directive: Directive, name: str, angled: bool) -> None:
        after = self.include(name, angled, self.environment)
        for changed, definition in (after or {}).items():
            if self.environment.get(changed) != definition:
                self._set(directive.end, changed, definition if self.live else State.UNKNOWN)

    def _set(self, offset: int, name: str, definition: Definition) -> None:
        self.environment[name] = definition
        self.timeline.change(offset, name, definition)

    def result(self) -> Preprocessed:
        for group in self.groups:  # an #if that nobody ended
            if group.live is False:
                self.blank.append((group.start, len(self.data)))
            self.blank.extend((one.start, one.end) for one in group.directives)
        data = bytearray(self.data)
        blank = _joined(self.blank)
        for start, end in blank:
            one_line = self.data.find(b"\n", start, end) < 0
            data[start:end] = b" " * (end - start) if one_line else NOT_NEWLINE.sub(b" ", self.data[start:end])
        return Preprocessed(bytes(data), self.timeline, self.environment, blank)


GUARD = re.compile(r"!\s*defined\s*\(?\s*(\w+)\s*\)?\s*$")


def _defines(directive: Directive | None, name: str) -> bool:
    return directive is not None and directive.word == "define" and directive.rest.split("(")[0].split()[:1] == [name]
