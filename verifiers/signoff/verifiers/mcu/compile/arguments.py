"""A build's flags as they may reach gcc and ld: by a list of what is harmless (flags.toml), whoever wrote them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any

from signoff.verifiers.mcu.build.link_line import takes_value
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.project import CompileUnit, Project

CPP_SUFFIXES = frozenset({".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".hpp", ".hh", ".hxx", ".h++"})
ASSEMBLER_SUFFIXES = frozenset({".s", ".asm"})
# Assembler that the preprocessor sees first.
CPP_ASSEMBLER_SUFFIXES = frozenset({".S", ".sx", ".spp"})
# Flags of C++ that gcc complains about in C, and the other way round: builds often share one list.
ONLY_CPP = re.compile(
    r"-f(?:no-)?(?:rtti|exceptions|threadsafe-statics|use-cxa-atexit|sized-deallocation)|-W.*(?:virtual|ctor)"
)
ONLY_C = re.compile(
    r"-W(?:no-)?(?:strict-prototypes|missing-prototypes|implicit\S*|nested-externs|old-style-\w+|bad-function-cast|jump-misses-init|pointer-sign|int-conversion|incompatible-pointer-types|(?:error=)?implicit\S*)|-fms-extensions"
)


@dataclass(frozen=True, slots=True)
class Vetted:
    """Flags to hand to gcc, and those of the build that were left out for what they could do or because unknown."""

    argv: tuple[str, ...]
    refused: tuple[str, ...] = ()


def arguments(unit: CompileUnit, project: Project, kit: Toolchain) -> Vetted:
    """The flags of one unit, without the compiler, the file and what is to be made of it.

    Flags that `kit`'s gcc does not know are not told apart here: see refusals.py.
    """
    language = language_of(unit)
    argv, refused = _filtered(unit.flags, language)
    places = [part for folder in unit.include_dirs for part in ("-I", folder)]
    places += [part for folder in unit.system_include_dirs for part in ("-isystem", folder)]
    macros = [f"-D{one}" for one in unit.defines] + [f"-U{one}" for one in unit.undefines]
    # gcc takes a word that begins with @ for a file of further options, wherever it stands.
    unsafe = tuple(path for path in unit.forced_includes if path.startswith(("@", "-")))
    forced = [part for path in unit.forced_includes if path and path not in unsafe for part in ("-include", path)]
    standard = [f"-std={unit.standard}"] if _fits(unit.standard, language) else []
    return Vetted((*argv, *standard, *macros, *places, *forced), (*refused, *unsafe))


def language_of(unit: CompileUnit) -> str:
    """The language of a unit, as gcc's -x names it: by -x among its flags, else by its file's ending, else C."""
    for word, following in zip(unit.flags, (*unit.flags[1:], "")[: len(unit.flags)], strict=True):
        named = following if word == "-x" else word[2:] if re.fullmatch(r"-x[a-z+-]+", word) else ""
        if re.fullmatch(_patterns()["pairs"]["-x"], named):
            return named
    suffix = PurePath(unit.source).suffix
    if suffix in CPP_SUFFIXES or unit.compiler.endswith(("g++", "clang++")):
        return "c++"
    if suffix in CPP_ASSEMBLER_SUFFIXES:
        return "assembler-with-cpp"
    return "assembler" if suffix.lower() in ASSEMBLER_SUFFIXES else "c"


def link_arguments(flags: Iterable[str]) -> Vetted:
    """The flags of a link that may reach gcc: machine and optimisation flags, and what ld may be told."""
    kept: list[str] = []
    refused: list[str] = []
    for word, following in _paired(_with_linker_words(flags)):
        if word == "-u" and re.fullmatch(r"\w+", following):
            kept.append(f"-Wl,--undefined={following}")
        elif word.startswith("-Wl,"):
            _linker(word[4:].split(","), kept, refused)
        elif _specs(word, following):
            kept.append(_specs(word, following))
        elif _matches(word, "link", "allowed") or (_matches(word, "compile", "allowed") and _may_link(word)):
            kept.append(word)
        elif not _may_pass_silently(word):
            refused.append(word)
    return Vetted(tuple(kept), tuple(dict.fromkeys(refused)))


def _filtered(flags: Sequence[str], language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kept: list[str] = []
    refused: list[str] = []
    for word, following in _paired(flags):
        specs = _specs(word, following)
        pair = _patterns()["pairs"].get(word)
        if pair is not None:
            # The language is told by the caller, who knows how the text reaches gcc.
            fits = re.fullmatch(pair, following) is not None
            kept += (word, following) if fits and word != "-x" else ()
            refused += () if fits else (word, following)
        elif specs:
            kept.append(specs)
        elif _matches(word, "compile", "silent") or word.startswith("-x"):
            continue
        elif _matches(word, "compile", "refused") or not _matches(word, "compile", "allowed"):
            refused.append(word)
        elif _concerns(word, language):
            kept.append(word)
    return tuple(kept), tuple(dict.fromkeys(refused))


def _paired(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each word with the next where the two belong together, else with ""."""
    rest = list(words)
    place = 0
    while place < len(rest):
        word = rest[place]
        takes = word in _patterns()["pairs"] or word in ("-specs", "--specs", "-u", "-T", "-L", "-l")
        following = rest[place + 1] if takes and place + 1 < len(rest) else ""
        yield word, following
        place += 2 if takes else 1


