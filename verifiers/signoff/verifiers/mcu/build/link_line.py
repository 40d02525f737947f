"""What a link's command line says (gcc as the driver, or ld itself): parsed, never run.

Options: gcc.gnu.org/onlinedocs/gcc/Link-Options.html, sourceware.org/binutils/docs/ld/Options.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from signoff.verifiers.compile_flags import split
from signoff.verifiers.mcu.build.reading import Unreadable, absolute, is_source, read_text

RESPONSE_LIMIT = 4 * 1024 * 1024
RESPONSE_DEPTH = 4
# ld's options whose value is the next word, when gcc passes them on (-Wl,-u,name), and gcc's own.
_LD_LETTERS = frozenset(f"-{letter}" for letter in "uezymbhfFIRAaGPY")
# Those with long names, which ld takes with one dash as with two.
_LD_NAMES = """
Tbss Tdata Tldata-segment Trodata-segment Ttext Ttext-segment architecture assert audit auxiliary
defsym depaudit dependency-file dynamic-linker dynamic-list entry error-handling-script exclude-libs
export-dynamic-symbol export-dynamic-symbol-list filter fini format gpsize hash-size hash-style
in-implib init just-symbols mri-script oformat orphan-handling out-implib package-metadata plugin
plugin-opt remap-inputs remap-inputs-file require-defined retain-symbols-file rpath rpath-link
section-start soname sort-section spare-dynamic-tags task-link trace-symbol undefined
unresolved-symbols version-script wrap
"""
_LD_WITH_VALUE = _LD_LETTERS.union(f"{dashes}{name}" for name in _LD_NAMES.split() for dashes in ("-", "--"))
_GCC_WITH_VALUE = frozenset(
    {"-u", "-e", "-z", "-Xassembler", "-Xpreprocessor", "--param", "-x", "-target", "--sysroot"}
)
# What is written, or only said: the one who links decides that himself.
_DROPPED_WITH_VALUE = frozenset({"-o", "--output", "-Map", "--Map", "-MF", "-MT", "-MQ", "-dumpdir", "-dumpbase"})
_DROPPED = frozenset({"--print-memory-usage", "-print-memory-usage", "-t", "--trace", "--cref", "-cref", "-M", "-c"})
_DROPPED |= {"--print-map", "-v", "-V", "-###", "--verbose", "-MMD", "-MD", "-MP", "--no-print-gc-sections"}
_DROPPED |= {"--print-gc-sections", "--start-group", "--end-group", "-(", "-)"}


def takes_value(option: str) -> bool:
    """Whether an option of ld's is followed by its value as a word of its own."""
    return option in _LD_WITH_VALUE


@dataclass(frozen=True, slots=True)
class LinkLine:
    """The parsed form of a link's arguments, paths absolute.

    `flags` are what remains, in gcc's spelling; `libraries` what -l names; `objects` the files that are linked as they
    are, in order, `sources` those that are compiled first. Groups (--start-group) are left out: libraries are to be
    linked as one. `whole` are the archives that stand under --whole-archive.
    """

    output: str = ""
    scripts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


def parse_link(arguments: Iterable[str], directory: str, *, driver: bool = True) -> LinkLine:
    """The parsed form of a link's arguments, without the program itself.

    `driver` is False where the program is ld and not gcc: its options are then written as gcc passes them on.
    """
    parser = _Parser(directory, driver)
    parser.take(list(arguments))
    return parser.line()


def with_inputs(line: LinkLine, objects: Sequence[str]) -> LinkLine:
    """The line with other objects."""
    return replace(line, objects=tuple(objects))


