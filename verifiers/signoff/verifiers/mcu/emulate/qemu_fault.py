"""What a processor that QEMU has stopped in the handler of a fault tells: why, where, and by which calls."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.mcu.emulate import fault_status
from signoff.verifiers.mcu.emulate.calls import call_chain
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.gdb_remote import LR, MRS_R0_PSP, PC, SP, GdbRemote, Registers

STACK_BYTES = (1536, 512, 128, 32)
# How far below its memory an overflowed stack pointer is looked for, in bytes.
OVERFLOWS = (0x400, 0x1000, 0x4000)
BASIC_FRAME, EXTENDED_FRAME = 0x20, 0x68
# In place of an address that no memory holds any more.
LOST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Stop:
    """Where and why the program came to a fault: code addresses, innermost first."""

    cause: fault_status.Cause
    exception: int
    chain: tuple[int, ...]


async def stop_of(gdb: GdbRemote, image: ElfImage, registers: Registers) -> Stop:
    """What brought the processor to where it stands: the first instruction of a handler."""
    status = fault_status.Status(
        *[await gdb.word(fault_status.register(name)) or 0 for name in ("CFSR", "HFSR", "MMFAR", "BFAR")]
    )
    general = await _interrupted(gdb, registers)
    instruction = int.from_bytes(image.read(general[PC], 2), "little")
    cause = fault_status.cause(registers.exception, status, instruction)
    if general[PC] == LOST:
        cause = fault_status.overflowed(cause, general[SP])
    return Stop(cause, registers.exception, await chain_of(gdb, image, general))


async def _interrupted(gdb: GdbRemote, registers: Registers) -> tuple[int, ...]:
    """r0 to r15 as they were when the exception was taken: half of them lie on the stack (Armv7-M, B1.5.6)."""
    general = list(registers.general)
    code = general[LR]
    pointer = await _process_stack(gdb, registers) if code & 4 else general[SP]
    raw = await gdb.read(pointer, BASIC_FRAME)
    if len(raw) < BASIC_FRAME:
        # The frame could not be written: the stack pointer is outside of memory, and where it was is lost.
        general[PC] = general[LR] = LOST
        general[SP] = pointer
        return tuple(general)
    words = [int.from_bytes(raw[at : at + 4], "little") for at in range(0, BASIC_FRAME, 4)]
    general[0:4], general[12], general[LR], general[PC] = words[0:4], words[4], words[5], words[6]
    padding = 4 if words[7] & 1 << 9 else 0
    general[SP] = pointer + (BASIC_FRAME if code & 0x10 else EXTENDED_FRAME) + padding
    return tuple(general)


async def _process_stack(gdb: GdbRemote, registers: Registers) -> int:
    """PSP, which QEMU's debug interface does not tell."""
    found = await gdb.execute(MRS_R0_PSP, registers)
    return registers.general[SP] if found is None else found


async def _remains(gdb: GdbRemote, image: ElfImage, pointer: int) -> tuple[int, ...]:
    """The last call that an overflowed stack holds, found by the look of its return address."""
    for shift in OVERFLOWS:
        raw = await gdb.read((pointer + shift) & ~3, STACK_BYTES[0])
        words = (int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4))
        found = next((word for word in words if image.follows_call(word)), None)
        if found is not None:
            return ((found & ~1) - 2,)
    return ()


async def chain_of(gdb: GdbRemote, image: ElfImage, general: tuple[int, ...]) -> tuple[int, ...]:
    """The code addresses from the innermost call outwards."""
    bottom = general[SP]
    stack = b""
    for size in STACK_BYTES:
        # All of it or nothing is answered, and memory may end soon above.
        stack = stack or await gdb.read(bottom, size)

    def memory(address: int, size: int) -> bytes:
        return stack[address - bottom : address - bottom + size] if address >= bottom else b""

    if general[PC] == LOST:
        return await _remains(gdb, image, bottom)
    inside = (general[PC],) if image.function_at(general[PC]) else ()
    if not inside and image.function_at(general[LR] - 2):
        # Outside of all code: a call through a broken pointer, and its caller is all there is to tell.
        general = (*general[:PC], (general[LR] & ~1) - 2)
        inside = (general[PC],)
    return (*inside, *await call_chain(image, general, memory))
