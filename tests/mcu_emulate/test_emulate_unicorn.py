"""Firmware in Unicorn: every use of a peripheral whose clock is off, at its line, and nothing else."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil
import pytest
from firmware_builds import Built, build

from signoff.verifiers.finding import Category, Severity
from signoff.verifiers.mcu.emulate import unicorn_run

pytestmark = [pytest.mark.tool]
pytest.importorskip("unicorn", reason="the extra `mcu`")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("firmware")


def clocks(kind: int, folder: Path) -> Built:
    return build("clocks", kind, folder, board=("uart.c", "ticks.c", "pwm.c", "button.c"))


UNCLOCKED = [
    (1, "TIM12", "RCC_APB1ENR_TIM12EN"),
    (2, "TIM12", "RCC_APB1ENR_TIM12EN"),
    (3, "GPIOB", "RCC_AHB1ENR_GPIOBEN"),
    (4, "TIM12", "RCC_APB1ENR_TIM12EN"),
    (5, "GPIOA", "RCC_AHB1ENR_GPIOAEN"),
    (7, "USART2", "RCC_APB1ENR_USART2EN"),
]


@pytest.mark.parametrize(("kind", "peripheral", "macro"), UNCLOCKED)
async def test_an_access_without_clock_is_told_at_its_line(
    kind: int, peripheral: str, macro: str, folder: Path
) -> None:
    built = clocks(kind, folder)
    done = await built.run("unicorn")
    (finding,) = done.findings
    assert (finding.path, finding.span.start_line) == (str(built.source), built.line(kind=kind))
    assert (finding.code, finding.tool, finding.category) == ("UnclockedPeripheral", "unicorn", Category.CLOCK_ENABLE)
    assert finding.severity is (Severity.WARNING if kind == 7 else Severity.ERROR)
    assert dict(finding.data)["macro"] == macro
    assert dict(finding.data)["peripheral"] == peripheral
    assert macro in finding.message


async def test_an_access_in_a_function_names_the_calls_to_it(folder: Path) -> None:
    built = clocks(6, folder)
    (finding,) = (await built.run("unicorn")).findings
    assert finding.span.start_line == built.line("the driver's line")
    assert built.line(kind=6) in [related.span.start_line for related in finding.related]


async def test_an_access_in_vendor_code_is_shown_where_the_user_calls_it(folder: Path, tmp_path: Path) -> None:
    drivers = tmp_path / "Drivers"
    drivers.mkdir()
    (drivers / "driver.c").write_text('#include "stm32f407.h"\nvoid start(void)\n{\n    TIM12->ARR = 9;\n}\n')
    (tmp_path / "main.c").write_text("void start(void);\nint main(void)\n{\n    start();\n    return 0;\n}\n")
    built = build("clocks", 1, tmp_path, sources=(tmp_path / "main.c", drivers / "driver.c"))
    (finding,) = (await built.run("unicorn")).findings
    assert (Path(finding.path).name, finding.span.start_line) == ("main.c", 3)
    assert (Path(finding.related[0].path).name, finding.related[0].span.start_line) == ("driver.c", 3)


async def test_what_a_program_switches_off_is_found_where_it_is_used_next(folder: Path) -> None:
    built = clocks(8, folder)
    (finding,) = (await built.run("unicorn")).findings
    # pwm.c is no file of this image: the call is what is shown.
    assert (finding.path, finding.span.start_line) == (str(built.source), built.line("pwm_set(5)"))
    assert dict(finding.data)["peripheral"] == "TIM12"


@pytest.mark.parametrize("kind", [20, 21, 22])
async def test_a_program_that_is_right_is_left_in_peace(kind: int, folder: Path) -> None:
    done = await clocks(kind, folder).run("unicorn")
    assert (done.findings, done.faults, done.ended) == ((), (), "returned")


async def test_exceptions_timers_and_clocks_behave(folder: Path) -> None:
    done = await build("interrupts", 1, folder, board=("uart.c", "ticks.c")).run("unicorn", seconds=8.0)
    assert done.output.splitlines() == ["r4 77", "svc ok", "nested ok", "timer ok", "ticks 1", "clocks ok"]
    assert (done.findings, done.faults, done.ended) == ((), (), "returned")


async def test_a_flag_that_nothing_clears_is_told(folder: Path) -> None:
    done = await build("interrupts", 2, folder, board=("uart.c", "ticks.c")).run("unicorn", seconds=8.0)
    (fault,) = done.faults
    assert fault.kind == "PendingFlag"
    assert "TIM2_IRQHandler" in fault.message
    assert [frame.function for frame in fault.frames] == ["TIM2_IRQHandler"]


FAULTS = [
    (1, "BusFault", "0x30000000"),
    (2, "UsageFault", "broken pointer"),
    (3, "UsageFault", "undefined instruction"),
    (4, "BusFault", "where nothing is"),
    (5, "MissingHandler", "SysTick_Handler"),
    (6, "MissingHandler", "interrupt 28 (TIM2)"),
    (7, "BusFault", "0x30000000"),
]


@pytest.mark.parametrize(("kind", "fault", "text"), FAULTS)
async def test_a_fault_is_told_at_its_line_in_unicorn(kind: int, fault: str, text: str, folder: Path) -> None:
    built = build("faults", kind, folder)
    done = await built.run("unicorn")
    assert (done.output, done.ended) == ("start\n", "fault")
    (found,) = done.faults
    assert found.kind == fault
    assert text in found.message
    if kind != 4:
        assert found.line == built.line(kind=kind)


async def test_a_returning_program_and_semihosting(folder: Path) -> None:
    done = await build("faults", 8, folder).run("unicorn")
    assert (done.output, done.ended) == ("start\nend\n", "returned")
    assert "from semihosting\n" in (await build("faults", 9, folder).run("unicorn")).output


async def test_a_crystal_that_qemu_lacks_is_there(folder: Path) -> None:
    assert (await build("faults", 11, folder).run("unicorn")).output == "start\nend\n"


async def test_a_run_is_bounded_and_cancelled(folder: Path) -> None:
    built = build("faults", 10, folder)
    assert (await built.run("unicorn", seconds=0.3)).ended in ("time limit", "output limit")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    task = asyncio.ensure_future(built.run("unicorn", seconds=60.0))
    await asyncio.sleep(0.6)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


async def test_an_unknown_part_is_said(folder: Path) -> None:
    done = await build("faults", 8, folder).run("unicorn", part="")
    assert not done.ran
    assert "mcu.part" in done.message


async def test_without_unicorn_one_line_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unicorn_run, "find_spec", lambda name: None)
    done = await build("faults", 8, folder).run("unicorn")
    assert not done.ran
    assert "Unicorn is not installed" in done.message


def test_the_server_never_imports_unicorn() -> None:
    """GPL-2: only the worker process does."""
    assert "unicorn" in sys.modules  # importorskip above did
    text = (Path(unicorn_run.__file__)).read_text(encoding="utf-8")
    assert "unicorn_engine import" not in text and "machine import" not in text


async def test_one_write_to_flash_is_told_once(folder: Path) -> None:
    built = build("faults", 14, folder)
    done = await built.run("unicorn")
    (fault,) = done.faults
    assert (fault.kind, fault.line, done.ended) == ("WriteToFlash", built.line(kind=14), "returned")
