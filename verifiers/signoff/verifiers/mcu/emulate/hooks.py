"""What a Unicorn processor calls on the way: traps, faults, the places where a program begins and ends."""

from __future__ import annotations

from typing import Any

from unicorn import arm_const as arm
from unicorn import unicorn_const as uc

from signoff.verifiers.mcu.emulate.emulation import RETURNED

# External memory is given room where it is used, so much at a time and so often.
CHUNK, MAX_CHUNKS = 1 << 20, 64
RETURN_FUNCTIONS = ("_exit", "exit")


class Hooks:
    """Installs itself in the processor of a machine (machine.py), whose state it changes."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine
        self._uc = machine.uc
        self._chunks = 0
        self._uc.hook_add(uc.UC_HOOK_INTR, self._on_trap)
        self._uc.hook_add(uc.UC_HOOK_INSN_INVALID, self._on_invalid)
        self._uc.hook_add(uc.UC_HOOK_MEM_UNMAPPED, self._on_unmapped)
        self._uc.hook_add(uc.UC_HOOK_MEM_PROT, self._on_protected)
        self._at("main", self._on_main)
        for name in RETURN_FUNCTIONS:
            self._at(name, self._on_return)

    def _at(self, name: str, called: Any) -> None:
        address = self._machine.image.addresses.get(name, 0) & ~1
        if address:
            self._uc.hook_add(uc.UC_HOOK_CODE, called, begin=address, end=address)

    def _on_main(self, processor: Any, address: int, size: int, data: object) -> None:
        link = self._uc.reg_read(arm.UC_ARM_REG_LR)
        if self._machine.image.function_at(link):
            self._uc.hook_add(uc.UC_HOOK_CODE, self._on_return, begin=link & ~1, end=link & ~1)

    def _on_return(self, processor: Any, address: int, size: int, data: object) -> None:
        self._machine.ended = RETURNED
        self._uc.emu_stop()

    def _on_trap(self, processor: Any, number: int, data: object) -> None:
        self._machine.trap = number
        self._uc.emu_stop()

    def _on_invalid(self, processor: Any, data: object) -> bool:
        place = self._machine.place()
        if self._machine.image.function_at(place) is None:
            text = f"a jump to 0x{place:08x}, where no code is: a call through a null or broken pointer"
            self._machine.fault("UsageFault", text)
        else:
            self._machine.fault("UsageFault", "an undefined instruction")
        return False

    def _on_unmapped(self, processor: Any, access: int, address: int, size: int, value: int, data: object) -> bool:
        if self._machine.bus.external(address) and self._chunks < MAX_CHUNKS:
            self._machine.external = self._machine.external or address
            self._chunks += 1
            self._uc.mem_map(address & ~(CHUNK - 1), CHUNK)
            return True
        if access == uc.UC_MEM_FETCH_UNMAPPED:
            self._machine.fault(
                "BusFault", f"a jump to 0x{address:08x}, where no memory is: a call through a broken pointer"
            )
        else:
            what = "a write to" if access == uc.UC_MEM_WRITE_UNMAPPED else "a read of"
            self._machine.fault("BusFault", f"{what} 0x{address:08x}, where nothing is")
        return False

    def _on_protected(self, processor: Any, access: int, address: int, size: int, value: int, data: object) -> bool:
        if access != uc.UC_MEM_WRITE_PROT:
            self._machine.fault("BusFault", f"a jump to 0x{address:08x}, where no code can run")
            return False
        if self._machine.bus.flash_opened():
            self._machine.set_memory(address, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
        else:
            self._machine.fault(
                "WriteToFlash", f"a write to 0x{address:08x}, flash that nothing has opened, is lost", ends=False
            )
        return True
