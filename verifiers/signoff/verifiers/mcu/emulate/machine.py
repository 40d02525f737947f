"""A Cortex-M in Unicorn with a part's memory and peripherals. Imports unicorn, so it lives in a worker process only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from unicorn import Uc, UcError
from unicorn import arm_const as arm
from unicorn import unicorn_const as uc

from signoff.verifiers.mcu.emulate import semihosting
from signoff.verifiers.mcu.emulate.bus import Bus
from signoff.verifiers.mcu.emulate.core import SVCALL
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.emulation import FAULT, RETURNED, STEADY
from signoff.verifiers.mcu.emulate.exceptions import BrokenStack, Exceptions
from signoff.verifiers.mcu.emulate.fault_status import SEMIHOSTING
from signoff.verifiers.mcu.emulate.hooks import Hooks
from signoff.verifiers.mcu.emulate.memory_map import map_part
from signoff.verifiers.mcu.emulate.timers import NEVER
from signoff.verifiers.mcu.parts.part import Part

GENERAL = (
    *(getattr(arm, f"UC_ARM_REG_R{number}") for number in range(13)),
    arm.UC_ARM_REG_SP,
    arm.UC_ARM_REG_LR,
    arm.UC_ARM_REG_PC,
)
MASKS = (arm.UC_ARM_REG_PRIMASK, arm.UC_ARM_REG_BASEPRI, arm.UC_ARM_REG_FAULTMASK)
NOWHERE = 0xFFFFFFFE
CODE_CACHE = 32 << 20
# Instructions between two looks at what is pending.
SLICE = 5_000
# A mask that holds an exception back for longer is looked at less often.
LONG_MASK, MASKED_SLICE = 5_000, 100
# What a slice that is left early is taken to have lasted.
YIELD_CYCLES = 50
STACK_BYTES = 1536
# Unicorn's numbers for what stops it (QEMU's target/arm/cpu.h): supervisor call, breakpoint, return from an exception.
SWI, BKPT, EXCEPTION_EXIT = 2, 7, 8
WFI, WFE = b"\x30\xbf", b"\x20\xbf"
# An exception that is taken again this often before the program gets on: its flag is never cleared.
STORM = 2_000
MAX_TROUBLE = 50


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something went wrong: the kind of fault, what happened, r0 to r15 and the stack as they were.

    `exception` is the one that has no handler, where that is what happened. `place` is where to show it in place of
    where the processor stood.
    """

    kind: str
    text: str
    registers: tuple[int, ...] = ()
    stack: bytes = b""
    exception: int = 0
    place: int = 0


