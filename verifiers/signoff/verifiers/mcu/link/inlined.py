"""Which source lines a reference in an object comes from where its function was inlined: asked of addr2line."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from signoff.verifiers.mcu.compile.command import ENVIRONMENT
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.mcu.link import elf
from signoff.verifiers.run import ToolMissing, run
from signoff.verifiers.scratch import session_folder

SECONDS = 5.0
LINE = re.compile(r"^(.+):(\d+)(?: \(discriminator \d+\))?$")


async def frames(kit: Toolchain, object_file: str, name: str, function: str = "") -> tuple[tuple[str, int], ...]:
    """(path, line from 0) of each reference to `name` in an object and of the calls it was inlined through, in order.

    Only references within `function` where it is given and has some of its own. Empty where nothing can be told.
    """
    places = await asyncio.to_thread(_references, object_file, name)
    found: list[tuple[str, int]] = []
    for section, offset in places[:10]:
        argv = (kit.addr2line, "-i", "-j", section, "-e", object_file, hex(offset))
        try:
            done = await run(argv, cwd=session_folder(), env=ENVIRONMENT, timeout=SECONDS)
        except ToolMissing:
            return ()
        matches = filter(None, map(LINE.match, done.stdout.decode("utf-8", "replace").splitlines()))
        found += [(match[1], int(match[2]) - 1) for match in matches if int(match[2])]
    return tuple(found)


def _references(object_file: str, name: str) -> list[tuple[str, int]]:
    try:
        file = elf.read(Path(object_file).read_bytes())
    except OSError:
        return []
    return [(section.name, offset) for section, offset, _, symbol in file.relocations() if symbol.name == name]
