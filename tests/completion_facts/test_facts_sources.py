"""The sources as the engine has them: in worker processes, and never in anybody's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from facts_samples import HAL, MAIN, firmware, near

from signoff.completion.context import Hole, hole_at
from signoff.completion.facts.background import Background
from signoff.completion.facts.c import CFacts
from signoff.completion.facts.questions import Wanted
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import WorkerPool


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    made = WorkerPool()
    yield made
    await made.close()


def place(folder: Path, line: str, *, untitled: bool = False) -> tuple[Snapshot, Project, Hole]:
    if not (folder / "inc").exists():
        firmware(folder)
    text = MAIN.replace("@", line + "@")
    prefix, _, suffix = text.partition("@")
    path = str(folder / "main.c")
    snapshot = Snapshot("file:///main.c", "" if untitled else path, "c", 1, prefix + suffix)
    hole = hole_at(snapshot, *LineIndex(snapshot.text).position(len(prefix)))
    assert hole is not None
    return snapshot, Project(str(folder), unit=CompileUnit(path, include_dirs=(str(folder / "inc"),))), hole


async def test_nothing_at_first_then_facts(tmp_path: Path, pool: WorkerPool) -> None:
    source = CFacts(pool)
    question = place(tmp_path, "  huart2.Init.")
    assert await source.gather(*question) == ()
    await source.settled()
    assert "UART_Word_Length" not in near(found := await source.gather(*question))
    assert "uint32_t BaudRate" in near(found)


async def test_who_stops_waiting_loses_nothing(tmp_path: Path, pool: WorkerPool) -> None:
    source = CFacts(pool)
    question = place(tmp_path, "  huart2.Init.")
    await source.gather(*question)
    await source.settled()
    before = pool.pids()
    waiting = asyncio.ensure_future(source.gather(*question))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await source.gather(*question) and pool.pids() == before


async def test_a_header_that_is_open_counts_as_typed(tmp_path: Path, pool: WorkerPool) -> None:
    source = CFacts(pool)
    snapshot, project, hole = place(tmp_path, "  HAL_UART_Init(")
    header = Snapshot("file:///h", str(tmp_path / "inc" / "hal_uart.h"), "c", 2, HAL.replace("*huart);", "*changed);"))
    project = Project(project.root, unit=project.unit, buffers=(header,))
    await source.gather(snapshot, project, hole)
    await source.settled()
    assert "HAL_UART_Init(UART_HandleTypeDef *changed)" in near(await source.gather(snapshot, project, hole))


async def test_a_document_without_a_file_has_none(tmp_path: Path, pool: WorkerPool) -> None:
    assert await CFacts(pool).gather(*place(tmp_path, "  huart2.", untitled=True)) == ()
    assert pool.pids() == []


async def test_a_process_that_cannot_work_is_complained_of_and_left_alone(
    pool: WorkerPool, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Background(pool, "signoff.completion.facts.nothing:Engine", "x")
    project = Project("/nowhere")
    assert await broken.ask(project, "passages", None) is None
    assert await broken.ask(project, "passages", None) is None
    assert len([one for one in caplog.records if "Facts for completion failed" in one.message]) == 1


async def test_names_and_groups_can_be_looked_up(tmp_path: Path, pool: WorkerPool) -> None:
    source = CFacts(pool)
    snapshot, project, _ = place(tmp_path, "")
    wanted = Wanted(names=("HAL_OK", "gone"), stems=("UART_PAR",), groups=("UART_Word_Length",))
    assert await source.look(snapshot, project, wanted) is None
    await source.settled()
    looked = await source.look(snapshot, project, wanted)
    assert looked is not None
    assert [name for name, _ in looked.names] == ["HAL_OK", "UART_PARITY_EVEN", "UART_PARITY_NONE"]
    assert [one.name for one in looked.groups[0][1]] == ["UART_WORDLENGTH_8B", "UART_WORDLENGTH_9B"]


async def test_a_handlers_name_is_one_of_the_vector_table(tmp_path: Path, pool: WorkerPool) -> None:
    startup = tmp_path / "startup.s"
    startup.write_text("g_pfnVectors:\n  .word USART1_IRQHandler\n  .word USART2_IRQHandler\n  .word TIM2_IRQHandler\n")
    image = Image("app", str(tmp_path), units=(CompileUnit(str(startup)), CompileUnit(str(tmp_path / "main.c"))))
    text = "void USART"
    snapshot = Snapshot("file:///main.c", str(tmp_path / "main.c"), "c", 1, text)
    hole = hole_at(snapshot, 0, len(text))
    assert hole is not None
    project = Project(str(tmp_path), unit=image.units[1], image=image)
    told = near(await CFacts(pool).gather(snapshot, project, hole))
    assert "USART1_IRQHandler, USART2_IRQHandler" in told and "TIM2" not in told
