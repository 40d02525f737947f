"""Which Arm GNU toolchain is used: the setting, else the one on the PATH, else the newest in the usual places."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from signoff.verifiers import tools
from signoff.verifiers.run import ToolMissing, run_blocking
from signoff.verifiers.settings import VerifierSettings

# Asking a compiler for its version may wait for a disk, or for a machine that is busy.
ASK_SECONDS = 20.0
NAME = "arm-none-eabi-gcc"
# The programs of one toolchain lie beside its compiler; Debian keeps some under other names.
PROGRAMS = ("ld", "nm", "objdump", "addr2line", "size")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One Arm GNU toolchain; each program's path, "" where it is missing.

    `version` is gcc's ("12.2.1"), `library` whether a C library (newlib) came with it, `cpp_library` one for C++.
    `origin` says who named it, `note` is one line for the user: a setting that leads nowhere, how to get a toolchain.
    """

    gcc: str = ""
    gxx: str = ""
    ld: str = ""
    nm: str = ""
    objdump: str = ""
    addr2line: str = ""
    size: str = ""
    version: str = ""
    origin: str = ""
    note: str = ""
    library: bool = True
    cpp_library: bool = True

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version for comparison."""
        return tools.version_numbers(self.version)


_cache: dict[tuple[str, ...], Toolchain] = {}
_known: dict[str, Toolchain | None] = {}
_lock = threading.Lock()


def toolchain(settings: VerifierSettings, named: str = "") -> Toolchain:
    """The toolchain to use. Starts compilers the first time, so call it in a thread; afterwards a look-up.

    `named` is the compiler that the build names: taken only where it is one of those found anyway, as nothing that a
    workspace names is started.
    """
    key = (settings.mcu.toolchain, named if named and Path(named).is_absolute() else "", os.environ.get("PATH", ""))
    with _lock:
        if key not in _cache:
            _cache[key] = _choose(*key[:2])
        return _cache[key]


def forget() -> None:
    """Look again at the next call: something was installed, or a test has changed the surroundings."""
    with _lock:
        _cache.clear()
        _known.clear()


def how_to_get() -> str:
    """What brings a toolchain, for a person."""
    ways = _table()["get"]
    return f"{ways.get(sys.platform, ways['linux'])}; or set mcu.toolchain to the folder of one"


def _choose(configured: str, named: str) -> Toolchain:
    note = ""
    if configured:
        found, reason = _configured(configured)
        if found is not None:
            return found
        note = f"The setting mcu.toolchain names {configured}, which {reason}. "
    chosen = _of_build(named) or _on_path() or _newest()
    if chosen is None:
        return Toolchain(note=f"{note}No {NAME} was found: {how_to_get()}.")
    if note:
        return replace(chosen, note=f"{note}Using {chosen.gcc} instead.")
    return chosen


def _configured(configured: str) -> tuple[Toolchain | None, str]:
    path = Path(configured).expanduser()
    if not path.is_absolute():
        return None, "is not an absolute path"
    if not path.exists():
        return None, "does not exist"
    program = str(path) if path.is_file() else _compiler_in(path)
    if not program:
        return None, f"holds no {Path('bin', NAME)}"
    found = _asked(program, "mcu.toolchain")
    return found, "" if found else "is no Arm compiler that tells its version"


def _compiler_in(folder: Path) -> str:
    for inner in ("bin", "."):
        for name in (NAME, f"{NAME}.exe"):
            if (folder / inner / name).is_file():
                return str(folder / inner / name)
    return ""


def _of_build(named: str) -> Toolchain | None:
    if not named or "arm" not in Path(named).name:
        return None
    wanted = os.path.realpath(named)
    known = (program for program in (tools.on_path(NAME), *_programs()) if program)
    match = next((program for program in known if os.path.realpath(program) == wanted), "")
    return _asked(match, "the build") if match else None


def _on_path() -> Toolchain | None:
    program = tools.on_path(NAME)
    return _asked(program, "PATH") if program else None


def _newest() -> Toolchain | None:
    found = [one for program in _programs() if (one := _asked(program, str(Path(program).parent.parent)))]
    return max(found, key=lambda one: (one.library, one.numbers), default=None)


def _programs() -> Iterator[str]:
    """The compilers in the usual places."""
    seen: set[str] = set()
    for pattern in _table().get(sys.platform, ()):
        for folder in _folders(pattern):
            program = _compiler_in(folder)
            if program and os.path.realpath(program) not in seen:
                seen.add(os.path.realpath(program))
                yield program


def _folders(pattern: str) -> list[Path]:
    for name in ("ProgramFiles(x86)", "ProgramFiles", "APPDATA", "LOCALAPPDATA"):
        if f"%{name}%" in pattern:
            value = os.environ.get(name, "")
            if not value:
                return []
            pattern = pattern.replace(f"%{name}%", value)
    whole = Path(os.path.expanduser(pattern))  # noqa: PTH111  a pattern, not yet a path
    if "*" not in pattern:
        return [whole]
    try:
        return sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))))
    except (OSError, ValueError):
        return []


def _asked(program: str, origin: str) -> Toolchain | None:
    """The toolchain of a compiler; None where it is none for Arm, or cannot be started. Each is asked once."""
    real = os.path.realpath(program)
    if real not in _known:
        _known[real] = _ask_all(program)
    found = _known[real]
    return replace(found, origin=origin) if found else None


def _ask_all(program: str) -> Toolchain | None:
    machine, version = _ask(program, "-dumpmachine"), _ask(program, "-dumpfullversion", "-dumpversion")
    if not machine.startswith("arm") or not tools.version_numbers(version):
        return None
    # gcc answers with the bare name where it has no such file.
    library, cpp = (Path(_ask(program, f"-print-file-name={name}.a")).is_absolute() for name in ("libc", "libstdc++"))
    note = "" if library else f"{program} has no C library (newlib), so nothing can be linked: {how_to_get()}."
    others = {name: _beside(program, name) for name in PROGRAMS}
    gxx = _beside(program, "g++")
    return Toolchain(program, gxx, **others, version=version, note=note, library=library, cpp_library=cpp)


def _ask(program: str, *arguments: str) -> str:
    try:
        done = run_blocking((program, *arguments), timeout=ASK_SECONDS)
    except ToolMissing:
        return ""
    return "" if done.timed_out or done.returncode != 0 else done.stdout.decode("utf-8", "replace").strip()


def _beside(program: str, name: str) -> str:
    """Another program of the toolchain: "" where there is none beside the compiler."""
    path = Path(program)
    before, _, after = path.name.rpartition("gcc")
    for folder, stem in ((path.parent, before + name + after), (path.parent, before + name)):
        found = shutil.which(str(folder / stem))
        if found:
            return found
    return ""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("signoff.verifiers.mcu.compile") / "toolchain.toml").read_text("ascii"))
