"""NVIDIA's run-time compiler, called through its C interface. Holds the interpreter's lock: for a worker process."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# nvrtcResult of nvrtc.h.
SUCCESS = 0
COMPILATION_FAILED = 6
CANCELLED = 16
FLOW = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class LibraryFault(Exception):
    """The library cannot be loaded or fails in a way that says nothing about the code."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One compilation: whether it succeeded, its log, and whether it was given up at its time limit."""

    ok: bool
    log: str
    gave_up: bool = False


class Library:
    """One loaded libnvrtc."""

    def __init__(self, path: str) -> None:
        """Load the library at `path`. Raises LibraryFault."""
        try:
            self._lib = ctypes.CDLL(path)
            self._lib.nvrtcGetErrorString.restype = ctypes.c_char_p
        except (OSError, AttributeError) as error:
            raise LibraryFault(f"{path} cannot be loaded: {error}") from error

    def version(self) -> tuple[int, int]:
        """(major, minor)."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._checked(self._lib.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)))
        return major.value, minor.value

    def architectures(self) -> tuple[str, ...]:
        """What it compiles for, as in "sm_80"; () for a release that cannot tell."""
        if not hasattr(self._lib, "nvrtcGetSupportedArchs"):
            return ()
        count = ctypes.c_int()
        self._checked(self._lib.nvrtcGetNumSupportedArchs(ctypes.byref(count)))
        numbers = (ctypes.c_int * count.value)()
        self._checked(self._lib.nvrtcGetSupportedArchs(numbers))
        return tuple(f"sm_{number}" for number in numbers)

    def reserve_pch(self, size: int) -> bool:
        """Set aside `size` bytes for precompiled headers; False for a release (before 12.8) that has none."""
        if not hasattr(self._lib, "nvrtcSetPCHHeapSize"):
            return False
        current = ctypes.c_size_t()
        self._checked(self._lib.nvrtcGetPCHHeapSize(ctypes.byref(current)))
        return current.value == size or self._lib.nvrtcSetPCHHeapSize(ctypes.c_size_t(size)) == SUCCESS

    def compile(
        self, name: str, text: bytes, headers: Mapping[str, bytes], options: Sequence[str], seconds: float
    ) -> Compiled:
        """Compile one text with headers held in memory; given up after `seconds` where the release can be stopped."""
        program = ctypes.c_void_p()
        names = (ctypes.c_char_p * len(headers))(*(key.encode("utf-8", "replace") for key in headers))
        bodies = (ctypes.c_char_p * len(headers))(*headers.values())
        encoded = name.encode("utf-8", "replace")
        self._checked(self._lib.nvrtcCreateProgram(ctypes.byref(program), text, encoded, len(headers), bodies, names))
        try:
            return self._compiled(program, options, seconds)
        finally:
            self._lib.nvrtcDestroyProgram(ctypes.byref(program))

    def _compiled(self, program: ctypes.c_void_p, options: Sequence[str], seconds: float) -> Compiled:
        end = time.monotonic() + seconds
        over = FLOW(lambda _payload, _reserved: int(time.monotonic() > end))
        if hasattr(self._lib, "nvrtcSetFlowCallback"):
            self._lib.nvrtcSetFlowCallback(program, over, None)
        given = (ctypes.c_char_p * len(options))(*(option.encode("utf-8", "replace") for option in options))
        result = self._lib.nvrtcCompileProgram(program, len(options), given)
        log = self._log(program)
        if result not in (SUCCESS, COMPILATION_FAILED):
            if result == CANCELLED or time.monotonic() > end:
                return Compiled(False, log, gave_up=True)
            raise LibraryFault(f"{self._reason(result)} {log.strip()[:500]}".strip())
        return Compiled(result == SUCCESS, log, gave_up=result != SUCCESS and time.monotonic() > end and not log)

    def _log(self, program: ctypes.c_void_p) -> str:
        size = ctypes.c_size_t()
        self._checked(self._lib.nvrtcGetProgramLogSize(program, ctypes.byref(size)))
        buffer = ctypes.create_string_buffer(size.value)
        self._checked(self._lib.nvrtcGetProgramLog(program, buffer))
        return buffer.value.decode("utf-8", "replace")

    def _checked(self, result: int) -> None:
        if result != SUCCESS:
            raise LibraryFault(self._reason(result))

    def _reason(self, result: int) -> str:
        text: bytes | None = self._lib.nvrtcGetErrorString(result)
        return text.decode(errors="replace") if text else f"NVRTC error {result}"
