"""Firmware in the real QEMU: what it prints, where it faults, what QEMU lacks, and that every run ends."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest
from firmware_builds import Built, build

from signoff.lsp_server.firmware import verdict
from signoff.verifiers.finding import Category, Severity
from signoff.verifiers.mcu.emulate import uart_text
from signoff.verifiers.mcu.emulate.emulation import LACKING

WARNING = Severity.WARNING
pytestmark = [pytest.mark.tool]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("firmware")


def program(kind: int, folder: Path) -> Built:
    return build("faults", kind, folder)


FAULTS = [
    (1, "BusFault", "0x30000000"),
    (2, "UsageFault", "null"),
    (3, "UsageFault", "undefined instruction"),
    (5, "MissingHandler", "SysTick_Handler"),
    (6, "MissingHandler", "interrupt 28 (TIM2)"),
    (7, "BusFault", "0x30000000"),
]


@pytest.mark.parametrize(("kind", "fault", "text"), FAULTS)
async def test_a_fault_is_told_at_its_line(kind: int, fault: str, text: str, folder: Path) -> None:
    built = program(kind, folder)
    done = await built.run("qemu")
    assert done.output == "start\n"
    assert done.ended == "fault"
    (found,) = done.faults
    assert (found.kind, found.path, found.line) == (fault, str(built.source), built.line(kind=kind))
    assert text in found.message
    assert [frame.function for frame in found.frames][:2] == ["apply", "main"]
    (finding,) = done.findings
    assert (finding.code, finding.tool, finding.span.start_line) == (fault, "qemu", found.line)
    assert (finding.category is Category.VECTOR_TABLE) == (fault == "MissingHandler")


async def test_an_overflowed_stack_is_told_with_the_call_that_fills_it(folder: Path) -> None:
    built = program(4, folder)
    (fault,) = (await built.run("qemu")).faults
    assert "stack has overflowed" in fault.message
    assert fault.line == built.line(kind=4)


async def test_a_program_that_returns_ends_the_run(folder: Path) -> None:
    start = time.monotonic()
    done = await program(8, folder).run("qemu", seconds=10.0)
    assert (done.output, done.ended, done.faults, done.findings) == ("start\nend\n", "returned", (), ())
    assert time.monotonic() - start < 5


async def test_semihosting_prints_and_is_no_fault(folder: Path) -> None:
    done = await program(9, folder).run("qemu")
    assert "from semihosting\n" in done.output
    assert done.ended == "returned"


async def test_output_without_end_is_cut(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uart_text, "OUTPUT_BYTES", 20_000)
    done = await program(10, folder).run("qemu", seconds=30.0)
    assert done.ended == "output limit"
    assert 20_000 <= len(done.output) < 1 << 20


async def test_a_wait_for_what_qemu_lacks_is_named(folder: Path) -> None:
    built = program(11, folder)
    done = await built.run("qemu", seconds=8.0)
    assert done.ended == "waiting"
    assert done.faults == ()
    assert any("RCC->CR" in note and "faults.c" in note for note in done.notes)


async def test_memory_that_qemu_lacks_is_no_fault_of_the_program(folder: Path) -> None:
    built = program(13, folder)
    done = await built.run("qemu")
    assert (done.faults, done.ended) == ((), LACKING)
    (found,) = done.findings
    assert (found.path, found.span.start_line, found.severity) == (str(built.source), built.line(kind=13), WARNING)
    assert "external memory (0x60000000), which QEMU does not have" in found.message
    assert not any("Default_Handler" in note for note in done.notes)
    well, text = verdict(done, "case in qemu")
    assert not well and text.endswith("until it used what the emulator does not have, 1 finding")


async def test_what_qemu_does_not_emulate_is_told_once(folder: Path) -> None:
    notes = (await program(8, folder).run("qemu")).notes
    assert sum("does not emulate" in note for note in notes) == 1
    assert any("GPIOA" in note for note in notes)


async def test_another_part_is_told_of_the_machine(folder: Path) -> None:
    done = await program(8, folder).run("qemu", part="stm32f103c8")
    assert any("STM32F405" in note and "stm32f103c8" in note for note in done.notes)
    assert not any(
        "memories and peripherals may differ" in note for note in (await program(8, folder).run("qemu")).notes
    )


async def test_cancelling_ends_qemu(folder: Path) -> None:
    built = program(11, folder)
    task = asyncio.ensure_future(built.run("qemu", seconds=60.0))
    async with asyncio.timeout(20):
        while not emulators():  # noqa: ASYNC110  # another process starts it
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not emulators()


def emulators() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.is_running() and "qemu" in child.name()]


async def test_a_missing_qemu_says_how_to_get_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = program(8, folder)
    done = await built.run("qemu", qemu=str(folder / "nowhere"))
    assert (done.ended, done.ran) == ("not run", False)
    assert "nowhere" in done.message and "qemu-system-arm" in done.message


async def test_a_machine_that_qemu_does_not_know_is_said(folder: Path) -> None:
    done = await program(8, folder).run("qemu", machine="no-such-machine")
    assert not done.ran
    assert "no-such-machine" in done.message or "machine" in done.message
