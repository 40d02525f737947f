"""PlatformIO projects: platformio.ini, and what `pio` left of an earlier build (idedata.json). Nothing is run.

Formats: docs.platformio.org/en/latest: projectconf, and core/userguide/project/cmd_metadata
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from signoff.verifiers.compile_flags import parse, split
from signoff.verifiers.file_kinds import PLATFORMIO
from signoff.verifiers.mcu.build.boards import Board, find_board
from signoff.verifiers.mcu.build.cores import core_flags
from signoff.verifiers.mcu.build.link_line import LinkLine, parse_link
from signoff.verifiers.mcu.build.platformio_ini import Ini, IniError, read_ini
from signoff.verifiers.mcu.build.reading import (
    Reading,
    Unreadable,
    chosen,
    path_matches,
    problem,
    read_text,
    sources_below,
    unreadable,
)
from signoff.verifiers.mcu.build.targets import is_firmware
from signoff.verifiers.project import CompileUnit, Image

KIND = "PlatformIO"
_FILTER = re.compile(r"([+-])<([^>]*)>")
_NOT_BUILT = (
    "PlatformIO's framework adds include folders and macros that platformio.ini does not name: run "
    "`pio run -t compiledb` once."
)
_LINK = "How PlatformIO links its framework is not told by platformio.ini."
_DYNAMIC = "Some of platformio.ini's build_flags are computed by a script, which is not run."
MOST_ENVIRONMENTS = 40


def read_platformio(folder_or_file: str, *, names: Sequence[str] = ()) -> Reading:
    """An image for each environment of a platformio.ini that is for Arm. Nothing is run; never raises.

    With the idedata.json of a build, how files are compiled is declared; without, the framework's part is missing.
    """
    path = ini_path(folder_or_file)
    try:
        ini = read_ini(path)
    except Unreadable as error:
        return Reading(findings=(unreadable(path, "PlatformIoUnreadable", error),), files=(path,))
    except IniError as error:
        return Reading(findings=(problem(path, "PlatformIoSyntax", str(error), error.span),), files=(path,))
    files, images = [path], []
    for name in ini.environments()[:MOST_ENVIRONMENTS]:
        told = _idedata_path(ini, name)
        files.append(told)
        image = image_of(ini, name, _idedata(told))
        if image is not None:
            images.append(image)
    return chosen(Reading(tuple(images), tuple(ini.findings), (*files, *ini.included)), names)


def ini_path(folder_or_file: str) -> str:
    """The platformio.ini of a project's folder, or the file itself."""
    path = os.path.abspath(folder_or_file)
    return os.path.join(path, PLATFORMIO) if os.path.isdir(path) else path


def image_of(ini: Ini, name: str, data: Mapping[str, Any] | None) -> Image | None:
    """The image of one environment; `data` is what pio says of it (`pio project metadata`), None where it said nothing.

    None where the environment is not for an Arm microcontroller, or has no sources.
    """
    options = ini.options(f"env:{name}")
    board = find_board(ini.folder, options.get("board", ""), options.get("board_build.mcu", ""))
    flags, dynamic = _build_flags(ini, options)
    base = _of_data(ini, data) if data is not None else _of_ini(ini, board, flags)
    if base is None:
        return None
    units = tuple(replace(base, source=source, flags=_for(base, source, data)) for source in _sources(ini, options))
    link = _link(ini, options, flags)
    guessed = [] if data is not None else [_NOT_BUILT]
    guessed += [_DYNAMIC] if dynamic and data is None else []
    svd = str((data or {}).get("svd_path") or "")
    image = Image(
        name=name,
        root=ini.folder,
        origin=ini.path,
        kind=KIND,
        declared=data is not None,
        link_declared=False,
        units=units,
        linker_scripts=link.scripts,
        link_flags=(*core_flags(board.cpu, board.fpu), *link.flags),
        libraries=link.libraries,
        library_dirs=link.library_dirs,
        compiler=base.compiler,
        part=board.part,
        part_origin=board.origin or (ini.path if board.part else ""),
        svd=svd if os.path.isfile(svd) else "",
        guessed=(*guessed, _LINK),
    )
    return image if units else None