def _with_linker_words(flags: Iterable[str]) -> Iterator[str]:
    """-Xlinker a -Xlinker b, or -Wl,a -Wl,b, as -Wl,a,b: what belongs together must come together."""
    words = list(flags)
    gathered: list[str] = []
    place = 0
    while place < len(words):
        if words[place] == "-Xlinker" and place + 1 < len(words):
            gathered.append(words[place + 1])
            place += 2
            continue
        if words[place].startswith("-Wl,"):
            gathered.append(words[place].removeprefix("-Wl,"))
            place += 1
            continue
        if gathered:
            yield "-Wl," + ",".join(gathered)
            gathered = []
        yield words[place]
        place += 1
    if gathered:
        yield "-Wl," + ",".join(gathered)


def _linker(parts: list[str], kept: list[str], refused: list[str]) -> None:
    place = 0
    while place < len(parts):
        part, following = parts[place], parts[place + 1] if place + 1 < len(parts) else ""
        pair = _patterns()["linker_pairs"].get(part)
        if pair is not None and re.fullmatch(pair, following):
            kept.append(f"-Wl,{part},{following}")
            place += 1
        elif _matches(part, "link", "linker"):
            kept.append(f"-Wl,{part}")
        elif part in ("-Map", "--Map", "-T", "--script", "-L"):
            place += 1
        elif takes_value(part) and following:
            # Without its option the value would be a file to link.
            refused.append(f"-Wl,{part},{following}")
            place += 1
        elif part and not _matches(part, "link", "silent") and not part.startswith(("-L", "-l", "-T", "--script")):
            refused.append(f"-Wl,{part}")
        place += 1


def _specs(word: str, following: str) -> str:
    """The flag that names one of the toolchain's own spec files; "" where it does not."""
    name, _, value = word.partition("=")
    if name not in ("-specs", "--specs"):
        return ""
    named = value or following
    if not re.fullmatch(_patterns()["specs"], named):
        return ""
    return f"--specs={named if named.endswith('.specs') else named + '.specs'}"


def _may_link(word: str) -> bool:
    return not word.startswith(("-W", "-std=")) and not _matches(word, "compile", "refused")


def _may_pass_silently(word: str) -> bool:
    return (
        _matches(word, "compile", "silent") or word.startswith(("-W", "-std=", "-D", "-U", "-I", "-x")) or word == "-T"
    )


def _concerns(word: str, language: str) -> bool:
    if language.startswith("assembler"):
        return word.startswith(("-m", "-g", "-Wa,", "-nostdinc", "-undef", "-traditional"))
    return not (ONLY_CPP if language == "c" else ONLY_C).fullmatch(word)


def _fits(standard: str, language: str) -> bool:
    """Whether a -std value is one of the language: builds give C++'s to C files as well, and gcc complains."""
    if not standard or language.startswith("assembler"):
        return False
    return ("++" in standard) == (language == "c++") and re.fullmatch(r"[\w+:]+", standard) is not None


def _matches(word: str, section: str, which: str) -> bool:
    return _compiled(section, which).fullmatch(word) is not None


@cache
def _compiled(section: str, which: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in _table()[section][which]))


@cache
def _patterns() -> dict[str, Any]:
    table = _table()
    pairs, linker = table["compile"]["pairs"], table["link"]["linker_pairs"]
    return {"pairs": pairs, "linker_pairs": linker, "specs": re.compile(table["specs"]["allowed"])}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("signoff.verifiers.mcu.compile") / "flags.toml").read_text("ascii"))
