"""Which CUDA toolkit is used: the setting, else the user's own (CUDA_HOME, PATH, /usr/local/cuda), else pip's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from signoff.verifiers import tools
from signoff.verifiers.extras import install
from signoff.verifiers.run import Completed, ToolMissing, run_blocking
from signoff.verifiers.settings import VerifierSettings

# Asking a driver for its version starts a shell or two on a busy machine.
ASK_SECONDS = 20.0
USUAL_FOLDERS = ("/usr/local/cuda", "/opt/cuda")
RELEASE = re.compile(rb"release (\d+\.\d+)(?:, V([\d.]+))?")
TOP = re.compile(rb"^#\$ TOP=(.+)$", re.MULTILINE)
CODE = re.compile(rb"\bsm_\d+\b")
LIBRARY_FOLDERS = ("lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib", "bin/x64", "bin")
HEADER_FOLDERS = ("include", "targets/x86_64-linux/include", "targets/sbsa-linux/include")


@dataclass(frozen=True, slots=True)
class Nvrtc:
    """A run-time compiler library and the headers of the same release ("" and () where there is none)."""

    path: str = ""
    include_dirs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Toolkit:
    """One CUDA toolkit.

    `nvcc` and `env` start the compiler (() where there is none), `architectures` is what it compiles for ("sm_80"),
    `nvrtc` its run-time compiler, or pip's where it has none. `origin` says who named it, `note` what the user should
    hear: a setting that leads nowhere, or how to get a toolkit. `warning` is the former alone.
    """

    root: str = ""
    nvcc: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    version: str = ""
    architectures: tuple[str, ...] = ()
    nvrtc: Nvrtc = field(default_factory=Nvrtc)
    include_dirs: tuple[str, ...] = ()
    origin: str = ""
    note: str = ""
    warning: str = ""


_cache: dict[tuple[str, ...], Toolkit] = {}
_lock = threading.Lock()


def how_to_get() -> str:
    """What brings a toolkit, for a person."""
    return f"{install('cuda')}, or set cuda.toolkit to the folder of a CUDA toolkit of your own"


def toolkit(settings: VerifierSettings) -> Toolkit:
    """The toolkit to use. Starts nvcc the first time, so call it in a thread; afterwards a look-up."""
    variables = (os.environ.get(name, "") for name in ("CUDA_HOME", "CUDA_PATH", "PATH"))
    key = (settings.cuda.toolkit, *variables)
    with _lock:
        if key not in _cache:
            _cache[key] = _choose(settings.cuda.toolkit)
        return _cache[key]


def forget() -> None:
    """Look again at the next call: something was installed, or a test has changed the surroundings."""
    with _lock:
        _cache.clear()


def _choose(configured: str) -> Toolkit:
    note = _environment()
    if configured:
        folder = Path(configured).expanduser()
        found, reason = _at(folder, "cuda.toolkit") if folder.is_absolute() else (None, "is not an absolute path")
        if found is not None:
            return _with_nvrtc(found)
        note += f"The setting cuda.toolkit names {configured}, which {reason}. "
    for found in _candidates():
        said = note and f"{note}Using {found.root} instead."
        return replace(_with_nvrtc(found), note=said, warning=said)
    only = _with_nvrtc(Toolkit(origin="pip"))
    missing = f"{note}No nvcc was found: {how_to_get()}."
    root = str(Path(only.nvrtc.path).parent.parent) if only.nvrtc.path else ""
    return replace(only, root=root, note=missing, warning=note.strip())


def _environment() -> str:
    """What to tell of variables that name folders which are not there; "" where all is well."""
    named = ((name, os.environ.get(name, "")) for name in ("CUDA_HOME", "CUDA_PATH"))
    return "".join(f"{name} names {folder}, which does not exist. " for name, folder in named if _is_gone(folder))


def _is_gone(folder: str) -> bool:
    return Path(folder).is_absolute() and not Path(folder).exists()


def _candidates() -> Iterator[Toolkit]:
    """The toolkits that are there, in the order of preference; each is asked only when its turn comes."""
    for name in ("CUDA_HOME", "CUDA_PATH"):
        folder = os.environ.get(name, "")
        if folder and Path(folder).is_absolute():
            yield from filter(None, [_at(Path(folder), name)[0]])
    program = tools.on_path("nvcc")
    if program:
        yield from filter(None, [_of_program(program)])
    for folder in USUAL_FOLDERS:
        yield from filter(None, [_at(Path(folder), folder)[0]])
    for path in _packages():
        yield from filter(None, [_at(path, "pip")[0]])


def _at(root: Path, origin: str) -> tuple[Toolkit | None, str]:
    """The toolkit in a folder, or None and what is wrong with the folder."""
    if not root.is_dir():
        return None, "does not exist" if not root.exists() else "is no folder"
    program = next((path for name in ("nvcc", "nvcc.exe") if (path := root / "bin" / name).is_file()), None)
    if program is None:
        return None, f"holds no {Path('bin', 'nvcc')}"
    found = _asked(str(program), root, origin)
    return found, "" if found else f"holds a {Path('bin', 'nvcc')} that does not tell its version"


def _of_program(program: str) -> Toolkit | None:
    """The toolkit of an nvcc on the PATH, which may be a script that starts the real one elsewhere."""
    resolved = Path(program).resolve().parent.parent
    if (resolved / "include" / "cuda_runtime.h").is_file() or (resolved / "nvvm").is_dir():
        return _asked(program, resolved, "PATH")
    # The driver tells its own folder when asked what it would do; the file need not be there.
    done = _ask(program, "--dryrun", "-cubin", "signoff.cu")
    match = TOP.search(done.stderr + done.stdout) if done else None
    root = Path(os.fsdecode(match[1].strip())) if match else resolved
    return _asked(program, root.resolve() if root.is_absolute() else resolved, "PATH")


def _asked(program: str, root: Path, origin: str) -> Toolkit | None:
    told = _ask(program, "--version")
    match = RELEASE.search(told.stdout) if told else None
    if match is None:
        return None
    codes = _ask(program, "--list-gpu-code") or _ask(program, "--help")
    names = sorted({name.decode() for name in CODE.findall(codes.stdout)}, key=_number) if codes else ()
    version = (match[2] or match[1]).decode()
    return Toolkit(
        root=str(root),
        nvcc=(program,),
        version=version,
        architectures=tuple(names),
        include_dirs=_headers(root),
        nvrtc=Nvrtc(_library(root), _headers(root)),
        origin=origin,
    )


def _ask(program: str, *arguments: str) -> Completed | None:
    try:
        done = run_blocking((program, *arguments), timeout=ASK_SECONDS)
    except ToolMissing:
        return None
    return None if done.timed_out or done.returncode != 0 else done


def _with_nvrtc(found: Toolkit) -> Toolkit:
    """The toolkit with pip's NVRTC, and the headers beside that, where it has none of its own."""
    if found.nvrtc.path:
        return found
    for root in _packages():
        library = _library(root)
        if library:
            return replace(found, nvrtc=Nvrtc(library, _headers(root) or _sibling_headers(root) or found.include_dirs))
    return replace(found, nvrtc=Nvrtc())


