"""The compilers that may read a C file of which no build is known: Arm's, and those of this machine."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from signoff.verifiers import tools
from signoff.verifiers.mcu.build.targets import is_firmware
from signoff.verifiers.mcu.compile.toolchain import ASK_SECONDS, Toolchain, toolchain
from signoff.verifiers.project import CompileUnit
from signoff.verifiers.run import ToolMissing, run_blocking
from signoff.verifiers.settings import VerifierSettings

# What the system's compilers are called; on a Mac gcc is clang, and --version tells.
HOST_NAMES = ("gcc", "clang", "cc")
# What a text of firmware has: its libraries' headers, registers' and interrupts' names. It decides which compiler is
# asked first, no more: the other one has its turn where a header is missing.
FIRMWARE = re.compile(
    r"libopencm3|stm32|\bcore_cm\d|cmsis|FreeRTOS|\barm_math\b|\bnrf\d\d|_IRQHandler\b|\bNVIC_|\bGPIO[A-K]\b"
    r"|__(?:ASM|WFI|DSB|disable_irq|get_PRIMASK)\b|\b__attribute__\s*\(\(\s*interrupt|\bcortex",
    re.IGNORECASE,
)
# How far into a text that is looked for: further down is more of the same.
LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Compiler:
    """One compiler: `tool` is what it is called in findings, `kit` has its programs, `host` that it is no Arm's."""

    tool: str
    kit: Toolchain
    host: bool = False
    clang: bool = False


_hosts: dict[str, Compiler | None] = {}
_lock = threading.Lock()


def compilers(settings: VerifierSettings, unit: CompileUnit, text: str) -> tuple[Compiler, ...]:
    """Those that are there, who is asked first first. Starts compilers the first time, so call it in a thread.

    Nothing that a workspace names is started: `unit` only tells what its compiler is for.
    """
    kit, host = toolchain(settings), _host()
    arm = (Compiler("arm-none-eabi-gcc", kit),) if kit.gcc else ()
    here = (host,) if host is not None else ()
    if unit.compiler:
        firmware = is_firmware(unit.compiler, unit.flags)
    else:
        firmware = FIRMWARE.search(text, 0, LOOKED_AT) is not None
    return (*arm, *here) if firmware else (*here, *arm)


def known(settings: VerifierSettings) -> tuple[str, str]:
    """(a compiler's path, its version) where there is one at all; ("", "") where none is."""
    found = compilers(settings, CompileUnit(""), "")
    return (found[0].kit.gcc, found[0].kit.version) if found else ("", "")


def forget() -> None:
    """Look again at the next call: something was installed, or a test has changed the surroundings."""
    with _lock:
        _hosts.clear()


def _host() -> Compiler | None:
    """The system's own compiler; None where there is none. Asked once for each PATH."""
    key = os.environ.get("PATH", "")
    with _lock:
        if key not in _hosts:
            _hosts[key] = next(_found(), None)
        return _hosts[key]


def _found() -> Iterator[Compiler]:
    for name in HOST_NAMES:
        program = tools.on_path(name)
        told = _told(program, "--version") if program else ""
        version = _told(program, "-dumpfullversion", "-dumpversion") if told else ""
        if not tools.version_numbers(version) and not version.isdecimal():
            continue
        clang = "clang" in told
        other = tools.on_path("clang++" if clang else "g++")
        kit = Toolchain(program, other, version=version, origin="PATH")
        yield Compiler("clang" if clang else "gcc", replace(kit, cpp_library=bool(other)), host=True, clang=clang)


def _told(program: str, *arguments: str) -> str:
    try:
        done = run_blocking((program, *arguments), timeout=ASK_SECONDS)
    except ToolMissing:
        return ""
    return "" if done.timed_out or done.returncode else done.stdout.decode("utf-8", "replace").strip()
