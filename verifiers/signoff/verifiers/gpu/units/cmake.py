"""CMakeLists.txt as text: include folders, macros and CUDA architectures, as far as they can be read off.

CMake is never run. Include folders are those of all branches of a condition, macros and flags those that surely hold,
architectures only where there is one possibility.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from signoff.verifiers.file_kinds import CMAKE_LISTS, CMAKE_PRESETS
from signoff.verifiers.gpu.units.cmake_language import ARCHITECTURES, Interpreter, read_text
from signoff.verifiers.gpu.units.cmake_targets import Settings, Target, Tree, definition, include_dir, options, presets
from signoff.verifiers.gpu.units.cmake_text import Argument
from signoff.verifiers.gpu.units.cmake_variables import UNKNOWN, Variables

MOST_FOLDERS = 3000
DEPTH = 40
_PUBLIC = frozenset({"PUBLIC", "INTERFACE"})
_SCOPES = _PUBLIC | {"PRIVATE", "SYSTEM", "BEFORE", "AFTER"}
_KINDS = _SCOPES | {"STATIC", "SHARED", "MODULE", "OBJECT", "IMPORTED", "ALIAS", "GLOBAL", "WIN32"}
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
        data = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError):
        return []
    listed = data.get("configurePresets") if isinstance(data, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


class _Evaluation:
    """All folders of a workspace; `scopes` are the variables at the end of each."""

    def __init__(self, tree: Tree, folders: frozenset[str], sources: Collection[str]) -> None:
        self.tree, self.folders, self.sources = tree, folders, sources
        self.scopes: dict[str, Variables] = {}

    def folder(self, folder: str, variables: Variables, added_by: _Listing | None = None) -> None:
        """Evaluate one folder's CMakeLists.txt and those that it adds."""
        depth = added_by.depth + 1 if added_by is not None else 0
        if folder in self.tree.folders or depth > DEPTH or len(self.tree.folders) >= MOST_FOLDERS:
            return
        own = self.tree.folders[folder] = added_by.own.copy() if added_by is not None else Settings()
        for name in ("CMAKE_CURRENT_SOURCE_DIR", "CMAKE_CURRENT_LIST_DIR"):
            variables.set(name, (folder,))
        _Listing(self, folder, variables, own, added_by).run(os.path.join(folder, CMAKE_LISTS))
        self.scopes[folder] = variables
        own.architectures = variables.get(ARCHITECTURES)
        own.standard = own.standard or _standard(variables)
        own.options += _cuda_flags(variables)


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


