"""The part of GDB's remote protocol that a run in QEMU needs: breakpoints, registers, memory, go and stop.

Protocol: GDB's manual, appendix E. QEMU speaks it on its standard input and output, so no port is opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
from dataclasses import dataclass

# The answer to "g" once the target's description has been asked for: r0 to r15, then xPSR, a word each.
XPSR_OFFSET = 64
# QEMU writes single registers ("P") only for those who have asked for that description.
DESCRIPTION = "qXfer:features:read:target.xml:0,ff0"
SP, LR, PC = 13, 14, 15
IPSR_MASK = 0x1FF
ANSWER_SECONDS = 10.0
# Instructions for execute(): mrs r0, psp; str r0, [r1]; strb r0, [r1].
MRS_R0_PSP, STORE_WORD, STORE_BYTE = bytes.fromhex("eff30980"), bytes.fromhex("0860"), bytes.fromhex("0870")
SCRATCH_BELOW = 64
WATCHED = re.compile(rb"[; 0-9]watch:([0-9a-f]+);")


class GdbGone(Exception):
    """The emulator ended or does not answer."""


@dataclass(frozen=True, slots=True)
class Registers:
    """r0 to r15 and xPSR of a stopped processor."""

    general: tuple[int, ...]
    xpsr: int

    @property
    def exception(self) -> int:
        """The number of the exception being handled; 0 in thread mode."""
        return self.xpsr & IPSR_MASK


class GdbRemote:
    """One connection. All methods but go() and stopped() need a stopped processor."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def greet(self) -> None:
        """The first exchange. Raises GdbGone."""
        await self.ask("qSupported:swbreak+;hwbreak+")
        await self.ask(DESCRIPTION)

    async def ask(self, command: str) -> bytes:
        """The answer to one command; raises GdbGone."""
        try:
            self._send(command)
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._packet()
        except TimeoutError:
            raise GdbGone("no answer") from None

    def go(self) -> None:
        """Let the processor run on."""
        self._send("c")

    def interrupt(self) -> None:
        """Have a running processor stop soon; stopped() tells when."""
        with contextlib.suppress(ConnectionError):
            self._writer.write(b"\x03")

    async def stopped(self) -> int:
        """Wait until a running processor stops; raises GdbGone where the emulator ends.

        Returns the address whose write was watched, where that is why it stopped; else 0.
        """
        while not (reply := await self._packet()).startswith((b"T", b"S")):
            pass
        found = WATCHED.search(reply)
        return int(found[1], 16) if found else 0

    async def step(self) -> None:
        """Run one instruction."""
        await self.ask("s")

    async def registers(self) -> Registers:
        """All registers; raises GdbGone where the emulator's processor is none that we know."""
        raw = _bytes(await self.ask("g"))
        if len(raw) != XPSR_OFFSET + 4:
            raise GdbGone("the emulated processor has other registers than a Cortex-M")
        (xpsr,) = struct.unpack_from("<I", raw, XPSR_OFFSET)
        return Registers(struct.unpack_from("<16I", raw), xpsr)

    async def set_register(self, number: int, value: int) -> None:
        """Write one of r0 to r15."""
        await self.ask(f"P{number:x}={struct.pack('<I', value & 0xFFFFFFFF).hex()}")

    async def read(self, address: int, size: int) -> bytes:
        """Memory as the processor sees it; b"" where nothing is."""
        return _bytes(await self.ask(f"m{address:x},{size:x}"))

    async def word(self, address: int) -> int | None:
        """One word of memory; None where nothing is."""
        raw = await self.read(address, 4)
        return int.from_bytes(raw, "little") if len(raw) == 4 else None

    async def write(self, address: int, data: bytes) -> None:
        """Write memory."""
        await self.ask(f"M{address:x},{len(data):x}:{data.hex()}")

    async def execute(self, code: bytes, registers: Registers, first: int = 0, second: int = 0) -> int | None:
        """Have the processor run one instruction of ours with r0 = `first` and r1 = `second`; returns r0 afterwards.

        For what the debug interface cannot do: special registers, and writes to devices. The instruction is put below
        the stack for that long; all is then as it was. None where there is no memory for it.
        """
        place = (registers.general[SP] - SCRATCH_BELOW) & ~3
        saved = await self.read(place, 4)
        if len(saved) < 4:
            return None
        await self.write(place, code)
        for number, value in ((0, first), (1, second), (PC, place)):
            await self.set_register(number, value)
        await self.step()
        found = (await self.registers()).general[0]
        await self.write(place, saved)
        for number in (0, 1, PC):
            await self.set_register(number, registers.general[number])
        return found

    async def set_breakpoint(self, address: int) -> None:
        """Have the processor stop before the instruction at an address."""
        await self.ask(f"Z1,{address & ~1:x},2")

    async def watch_writes(self, address: int, size: int) -> None:
        """Have the processor stop at each write to some bytes."""
        await self.ask(f"Z2,{address:x},{size:x}")

    async def clear_watch(self, address: int, size: int) -> None:
        """Undo watch_writes()."""
        await self.ask(f"z2,{address:x},{size:x}")

    async def clear_breakpoint(self, address: int) -> None:
        """Undo set_breakpoint()."""
        await self.ask(f"z1,{address & ~1:x},2")

    async def monitor(self, command: str) -> None:
        """A command of QEMU's own monitor; its answer is passed over."""
        answer = await self.ask(f"qRcmd,{command.encode().hex()}")
        while answer.startswith(b"O") and answer != b"OK":
            answer = await self._packet()

    def _send(self, command: str) -> None:
        body = command.encode()
        try:
            self._writer.write(b"$" + body + b"#%02x" % (sum(body) % 256))
        except ConnectionError as error:
            raise GdbGone(str(error)) from error

    async def _packet(self) -> bytes:
        try:
            raw = await self._reader.readuntil(b"#")
            await self._reader.readexactly(2)
            self._writer.write(b"+")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
            raise GdbGone("the emulator ended") from error
        return raw.rpartition(b"$")[2][:-1]


def _bytes(answer: bytes) -> bytes:
    try:
        return bytes.fromhex(answer.decode("ascii"))
    except ValueError:  # "E14": nothing is there
        return b""
