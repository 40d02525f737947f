"""Renode: the script that is generated, and a run of a stand-in for it (no Renode could be had)."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from pathlib import Path

import pytest
from firmware_builds import build

from signoff.verifiers.mcu.emulate import renode
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.parts.library import find

# Answers as Renode does: writes what the port sends to the file that the script names, then quits.
STAND_IN = """#!/bin/sh
script=$4
[ "$1 $2 $3" = "--disable-gui --console --plain" ] || exit 9
grep -q 'sysbus LoadELF @' "$script" || exit 8
file=$(sed -n 's/^sysbus.usart2 CreateFileBackend @\\(.*\\) true$/\\1/p' "$script")
printf 'hello from usart2\\n' > "$file"
echo '10:00:00.0 [WARNING] sysbus: WriteDoubleWord to non existing peripheral at 0x30000000, value 0x1.'
{more}
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


FAILS = """#!/bin/sh
echo '[ERROR] There was an error executing command'
exit 3
"""


def stand_in(folder: Path, more: str = "exit 0", text: str = STAND_IN) -> str:
    path = folder / "renode"
    path.write_text(text.replace("{more}", more))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_script_loads_the_board_the_image_and_the_ports(tmp_path: Path) -> None:
    image = ElfImage("x", (), (), {"buffer": 0x10000010}, 0x08000000)
    text = renode.script(image, tmp_path / "image.elf", {"USART2": tmp_path / "u 2"}, find("stm32f407vg"), 3.0)
    assert text.splitlines() == [
        'mach create "signoff"',
        "machine LoadPlatformDescription @platforms/boards/stm32f4_discovery-kit.repl",
        'machine LoadPlatformDescriptionFromString "ccm: Memory.MappedMemory @ sysbus 0x10000000 { size: 0x10000 }"',
        f"sysbus.usart2 CreateFileBackend @{tmp_path}/u\\ 2 true",
        f"sysbus LoadELF @{tmp_path}/image.elf",
        "sysbus.cpu VectorTableOffset 0x8000000",
        'emulation RunFor "3"',
        "quit",
    ]


def test_memory_that_is_not_used_is_left_out(tmp_path: Path) -> None:
    image = ElfImage("x", (), (), {"buffer": 0x20000010}, 0x08000000)
    assert "0x10000000" not in renode.script(image, tmp_path, {}, find("stm32f407vg"), 1.0)


@pytest.mark.tool
async def test_a_run_shows_what_the_ports_send_and_says_that_it_was_not_tried(tmp_path: Path) -> None:
    done = await build("faults", 8, tmp_path).run("renode", renode=stand_in(tmp_path))
    assert (done.output, done.ended) == ("hello from usart2\n", "time limit")
    assert renode.UNTRIED in done.notes
    assert any("0x30000000" in note for note in done.notes)


@pytest.mark.tool
async def test_a_renode_that_fails_or_is_missing_is_said(tmp_path: Path) -> None:
    built = build("faults", 8, tmp_path)
    failing = tmp_path / "failing"
    failing.mkdir()
    done = await built.run("renode", renode=stand_in(failing, text=FAILS))
    assert not done.ran and "status 3" in done.message
    missing = await built.run("renode", renode=str(tmp_path / "nowhere"))
    assert not missing.ran and "nowhere" in missing.message
    assert any("mach create" in note for note in missing.notes), "the script is shown"


@pytest.mark.tool
async def test_cancelling_ends_renode(tmp_path: Path) -> None:
    task = asyncio.ensure_future(build("faults", 8, tmp_path).run("renode", renode=stand_in(tmp_path, "sleep 60")))
    await asyncio.sleep(0.5)
    start = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - start < 5
