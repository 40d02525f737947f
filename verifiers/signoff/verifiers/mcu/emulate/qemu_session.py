"""One run in QEMU, held by its debug interface: stops at faults, where main returns, at functions to be answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from signoff.verifiers.mcu.emulate import answered, fault_status
from signoff.verifiers.mcu.emulate.answered import Answer
from signoff.verifiers.mcu.emulate.calls import call_chain
from signoff.verifiers.mcu.emulate.elf_image import FIRST_INTERRUPT, HARD_FAULT, USAGE_FAULT, ElfImage
from signoff.verifiers.mcu.emulate.emulation import FAULT, OUTPUT_LIMIT, RETURNED, TIME_LIMIT, WAITING
from signoff.verifiers.mcu.emulate.gdb_remote import LR, PC, SP, GdbGone, GdbRemote, Registers
from signoff.verifiers.mcu.emulate.qemu_log import Log
from signoff.verifiers.mcu.emulate.uart_text import PortFiles, UartText

POLL_SECONDS = 0.02
# After a fault the handler may still print something.
LAST_WORDS_SECONDS = 0.3
HALT_SECONDS = 2.0
# A loop that reads nothing but a device that is not there, for so long and without a word, will not end.
WAITING_SECONDS = 2.0
# A log as long as this slows the run and says nothing new.
LOG_BYTES = 8 << 20
STACK_BYTES = (1536, 512, 128, 32)
# How far below its memory an overflowed stack pointer is looked for, in bytes.
OVERFLOWS = (0x400, 0x1000, 0x4000)
BASIC_FRAME, EXTENDED_FRAME = 0x20, 0x68
RETURN_FUNCTIONS = ("_exit", "exit")
MRS_R0_PSP = bytes.fromhex("eff30980")


@dataclass(frozen=True, slots=True)
class Stop:
    """Where and why the program came to a fault: code addresses, innermost first."""

    cause: fault_status.Cause
    exception: int
    chain: tuple[int, ...]


@dataclass(slots=True)
class QemuSession:
    """The run. `stops` are the faults so far, `answers` the functions that were answered, `where` the last place."""

    gdb: GdbRemote
    image: ElfImage
    log: Log
    ports: PortFiles
    text: UartText
    seconds: float
    stops: list[Stop] = field(default_factory=list)
    answers: dict[str, None] = field(default_factory=dict)
    waits_for: tuple[str, int] | None = None
    where: tuple[int, ...] = ()
    first_output: float | None = None
    _start: float = 0.0
    _quiet_since: float = 0.0
    _end: float = 0.0
    _watched: dict[int, str] = field(default_factory=dict)
    _answers: dict[int, Answer] = field(default_factory=dict)

    async def run(self) -> str:
        """Run to an end; returns which. Raises GdbGone where QEMU ends by itself."""
        self._start = self._quiet_since = time.monotonic()
        self._end = self._start + self.seconds
        await self._prepare()
        self.gdb.go()
        stopped: asyncio.Future[None] = asyncio.ensure_future(self.gdb.stopped())
        try:
            while True:
                await asyncio.wait({stopped}, timeout=POLL_SECONDS)
                self._poll()
                ended = self._over()
                if ended:
                    await self._halt(stopped)
                    return ended
                if stopped.done():
                    stopped.result()
                    ended = await self._at_stop()
                    if ended:
                        return ended
                    self.gdb.go()
                    stopped = asyncio.ensure_future(self.gdb.stopped())
                elif self.log.size > LOG_BYTES:
                    stopped = await self._silence(stopped)
        finally:
            stopped.cancel()
            with contextlib.suppress(GdbGone, asyncio.CancelledError):
                await stopped
            self.ports.poll(self.text)

    async def _prepare(self) -> None:
        image = self.image
        await self.gdb.greet()
        await self._boot()
        for number in range(HARD_FAULT, USAGE_FAULT + 1):
            if number < len(image.vectors) and image.vectors[number]:
                await self._watch(image.vectors[number], "handler")
        if image.unhandled:
            await self._watch(image.unhandled, "handler")
        for name in RETURN_FUNCTIONS:
            if name in image.addresses:
                await self._watch(image.addresses[name], "returned")
        if "main" in image.addresses:
            await self._watch(image.addresses["main"], "main")
        self._answers = answered.in_image(image)
        for address in self._answers:
            await self.gdb.set_breakpoint(address)

    async def _boot(self) -> None:
        """An image behind a boot loader does not lie where the processor looks first: do the boot loader's part."""
        if await self.gdb.word(0) or not self.image.vectors[1:2]:
            return
        pointer, reset = self.image.vectors[:2]
        await self.gdb.set_register(SP, pointer)
        await self.gdb.set_register(PC, reset & ~1)
        await self.gdb.write(fault_status.register("VTOR"), self.image.table.to_bytes(4, "little"))

    async def _watch(self, address: int, meaning: str) -> None:
        address &= ~1
        if address not in self._watched:
            self._watched[address] = meaning
            await self.gdb.set_breakpoint(address)

    async def _unwatch(self, address: int) -> None:
        if self._watched.pop(address, None) is not None:
            await self.gdb.clear_breakpoint(address)

    def _poll(self) -> None:
        before = self.text.size
        self.ports.poll(self.text)
        now = time.monotonic()
        if self.text.size > before:
            self.first_output = now - self._start if self.first_output is None else self.first_output
            self._quiet(now)

    def _quiet(self, now: float) -> None:
        self._quiet_since = now
        self.log.forget()

    def _over(self) -> str:
        now = time.monotonic()
        if self.text.full:
            return OUTPUT_LIMIT
        if now > self._end:
            return FAULT if self.stops else TIME_LIMIT
        if now - self._quiet_since > WAITING_SECONDS:
            self.waits_for = self.log.waits_for()
            if self.waits_for:
                return WAITING
            self._quiet(now)
        return ""

    async def _halt(self, stopped: asyncio.Future[None]) -> None:
        """Stop the processor and see where it is; a QEMU that is too busy to tell is not waited for."""
        if not stopped.done():
            self.gdb.interrupt()
        with contextlib.suppress(GdbGone, TimeoutError):
            async with asyncio.timeout(HALT_SECONDS):
                await stopped
                registers = await self.gdb.registers()
                self.where = await self._chain(registers.general)

    async def _silence(self, stopped: asyncio.Future[None]) -> asyncio.Future[None]:
        self.gdb.interrupt()
        await stopped
        await self.gdb.monitor("log none")
        self.log.size = 0
        self.gdb.go()
        return asyncio.ensure_future(self.gdb.stopped())

    async def _at_stop(self) -> str:
        """The processor stands at a breakpoint: do what it is for. Returns how the run ended, "" to go on."""
        registers = await self.gdb.registers()
        place = registers.general[PC]
        answer = self._answers.get(place)
        if answer is not None:
            self.answers.setdefault(answer.name)
            await answered.give(self.gdb, registers, answer, self.image)
            return ""
        meaning = self._watched.get(place, "")
        if self._faulted(registers):
            await self._unwatch(place)
            await self._fault(registers)
        elif meaning == "handler" or registers.exception:
            await self._pass(place)
        elif meaning == "main":
            await self._unwatch(place)
            await self._watch_return(registers.general[LR])
        elif meaning == "returned":
            self.where = (place,)
            return FAULT if self.stops else RETURNED
        return ""

    def _faulted(self, registers: Registers) -> bool:
        """Whether the processor stands at the handler of a fault, or of an interrupt that nobody wrote one for."""
        number, place = registers.exception, registers.general[PC]
        if HARD_FAULT <= number <= USAGE_FAULT:
            return number < len(self.image.vectors) and place == self.image.vectors[number] & ~1
        return number > USAGE_FAULT and place == self.image.unhandled

    async def _pass(self, place: int) -> None:
        """Go past a breakpoint and keep it."""
        await self.gdb.clear_breakpoint(place)
        await self.gdb.step()
        await self.gdb.set_breakpoint(place)

    async def _watch_return(self, link: int) -> None:
        if self.image.function_at(link):
            await self._watch(link, "returned")

    async def _fault(self, registers: Registers) -> None:
        status = fault_status.Status(
            *[await self.gdb.word(fault_status.register(name)) or 0 for name in ("CFSR", "HFSR", "MMFAR", "BFAR")]
        )
        general = await self._interrupted(registers)
        instruction = int.from_bytes(self.image.read(general[PC], 2), "little")
        cause = fault_status.cause(registers.exception, status, instruction)
        if not general[PC]:
            cause = fault_status.overflowed(cause, general[SP])
        self.stops.append(Stop(cause, registers.exception, await self._chain(general)))
        self._end = min(self._end, time.monotonic() + LAST_WORDS_SECONDS)

    async def _interrupted(self, registers: Registers) -> tuple[int, ...]:
        """r0 to r15 as they were when the exception was taken: half of them lie on the stack (Armv7-M, B1.5.6)."""
        general = list(registers.general)
        code = general[LR]
        pointer = await self._process_stack(registers) if code & 4 else general[SP]
        raw = await self.gdb.read(pointer, BASIC_FRAME)
        if len(raw) < BASIC_FRAME:
            # The frame could not be written: the stack pointer is outside of memory, and where it was is lost.
            general[PC] = general[LR] = 0
            general[SP] = pointer
            return tuple(general)
        words = [int.from_bytes(raw[at : at + 4], "little") for at in range(0, BASIC_FRAME, 4)]
        general[0:4], general[12], general[LR], general[PC] = words[0:4], words[4], words[5], words[6]
        padding = 4 if words[7] & 1 << 9 else 0
        general[SP] = pointer + (BASIC_FRAME if code & 0x10 else EXTENDED_FRAME) + padding
        return tuple(general)

    async def _process_stack(self, registers: Registers) -> int:
        """PSP, which QEMU's debug interface does not tell: have the processor read it, below its stack."""
        gdb, place = self.gdb, (registers.general[SP] - 64) & ~3
        saved = await gdb.read(place, 4)
        if len(saved) < 4:
            return registers.general[SP]
        await gdb.write(place, MRS_R0_PSP)
        await gdb.set_register(PC, place)
        await gdb.step()
        found = (await gdb.registers()).general[0]
        await gdb.write(place, saved)
        await gdb.set_register(0, registers.general[0])
        await gdb.set_register(PC, registers.general[PC])
        return found

    async def _remains(self, pointer: int) -> tuple[int, ...]:
        """The last call that an overflowed stack holds, found by the look of its return address."""
        for shift in OVERFLOWS:
            raw = await self.gdb.read((pointer + shift) & ~3, STACK_BYTES[0])
            words = (int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4))
            found = next((word for word in words if self.image.follows_call(word)), None)
            if found is not None:
                return ((found & ~1) - 2,)
        return ()

    async def _chain(self, general: tuple[int, ...]) -> tuple[int, ...]:
        """The code addresses from the innermost call outwards."""
        bottom = general[SP]
        stack = b""
        for size in STACK_BYTES:
            # All of it or nothing is answered, and memory may end soon above.
            stack = stack or await self.gdb.read(bottom, size)

        def memory(address: int, size: int) -> bytes:
            return stack[address - bottom : address - bottom + size] if address >= bottom else b""

        if not general[PC]:
            return await self._remains(bottom)
        inside = (general[PC],) if self.image.function_at(general[PC]) else ()
        if not inside and self.image.function_at(general[LR] - 2):
            # Outside of all code: a call through a broken pointer, and its caller is all there is to tell.
            general = (*general[:PC], (general[LR] & ~1) - 2)
            inside = (general[PC],)
        return (*inside, *await call_chain(self.image, general, memory))


def interrupt_number(exception: int) -> int:
    """The number that the part's manual counts interrupts by, from the core's exception number."""
    return exception - FIRST_INTERRUPT
