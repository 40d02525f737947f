"""What is wrong with the build itself is told where the build is declared, and nothing that only follows from it."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding, Outcome, Severity, Span, Status
from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]
GOOD = "int main(void) { return 0; }\n"


def project_of(folder: Path, *flags: str, cpu: str = "cortex-m4", forced: tuple[str, ...] = ()) -> Project:
    origin = folder / "Makefile"
    origin.write_text(f"# the build\nCFLAGS = -mcpu={cpu} {' '.join(flags)} {' '.join(forced)}\n")
    (folder / "main.c").write_text(GOOD)
    unit = CompileUnit(
        str(folder / "main.c"),
        str(folder),
        "arm-none-eabi-gcc",
        (str(folder),),
        forced_includes=forced,
        flags=(f"-mcpu={cpu}", "-mthumb", *flags),
        origin=str(origin),
        declared=True,
    )
    image = Image("fw", str(folder), str(origin), declared=True, link_declared=True, units=(unit,))
    return Project(str(folder), "fw", unit=unit, image=image)


async def check(project: Project, text: str = GOOD) -> Outcome:
    assert project.unit is not None
    return await Gcc().run(Snapshot("", project.unit.source, "c", 1, text), project)


def only(outcome: Outcome) -> Finding:
    assert outcome.status is Status.FINDINGS and len(outcome.findings) == 1, outcome
    return outcome.findings[0]


async def test_a_flag_that_gcc_does_not_know_is_told_where_it_stands(tmp_path: Path) -> None:
    found = only(await check(project_of(tmp_path, "-mfoo=bar")))
    assert (found.path, found.code, found.severity) == (str(tmp_path / "Makefile"), "UnknownFlag", Severity.ERROR)
    assert found.message.endswith("does not know -mfoo=bar.") and found.span == Span(1, 25, 1, 34)


async def test_a_build_for_another_compiler_may_know_the_flag(tmp_path: Path) -> None:
    project = project_of(tmp_path, "-mfoo=bar")
    assert project.unit is not None
    other = replace(project.unit, compiler="/opt/gcc-20/bin/arm-none-eabi-gcc")
    outcome = await check(replace(project, unit=other))
    assert outcome.findings == () and "-mfoo=bar" in outcome.notice
    (tmp_path / ".cproject").write_text("<xml/>")
    outcome = await check(replace(project, unit=replace(project.unit, origin=str(tmp_path / ".cproject"))))
    assert outcome.findings == ()
    guessed = await check(replace(project, unit=replace(project.unit, declared=False)))
    assert guessed.findings == ()


async def test_a_misspelt_core_hides_what_follows_from_it(tmp_path: Path) -> None:
    project = project_of(tmp_path, "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", cpu="cortex-m44")
    outcome = await check(project, "float half(float x) { return x / 2; }\n")
    found = only(outcome)
    assert "did you mean 'cortex-m4'" in found.message and dict(found.data)["near"] == "cortex-m4"
    assert found.span.start_line == 1 and not outcome.complete


async def test_two_runs_at_once_both_leave_an_unknown_flag_out(tmp_path: Path) -> None:
    project = project_of(tmp_path, "-mnever-heard-of=1")
    outcomes = await asyncio.gather(*(check(project) for _ in range(3)))
    assert [only(one).code for one in outcomes] == ["UnknownFlag"] * 3


@pytest.mark.parametrize(
    ("text", "said"), [("this is no C\n", "line 1: "), (None, "it is not there")], ids=["garbage", "missing"]
)
async def test_a_forced_include_is_told_at_the_build(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, text: str | None, said: str
) -> None:
    header = tmp_path_factory.mktemp("elsewhere") / "forced"
    if text is not None:
        header.write_text(text)
    found = only(await check(project_of(tmp_path, forced=(str(header),))))
    assert (found.path, found.code, found.span.start_line) == (str(tmp_path / "Makefile"), "ForcedInclude", 1)
    assert said in found.message and str(header) in found.message


async def test_a_forced_include_of_the_users_own_is_told_in_it(tmp_path: Path) -> None:
    (tmp_path / "forced.h").write_text("int x\n")
    found = (await check(project_of(tmp_path, forced=(str(tmp_path / "forced.h"),)))).findings
    assert found and {one.path for one in found} <= {str(tmp_path / "forced.h"), str(tmp_path / "main.c")}


async def test_silence_has_its_reason(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An error that is at no line of the user's, in a guessed build."""
    project = project_of(tmp_path, forced=("gone.h",))
    assert project.unit is not None
    outcome = await check(replace(project, unit=replace(project.unit, declared=False, origin="")))
    assert not outcome.complete and all(one.severity is Severity.INFORMATION for one in outcome.findings)
    assert outcome.findings or outcome.message


@pytest.mark.parametrize("errors", [1, 200], ids=["few errors", "more than gcc tells"])
async def test_a_circle_of_includes_is_one_finding(tmp_path: Path, errors: int) -> None:
    project = project_of(tmp_path)
    lines = "".join(f"unknown{number} value{number};\n" for number in range(errors))
    (tmp_path / "board.h").write_text(f'/* board */\n#include "b2.h"\n{lines}')
    (tmp_path / "b2.h").write_text('#include "board.h"\n')
    found = only(await check(project, '#include "board.h"\n' + GOOD))
    assert found.message == "board.h includes b2.h, which includes board.h again: neither has an include guard."
    assert (found.path, found.span) == (str(tmp_path / "b2.h"), Span(0, 9, 0, 18))
    assert [(one.path, one.span.start_line) for one in found.related] == [(str(tmp_path / "board.h"), 1)]


async def test_a_header_that_includes_itself(tmp_path: Path) -> None:
    (tmp_path / "own.h").write_text('int x;\n#include "own.h"\n')
    found = only(await check(project_of(tmp_path), '#include "own.h"\n' + GOOD))
    assert found.message == "own.h includes itself: it has no include guard." and found.span.start_line == 1


async def test_more_errors_than_gcc_tells_are_no_crash(tmp_path: Path) -> None:
    text = "".join(f"unknown{number} value{number};\n" for number in range(150))
    outcome = await check(project_of(tmp_path), text)
    assert outcome.status is Status.FINDINGS and len(outcome.findings) > 50


def test_what_gcc_took_a_flag_for() -> None:
    output = b"gcc: error: unrecognized -mcpu target: cortex-m44\ngcc: note: valid: a b; did you mean 'cortex-m4'?\n\n"
    assert command._hints(output, ["-mcpu=cortex-m44", "-O2"]) == {"-mcpu=cortex-m44": "cortex-m4"}
