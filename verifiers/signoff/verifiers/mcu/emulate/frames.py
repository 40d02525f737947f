"""From code addresses to source lines, by the toolchain's addr2line."""

from __future__ import annotations

import os
from collections.abc import Iterable

from signoff.verifiers.mcu.emulate.emulation import Frame
from signoff.verifiers.run import ToolMissing, run
from signoff.verifiers.scratch import session_folder

ADDR2LINE_SECONDS = 20.0


async def frames_of(addr2line: str, elf: str, addresses: Iterable[int]) -> dict[int, tuple[Frame, ...]]:
    """The source places of code addresses, inlined functions innermost first; {} where addr2line cannot be run."""
    wanted = sorted(set(addresses))
    if not addr2line or not wanted:
        return {}
    argv = (addr2line, "-a", "-f", "-i", "-C", "-e", elf, *(hex(address) for address in wanted))
    try:
        done = await run(argv, cwd=session_folder(), timeout=ADDR2LINE_SECONDS)
    except ToolMissing:
        return {}
    return parse_addr2line(done.stdout)


def parse_addr2line(output: bytes) -> dict[int, tuple[Frame, ...]]:
    """Frames by address from `addr2line -a -f -i`: an address, then pairs of lines (function, file:line)."""
    found: dict[int, tuple[Frame, ...]] = {}
    address, function = 0, ""
    for line in output.decode(errors="replace").splitlines():
        if line.startswith("0x") and ":" not in line:
            address, function = int(line, 16), ""
            found[address] = ()
        elif not function:
            function = line
        else:
            found[address] = (*found.get(address, ()), _frame(address, function, line))
            function = ""
    return {address: frames for address, frames in found.items() if frames}


def _frame(address: int, function: str, place: str) -> Frame:
    path, _, number = place.partition(" (discriminator")[0].rpartition(":")
    function = "" if function == "??" else function
    if path in ("", "??") or not number.isdigit() or number == "0":
        return Frame(address, function)
    return Frame(address, function, os.path.normpath(path), int(number) - 1)
