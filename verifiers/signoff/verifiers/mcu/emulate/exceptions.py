"""Taking an exception and returning from it, as a Cortex-M does (Armv7-M, B1.5.6 to B1.5.8), on a Unicorn processor.

Unicorn has the core's instructions and registers, but neither its interrupt controller nor its stacking.
"""

from __future__ import annotations

import struct
from typing import Any

from unicorn import UcError
from unicorn import arm_const as arm

FRAME_BYTES = 0x20
SPSEL, FPCA = 2, 4
THUMB, PADDED = 1 << 24, 1 << 9
# xPSR without the number of the exception.
FLAGS = 0xFFFFFE00
TO_HANDLER, TO_MAIN_STACK, TO_PROCESS_STACK = 0xFFFFFFF1, 0xFFFFFFF9, 0xFFFFFFFD
STACKED = (
    arm.UC_ARM_REG_R0,
    arm.UC_ARM_REG_R1,
    arm.UC_ARM_REG_R2,
    arm.UC_ARM_REG_R3,
    arm.UC_ARM_REG_R12,
    arm.UC_ARM_REG_LR,
    arm.UC_ARM_REG_PC,
)
FLOATS = (*(getattr(arm, f"UC_ARM_REG_S{number}") for number in range(16)), arm.UC_ARM_REG_FPSCR)


class BrokenStack(Exception):
    """The stack pointer lies outside of memory; the text is its value."""


class Exceptions:
    """Frames of one processor. Floating-point registers are kept here, a set a frame, in place of on the stack."""

    def __init__(self, processor: Any) -> None:
        self._uc = processor
        self._floats: dict[int, tuple[int, ...]] = {}

    def enter(self, exception: int, running: int) -> None:
        """Stack the registers and be in the exception; `running` is the one that is interrupted (0: none).

        The program counter is left to the caller. Raises BrokenStack.
        """
        write, read = self._uc.reg_write, self._uc.reg_read
        control, pointer = read(arm.UC_ARM_REG_CONTROL), read(arm.UC_ARM_REG_SP)
        frame = (pointer - FRAME_BYTES) & ~7
        status = read(arm.UC_ARM_REG_XPSR) & FLAGS & ~PADDED | THUMB | running | (PADDED if pointer & 4 else 0)
        values = [read(register) for register in STACKED]
        try:
            self._uc.mem_write(frame, struct.pack("<8I", *values, status))
        except UcError:
            raise BrokenStack(f"0x{pointer:08x}") from None
        if control & FPCA:
            self._floats[frame] = tuple(read(register) for register in FLOATS)
        write(arm.UC_ARM_REG_SP, frame)
        write(arm.UC_ARM_REG_CONTROL, control & ~(SPSEL | FPCA))
        write(arm.UC_ARM_REG_IPSR, exception)
        thread = TO_PROCESS_STACK if control & SPSEL else TO_MAIN_STACK
        write(arm.UC_ARM_REG_LR, TO_HANDLER if running else thread)

    def leave(self, link: int, running: int) -> None:
        """Go back to what the frame says; `running` is the exception that goes on (0: none). Raises BrokenStack."""
        write, read = self._uc.reg_write, self._uc.reg_read
        process = bool(link & 4)
        frame = read(arm.UC_ARM_REG_PSP if process else arm.UC_ARM_REG_MSP)
        try:
            *values, status = struct.unpack("<8I", self._uc.mem_read(frame, FRAME_BYTES))
        except UcError:
            raise BrokenStack(f"0x{frame:08x}") from None
        write(arm.UC_ARM_REG_XPSR, status & FLAGS & ~PADDED | THUMB | running)
        write(arm.UC_ARM_REG_IPSR, running)
        write(arm.UC_ARM_REG_CONTROL, read(arm.UC_ARM_REG_CONTROL) & ~(SPSEL | FPCA) | (SPSEL if process else 0))
        for register, value in zip(STACKED, values, strict=True):
            write(register, value | 1 if register == arm.UC_ARM_REG_PC else value)
        write(arm.UC_ARM_REG_SP, frame + FRAME_BYTES + (4 if status & PADDED else 0))
        floats = self._floats.pop(frame, None)
        if floats is not None:
            for register, value in zip(FLOATS, floats, strict=True):
                write(register, value)
            write(arm.UC_ARM_REG_CONTROL, read(arm.UC_ARM_REG_CONTROL) | FPCA)
