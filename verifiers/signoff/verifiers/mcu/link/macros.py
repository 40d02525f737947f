"""Which macros are defined in an image's C files: asked of gcc, for the sources that #if leaves out."""

from __future__ import annotations

import re
import time

from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.arguments import arguments, language_of
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.project import Image, Project
from signoff.verifiers.run import ToolMissing, scratch_folder

DEFINED = re.compile(rb"^#define (\w+)", re.MULTILINE)
# One with a main most likely includes what configures the rest.
UNITS = 3


async def defined_macros(image: Image, project: Project, kit: Toolchain, deadline: float) -> frozenset[str]:
    """The macros at the end of some of the units; what none of them has, the image most likely never defines."""
    units = [unit for unit in image.units if not language_of(unit).startswith("assembler")]
    units.sort(key=lambda unit: "main" not in unit.source)
    found: set[str] = set()
    with scratch_folder("macros") as folder:
        for unit in units[:UNITS]:
            language = language_of(unit)
            flags = arguments(unit, project, kit).argv
            rest = ("-dM", "-E", "-x", language, unit.source)
            left = max(deadline - time.monotonic(), 0.1)
            try:
                done, _ = await command.gcc(
                    kit,
                    language,
                    flags,
                    rest,
                    folder=folder,
                    timeout=left,
                    memory_limit_mb=project.settings.memory_limit_mb,
                )
            except ToolMissing:
                break
            found.update(name.decode() for name in DEFINED.findall(done.stdout))
    return frozenset(found)
