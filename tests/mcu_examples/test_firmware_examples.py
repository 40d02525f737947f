"""docs/examples/firmware: it builds by its Makefile and by Signoff, boots and prints; each marked fault is shown."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.lsp_server.commands.session import open_session, snapshot_of
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.emulate.emulation import Emulation
from signoff.verifiers.mcu.emulate.run import emulate
from signoff.verifiers.project import Project
from signoff.verifiers.settings import EmulatorSettings, VerifierSettings
from signoff.verifiers.verifier import Speed

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
FIRMWARE = EXAMPLES / "firmware"
CLEAN = ("main.c", "button.c", "pwm.c", "ticks.c", "uart.c", "startup_stm32f407.c")
# Of faulty.c: the code that is shown on each line marked as a fault, in their order.
FAULTS = (
    "MissingVolatile",
    "PendingFlag",
    "UnknownHandler",
    "MissingHandler",
    "WrongClockRegister",
    "AlternateFunction",
    "UndefinedReference",
)
SETTINGS = VerifierSettings(emulator=EmulatorSettings(seconds=1.0))

pytestmark = [pytest.mark.tool]


def marked(name: str) -> list[int]:
    """The lines (from 0) of an example that say that they hold a fault."""
    lines = (FIRMWARE / name).read_text(encoding="utf-8").splitlines()
    return [at for at, line in enumerate(lines) if "/* fault:" in line]


async def look_at_all() -> dict[str, tuple[Finding, ...]]:
    """What all verifiers say of each file; a link may speak of any file of its image."""
    found: dict[str, tuple[Finding, ...]] = {}
    async with open_session([FIRMWARE], settings=SETTINGS) as session:
        assert session.workspace.problems() == ()
        for name in (*CLEAN, "faulty.c", "too_large.c"):
            snapshot = snapshot_of(FIRMWARE / name)
            project = session.workspace.project_for(snapshot.path)
            assert project.image is not None and project.image.declared and project.image.part == "stm32f407vg"
            outcomes = await session.run(snapshot, project, deepest=Speed.DEEP)
            assert all(outcome.ran for outcome in outcomes)
            found[name] = tuple(finding for outcome in outcomes for finding in outcome.findings)
    return found


async def project_of(name: str) -> Project:
    async with open_session([FIRMWARE], settings=SETTINGS) as session:
        return session.workspace.project_for(str(FIRMWARE / name))


async def run(name: str, engine: str) -> Emulation:
    project = await project_of(name)
    shown: list[str] = []
    done = await emulate(project, engine=engine, on_output=shown.append, settings=SETTINGS)
    assert "".join(shown) == done.output
    return done


@pytest.fixture(scope="module")
def found() -> dict[str, tuple[Finding, ...]]:
    return asyncio.run(look_at_all())


@pytest.mark.parametrize("name", CLEAN)
def test_what_is_right_is_left_in_peace(name: str, found: dict[str, tuple[Finding, ...]]) -> None:
    assert found[name] == ()


def test_each_fault_is_shown_on_its_line(found: dict[str, tuple[Finding, ...]]) -> None:
    shown = {(one.span.start_line, one.code) for one in found["faulty.c"] if one.path == str(FIRMWARE / "faulty.c")}
    assert shown == set(zip(marked("faulty.c"), FAULTS, strict=True))


def test_what_is_too_large_is_shown_at_the_region(found: dict[str, tuple[Finding, ...]]) -> None:
    (finding,) = found["too_large.c"]
    assert (Path(finding.path).name, finding.code, finding.severity) == (
        "stm32f407.ld",
        "RegionOverflow",
        Severity.ERROR,
    )
    assert "13,960" in finding.message and "history" in finding.message
    assert [(Path(one.path).name, one.span.start_line) for one in finding.related] == [
        ("too_large.c", marked("too_large.c")[0])
    ]


async def test_the_led_boots_in_qemu_and_prints() -> None:
    done = await run("main.c", "qemu")
    assert done.output.startswith("PWM on TIM12, PB14\r\nduty 0 %\r\nduty 20 %\r\n")
    assert (done.faults, done.findings) == ((), ())
    assert done.first_output is not None and done.first_output < 1


async def test_the_led_uses_no_peripheral_without_its_clock() -> None:
    pytest.importorskip("unicorn")
    done = await run("main.c", "unicorn")
    assert done.output.startswith("PWM on TIM12, PB14\r\nduty 0 %\r\n")
    assert (done.faults, done.findings) == ((), ())


async def test_the_faulty_one_runs_into_its_faults() -> None:
    """Once it links: what the checks say of its text is what happens."""
    pytest.importorskip("unicorn")
    project = await project_of("faulty.c")
    text = (FIRMWARE / "faulty.c").read_text(encoding="utf-8").replace("tick_wait", "ticks_wait")
    buffer = replace(snapshot_of(FIRMWARE / "faulty.c"), text=text, version=1)
    project = replace(project, buffers=(buffer,))
    done = await emulate(project, engine="unicorn", on_output=lambda shown: None, settings=SETTINGS)
    assert {one.code for one in done.findings} == {"UnclockedPeripheral", "MissingHandler"}
    unclocked = [one for one in done.findings if one.code == "UnclockedPeripheral"]
    timers = [at for at, line in enumerate(text.splitlines()) if "TIM12->" in line]
    assert sorted(one.span.start_line for one in unclocked) == timers
    assert all(one.path == str(FIRMWARE / "faulty.c") for one in done.findings)


async def test_what_does_not_link_is_not_run() -> None:
    done = await run("faulty.c", "qemu")
    assert not done.ran
    assert "tick_wait" in done.message


def test_make_builds_it_without_signoff(tmp_path: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    copy = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, copy)
    done = subprocess.run(["make", "-C", str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    assert (copy / "build" / "led.elf").is_file()


def test_gcc_itself_says_nothing_of_the_faults(tmp_path: Path) -> None:
    flags = ("-mcpu=cortex-m4", "-mthumb", "-O2", "-Wall", "-Wextra", "-fanalyzer", "-DSTM32F407xx", f"-I{FIRMWARE}")
    argv = ["arm-none-eabi-gcc", *flags, "-c", str(FIRMWARE / "faulty.c"), "-o", str(tmp_path / "faulty.o")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_examples_stay_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) < 60_000
    assert not (FIRMWARE / "build").exists(), "built files do not belong here"
