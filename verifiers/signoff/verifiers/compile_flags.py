"""What a compiler's command line says (gcc, clang, nvcc, some of cl): parsed, never run and never shell-expanded."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path, PurePath

from signoff.verifiers.project import CompileUnit

RESPONSE_LIMIT = 4 * 1024 * 1024
RESPONSE_DEPTH = 8
# Programs that start the compiler which follows them.
LAUNCHERS = frozenset({"ccache", "sccache", "distcc", "icecc", "buildcache", "gomacc"})
CL_COMPILERS = frozenset({"cl", "clang-cl"})

# What each option means, by spelling: compile_flags.toml.
_TABLE = tomllib.loads((resources.files("signoff.verifiers") / "compile_flags.toml").read_text("ascii"))


def _meanings(section: str) -> dict[str, str]:
    return {spelling: kind for kind, spellings in _TABLE[section].items() for spelling in spellings}


_JOINED, _SEPARATE, _CL = _meanings("joined"), _meanings("separate"), _meanings("cl")
_DROPPED = frozenset(_TABLE["dropped"])
_WITH_ARGUMENT = frozenset(_TABLE["with_argument"])
_MAYBE_ARGUMENT = {option: re.compile(pattern) for option, pattern in _TABLE["maybe_argument"].items()}
_TARGET = re.compile(r"(?:sm|compute|lto)_\d+[a-z]?|native|all|all-major")
_GENCODE = re.compile(r"arch=(?P<arch>[\w-]+)(?:,code=\[?(?P<code>[^\]]*)\]?)?")

ReadText = Callable[[str], str]


def split(command: str) -> list[str]:
    """The words of a "command" of compile_commands.json; one whose quotes do not match is split at blanks."""
    if not any(sign in command for sign in "\"'\\"):
        return command.split()
    try:
        if os.name == "nt":
            return [word.strip('"') for word in shlex.split(command, posix=False)]
        return shlex.split(command)
    except ValueError:
        return command.split()


def compiler_of(argv: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """(compiler, its arguments) of a command line; a launcher such as ccache is passed over."""
    words = list(argv)
    while len(words) > 1 and PurePath(words[0]).stem.lower() in LAUNCHERS:
        words.pop(0)
    return (words[0], tuple(words[1:])) if words else ("", ())


def parse(
    arguments: Iterable[str], directory: str, *, compiler: str = "", source: str = "", read: ReadText | None = None
) -> CompileUnit:
    """The parsed form of a compiler's arguments (without the compiler itself); the last word on a macro counts.

    Relative paths start at `directory`, also those of response files, which `read` reads (it may raise OSError).
    Files to compile, outputs and what kind of output is wanted are left out.
    """
    parser = _Parser(directory, PurePath(compiler).stem.lower() in CL_COMPILERS, read or _read_response)
    parser.take(list(arguments))
    return parser.unit(source, compiler)


def language(arguments: Sequence[str]) -> str:
    """The language that -x names ("cu"), "" where none is."""
    named = ""
    for place, word in enumerate(arguments):
        if word in ("-x", "--x") and place + 1 < len(arguments):
            named = arguments[place + 1]
        elif word.startswith(("-x=", "--x=")) or (word.startswith("-x") and word[2:3].islower()):
            named = word.partition("x")[2].lstrip("=")
    return named


def _read_response(path: str) -> str:
    with Path(path).open("rb") as file:
        return file.read(RESPONSE_LIMIT).decode("utf-8", errors="replace")


class _Parser:
    def __init__(self, directory: str, cl: bool, read: ReadText) -> None:
        self._directory, self._cl, self._read = directory, cl, read
        self._found: dict[str, dict[str, None]] = {kind: {} for kind in ("include", "system", "forced", "arch")}
        self._macros: dict[str, str | None] = {}
        self._standard = ""
        self._virtual: list[str] = []
        self._real: list[str] = []
        self._flags: list[str] = []
        self._depth = 0

    def take(self, words: list[str]) -> None:
        """Note every option, in order."""
        place = 0
        while place < len(words):
            place += self._one(words[place], words[place + 1] if place + 1 < len(words) else None)

    def _one(self, word: str, following: str | None) -> int:
        """Take one option; the count of words that it was."""
        kind, value = self._understood(word)
        if kind:
            if value is None:
                self._note(kind, word, following or "")
                return 2
            self._note(kind, word, value)
        elif word.startswith("@"):
            self._response(word[1:])
        elif word in ("-dc", "--device-c"):
            self._flags.append("-rdc=true")
        elif word in _DROPPED or not word.startswith("-"):
            if self._cl and word.startswith("/") and word not in _DROPPED and "." not in word:
                self._flags.append(word)
        elif following is not None and self._goes_along(word, following):
            self._flags += (word, following)
            return 2
        else:
            self._flags.append(word)
        return 1

    def _understood(self, word: str) -> tuple[str, str | None]:
        """(kind, value) of an option; the value is None where it is the next word."""
        if word in _JOINED or word in _SEPARATE:
            return _JOINED.get(word) or _SEPARATE[word], None
        name, equals, value = word.partition("=")
        if equals and name in _SEPARATE:
            return _SEPARATE[name], value
        for table in (_JOINED, _CL if self._cl else {}):
            for prefix, kind in table.items():
                if word == prefix:
                    return kind, None
                if word.startswith(prefix):
                    return kind, word[len(prefix) :].removeprefix("=")
        return ("output", word[2:]) if re.fullmatch(r"-o[^=]*[./].*", word) else ("", None)

    def _goes_along(self, word: str, following: str) -> bool:
        if word not in _WITH_ARGUMENT:
            return False
        pattern = _MAYBE_ARGUMENT.get(word)
        return pattern is None or pattern.fullmatch(following) is not None

    def _note(self, kind: str, word: str, value: str) -> None:
        if kind in ("include", "system"):
            self._found[kind][self._absolute(value)] = None
        elif kind == "forced":
            # Looked for as #include "..." would be: in the working folder first, else in the include folders.
            path = self._absolute(value)
            self._found[kind][path if os.path.isfile(path) else value] = None
        elif kind in ("define", "undefine"):
            name = re.split(r"[=(]", value, maxsplit=1)[0]
            self._macros.pop(name, None)
            self._macros[name] = value if kind == "define" else None
        elif kind == "standard":
            self._standard = value
        elif kind == "language":
            # Which language a C file is in, its ending says; of an assembler file only this whether it is preprocessed.
            self._flags += ("-x", value) if value.startswith("assembler") else ()
        elif kind == "response":
            self._response(value)
        elif kind == "host":
            self._host(word, value)
        else:
            self._target(kind, value)

    def _target(self, kind: str, value: str) -> None:
        if kind == "arch":
            self._virtual += [one.strip() for one in value.split(",") if one.strip()]
        elif kind == "code":
            self._real += [one.strip() for one in value.strip("[]").split(",") if one.strip()]
        elif kind == "gencode" and (match := _GENCODE.match(value.replace(" ", "").replace('"', "").replace("'", ""))):
            codes = [one for one in (match["code"] or "").split(",") if one]
            self._found["arch"].update(dict.fromkeys(_targets([match["arch"]], codes)))

    def _host(self, word: str, value: str) -> None:
        """What nvcc passes on to the host compiler, which preprocesses device code as well."""
        inner = _Parser(self._directory, self._cl, self._read)
        inner.take([part for part in value.split(",") if part])
        for kind, items in inner._found.items():
            self._found[kind].update(items)
        self._macros.update(inner._macros)
        self._standard = inner._standard or self._standard
        if inner._flags:
            self._flags += ("-Xcompiler", ",".join(inner._flags))

    def _response(self, name: str) -> None:
        if self._depth >= RESPONSE_DEPTH:
            return
        try:
            text = self._read(self._absolute(name))
        except OSError:
            return
        self._depth += 1
        self.take(split(text))
        self._depth -= 1

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._directory, path))

    def unit(self, source: str, compiler: str) -> CompileUnit:
        """What was noted."""
        targets = dict.fromkeys((*self._found["arch"], *_targets(self._virtual, self._real)))
        return CompileUnit(
            source=source,
            directory=self._directory,
            compiler=compiler,
            include_dirs=tuple(self._found["include"]),
            system_include_dirs=tuple(self._found["system"]),
            defines=tuple(value for value in self._macros.values() if value is not None),
            undefines=tuple(name for name, value in self._macros.items() if value is None),
            forced_includes=tuple(self._found["forced"]),
            standard=self._standard,
            architectures=tuple(targets),
            flags=tuple(self._flags),
        )


def _targets(virtual: Sequence[str], codes: Sequence[str]) -> list[str]:
    """The GPUs that a pair of nvcc's architecture options makes code for; PTX alone runs from its own version on."""
    real = [one for one in codes if not one.startswith("compute_")]
    return [re.sub(r"^(?:compute|lto)_", "sm_", one) for one in real or virtual or codes if _TARGET.fullmatch(one)]