def _of_data(ini: Ini, data: Mapping[str, Any]) -> CompileUnit | None:
    """How the environment's C files are compiled, as pio says; None where its compiler is not for Arm."""
    compiler = str(data.get("cc_path") or "")
    words = _words(data.get("cc_flags"))
    if not is_firmware(compiler, words):
        return None
    includes = data.get("includes")
    groups = includes if isinstance(includes, dict) else {"build": includes or []}
    # The compiler finds its own (group "toolchain") by itself.
    folders = [str(one) for group in ("build", "compatlib") for one in groups.get(group) or ()]
    defines = [f"-D{one}" for one in data.get("defines") or () if isinstance(one, str)]
    arguments = [*words, *defines, *(f"-I{one}" for one in folders)]
    unit = parse(arguments, ini.folder, compiler=compiler)
    return replace(unit, origin=ini.path, declared=True)


def _of_ini(ini: Ini, board: Board, flags: list[str]) -> CompileUnit | None:
    """How C files are compiled as far as platformio.ini and the board tell; None where that is not for Arm."""
    if not board.cpu:
        return None
    folders = [ini.folder_of("include"), ini.folder_of("src"), *_library_folders(ini)]
    arguments = [*core_flags(board.cpu, board.fpu), *board.flags, *flags, *(f"-I{one}" for one in folders)]
    unit = parse(arguments, ini.folder, compiler="arm-none-eabi-gcc")
    return replace(unit, origin=ini.path, declared=False)


def _for(base: CompileUnit, source: str, data: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The flags of one file: C++ has some of its own."""
    if source.lower().endswith((".c", ".s")) or data is None:
        return base.flags
    return parse(_words(data.get("cxx_flags")), base.directory).flags or base.flags


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return split(value)
    return [str(one) for one in value] if isinstance(value, list) else []


def _build_flags(ini: Ini, options: Mapping[str, str]) -> tuple[list[str], bool]:
    """(the words of build_flags without those of build_unflags; whether a script computes more of them)."""
    lines = [*options.get("build_flags", "").splitlines(), *options.get("build_src_flags", "").splitlines()]
    dynamic = any(line.strip().startswith("!") for line in lines)
    text = " ".join(line for line in lines if not line.strip().startswith("!"))
    known = {"$PROJECT_DIR": ini.folder, "$PROJECT_SRC_DIR": ini.folder_of("src"), "$PROJECT_INCLUDE_DIR": ""}
    known["$PROJECT_INCLUDE_DIR"] = ini.folder_of("include")
    for name, value in sorted(known.items(), key=lambda one: -len(one[0])):
        text = text.replace(name, value).replace(f"${{{name[1:]}}}", value)
    unwanted = set(split(options.get("build_unflags", "")))
    return [word for word in split(text) if word not in unwanted and "$" not in word], dynamic


def _link(ini: Ini, options: Mapping[str, str], flags: list[str]) -> LinkLine:
    """What build_flags and the board's options say of the link."""
    script = options.get("board_build.ldscript", "").strip()
    wanted = [word for word in flags if word.startswith(("-Wl,", "-T", "-L", "-l", "-u", "--specs", "-specs", "-nost"))]
    return parse_link([*([f"-T{script}"] if script else []), *wanted], ini.folder)


def _sources(ini: Ini, options: Mapping[str, str]) -> Iterator[str]:
    """The sources of the project and of its own libraries."""
    chosen_ones = options.get("build_src_filter", "") or options.get("src_filter", "") or "+<*>"
    for inside, path in sources_below(ini.folder_of("src")):
        if _is_taken(inside, _FILTER.findall(chosen_ones) or [("+", "*")]):
            yield path
    for folder in _library_folders(ini):
        yield from (path for inside, path in sources_below(folder) if not _is_example(inside))


def _is_taken(inside: str, rules: Sequence[tuple[str, str]]) -> bool:
    taken = False
    for sign, pattern in rules:
        if path_matches(pattern.strip().replace("\\", "/").strip("/") or "*", inside):
            taken = sign == "+"
    return taken


def _is_example(inside: str) -> bool:
    return inside.lower().split("/")[0] in ("examples", "example", "test", "tests", "docs", "extras")


def _library_folders(ini: Ini) -> list[str]:
    """The folder of the sources of each library in the project's lib folder."""
    lib = ini.folder_of("lib")
    try:
        found = sorted(os.path.join(lib, name) for name in os.listdir(lib))
    except OSError:
        return []
    folders = [path for path in found if os.path.isdir(path)]
    return [os.path.join(path, "src") if os.path.isdir(os.path.join(path, "src")) else path for path in folders]


def _idedata_path(ini: Ini, name: str) -> str:
    return os.path.join(ini.folder_of("build"), name, "idedata.json")


def _idedata(path: str) -> Mapping[str, Any] | None:
    try:
        data = json.loads(read_text(path))
    except (Unreadable, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("cc_path") else None
