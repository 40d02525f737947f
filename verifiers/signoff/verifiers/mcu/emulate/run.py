"""Links a firmware image and runs it in the emulator that was asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from signoff.verifiers.finding import Outcome
from signoff.verifiers.mcu.compile.toolchain import toolchain
from signoff.verifiers.mcu.emulate.elf_image import NotAnImage, load
from signoff.verifiers.mcu.emulate.emulation import ENGINES, QEMU, RENODE, Emulation, Fault, not_run
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings

__all__ = ["ENGINES", "Emulation", "Fault", "emulate", "run_elf"]

Show = Callable[[str], None]


async def emulate(project: Project, *, engine: str, on_output: Show, settings: VerifierSettings) -> Emulation:
    """Link the project's image, with open documents as they are in the editor, and run it.

    `engine` is one of ENGINES. `on_output` gets what the firmware prints as it comes. Cancelling ends the emulator.
    The firmware runs confined: it reaches no file and no network of this machine.
    """
    from signoff.verifiers.mcu.link.link import linked

    if project.image is None:
        return not_run(engine, "the file belongs to no firmware image")
    start = time.monotonic()
    image = await linked(replace(project, settings=settings))
    if isinstance(image, Outcome):
        return not_run(engine, image.message or _first_finding(image) or "the image could not be linked")
    if not image.linked or not image.elf:
        return not_run(engine, f"{image.image} does not link")
    memory = [(region.name, region.origin, region.size) for region in image.regions]
    run = replace(project, settings=settings)
    done = await run_elf(image.elf, run, engine=engine, on_output=on_output, memory=memory)
    return replace(done, seconds=time.monotonic() - start) if done.ran else done


async def run_elf(
    elf: str, project: Project, *, engine: str, on_output: Show, memory: Sequence[tuple[str, int, int]] = ()
) -> Emulation:
    """Run a linked image; see emulate(). `memory` are the linker's regions: (name, origin, size)."""
    settings = project.settings
    kit = await asyncio.to_thread(toolchain, settings)
    try:
        image = await asyncio.to_thread(load, elf)
    except NotAnImage as error:
        return not_run(engine, str(error))
    if not image.vectors[1:2]:
        return not_run(engine, f"{elf} has no vector table: the processor would not start")
    if engine == QEMU:
        from signoff.verifiers.mcu.emulate.qemu import run_qemu

        return await run_qemu(image, project, kit.addr2line, settings.emulator, on_output)
    if engine == RENODE:
        from signoff.verifiers.mcu.emulate.renode import run_renode

        return await run_renode(image, project, settings.emulator, on_output)
    from signoff.verifiers.mcu.emulate.unicorn_run import run_unicorn

    return await run_unicorn(image, project, kit.addr2line, on_output, memory)


def _first_finding(outcome: Outcome) -> str:
    worst = min(outcome.findings, key=lambda finding: finding.severity, default=None)
    return f"it does not link: {worst.message} ({worst.path}:{worst.span.start_line + 1})" if worst else ""