@dataclass
class _Parser:
    directory: str
    driver: bool
    output: str = ""
    scripts: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    library_dirs: dict[str, None] = field(default_factory=dict)
    objects: dict[str, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    whole: dict[str, None] = field(default_factory=dict)
    in_whole: bool = False
    depth: int = 0

    def take(self, words: list[str]) -> None:
        """Note every option, in order."""
        place = 0
        while place < len(words):
            word, following = words[place], words[place + 1] if place + 1 < len(words) else ""
            if word.startswith("-Wl,"):
                place += 1 + self._passed_on(word[4:].split(","), words[place + 1 :])
            elif word == "-Xlinker":
                place += 2 + self._passed_on([following], words[place + 2 :])
            else:
                place += self._one(word, following, ld=not self.driver)

    def _passed_on(self, words: list[str], rest: list[str]) -> int:
        """Note what goes to ld; an option's value may be in the -Wl, that follows: how many words of those it took."""
        last, taken = words[-1], 0
        waits = takes_value(last) or last in _DROPPED_WITH_VALUE or last in ("-T", "--script", "-L", "-l")
        if waits and rest:
            if rest[0].startswith("-Wl,"):
                words, taken = [*words, *rest[0][4:].split(",")], 1
            elif rest[0] == "-Xlinker" and len(rest) > 1:
                words, taken = [*words, rest[1]], 2
        place = 0
        while place < len(words):
            following = words[place + 1] if place + 1 < len(words) else ""
            place += self._one(words[place], following, ld=True)
        return taken

    def _one(self, word: str, following: str, *, ld: bool) -> int:
        """Take one option; the count of words that it was."""
        if word.startswith("@"):
            self._response(word[1:])
        elif not word.startswith("-"):
            self._input(word)
        elif word in _DROPPED_WITH_VALUE:
            self.output = self._absolute(following) if word in ("-o", "--output") else self.output
            return 2
        elif word in ("-T", "-dT", "--script", "--default-script"):
            # A variable that a Makefile sets elsewhere leaves nothing: no script is named like an option.
            if following.startswith("-"):
                return 1
            self.scripts.append(following)
            return 2
        elif word in ("-L", "-l", "--library-path", "--library"):
            self._library("-L" if word in ("-L", "--library-path") else "-l", following)
            return 2
        elif takes_value(word) if ld else word in _GCC_WITH_VALUE:
            self._flag(ld, word, following)
            return 2
        else:
            self._single(word, ld)
        return 1

    def _single(self, word: str, ld: bool) -> None:
        name, _, value = word.partition("=")
        if word in _DROPPED or name in ("-Map", "--Map", "--output"):
            self.output = self._absolute(value) if name == "--output" else self.output
        elif name in ("--whole-archive", "--no-whole-archive"):
            self.in_whole = name == "--whole-archive"
        elif name in ("--script", "-script", "--default-script"):
            self.scripts.append(value)
        elif word.startswith("-T") and not word.startswith(("-Ttext", "-Tdata", "-Tbss", "-Trodata")):
            self.scripts.append(word[2:])
        elif word.startswith(("-L", "-l")):
            self._library(word[:2], word[2:])
        elif name in ("--library-path", "--library"):
            self._library("-L" if name == "--library-path" else "-l", value)
        elif word.startswith("-o") and not ld and "." in word:
            self.output = self._absolute(word[2:])
        else:
            self._flag(ld, word)

    def _flag(self, ld: bool, *words: str) -> None:
        self.flags.extend((f"-Wl,{','.join(words)}",) if ld else words)

    def _library(self, kind: str, value: str) -> None:
        if not value:
            return
        if kind == "-L":
            self.library_dirs[self._absolute(value)] = None
        else:
            self.libraries.append(value)

    def _input(self, word: str) -> None:
        path = self._absolute(word)
        if is_source(word):
            self.sources[path] = None
        elif word.lower().endswith((".ld", ".lds", ".x", ".icf", ".sct")):
            # ld takes a text file among its inputs for a linker script.
            self.scripts.append(word)
        else:
            self.objects[path] = None
            if self.in_whole:
                self.whole[path] = None

    def _response(self, name: str) -> None:
        if self.depth >= RESPONSE_DEPTH:
            return
        try:
            text = read_text(self._absolute(name), RESPONSE_LIMIT)
        except Unreadable:
            return
        self.depth += 1
        self.take(split(text.replace("\n", " ")))
        self.depth -= 1

    def _absolute(self, path: str) -> str:
        return absolute(self.directory, path)

    def _script(self, name: str) -> str:
        """Where ld looks for a script: in the working folder, then in the library folders."""
        places = [self.directory, *self.library_dirs]
        found = (path for place in places if os.path.isfile(path := absolute(place, name)))
        return next(found, self._absolute(name))

    def line(self) -> LinkLine:
        """What was noted."""
        return LinkLine(
            output=self.output,
            scripts=tuple(dict.fromkeys(self._script(one) for one in self.scripts if one)),
            # ld itself adds neither start files nor libraries, as gcc would.
            flags=tuple(self.flags) if self.driver else ("-nostdlib", *self.flags),
            libraries=tuple(dict.fromkeys(self.libraries)),
            library_dirs=tuple(self.library_dirs),
            objects=tuple(self.objects),
            sources=tuple(self.sources),
            whole=tuple(self.whole),
        )
