"""The compiler of C files that belong to no firmware image: whose flags it has, what stops it, what it doubts."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff.verifiers.finding import Outcome, Severity, Status
from signoff.verifiers.mcu.compile import compilers
from signoff.verifiers.mcu.compile.guessed import GuessedC
from signoff.verifiers.mcu.facts import CALLED, MAY_BE_FLAGS
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

HOSTED = "#include <stdio.h>\n#include <pthread.h>\nint main(void) {\n  pthread_t one;\n  return asprintf(0, 0);\n}\n"
PART = """#if defined(STM32F405xx)
#include "stm32f405xx.h"
#elif defined(STM32F429xx)
#include "stm32f429xx.h"
#else
#error "Please select first the target STM32F4xx device used in your application"
#endif
"""


@pytest.fixture
async def verifier() -> AsyncIterator[GuessedC]:
    pool = WorkerPool()
    yield GuessedC(pool)
    await pool.close()


async def outcome(verifier: GuessedC, path: Path, text: str, language: str = "c", root: Path | None = None) -> Outcome:
    snapshot = Snapshot(path.as_uri(), str(path), language, 1, text)
    return await verifier.run(snapshot, Project(str(root or path.parent)))


def errors(found: Outcome) -> list[str]:
    return [one.message for one in found.findings if one.severity is Severity.ERROR]


async def test_a_program_of_this_machine(verifier: GuessedC, tmp_path: Path) -> None:
    found = await outcome(verifier, tmp_path / "main.c", HOSTED)
    assert found.judged and not errors(found), found
    assert found.facts[CALLED] == "gcc (flags guessed)"
    wrong = await outcome(verifier, tmp_path / "main.c", HOSTED.replace("asprintf", "asprint"))
    assert "asprint" in errors(wrong)[0]


async def test_code_of_a_microcontroller_is_read_by_arms_compiler(verifier: GuessedC, tmp_path: Path) -> None:
    text = 'void SysTick_IRQHandler(void) {\n  unsigned now;\n  __asm volatile("mrs %0, PRIMASK" : "=r"(now));\n}\n'
    found = await outcome(verifier, tmp_path / "irq.c", text)
    assert found.judged and not errors(found)
    assert str(found.facts[CALLED]).startswith("arm-none-eabi-gcc")
    # It has no threads: where a header is missing, the next compiler is asked.
    hosted = await outcome(verifier, tmp_path / "b.c", f"// stm32 flasher\n{HOSTED}")
    assert hosted.facts[CALLED] == "gcc (flags guessed)"


async def test_headers_are_found_below_the_root(verifier: GuessedC, tmp_path: Path) -> None:
    (tmp_path / "lib" / "inc" / "util").mkdir(parents=True)
    (tmp_path / "lib" / "inc" / "util" / "list.h").write_text("int list_length(void *list);\n")
    text = '#include "util/list.h"\nint f(void) { return list_length(0); }\n'
    found = await outcome(verifier, tmp_path / "main.c", text)
    assert found.judged and not errors(found), found
    missing = await outcome(verifier, tmp_path / "main.c", text.replace("list.h", "tree.h"))
    assert not missing.judged
    assert "util/tree.h: No such file" in missing.message


async def test_the_flags_of_a_database_and_of_a_file_beside(verifier: GuessedC, tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    command = {"directory": str(tmp_path), "file": "a.c", "arguments": ["evil-cc", "-DWIDTH=8", "-fplugin=x.so", "a.c"]}
    (tmp_path / "build" / "compile_commands.json").write_text(json.dumps([command]))
    (tmp_path / "a.c").touch()
    text = '#include "x.h"\nint f(void) { return WIDTH + x; }\n'
    (tmp_path / "x.h").write_text("extern int x;\n")
    listed = await outcome(verifier, tmp_path / "a.c", text)
    assert (listed.judged, errors(listed), listed.facts[CALLED]) == (True, [], "gcc (flags of its build)")
    beside = await outcome(verifier, tmp_path / "b.c", text)
    assert (beside.judged, errors(beside), beside.facts[CALLED]) == (True, [], "gcc (flags of a file beside it)")


async def test_the_part_that_a_header_asks_for(verifier: GuessedC, tmp_path: Path) -> None:
    (tmp_path / "stm32f4xx.h").write_text(PART)
    for part, name in (("405", "CAN1_TX"), ("429", "LTDC_ER")):
        (tmp_path / f"stm32f{part}xx.h").write_text(f"enum {{ {name}, timers_{part} }};\n")
    text = '#include "stm32f4xx.h"\n// for the STM32F429I-DISC1\nint f(void) { return LTDC_ER; }\n'
    found = await outcome(verifier, tmp_path / "main.c", text)
    assert found.judged and not errors(found), found
    assert found.facts[CALLED] == "arm-none-eabi-gcc (flags guessed, STM32F429xx defined)"
    # The other part has it, so it is none that somebody made up.
    other = await outcome(verifier, tmp_path / "main.c", text.replace("LTDC_ER;", "timers_405 + timers_4;"))
    assert {one.code for one in other.findings if "timers_405" in one.message.split(";")[0]} == {MAY_BE_FLAGS}
    assert MAY_BE_FLAGS not in {one.code for one in other.findings if "'timers_4'" in one.message}


async def test_a_macro_may_be_a_flag(verifier: GuessedC, tmp_path: Path) -> None:
    found = await outcome(verifier, tmp_path / "a.c", "int f(void) { return BOARD_REVISION + board; }\n")
    assert [one.code == MAY_BE_FLAGS for one in found.findings] == [True, False]


async def test_a_header_alone_may_lack_what_its_includer_has(verifier: GuessedC, tmp_path: Path) -> None:
    text = "static inline u8 low(u16 x) { return x & 0xff; }\nstatic int broken( { return 1; }\n"
    found = await outcome(verifier, tmp_path / "bits.h", text)
    codes = {one.code == MAY_BE_FLAGS for one in found.findings if "nknown type" in one.message}
    assert codes == {True}
    assert any(one.code != MAY_BE_FLAGS for one in found.findings if one.severity is Severity.ERROR)


async def test_a_file_of_an_image_is_left_to_gcc(verifier: GuessedC, tmp_path: Path) -> None:
    path = tmp_path / "a.c"
    project = Project(str(tmp_path), unit=CompileUnit(str(path)), image=Image("fw", str(tmp_path)))
    assert not (await verifier.run(Snapshot(path.as_uri(), str(path), "c", 1, "int a = b;\n"), project)).judged


@pytest.mark.parametrize("text", ["", "\ufeff", "#include", '#include "', "int \U0001d54f = 1;\r\n", "}" * 300, "\0"])
async def test_half_typed_texts(verifier: GuessedC, tmp_path: Path, text: str) -> None:
    assert (await outcome(verifier, tmp_path / "a.c", text)).status is Status.FINDINGS


async def test_cpp(verifier: GuessedC, tmp_path: Path) -> None:
    text = "#include <vector>\nint f() { std::vector<int> v; v.push_back(1); return v.sise(); }\n"
    found = await outcome(verifier, tmp_path / "a.h", text, "cpp")
    assert "sise" in errors(found)[0]


CLANG = """#!/bin/sh
case "$*" in
*--version*) echo "Apple clang version 15.0.0 (clang-1500.3.9.4)" ;;
*-dump*) echo 15.0.0 ;;
*-fno-diagnostics-show-caret*|*-fmax-errors*|*-mcpu*) echo "clang: error: unknown argument" >&2; exit 1 ;;
*) for source; do :; done
   echo "$source:2:50: error: no member named 'b' in 'struct (unnamed struct)'" >&2
   echo "1 error generated." >&2; exit 1 ;;
