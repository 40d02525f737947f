"""Functions that QEMU's machines would let wait for ever: answered in the firmware's place, without changing the image.

The processor is stopped where such a function begins, given its result and let go on behind the call. Linking stubs in
its place (--wrap) would not reach calls from the function's own file, and would run another image than the user's.
"""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.gdb_remote import LR, PC, GdbRemote, Registers


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function is answered with; see answered.toml."""

    name: str
    returns: int = 0
    sets: Mapping[str, int] = field(default_factory=dict)
    then: str = ""
    argument: str = ""


@cache
def answers() -> tuple[Answer, ...]:
    """All functions that are answered."""
    text = resources.files(__package__).joinpath("answered.toml").read_text(encoding="utf-8")
    return tuple(Answer(name, **entry) for name, entry in tomllib.loads(text).items())


def in_image(image: ElfImage) -> dict[int, Answer]:
    """The functions of an image that are to be answered, by address."""
    names = image.addresses
    return {names[answer.name] & ~1: answer for answer in answers() if answer.name in names}


async def give(gdb: GdbRemote, registers: Registers, answer: Answer, image: ElfImage) -> None:
    """Have the function that the stopped processor is about to run be done."""
    names = image.addresses
    for variable, value in answer.sets.items():
        if variable in names:
            await gdb.write(names[variable], struct.pack("<I", value))
    if answer.then in names and answer.argument in names:
        argument = await gdb.word(names[answer.argument])
        await gdb.set_register(0, argument or 0)
        await gdb.set_register(PC, names[answer.then] & ~1)
        return
    await gdb.set_register(0, answer.returns)
    await gdb.set_register(PC, registers.general[LR] & ~1)
