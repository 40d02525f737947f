"""CMakeLists.txt as text: include folders, macros and CUDA architectures, as far as they can be read off.

CMake is never run. What stands under a condition that these files do not decide counts as possible: include folders
of all branches are taken, architectures only where there is one possibility. Generators, functions and finders
(find_package, execute_process, ...) are not followed; a variable that they may change is unknown from there on.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from signoff.verifiers.file_kinds import CMAKE_LISTS, CMAKE_PRESETS
from signoff.verifiers.gpu.cmake_targets import (
    Settings,
    Target,
    Tree,
    definition,
    include_dir,
    options,
    presets,
)
from signoff.verifiers.gpu.cmake_text import Argument, Command, commands
from signoff.verifiers.gpu.cmake_variables import UNKNOWN, Values, Variables

READ_LIMIT = 2 * 1024 * 1024
MOST_FILES = 3000
DEPTH = 40
_SCOPES = frozenset({"PUBLIC", "PRIVATE", "INTERFACE", "SYSTEM", "BEFORE", "AFTER"})
_KINDS = frozenset({"STATIC", "SHARED", "MODULE", "OBJECT", "INTERFACE", "IMPORTED", "ALIAS", "GLOBAL", "WIN32"})
_SKIPPED_BODIES = {"function": "endfunction", "macro": "endmacro"}
# Commands whose arguments may name variables without changing them.
_HARMLESS = frozenset(
    {
        *("message", "project", "cmake_minimum_required", "install", "add_test", "enable_testing", "export", "return"),
        *("include_guard", "mark_as_advanced", "add_dependencies", "add_custom_target", "enable_language"),
        "cmake_policy",
    }
)
_CUDA_STANDARD = re.compile(r"cuda_std_(\d+)")


def read(folders: Collection[str], sources: Collection[str]) -> Tree:
    """Evaluate the CMakeLists.txt of all `folders`, from the topmost down. `sources` are the files that globs find."""
    tree = Tree()
    evaluation = _Evaluation(tree, frozenset(folders), sources)
    for folder in sorted(folders):
        if folder not in tree.folders:
            above = _nearest_above(folder, evaluation.scopes)
            evaluation.folder(folder, evaluation.scopes[above].copy() if above else _initial(folder))
    tree.close()
    return tree


def _nearest_above(folder: str, known: Mapping[str, object]) -> str:
    above = os.path.dirname(folder)
    while above not in known and os.path.dirname(above) != above:
        above = os.path.dirname(above)
    return above if above in known else ""


def _initial(folder: str) -> Variables:
    variables = Variables({"CMAKE_SOURCE_DIR": (folder,), "UNIX": ("1",) if os.name == "posix" else ("",)})
    found = [preset for name in CMAKE_PRESETS for preset in _presets_of(os.path.join(folder, name))]
    for name, values in presets(found).items():
        variables.set(name, values)
    return variables


def _presets_of(path: str) -> list[Mapping[str, object]]:
    try:
        data = json.loads(_text(path))
    except (OSError, ValueError, RecursionError):
        return []
    listed = data.get("configurePresets") if isinstance(data, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(path: str) -> str:
    with Path(path).open("rb") as file:
        return file.read(READ_LIMIT).decode("utf-8-sig", errors="replace")


class _Evaluation:
    """All folders of a workspace; `scopes` are the variables at the end of each."""

    def __init__(self, tree: Tree, folders: frozenset[str], sources: Collection[str]) -> None:
        self.tree, self.folders, self.sources = tree, folders, sources
        self.scopes: dict[str, Variables] = {}
        self.read = 0

    def folder(self, folder: str, variables: Variables, inherited: Settings | None = None, depth: int = 0) -> None:
        """Evaluate one folder's CMakeLists.txt and those that it adds."""
        if folder in self.tree.folders or depth > DEPTH or self.read >= MOST_FILES:
            return
        own = Settings()
        if inherited is not None:
            own.include_dirs.update(inherited.include_dirs)
            own.defines.update(inherited.defines)
            own.options += inherited.options
        self.tree.folders[folder] = own
        variables.set("CMAKE_CURRENT_SOURCE_DIR", (folder,))
        variables.set("CMAKE_CURRENT_LIST_DIR", (folder,))
        _Listing(self, folder, variables, own, depth).run(os.path.join(folder, CMAKE_LISTS))
        self.scopes[folder] = variables
        own.architectures = _architectures(variables)
        own.standard = own.standard or _standard(variables)
        own.options += _cuda_flags(variables)