class Machine:
    """One part with one image. `ended` says how the run ended, "" while it can go on."""

    def __init__(self, image: ElfImage, part: Part) -> None:
        self.image, self.part = image, part
        # Half of Unicorn's methods have no types.
        self.uc: Any = Uc(uc.UC_ARCH_ARM, uc.UC_MODE_THUMB | uc.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        self.uc.ctl_set_tcg_buffer_size(CODE_CACHE)
        self.ended = ""
        self.trouble: list[Trouble] = []
        self.output: list[tuple[str, int]] = []
        self.cycles = 0
        # Where memory outside of the chip was first used.
        self.external = 0
        # What stopped the instructions: Unicorn's number, 0 for nothing.
        self.trap = 0
        self._yields = self._finishing = False
        self._done = self._written = -1
        self._held = 0
        self._storm = (0, 0)
        self._exceptions = Exceptions(self.uc)
        self.bus = Bus(self, part, image.table, lambda port, byte: self.output.append((port, byte)))
        lost = map_part(self.uc, part, image, self.bus.windows, self._read, self._write)
        self.trouble += [Trouble("BusFault", text) for text in lost]
        Hooks(self)
        pointer, reset = image.vectors[:2]
        self.uc.reg_write(arm.UC_ARM_REG_SP, pointer)
        self.uc.reg_write(arm.UC_ARM_REG_LR, 0xFFFFFFFF)
        self.uc.reg_write(arm.UC_ARM_REG_PC, reset | 1)

    def run(self, deadline: float) -> None:
        """Run until the clock (time.monotonic()) says `deadline` or the run has ended."""
        while not self.ended and time.monotonic() < deadline:
            exception = self.bus.due(*(self.uc.reg_read(register) for register in MASKS))
            if exception:
                self._enter(exception)
            if not self.ended:
                self._slice()
            if self.bus.core.reset_asked:
                self.ended = RETURNED

    def place(self) -> int:
        """The address of the instruction that runs."""
        return int(self.uc.reg_read(arm.UC_ARM_REG_PC)) & ~1

    def registers(self) -> tuple[int, ...]:
        """r0 to r15 as they are."""
        return tuple(self.uc.reg_read(register) for register in GENERAL)

    def memory(self, address: int, size: int) -> bytes:
        """Memory; fewer bytes where it ends, b"" where none is."""
        while size >= 2:
            try:
                return bytes(self.uc.mem_read(address, size))
            except UcError:
                size //= 2
        return b""

    def set_memory(self, address: int, data: bytes) -> None:
        """Write memory; where none is, nothing happens."""
        try:
            self.uc.mem_write(address, data)
        except UcError:
            return

    def stack(self) -> bytes:
        """The bytes from the stack pointer up."""
        return self.memory(self.uc.reg_read(arm.UC_ARM_REG_SP), STACK_BYTES)

    def yield_soon(self) -> None:
        """Leave the instructions behind this one, which writes to a register, to look at what is pending."""
        if not self._finishing:
            self._yields = True
            self.uc.emu_stop()

    def fault(self, kind: str, text: str, *, exception: int = 0, ends: bool = True, place: int = 0) -> None:
        """Something went wrong at the instruction that runs now; what goes on is told once an instruction."""
        registers = self.registers()
        again = not ends and any((one.kind, one.registers[-1:]) == (kind, registers[-1:]) for one in self.trouble)
        if len(self.trouble) < MAX_TROUBLE and not again:
            self.trouble.append(Trouble(kind, text, registers, self.stack(), exception, place))
        if ends:
            self.ended = FAULT
            self.uc.emu_stop()

    def _slice(self) -> None:
        event = self.bus.next_event()
        count = self._masked() or max(min(SLICE, event - self.cycles), 1)
        self.trap, self._yields = 0, False
        self._go(count)
        if self.ended:
            return
        if self._yields:
            self._finish_write()
            return
        self.cycles += count
        if self.trap:
            self._handle(self.trap)
        elif not self.bus.core.active:
            self._storm = (0, 0)
            self._sleep()

    def _masked(self) -> int:
        """How many instructions to run where a mask holds an exception back, which is to come once that is lifted."""
        if not self.bus.core.asked or not any(self.uc.reg_read(register) for register in MASKS):
            self._held = 0
            return 0
        self._held += 1
        return 1 if self._held < LONG_MASK else MASKED_SLICE

    def _go(self, count: int) -> None:
        try:
            self.uc.emu_start(self.place() | 1, NOWHERE, count=count)
        except UcError as error:
            if not self.ended:
                self.fault("HardFault", f"the processor stopped: {error}")

    def _finish_write(self) -> None:
        """Unicorn leaves an instruction that is stopped in the middle undone: run it again, without its first write."""
        self._done, self._finishing = self._written, True
        self._go(1)
        self._done, self._finishing = -1, False
        self.cycles += YIELD_CYCLES

    def _sleep(self) -> None:
        """Behind an instruction that waits for an interrupt: go to where the next one comes."""
        instruction = self.memory(self.place() - 2, 2)
        if instruction not in (WFI, WFE):
            return
        event = self.bus.next_event()
        if event < NEVER:
            self.cycles = max(self.cycles, event)
        elif instruction == WFI:
            self.ended = STEADY

    def _handle(self, trap: int) -> None:
        if trap == EXCEPTION_EXIT:
            self._leave()
        elif trap == SWI:
            self._enter(SVCALL)
        elif trap != BKPT:
            self.fault("UsageFault", "an instruction that the processor does not take in this state")
        elif int.from_bytes(self.memory(self.place(), 2), "little") == SEMIHOSTING:
            self._semihosting()
        else:
            self.fault("HardFault", "a breakpoint instruction, and no debugger is there")

    def _semihosting(self) -> None:
        operation, argument = (self.uc.reg_read(register) for register in GENERAL[:2])
        answer = semihosting.answer(operation, argument, self.memory)
        self.output += [(semihosting.PORT, byte) for byte in answer.text]
        self.uc.reg_write(arm.UC_ARM_REG_R0, answer.result)
        self.uc.reg_write(arm.UC_ARM_REG_PC, self.place() + 2 | 1)
        if answer.ended:
            self.ended = RETURNED

    def _enter(self, exception: int) -> None:
        core = self.bus.core
        last, count = self._storm
        self._storm = (exception, count + 1 if last == exception and not core.active else 1)
        handler = int.from_bytes(self.memory(core.vectors + exception * 4, 4), "little")
        if self._storm[1] > STORM:
            text = f"{self.bus.name_of(exception)} is entered again as soon as it ends: nothing clears its flag"
            self.fault("PendingFlag", text, place=handler & ~1)
            return
        if not handler & 1 or handler & ~1 == self.image.unhandled:
            self.fault("MissingHandler", "", exception=exception)
            return
        try:
            self._exceptions.enter(exception, core.active[-1] if core.active else 0)
        except BrokenStack as pointer:
            self.fault("BusFault", f"the stack pointer is {pointer}, outside of memory: the stack has overflowed")
            return
        core.enter(exception)
        self.uc.reg_write(arm.UC_ARM_REG_PC, handler)

    def _leave(self) -> None:
        core = self.bus.core
        core.leave()
        try:
            self._exceptions.leave(self.place(), core.active[-1] if core.active else 0)
        except BrokenStack as pointer:
            self.fault("BusFault", f"the stack pointer is {pointer}, outside of memory, on return from a handler")

    def _read(self, machine: Any, offset: int, size: int, origin: int) -> int:
        self.cycles += 1
        return self.bus.read(origin + offset, size)

    def _write(self, machine: Any, offset: int, size: int, value: int, origin: int) -> None:
        self.cycles += 1
        if origin + offset == self._done:
            self._done = -1
            return
        self._written = origin + offset
        self.bus.write(origin + offset, size, value)