class _Listing(Interpreter):
    """One folder's commands about targets and subfolders."""

    def __init__(
        self, evaluation: _Evaluation, folder: str, variables: Variables, own: Settings, added_by: _Listing | None
    ) -> None:
        maybe = added_by is not None and (added_by.conditional or added_by.maybe)
        super().__init__(folder, variables, evaluation.sources, maybe=maybe)
        self.evaluation, self.own = evaluation, own
        self.depth: int = added_by.depth + 1 if added_by is not None else 0

    def _do_project(self, arguments: tuple[Argument, ...]) -> None:
        self.variables.set("PROJECT_SOURCE_DIR", (self.folder,))
        for name in self.variables.expand(arguments[0].text)[:1] if arguments else ():
            self.variables.set("PROJECT_NAME", (name,))
            self.variables.set(f"{name}_SOURCE_DIR", (self.folder,))

    def _do_add_subdirectory(self, arguments: tuple[Argument, ...]) -> None:
        for word in self.variables.any_words(arguments[:1]):
            folder = os.path.normpath(os.path.join(self.folder, word))
            if folder in self.evaluation.folders:
                self.evaluation.folder(folder, self.variables.copy(), self)

    def _do_add_executable(self, arguments: tuple[Argument, ...]) -> None:
        for name in self.variables.expand(arguments[0].text)[:1] if arguments else ():
            target = self.evaluation.tree.targets[name] = Target(name, self.folder, conditions=self.conditions)
            # CMake copies the variables when a target is made.
            target.settings.architectures = self.variables.get(ARCHITECTURES)
            target.settings.standard = _standard(self.variables)
            self._sources(target, arguments[1:])

    _do_add_library = _do_cuda_add_executable = _do_cuda_add_library = _do_add_executable

    def _targets(self, arguments: Sequence[Argument]) -> list[Target]:
        names = self.variables.expand(arguments[0].text) if arguments else ()
        return [target for name in names if (target := self.evaluation.tree.targets.get(name)) is not None]

    def _sure(self, target: Target | None) -> bool:
        """Whether what is said here of a target (None: of the folder) surely holds, given that there is the target."""
        if target is None:
            return not self.maybe
        return self.conditions <= target.conditions and (target.folder == self.folder or not self.conditional)

    def _do_target_sources(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            self._sources(target, arguments[1:])

    def _sources(self, target: Target, arguments: Iterable[Argument]) -> None:
        words = (word for word in self.variables.any_words(arguments) if word not in _KINDS)
        target.sources.update(os.path.normpath(os.path.join(self.folder, word)) for word in words if "$" not in word)

    def _do_include_directories(self, arguments: tuple[Argument, ...]) -> None:
        self._include([self.own], arguments)

    def _do_target_include_directories(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            for places, part in _by_scope(target, arguments[1:]):
                self._include(places, part)

    def _include(self, places: Iterable[Settings], arguments: Iterable[Argument]) -> None:
        words = [word for word in self.variables.any_words(arguments) if word not in _SCOPES]
        folders = [path for word in words if (path := include_dir(word, self.folder))]
        for place in places:
            place.include_dirs.update(dict.fromkeys(folders))

    def _do_add_compile_definitions(self, arguments: tuple[Argument, ...]) -> None:
        self._define([self.own], arguments, None)

    def _do_add_definitions(self, arguments: tuple[Argument, ...]) -> None:
        self._define([self.own], [one for one in arguments if one.text.startswith("-D")], None)

    def _do_target_compile_definitions(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            for places, part in _by_scope(target, arguments[1:]):
                self._define(places, part, target)

    def _define(self, places: Iterable[Settings], arguments: Iterable[Argument], target: Target | None) -> None:
        words = self.variables.sure_words(arguments) if self._sure(target) else []
        names = [name for word in words if (name := definition(word))]
        for place in places:
            place.defines.update(dict.fromkeys(names))

    def _do_add_compile_options(self, arguments: tuple[Argument, ...]) -> None:
        if self._sure(None):
            self.own.options += options(self.variables.sure_words(arguments))

    def _do_target_compile_options(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            for places, part in _by_scope(target, arguments[1:]):
                words = self.variables.sure_words(part) if self._sure(target) else []
                for place in places:
                    place.options += options(words)

    def _do_target_compile_features(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            for word in self.variables.sure_words(arguments[1:]):
                if match := _CUDA_STANDARD.fullmatch(word):
                    target.settings.standard = f"c++{match[1]}"

    def _do_target_link_libraries(self, arguments: tuple[Argument, ...]) -> None:
        for target in self._targets(arguments):
            words = self.variables.any_words(arguments[1:])
            target.links.update(dict.fromkeys(word for word in words if word not in _SCOPES))

    def _do_set_target_properties(self, arguments: tuple[Argument, ...]) -> None:
        words = [argument.text for argument in arguments]
        if "PROPERTIES" in words:
            place = words.index("PROPERTIES")
            for name in arguments[:place]:
                for key, value in zip(words[place + 1 :: 2], arguments[place + 2 :: 2], strict=False):
                    self._property(self._targets((name,)), key, (value,))

    def _do_set_property(self, arguments: tuple[Argument, ...]) -> None:
        words = [argument.text for argument in arguments]
        if words[:1] == ["TARGET"] and "PROPERTY" in words[:-1]:
            place = words.index("PROPERTY")
            targets = [target for name in arguments[1:place] for target in self._targets((name,))]
            self._property(targets, words[place + 1], arguments[place + 2 :])

    def _property(self, targets: Iterable[Target], key: str, values: Sequence[Argument]) -> None:
        for target in targets:
            if key == "CUDA_ARCHITECTURES":
                found = self.variables.value(values)
                old = () if self._sure(target) else target.settings.architectures
                target.settings.architectures = tuple(dict.fromkeys((*old, *found))) if found else UNKNOWN
            elif key == "CUDA_SEPARABLE_COMPILATION" and self._sure(target) and self.variables.value(values) == ("ON",):
                target.settings.options.append("-rdc=true")
            elif key in ("CUDA_STANDARD", "CXX_STANDARD") and values and values[0].text.isdigit():
                target.settings.standard = f"c++{values[0].text}"


def _by_scope(target: Target, arguments: Sequence[Argument]) -> Iterable[tuple[list[Settings], list[Argument]]]:
    """The arguments of a target_...() command in parts, each with those it holds for: the target, its users, both."""
    scope = "PUBLIC"
    for argument in arguments:
        if argument.text in ("PUBLIC", "PRIVATE", "INTERFACE"):
            scope = argument.text
        elif argument.text not in _SCOPES:
            places = [] if scope == "INTERFACE" else [target.settings]
            yield places + ([target.exported] if scope in _PUBLIC else []), [argument]
