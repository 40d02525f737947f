"""Makefiles as data, as CubeMX writes them: sources, flags and linker script from their variables. make is not run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from signoff.verifiers.compile_flags import parse, split
from signoff.verifiers.file_kinds import MAKEFILES
from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.build.link_line import parse_link
from signoff.verifiers.mcu.build.make_variables import UNKNOWN, Variables
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, chosen, is_source, problem, read_text, span_of
from signoff.verifiers.mcu.build.targets import is_firmware
from signoff.verifiers.project import CompileUnit, Image

KIND = "Makefile"
# Variables that hold the flags of all files, or of those of one language, as GNU make's own rules and CubeMX name them.
_C_FLAGS, _CPP_FLAGS, _ASM_FLAGS = ("CPPFLAGS", "CFLAGS"), ("CPPFLAGS", "CXXFLAGS"), ("ASFLAGS",)
_LIKE_C_FLAGS = re.compile(
    r"(?:\w*_)?(?:C|CPP|COMMON_?|ARCH_|MCU_?|CPU_?|OPENCM3_)FLAGS|(?:\w*_)?DEFS|(?:\w*_)?INCLUDES?"
)
_LIKE_LINK_FLAGS = re.compile(r"(?:\w*_)?LD(?:FLAGS|LIBS)")
_LINK_FLAGS = ("LDFLAGS", "LDLIBS")
# What CubeMX's Makefile has: with these, the rules are known to be its own.
_CUBEMX = ("C_SOURCES", "C_INCLUDES", "C_DEFS", "LDSCRIPT", "TARGET")
_NOT_RUN = "Read from the Makefile's variables, without running make: its rules may add flags or files."


def read_makefile(folder_or_file: str, *, names: Sequence[str] = ()) -> Reading:
    """The image that a Makefile's variables describe, none where they name no Arm compiler or no source. Never raises.

    Takes the Makefile or its folder. Declared where it is as CubeMX writes it and all of it could be read.
    """
    path = makefile_in(folder_or_file)
    if not path:
        return Reading()
    variables = _variables(path)
    files = tuple(variables.files)
    image = _image(path, variables)
    if image is None:
        return Reading(files=files)
    missing = [unit.source for unit in image.units if not os.path.isfile(unit.source)]
    present = tuple(unit for unit in image.units if os.path.isfile(unit.source))
    # Where the rules are not known, make may find a source elsewhere (vpath).
    findings = tuple(_missing(path, source) for source in missing) if image.declared else ()
    if missing:
        told = f"{len(missing)} of the sources that the Makefile lists are not there."
        image = replace(image, units=present, link_declared=False, guessed=(*image.guessed, told))
    return chosen(Reading((image,) if present else (), findings, files), names)


def makefiles_of(path: str) -> tuple[str, ...]:
    """A Makefile and what it includes, as far as that can be told without running make."""
    return tuple(_variables(path).files) or (path,)


def makefile_in(folder_or_file: str) -> str:
    """The Makefile that is meant, absolute; "" where a folder has none."""
    if os.path.isfile(folder_or_file):
        return os.path.abspath(folder_or_file)
    found = (os.path.join(folder_or_file, name) for name in MAKEFILES)
    return next((os.path.abspath(path) for path in found if os.path.isfile(path)), "")


def _variables(path: str) -> Variables:
    variables = Variables(os.path.dirname(path), {"CC": "cc", "CXX": "g++", "RM": "rm -f", "AR": "ar", "AS": "as"})
    variables.read(path)
    return variables


def _image(path: str, variables: Variables) -> Image | None:
    compiler = variables.value("CC").strip()
    sources = list(dict.fromkeys(_sources(variables)))
    guessed = _guesses(variables)
    flags = _flags(variables, _c_flags(variables, bool(guessed)))
    if not sources or not is_firmware((compiler.split() or [""])[-1], flags):
        return None
    units = tuple(_unit(source, path, variables, not guessed) for source in sources)
    link = parse_link(_flags(variables, _link_flags(variables, bool(guessed))), variables.folder)
    scripts = link.scripts or tuple(_scripts(variables))
    name = variables.value("TARGET").strip() or variables.value("BINARY").strip() or os.path.basename(variables.folder)
    return Image(
        name=os.path.basename(name) if UNKNOWN not in name else os.path.basename(variables.folder),
        root=variables.folder,
        origin=path,
        kind=KIND,
        declared=not guessed,
        link_declared=not guessed and bool(scripts),
        units=units,
        linker_scripts=scripts,
        link_flags=link.flags,
        libraries=link.libraries,
        library_dirs=link.library_dirs,
        objects=link.objects,
        compiler=(compiler.split() or [""])[-1],
        guessed=guessed,
    )


def _guesses(variables: Variables) -> tuple[str, ...]:
    used = " ".join(variables.value(name) for name in (*_CUBEMX, *_C_FLAGS, *_ASM_FLAGS, *_LINK_FLAGS, "ASM_SOURCES"))
    if all(name in variables.values for name in _CUBEMX) and UNKNOWN not in used and not variables.uncertain:
        return ()
    return (_NOT_RUN,)


def _c_flags(variables: Variables, guessed: bool) -> tuple[str, ...]:
    """The variables that hold the flags of C files; where the rules are not known, all that are named like it."""
    if not guessed:
        return _C_FLAGS
    others = (name for name in variables.values if _LIKE_C_FLAGS.fullmatch(name) and name not in _C_FLAGS)
    return (*_C_FLAGS, *others)


def _link_flags(variables: Variables, guessed: bool) -> tuple[str, ...]:
    others = (name for name in variables.values if guessed and _LIKE_LINK_FLAGS.fullmatch(name))
    return tuple(dict.fromkeys((*_LINK_FLAGS, *others)))


def _sources(variables: Variables) -> Iterator[str]:
    """The sources that any variable lists; of objects, the source that lies where the object is made."""
    listed = [name for name in variables.values if re.search(r"SRC|SOURCE|SRCS", name, re.IGNORECASE)]
    found = False
    for name in listed:
        for word in variables.value(name).split():
            if is_source(word) and UNKNOWN not in word and "%" not in word:
                found = True
                yield os.path.normpath(os.path.join(variables.folder, word))
    if not found:
        for name in ("OBJS", "OBJECTS", "OBJ"):
            yield from _made_of(variables, variables.value(name).split())


def _made_of(variables: Variables, objects: list[str]) -> Iterator[str]:
    for word in objects:
        stem = os.path.normpath(os.path.join(variables.folder, os.path.splitext(word)[0]))
        if UNKNOWN not in word:
            yield from (path for ending in (".c", ".cpp", ".s", ".S") if os.path.isfile(path := stem + ending))


def _flags(variables: Variables, names: Sequence[str]) -> list[str]:
    """The words of some variables that are known in full."""
    text = " ".join(variables.value(name) for name in names)
    return [word for word in split(text) if UNKNOWN not in word and "$" not in word]


def _unit(source: str, path: str, variables: Variables, declared: bool) -> CompileUnit:
    more: tuple[str, ...] = ()
    own = every = _c_flags(variables, not declared)
    program = "CC"
    ending = os.path.splitext(source)[1]
    if ending.lower() in (".s", ".sx", ".asm"):
        own, more = (_ASM_FLAGS if "ASFLAGS" in variables.values else every), ("-x", "assembler-with-cpp")
    elif ending != ".c":
        program, own = "CXX", (_CPP_FLAGS if "CXXFLAGS" in variables.values else every)
    compiler = (variables.value(program).split() or [""])[-1]
    unit = parse([*more, *_flags(variables, own)], variables.folder, compiler=compiler, source=source)
    return replace(unit, origin=path, declared=declared)


def _scripts(variables: Variables) -> Iterator[str]:
    for name in ("LDSCRIPT", "LINKER_SCRIPT", "LD_SCRIPT", "LINKERSCRIPT"):
        value = variables.value(name).strip()
        if value and UNKNOWN not in value:
            yield os.path.normpath(os.path.join(variables.folder, value))


def _missing(path: str, source: str) -> Finding:
    try:
        text = read_text(path)
    except Unreadable:
        text = ""
    name = os.path.basename(source)
    shown = os.path.relpath(source, os.path.dirname(path))
    return problem(path, "MakefileMissingSource", f"{shown} is listed, but it is not there.", span_of(text, name))
