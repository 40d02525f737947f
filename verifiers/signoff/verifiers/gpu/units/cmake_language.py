"""CMake's own commands, run over text alone: variables, conditions, loops, includes. cmake.py adds targets and folders.

What stands under a condition that these files do not decide may run or not (`maybe`). Functions, finders and programs
(find_package, execute_process, ...) are not followed; a variable that they may change is unknown from there on.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from signoff.verifiers.gpu.units.cmake_text import Argument, Command, commands
from signoff.verifiers.gpu.units.cmake_variables import UNKNOWN, Values, Variables

READ_LIMIT = 2 * 1024 * 1024
MOST_INCLUDED = 40
ARCHITECTURES = "CMAKE_CUDA_ARCHITECTURES"
_BODIES = {"function": "endfunction", "macro": "endmacro"}
_CONDITIONS = frozenset({"if", "elseif", "else", "endif", "foreach", "while", "endforeach", "endwhile"})
# Commands whose arguments may name variables without changing them.
_HARMLESS = frozenset(
    {
        *("message", "project", "cmake_minimum_required", "install", "add_test", "enable_testing", "export", "return"),
        *("include_guard", "mark_as_advanced", "add_dependencies", "add_custom_target", "enable_language"),
        *("cmake_policy", "option"),
    }
)


def read_text(path: str) -> str:
    """The text of a file. Raises OSError; reads at most READ_LIMIT bytes."""
    with Path(path).open("rb") as file:
        return file.read(READ_LIMIT).decode("utf-8-sig", errors="replace")


_numbers = itertools.count()


class _Branches:
    """The branches of one condition, or the body of a loop: what the variables are after each that may run.

    `runs`: whether the present branch is run, None: perhaps; `number` tells it from all others. Each starts with what
    the variables were before.
    """

    def __init__(self, runs: bool | None, before: dict[str, Values]) -> None:
        self.runs = runs
        self.number = next(_numbers)
        self._before = before
        self._taken = runs is True
        self._outcomes: list[dict[str, Values]] = []

    def turn(self, truth: bool | None, variables: Variables) -> None:
        """Another branch begins, whose condition is `truth`; the truth of those before it may not be known."""
        self._leave(variables)
        unsure = bool(self._outcomes) and truth is True
        self.runs = False if self._taken else None if unsure else truth
        self._taken = self._taken or truth is True
        self.number = next(_numbers)

    def end(self, variables: Variables) -> None:
        """All branches are over: the variables are what any of them leaves."""
        self._leave(variables)
        variables.merge(self._outcomes if self._taken else [*self._outcomes, self._before])

    def _leave(self, variables: Variables) -> None:
        if self.runs is not False:
            self._outcomes.append(variables.snapshot())
        variables.restore(self._before)


class Interpreter:
    """Runs the commands of one folder. A subclass has a method `_do_name` for each command that it knows.

    `sources` are the files that file(GLOB) finds. `maybe` says whether the folder itself is added under a condition.
    """

    def __init__(self, folder: str, variables: Variables, sources: Collection[str], *, maybe: bool = False) -> None:
        self.folder, self.variables, self.sources = folder, variables, sources
        self.conditional = maybe
        self._included = 0
        self._branches: list[_Branches] = []
        self._bodies: dict[str, set[str]] = {}
        self._body, self._body_ends = "", ""

    @property
    def conditions(self) -> frozenset[int]:
        """The branches that the present command is in of which nobody knows whether they run."""
        return frozenset(one.number for one in self._branches if one.runs is None)

    @property
    def maybe(self) -> bool:
        """Whether the present command may not be run at all."""
        return bool(self.conditions)

    def run(self, path: str) -> None:
        """Run a file; one that cannot be read says nothing."""
        try:
            text = read_text(path)
        except OSError:
            return
        depth = len(self._branches)
        for command in commands(text):
            self._one(command)
        # What is still open at the end of a file ends there.
        while len(self._branches) > depth:
            self._branches.pop().end(self.variables)

    def _one(self, command: Command) -> None:
        name = command.name
        if self._body_ends:
            self._in_body(command)
        elif name in _BODIES:
            self._body_ends = _BODIES[name]
            self._body = command.arguments[0].text.lower() if command.arguments else ""
            self._bodies.setdefault(self._body, set())
        elif name in _CONDITIONS:
            self._branch(name, command.arguments)
        elif all(one.runs is not False for one in self._branches):
            handler: Callable[[tuple[Argument, ...]], None] | None = getattr(self, f"_do_{name}", None)
            if handler is not None:
                handler(command.arguments)
            elif name not in _HARMLESS:
                self._unknown(name, command.arguments)

    def _in_body(self, command: Command) -> None:
        """What a function sets is unknown once it has been called."""
        if command.name == self._body_ends:
            self._body_ends = ""
        elif command.name in ("set", "list", "string") and command.arguments:
            self._bodies[self._body].update(argument.text for argument in command.arguments[:3])

    def _branch(self, name: str, arguments: Sequence[Argument]) -> None:
        if name in ("foreach", "while", "if"):
            runs = self._truth(arguments) if name == "if" else None
            self._branches.append(_Branches(runs, self.variables.snapshot()))
            if name == "foreach" and arguments:
                self.variables.set(arguments[0].text, UNKNOWN)
        elif self._branches and name.startswith("end"):
            self._branches.pop().end(self.variables)
        elif self._branches:
            self._branches[-1].turn(True if name == "else" else self._truth(arguments), self.variables)

    def _truth(self, arguments: Sequence[Argument]) -> bool | None:
        return self.variables.truth([argument.text for argument in arguments])

    def _unknown(self, name: str, arguments: Sequence[Argument]) -> None:
        touched = {argument.text for argument in arguments} | self._bodies.get(name, set())
        for variable in touched:
            if self.variables.knows(variable) or variable == ARCHITECTURES:
                self.variables.set(variable, UNKNOWN)

    def _do_set(self, arguments: tuple[Argument, ...]) -> None:
        names = self.variables.expand(arguments[0].text)[:1] if arguments else ()
        words = [argument.text for argument in arguments]
        rest = arguments[1:]
        if "CACHE" in words:
            rest = arguments[1 : words.index("CACHE")]
            if names and self.variables.get(names[0]) != (None,) and "FORCE" not in words:
                return
        elif words[-1:] == ["PARENT_SCOPE"]:
            rest = arguments[1:-1]
        values: Values = self.variables.value(rest) if rest else (None,)
        for name in names:
            self.variables.set(name, values)

    def _do_unset(self, arguments: tuple[Argument, ...]) -> None:
        if arguments:
            self.variables.set(arguments[0].text, (None,))

    def _do_list(self, arguments: tuple[Argument, ...]) -> None:
        what = arguments[0].text if arguments else ""
        if what not in ("APPEND", "PREPEND") or len(arguments) < 2:
            if what not in ("REMOVE_DUPLICATES", "SORT", "REVERSE"):
                self._unknown("list", arguments[1:])
            return
        name = arguments[1].text
        before = tuple(value or "" for value in self.variables.get(name))
        added = self.variables.value(arguments[2:])
        joined = tuple(f"{one};{new}".strip(";") for one in before for new in added if new is not None)
        self.variables.set(name, joined)

    def _do_file(self, arguments: tuple[Argument, ...]) -> None:
        if len(arguments) < 2 or arguments[0].text not in ("GLOB", "GLOB_RECURSE"):
            self._unknown("file", arguments)
            return
        patterns = self.variables.any_words(arguments[2:])
        found = [path for word in patterns for path in self._matching(word, arguments[0].text == "GLOB_RECURSE")]
        self.variables.set(arguments[1].text, (";".join(dict.fromkeys(found)),))

    def _matching(self, pattern: str, recursive: bool) -> Iterable[str]:
        whole = os.path.normpath(os.path.join(self.folder, pattern))
        folder, name = os.path.split(whole)
        for path in self.sources:
            at, own = os.path.split(path)
            below = recursive and at.startswith(folder.rstrip(os.sep) + os.sep)
            # A folder of the pattern may have wildcards as well: src/*/kernel.cu.
            alike = at.count(os.sep) == folder.count(os.sep) and fnmatch.fnmatchcase(at, folder)
            if fnmatch.fnmatchcase(own, name) and (below or alike):
                yield path

    def _do_include(self, arguments: tuple[Argument, ...]) -> None:
        values = self.variables.expand(arguments[0].text) if arguments else ()
        if len(values) != 1 or self._included >= MOST_INCLUDED:
            return
        modules = [one for value in self.variables.get("CMAKE_MODULE_PATH") if value for one in value.split(";")]
        name = values[0] if values[0].endswith(".cmake") else f"{values[0]}.cmake"
        paths = (os.path.normpath(os.path.join(folder, name)) for folder in (self.folder, *modules))
        path = next((path for path in paths if os.path.isfile(path)), "")
        if path:
            here = self.variables.get("CMAKE_CURRENT_LIST_DIR")
            self.variables.set("CMAKE_CURRENT_LIST_DIR", (os.path.dirname(path),))
            self._included += 1
            self.run(path)
            self.variables.set("CMAKE_CURRENT_LIST_DIR", here)