def _library(root: Path) -> str:
    """The NVRTC library of a toolkit's folder; "" where it has none. Statically linked ones are of no use."""
    for folder in LIBRARY_FOLDERS:
        names = [*root.joinpath(folder).glob("libnvrtc.so*"), *root.joinpath(folder).glob("nvrtc64_*.dll")]
        names = [path for path in names if "alt" not in path.name and "builtins" not in path.name]
        if names:
            return str(min(names, key=lambda path: (len(path.name), path.name)))
    return ""


def _headers(root: Path) -> tuple[str, ...]:
    """The include folders of a toolkit: its own, then that of the CUDA C++ core libraries (since CUDA 13)."""
    for folder in HEADER_FOLDERS:
        path = root / folder
        if (path / "cuda_runtime.h").is_file():
            core = path / "cccl"
            return (str(path), str(core)) if core.is_dir() else (str(path),)
    return ()


def _sibling_headers(root: Path) -> tuple[str, ...]:
    """CUDA 12's wheels have a folder for each part."""
    parts = (root.parent / name / "include" for name in ("cuda_runtime", "cuda_cccl", "cuda_nvcc"))
    return tuple(str(path) for path in parts if path.is_dir())


def _packages() -> Iterator[Path]:
    """The folders that NVIDIA's wheels fill: nvidia/cu13 (all parts together), nvidia/cuda_nvrtc (one part)."""
    try:
        spec = importlib.util.find_spec("nvidia")
    except (ImportError, ValueError):
        return
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folders = sorted(Path(place).glob("cu[0-9]*"), key=lambda path: _number(path.name), reverse=True)
        yield from (*folders, Path(place) / "cuda_nvcc", Path(place) / "cuda_nvrtc")


def _number(name: str) -> int:
    digits = "".join(letter for letter in name if letter.isdigit())
    return int(digits) if digits else 0


def host_compiler_missing() -> bool:
    """True where nvcc has no C++ compiler to start: it takes g++ (cl on Windows) from the PATH."""
    names = ("cl",) if os.name == "nt" else ("gcc", "g++", "c++", "clang")
    return not any(shutil.which(name) for name in names)
