"""One run in QEMU, held by its debug interface: stops at faults, where main returns, at functions to be answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from signoff.verifiers.mcu.emulate import answered, fault_status, machines, semihosting
from signoff.verifiers.mcu.emulate.answered import Answer
from signoff.verifiers.mcu.emulate.elf_image import HARD_FAULT, USAGE_FAULT, ElfImage
from signoff.verifiers.mcu.emulate.emulation import FAULT, OUTPUT_LIMIT, RETURNED, TIME_LIMIT, WAITING
from signoff.verifiers.mcu.emulate.gdb_remote import LR, PC, SP, STORE_BYTE, STORE_WORD, GdbGone, GdbRemote, Registers
from signoff.verifiers.mcu.emulate.qemu_fault import Stop, chain_of, stop_of
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
# Places of semihosting calls that are watched, and how much memory is asked for at a time.
MAX_CALLS, PIECE_BYTES = 64, 1024
# FreeRTOS counts the bits of a priority when it starts.
SCHEDULER = "xPortStartScheduler"
RETURN_FUNCTIONS = ("_exit", "exit")


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
    _start: float = 0.0
    _quiet_since: float = 0.0
    _end: float = 0.0
    _watched: dict[int, str] = field(default_factory=dict)
    _answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def first_output(self) -> float | None:
        """After how many seconds something was printed."""
        return None if self.text.began is None else self.text.began - self._start

    async def run(self) -> str:
        """Run to an end; returns which. Raises GdbGone where QEMU ends by itself."""
        self._start = self._quiet_since = time.monotonic()
        self._end = self._start + self.seconds
        await self._prepare()
        self.gdb.go()
        stopped: asyncio.Future[int] = asyncio.ensure_future(self.gdb.stopped())
        try:
            while True:
                await asyncio.wait({stopped}, timeout=POLL_SECONDS)
                self._poll()
                ended = self._over()
                if ended:
                    await self._halt(stopped)
                    return ended
                if stopped.done():
                    ended = await (self._at_write() if stopped.result() else self._at_stop())
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
        await self._watch_semihosting()
        self._answers = answered.in_image(image)
        for address in self._answers:
            await self.gdb.set_breakpoint(address)
        if SCHEDULER in image.addresses:
            await self.gdb.watch_writes(machines.priorities()[0], 1)
        # What QEMU said while it loaded the image (it clears .bss at its load address) is not the program's doing.
        self.log.errors.clear()

    async def _watch_semihosting(self) -> None:
        """Calls that ask a debugger for output are answered here: QEMU's own answer would open the user's files."""
        places = self.image.places_of(fault_status.SEMIHOSTING)
        for place in places[:MAX_CALLS]:
            await self._watch(place, "semihosting")

    async def _semihosting(self, registers: Registers) -> str:
        answer = await semihosting.answer_by(self._memory, *registers.general[:2])
        self.text.feed(semihosting.PORT, answer.text)
        await self.gdb.set_register(0, answer.result)
        await self.gdb.set_register(PC, registers.general[PC] + 2)
        return RETURNED if answer.ended else ""

    async def _memory(self, address: int, size: int) -> bytes:
        """Memory in pieces as the debug interface gives them; fewer bytes where it ends."""
        data = b""
        while len(data) < size:
            piece = await self.gdb.read(address + len(data), min(size - len(data), PIECE_BYTES))
            if not piece:
                break
            data += piece
        return data

    async def _boot(self) -> None:
        """An image behind a boot loader does not lie where the processor looks first: do the boot loader's part."""
        if await self.gdb.word(0) or not self.image.vectors[1:2]:
            return
        pointer, reset = self.image.vectors[:2]
        await self.gdb.set_register(SP, pointer)
        await self.gdb.set_register(PC, reset & ~1)
        registers = await self.gdb.registers()
        await self.gdb.execute(STORE_WORD, registers, self.image.table, fault_status.register("VTOR"))

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

    async def _halt(self, stopped: asyncio.Future[int]) -> None:
        """Stop the processor and see where it is; a QEMU that is too busy to tell is not waited for."""
        if not stopped.done():
            self.gdb.interrupt()
        with contextlib.suppress(GdbGone, TimeoutError):
            async with asyncio.timeout(HALT_SECONDS):
                await stopped
                registers = await self.gdb.registers()
                self.where = await chain_of(self.gdb, self.image, registers.general)

    async def _silence(self, stopped: asyncio.Future[int]) -> asyncio.Future[int]:
        self.gdb.interrupt()
        await stopped
        await self.gdb.monitor("log none")
        self.log.size = 0
        self.gdb.go()
        return asyncio.ensure_future(self.gdb.stopped())

    async def _at_write(self) -> str:
        """FreeRTOS writes a priority, to see which bits stay: take away those that the part does not have."""
        address, kept = machines.priorities()
        await self.gdb.clear_watch(address, 1)
        value = await self.gdb.read(address, 1)
        if value == b"\0":
            await self.gdb.step()  # QEMU stops before the write
            value = await self.gdb.read(address, 1)
        if value and value[0] & ~kept & 0xFF:
            await self.gdb.execute(STORE_BYTE, await self.gdb.registers(), value[0] & kept, address)
        return ""

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
        if meaning == "semihosting":
            return await self._semihosting(registers)
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
        self.stops.append(await stop_of(self.gdb, self.image, registers))
        self._end = min(self._end, time.monotonic() + LAST_WORDS_SECONDS)
