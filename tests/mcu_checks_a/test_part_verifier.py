"""The verifier "part" in its worker process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from signoff.verifiers.finding import Status
from signoff.verifiers.mcu.checks.part import Part
from signoff.verifiers.mcu.facts import FirmwareFacts
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import PartSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

TEXT = "void TIM2_IRQHandler(void) { TIM2->SR = 0; }\nint main(void)\n{\n    TIM12->CCR1 = 1;\n}\n"


def _project(folder: Path, **settings: bool) -> tuple[Snapshot, Project]:
    path = folder / "main.c"
    path.write_text("int main(void) { }\n")  # the buffer says otherwise
    unit = CompileUnit(str(path), defines=("STM32F407xx",), declared=True)
    image = Image("image", str(folder), declared=True, link_declared=True, units=(unit,))
    made = VerifierSettings(part=PartSettings(**settings))
    return Snapshot("", str(path), "c", 2, TEXT), Project(str(folder), unit=unit, image=image, settings=made)


async def test_the_unsaved_text_is_checked(tmp_path: Path) -> None:
    pool = WorkerPool()
    try:
        outcome = await Part(pool).run(*_project(tmp_path))
    finally:
        await pool.close()
    assert (outcome.status, outcome.complete, outcome.tool) == (Status.FINDINGS, True, "signoff")
    assert [(one.code, one.span.start_line) for one in outcome.findings if one.code == "UnclockedPeripheral"] == [
        ("UnclockedPeripheral", 0),
        ("UnclockedPeripheral", 3),
    ]
    facts = outcome.facts["firmware"]
    assert isinstance(facts, FirmwareFacts)
    assert facts.part == "STM32F407"
    assert [(one.name, one.handler) for one in facts.functions] == [("TIM2_IRQHandler", True), ("main", False)]


async def test_code_that_may_be_for_another_part_is_not_judged(tmp_path: Path) -> None:
    snapshot, project = _project(tmp_path)
    wrong = "void pins(void)\n{\n    GPIOB->AFR[1] |= 2U << 24;\n}\n"
    for head, told in (("", {"AlternateFunction"}), ('#include "gone.h"\n#if defined(STM32F427xx)\n', set())):
        text = f"{head}{wrong}{'#endif' if head else ''}\nint main(void) {{ RCC->AHB1ENR |= 2; pins(); }}\n"
        pool = WorkerPool()
        try:
            outcome = await Part(pool).run(replace(snapshot, text=text), project)
        finally:
            await pool.close()
        assert {one.code for one in outcome.findings} == told


async def test_without_an_image_nothing_is_said(tmp_path: Path) -> None:
    pool = WorkerPool()
    snapshot, _ = _project(tmp_path)
    outcome = await Part(pool).run(snapshot, Project(str(tmp_path)))
    assert (outcome.findings, outcome.complete) == ((), False)
    assert pool.pids() == []


async def test_switched_off(tmp_path: Path) -> None:
    outcome = await Part(WorkerPool()).run(*_project(tmp_path, enabled=False))
    assert outcome.status is Status.MISSING


async def test_a_vendors_file_is_not_judged(tmp_path: Path) -> None:
    pool = WorkerPool()
    path = tmp_path / "stm32f4xx_hal_tim.c"
    path.write_text("void HAL_TIM_Base_Start(void) { TIM12->CR1 = 1; }\n")
    unit = CompileUnit(str(path), defines=("STM32F407xx",), declared=True)
    image = Image("image", str(tmp_path), declared=True, link_declared=True, units=(unit,))
    try:
        outcome = await Part(pool).run(
            Snapshot("", str(path), "c", 1, path.read_text()), Project(str(tmp_path), unit=unit, image=image)
        )
    finally:
        await pool.close()
    assert (outcome.findings, outcome.complete) == ((), True)
