"""Small firmware images of texts, for the checks of handlers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.checks.concurrency import CHECKS
from signoff.verifiers.mcu.parts.library import for_project
from signoff.verifiers.mcu.source.image_facts import ImageReader
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import PartSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

READER = ImageReader()
STARTUP = """
  .section .isr_vector,"a",%progbits
g_pfnVectors:
  .word _estack
  .word Reset_Handler
  .word NMI_Handler
  .word HardFault_Handler
  .word 0
  .word SVC_Handler
  .word PendSV_Handler
  .word SysTick_Handler
  .word EXTI0_IRQHandler
  .word EXTI15_10_IRQHandler
  .word TIM2_IRQHandler
  .word TIM3_IRQHandler
  .word USART2_IRQHandler
  .weak EXTI0_IRQHandler
  .thumb_set EXTI0_IRQHandler,Default_Handler
  .weak TIM2_IRQHandler
  .thumb_set TIM2_IRQHandler,Default_Handler
  .weak TIM3_IRQHandler
  .thumb_set TIM3_IRQHandler,Default_Handler
  .weak USART2_IRQHandler
  .thumb_set USART2_IRQHandler,Default_Handler
"""


def findings(
    folder: Path, texts: dict[str, str], code: str = "", *, hints: bool = True, flags: str = "-O2", **image: Any
) -> tuple[Finding, ...]:
    """What the checks of handlers say of all C files of an image: of `texts` by name, with a startup file of ours.

    `code`: only these findings. `image`: members of Image that are otherwise than those of a well-known one.
    """
    files = {"startup.s": STARTUP, **texts}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    units = tuple(_unit(folder, name, flags) for name in files if not name.endswith(".h"))
    made = Image("image", str(folder), declared=True, link_declared=True, units=units, part="stm32f407vg")
    found = (one for unit in units for one in _of_unit(unit, replace(made, **image), hints))
    return tuple(finding for finding in found if not code or finding.code == code)


def _unit(folder: Path, name: str, flags: str) -> CompileUnit:
    include, defines = (str(folder),), ("STM32F407xx",)
    return CompileUnit(str(folder / name), str(folder), "", include, (), defines, flags=(flags,), declared=True)


def _of_unit(unit: CompileUnit, image: Image, hints: bool) -> Iterator[Finding]:
    if unit.source.endswith((".c", ".cpp")):
        settings = VerifierSettings(part=PartSettings(hints=hints))
        project = Project(image.root, unit=unit, image=image, settings=settings)
        snapshot = Snapshot("", unit.source, "c", 1, Path(unit.source).read_text("utf-8"))
        facts = READER.read(snapshot, project, 30.0)
        assert facts is not None
        for one in CHECKS:
            yield from one(facts, unit.source, for_project(project), project)