esac
"""


async def test_clang_under_the_name_of_gcc(verifier: GuessedC, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Mac."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gcc").write_text(CLANG)
    (tmp_path / "bin" / "gcc").chmod(0o755)
    monkeypatch.setattr(compilers, "toolchain", lambda settings: compilers.Toolchain())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    text = "#include <stdio.h>\nint f(void) { struct { int a; } s = {1}; return s.b; }\n"
    found = await outcome(verifier, tmp_path / "a.c", text)
    assert found.facts[CALLED] == "clang (flags guessed)"
    assert errors(found) == ["No member named 'b' in 'struct (unnamed struct)'"]
    assert found.findings[0].span.start_line == 1


async def test_nothing_is_there(verifier: GuessedC, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers, "toolchain", lambda settings: compilers.Toolchain())
    monkeypatch.setenv("PATH", os.devnull)
    found = await outcome(verifier, tmp_path / "a.c", "int a;\n")
    assert found.status is Status.MISSING
    assert "install gcc or clang" in found.message
    assert not verifier.available(Project("/").settings).available


async def test_a_branch_that_is_switched_on_names_the_part(verifier: GuessedC, tmp_path: Path) -> None:
    (tmp_path / "stm32f4xx.h").write_text(PART)
    for part in ("405", "429"):
        (tmp_path / f"stm32f{part}xx.h").write_text("enum { clock_enable };\n")
    path, text = tmp_path / "main.c", '#include "stm32f4xx.h"\nint f(void) { return clock_enable; }\n'
    found = await outcome(verifier, path, text)
    assert found.facts[CALLED] == "arm-none-eabi-gcc (flags guessed, STM32F405xx defined)"
    # Both parts at once would declare everything twice.
    project = Project(str(tmp_path), unit=CompileUnit("", defines=("STM32F429xx=1",)))
    other = await verifier.run(Snapshot(path.as_uri(), str(path), "c", 1, text), project)
    assert other.judged and not errors(other), other
    assert other.facts[CALLED] == "arm-none-eabi-gcc (flags guessed)"