def _architectures(variables: Variables) -> Values:
    return variables.get("CMAKE_CUDA_ARCHITECTURES")


def _standard(variables: Variables) -> str:
    for name in ("CMAKE_CUDA_STANDARD", "CMAKE_CXX_STANDARD"):
        values = variables.get(name)
        if len(values) == 1 and (values[0] or "").isdigit():
            return f"c++{values[0]}"
    return ""


def _cuda_flags(variables: Variables) -> list[str]:
    """The words that CMAKE_CUDA_FLAGS has whatever the conditions."""
    lists = [options((value or "").split()) for value in variables.get("CMAKE_CUDA_FLAGS")]
    return [word for word in lists[0] if all(word in other for other in lists)] if lists else []


class _Listing:
    """One folder's commands, in order."""

    def __init__(self, all_: _Evaluation, folder: str, variables: Variables, own: Settings, depth: int) -> None:
        self.all, self.folder, self.variables, self.own, self.depth = all_, folder, variables, own, depth
        self._including = 0
        self._skip_to = ""
        # One a nested condition or loop: whether its branch runs (None: perhaps), whether an earlier one surely did.
        self._branches: list[tuple[bool | None, bool | None]] = []
        self._bodies: dict[str, set[str]] = {}
        self._body = ""

    def run(self, path: str) -> None:
        """Evaluate a file; one that cannot be read says nothing."""
        self.all.read += 1
        try:
            text = _text(path)
        except OSError:
            return
        outer, self._branches = self._branches, [*self._branches]
        for command in commands(text):
            self._one(command)
        self._branches = outer

    @property
    def _maybe(self) -> bool:
        return any(runs is None for runs, _ in self._branches)

    def _one(self, command: Command) -> None:
        name = command.name
        if self._skip_to:
            self._in_body(command)
        elif name in _SKIPPED_BODIES:
            self._skip_to = _SKIPPED_BODIES[name]
            self._body = command.arguments[0].text.lower() if command.arguments else ""
            self._bodies.setdefault(self._body, set())
        elif name in ("if", "elseif", "else", "endif", "foreach", "while", "endforeach", "endwhile"):
            self._branch(name, command.arguments)
        elif all(runs is not False for runs, _ in self._branches):
            handler: Callable[[tuple[Argument, ...]], None] | None = getattr(self, f"_do_{name}", None)
            if handler is not None:
                handler(command.arguments)
            elif name not in _HARMLESS:
                self._unknown(name, command.arguments)

    def _in_body(self, command: Command) -> None:
        """What a function sets is unknown once it has been called."""
        if command.name == self._skip_to:
            self._skip_to = ""
        elif command.name in ("set", "list", "string") and command.arguments:
            self._bodies[self._body].update(argument.text for argument in command.arguments[:3])

    def _branch(self, name: str, arguments: Sequence[Argument]) -> None:
        if name in ("foreach", "while"):
            if name == "foreach" and arguments:
                self.variables.set(arguments[0].text, UNKNOWN)
            self._branches.append((None, None))
        elif name == "if":
            truth = self._truth(arguments)
            self._branches.append((truth, truth))
        elif self._branches and name.startswith("end"):
            self._branches.pop()
        elif self._branches:
            _, before = self._branches.pop()
            runs = True if name == "else" else self._truth(arguments)
            runs = False if before else (None if before is None and runs is not False else runs)
            self._branches.append((runs, before or runs or (None if None in (before, runs) else False)))

    def _truth(self, arguments: Sequence[Argument]) -> bool | None:
        return self.variables.truth([argument.text for argument in arguments])

    def _unknown(self, name: str, arguments: Sequence[Argument]) -> None:
        touched = {argument.text for argument in arguments} | self._bodies.get(name, set())
        for variable in touched:
            if self.variables.knows(variable) or variable == "CMAKE_CUDA_ARCHITECTURES":
                self.variables.set(variable, UNKNOWN)

    def _do_set(self, arguments: tuple[Argument, ...]) -> None:
        if not arguments:
            return
        names = self.variables.expand(arguments[0].text)
        words = [argument.text for argument in arguments]
        rest = arguments[1:]
        if "CACHE" in words:
            rest = arguments[1 : words.index("CACHE")]
            if names and self.variables.get(names[0]) != (None,) and "FORCE" not in words:
                return
        elif words[-1] == "PARENT_SCOPE":
            rest = arguments[1:-1]
        values: Values = self.variables.value(rest) if rest else (None,)
        for name in names[:1]:
            self.variables.set(name, values, maybe=self._maybe)

    def _do_unset(self, arguments: tuple[Argument, ...]) -> None:
        if arguments:
            self.variables.set(arguments[0].text, (None,), maybe=self._maybe)

    def _do_list(self, arguments: tuple[Argument, ...]) -> None:
        if len(arguments) < 2 or arguments[0].text in ("LENGTH", "GET", "FIND", "JOIN", "SUBLIST"):
            self._unknown("list", arguments[2:])
            return
        name = arguments[1].text
        if arguments[0].text not in ("APPEND", "PREPEND"):
            if arguments[0].text not in ("REMOVE_DUPLICATES", "SORT", "REVERSE"):
                self._unknown("list", arguments[1:])
            return
        before = tuple(value or "" for value in self.variables.get(name))
        added = self.variables.value(arguments[2:])
        joined = tuple(f"{one};{new}".strip(";") for one in before for new in added if new is not None)
        self.variables.set(name, joined, maybe=self._maybe)

    def _do_option(self, arguments: tuple[Argument, ...]) -> None:
        """What the user may switch is not known."""

    def _do_file(self, arguments: tuple[Argument, ...]) -> None:
        if len(arguments) < 2 or arguments[0].text not in ("GLOB", "GLOB_RECURSE"):
            self._unknown("file", arguments)
            return
        patterns = [word for word in self.variables.any_words(arguments[2:]) if word not in ("CONFIGURE_DEPENDS",)]
        found = [path for word in patterns for path in self._matching(word, arguments[0].text == "GLOB_RECURSE")]
        self.variables.set(arguments[1].text, (";".join(dict.fromkeys(found)),), maybe=self._maybe)

    def _matching(self, pattern: str, recursive: bool) -> list[str]:
        whole = os.path.normpath(os.path.join(self.folder, pattern))
        folder, name = os.path.split(whole)
        if recursive:
            return [path for path in self._below(folder) if fnmatch.fnmatch(os.path.basename(path), name)]
        matches = re.compile(fnmatch.translate(whole).replace(".*", "[^/]*")).match
        return [path for path in self.all.sources if matches(path)]

    def _below(self, folder: str) -> Iterable[str]:
        return (path for path in self.all.sources if path.startswith(folder + os.sep))

    def _do_include(self, arguments: tuple[Argument, ...]) -> None:
        values = self.variables.expand(arguments[0].text) if arguments else ()
        if len(values) != 1 or self._including > DEPTH or self.all.read >= MOST_FILES:
            return
        beside = [self.folder, *(word for word in ";".join(self._modules()).split(";") if word)]
        names = (values[0],) if values[0].endswith(".cmake") else (f"{values[0]}.cmake",)
        paths = (os.path.normpath(os.path.join(folder, name)) for folder in beside for name in names)
        path = next((path for path in paths if os.path.isfile(path)), "")
        if path:
            here = self.variables.get("CMAKE_CURRENT_LIST_DIR")
            self.variables.set("CMAKE_CURRENT_LIST_DIR", (os.path.dirname(path),))
            self._including += 1
            self.run(path)
            self._including -= 1
            self.variables.set("CMAKE_CURRENT_LIST_DIR", here)

    def _modules(self) -> list[str]:
        return [value for value in self.variables.get("CMAKE_MODULE_PATH") if value]

    def _do_project(self, arguments: tuple[Argument, ...]) -> None:
        self.variables.set("PROJECT_SOURCE_DIR", (self.folder,))
        for name in self.variables.expand(arguments[0].text)[:1] if arguments else ():
            self.variables.set("PROJECT_NAME", (name,))
            self.variables.set(f"{name}_SOURCE_DIR", (self.folder,))

    def _do_add_subdirectory(self, arguments: tuple[Argument, ...]) -> None:
        for word in self.variables.any_words(arguments[:1]):
            folder = os.path.normpath(os.path.join(self.folder, word))
            if folder in self.all.folders:
                self.own.architectures = _architectures(self.variables)
                passed = Settings(dict(self.own.include_dirs), dict(self.own.defines), list(self.own.options))
                self.all.folder(folder, self.variables.copy(), passed, self.depth + 1)

    def _do_include_directories(self, arguments: tuple[Argument, ...]) -> None:
        self._include(self.own, arguments)

    def _include(self, settings: Settings, arguments: Iterable[Argument]) -> None:
        for word in self.variables.any_words(arguments):
            path = include_dir(word, self.folder) if word not in _SCOPES else ""
            if path:
                settings.include_dirs[path] = None

    def _do_add_compile_definitions(self, arguments: tuple[Argument, ...]) -> None:
        self._define(self.own, arguments)

    def _do_add_definitions(self, arguments: tuple[Argument, ...]) -> None:
        self._define(self.own, [one for one in arguments if one.text.startswith("-D")])

    def _define(self, settings: Settings, arguments: Iterable[Argument]) -> None:
        for word in () if self._maybe else self.variables.sure_words(arguments):
            if word not in _SCOPES and (name := definition(word)):
                settings.defines[name] = None

    def _do_add_compile_options(self, arguments: tuple[Argument, ...]) -> None:
        self._options(self.own, arguments)

    def _options(self, settings: Settings, arguments: Iterable[Argument]) -> None:
        if not self._maybe:
            settings.options += options(word for word in self.variables.sure_words(arguments) if word not in _SCOPES)

    def _do_add_executable(self, arguments: tuple[Argument, ...]) -> None:
        for name in self.variables.expand(arguments[0].text)[:1] if arguments else ():
            target = self.all.tree.targets[name] = Target(name, self.folder)
            # CMake copies the variables when a target is made.
            target.settings.architectures = _architectures(self.variables)
            target.settings.standard = _standard(self.variables)
            self._sources(target, arguments[1:])

    _do_add_library = _do_cuda_add_executable = _do_cuda_add_library = _do_add_executable

    def _do_target_sources(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            self._sources(target, arguments[1:])

    def _sources(self, target: Target, arguments: Iterable[Argument]) -> None:
        words = (word for word in self.variables.any_words(arguments) if word not in _KINDS | _SCOPES)
        target.sources.update(os.path.normpath(os.path.join(self.folder, word)) for word in words if "$" not in word)

    def _targets(self, arguments: Sequence[Argument]) -> list[Target]:
        names = self.variables.expand(arguments[0].text) if arguments else ()
        return [target for name in names if (target := self.all.tree.targets.get(name)) is not None]

    def _do_target_include_directories(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            self._include(target.settings, arguments[1:])

    def _do_target_compile_definitions(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            self._define(target.settings, arguments[1:])

    def _do_target_compile_options(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            self._options(target.settings, arguments[1:])

    def _do_target_compile_features(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            for word in self.variables.sure_words(arguments[1:]):
                if match := _CUDA_STANDARD.fullmatch(word):
                    target.settings.standard = f"c++{match[1]}"

    def _do_target_link_libraries(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            target.links.update(dict.fromkeys(w for w in self.variables.any_words(arguments[1:]) if w not in _SCOPES))

    def _do_set_target_properties(self, arguments: tuple[Argument, ...]) -> None:
        words = [argument.text for argument in arguments]
        if "PROPERTIES" in words:
            place = words.index("PROPERTIES")
            for name in arguments[:place]:
                for key, value in zip(words[place + 1 :: 2], arguments[place + 2 :: 2], strict=False):
                    self._property(self._targets((name,)), key, (value,))

    def _do_set_property(self, arguments: tuple[Argument, ...]) -> None:
        words = [argument.text for argument in arguments]
        if words[:1] == ["TARGET"] and "PROPERTY" in words:
            place = words.index("PROPERTY")
            targets = [target for name in arguments[1:place] for target in self._targets((name,))]
            if place + 1 < len(words):
                self._property(targets, words[place + 1], arguments[place + 2 :])

    def _property(self, targets: Iterable[Target], key: str, values: Sequence[Argument]) -> None:
        for target in targets:
            if key == "CUDA_ARCHITECTURES":
                found = self.variables.value(values)
                old = target.settings.architectures if self._maybe else ()
                target.settings.architectures = tuple(dict.fromkeys((*old, *found))) if found else UNKNOWN
            elif key in ("CUDA_STANDARD", "CXX_STANDARD") and values and values[0].text.isdigit():
                target.settings.standard = f"c++{values[0].text}"
