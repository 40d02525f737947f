"""The verifier "gcc" with the real compiler."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Category, Finding, Outcome, Severity, Span, Status
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import GccSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]

FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-O2")
HAL = """#ifndef HAL_H
#define HAL_H
typedef struct { volatile unsigned MODER; } GPIO_TypeDef;
#define GPIOA ((GPIO_TypeDef *) 0x40020000)
void HAL_GPIO_WritePin(GPIO_TypeDef *port, unsigned pin, int state);
#define SET_MODE(port, value) ((port)->MODER = (value))
static inline int doubled(int x) { return 2 * x; }
#endif
"""


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    """A workspace with a vendor's header and one of the user's own."""
    (tmp_path / "Drivers" / "Chip_HAL_Driver").mkdir(parents=True)
    (tmp_path / "Drivers" / "Chip_HAL_Driver" / "hal.h").write_text(HAL)
    (tmp_path / "Inc").mkdir()
    (tmp_path / "Inc" / "board.h").write_text('#include "hal.h"\n#define LED 5\n')
    (tmp_path / "Src").mkdir()
    return tmp_path


def project_of(firmware: Path, *flags: str, source: str = "main.c", declared: bool = True) -> Project:
    path = firmware / "Src" / source
    unit = CompileUnit(
        str(path),
        str(firmware),
        "arm-none-eabi-gcc",
        include_dirs=(str(firmware / "Inc"), str(firmware / "Drivers" / "Chip_HAL_Driver")),
        flags=(*FLAGS, *flags),
        declared=declared,
    )
    image = Image("fw", str(firmware), declared=declared, link_declared=declared, units=(unit,))
    return Project(str(firmware), "fw", files=(str(path),), unit=unit, image=image)


async def check(text: str, project: Project, path: str = "") -> Outcome:
    assert project.unit is not None
    path = path or project.unit.source
    return await Gcc().run(Snapshot(f"file://{path}", path, "c", 1, text), project)


def only(outcome: Outcome) -> Finding:
    assert outcome.status is Status.FINDINGS, outcome
    assert len(outcome.findings) == 1, outcome.findings
    return outcome.findings[0]


async def test_the_unsaved_text_counts(firmware: Path) -> None:
    (firmware / "Src" / "main.c").write_text("this is not C")
    project = project_of(firmware)
    good = await check('#include "board.h"\nint main(void) { return LED; }\n', project)
    assert good.findings == () and good.complete and not good.notice
    assert (firmware / "Src" / "main.c").read_text() == "this is not C"


async def test_a_misspelt_function_is_an_error_with_its_fix(firmware: Path) -> None:
    text = '#include "board.h"\nint main(void) { /* é */ HAL_GPIO_WritPin(GPIOA, LED, 1); return 0; }\n'
    found = only(await check(text, project_of(firmware, "-w")))
    assert (found.severity, found.code) == (Severity.ERROR, "implicit-function-declaration")
    assert (found.category, found.tool) == (Category.C_NAME, "arm-none-eabi-gcc")
    assert found.span == Span(1, 25, 1, 41)
    (edit,) = json.loads(dict(found.data)["fixits"])
    assert (edit["start_line"], edit["start_column"], edit["end_column"]) == (1, 25, 41)
    assert (edit["text"], edit["path"]) == ("HAL_GPIO_WritePin", str(firmware / "Src" / "main.c"))


async def test_what_is_wrong_within_a_macro_is_told_at_its_use(firmware: Path) -> None:
    text = '#include "board.h"\nvoid f(void)\n{\n    SET_MODE(GPIOA, "x");\n}\n'
    found = only(await check(text, project_of(firmware)))
    assert found.span == Span(3, 4, 3, 12)
    assert found.code == "int-conversion" and found.severity is Severity.WARNING
    (related,) = found.related
    assert related.path.endswith("hal.h") and related.span.start_line == 5
    assert related.message == "in the macro 'SET_MODE'"


async def test_what_is_handed_to_a_macro_is_told_at_the_argument(firmware: Path) -> None:
    text = '#include "board.h"\n#define ON(port) HAL_GPIO_WritePin(port, 1, 1)\nvoid f(void) { ON(3); }\n'
    found = only(await check(text, project_of(firmware)))
    assert found.span == Span(2, 18, 2, 19) and found.severity is Severity.ERROR
    assert "in definition of macro 'ON'" in [one.message for one in found.related]


async def test_warnings_of_a_vendors_headers_are_not_shown(firmware: Path) -> None:
    header = firmware / "Drivers" / "Chip_HAL_Driver" / "hal.h"
    header.write_text(HAL.replace("static inline int doubled(int x) {", "static int doubled(int x) { int unused;"))
    assert (await check('#include "board.h"\nint x;\n', project_of(firmware))).findings == ()


async def test_an_error_in_a_vendors_header_is_told_at_the_include(firmware: Path) -> None:
    (firmware / "Drivers" / "Chip_HAL_Driver" / "hal.h").write_text('#error "Select the part first"\n')
    found = only(await check('#include "hal.h"\nint x;\n', project_of(firmware)))
    assert found.path.endswith("main.c") and found.span.start_line == 0
    assert "Select the part first" in found.message and found.related[0].path.endswith("hal.h")


async def test_the_users_own_header_is_told_in_the_header(firmware: Path) -> None:
    (firmware / "Inc" / "board.h").write_text('#include "hal.h"\nstatic inline int f(void) { return nothing; }\n')
    found = only(await check('#include "board.h"\nint x;\n', project_of(firmware)))
    assert found.path.endswith("board.h") and found.span == Span(1, 35, 1, 42)


async def test_an_unsaved_header_counts_wherever_it_is_included(firmware: Path) -> None:
    path = str(firmware / "Inc" / "board.h")
    (firmware / "Inc" / "outer.h").write_text('#include "board.h"\n')
    buffer = Snapshot(f"file://{path}", path, "c", 2, '#include "hal.h"\n#define LED "five"\n')
    project = replace(project_of(firmware), buffers=(buffer,))
    found = only(await check("#include <outer.h>\nint led(void) { return LED; }\n", project))
    assert found.path.endswith("main.c") and "makes integer from pointer" in found.message
    assert [(Path(one.path).name, one.span.start_line) for one in found.related] == [("board.h", 1)]


async def test_a_header_is_compiled_through_its_unit(firmware: Path) -> None:
    (firmware / "Src" / "main.c").write_text('#include "board.h"\nint main(void) { return LED; }\n')
    path = str(firmware / "Inc" / "board.h")
    outcome = await check(
        '#include "hal.h"\n#define LED 5\nint f(void) { return missing; }\n', project_of(firmware), path
    )
    found = only(outcome)
    assert found.path == path and found.span == Span(2, 21, 2, 28)


async def test_a_header_without_a_unit_is_not_judged(firmware: Path) -> None:
    project = project_of(firmware)
    assert project.unit is not None
    path = str(firmware / "Inc" / "board.h")
    outcome = await check("int x", replace(project, unit=replace(project.unit, source=path)), path)
    assert not outcome.findings and not outcome.complete and "header" in outcome.message


async def test_without_a_build_nothing_is_said(firmware: Path) -> None:
    project = project_of(firmware)
    for one in (replace(project, image=None), replace(project, unit=None)):
        outcome = await Gcc().run(Snapshot("", str(firmware / "Src" / "main.c"), "c", 1, "int x"), one)
        assert not outcome.findings and not outcome.complete and outcome.message


async def test_a_missing_include_of_a_guessed_build_is_no_error(firmware: Path) -> None:
    text = '#include "generated.h"\nint f(void) { return GENERATED; }\n'
    found = only(await check(text, project_of(firmware, declared=False)))
    assert found.severity is Severity.INFORMATION
    declared = await check(text, project_of(firmware))
    assert only(declared).severity is Severity.ERROR and not declared.complete


async def test_a_missing_include_where_a_folder_of_the_build_is_missing_is_no_error(firmware: Path) -> None:
    project = project_of(firmware)
    assert project.unit is not None
    unit = replace(project.unit, include_dirs=(*project.unit.include_dirs, str(firmware / "build" / "generated")))
    outcome = await check('#include "generated.h"\nint x;\n', replace(project, unit=unit))
    assert only(outcome).severity is Severity.INFORMATION and not outcome.complete


async def test_another_compilers_dialect_is_no_error(firmware: Path) -> None:
    project = project_of(firmware, declared=False)
    assert project.unit is not None
    keil = replace(project, unit=replace(project.unit, origin=str(firmware / "MDK-ARM" / "board.uvprojx")))
    (firmware / "Inc" / "port.h").write_text(
        "static __forceinline void mask(unsigned level)\n{\n    __asm\n    {\n        msr basepri, level\n    }\n}\n"
    )
    text = '#include "port.h"\nvoid f(void);\nint main(void) { f(); }\nstatic int g(void) { return 1; }\n'
    assert (await check(text, project)).findings
    outcome = await check(text, keil)
    assert outcome.findings == () and not outcome.complete and "another compiler" in outcome.message
    assert only(await check("int main(void) { f(); }\n", keil)).code == "implicit-function-declaration"


async def test_a_macro_that_a_guessed_build_may_define_is_no_error(firmware: Path) -> None:
    outcome = await check("int f(void) { return BOARD_REVISION; }\n", project_of(firmware, declared=False))
    assert outcome.findings == () and not outcome.complete


async def test_inline_assembly_is_checked_at_its_line(firmware: Path) -> None:
    text = 'void f(void)\n{\n    __asm volatile ("nop");\n    __asm volatile ("cpsid j");\n}\n'
    found = only(await check(text, project_of(firmware)))
    assert found.span.start_line == 3 and found.severity is Severity.ERROR


async def test_warnings_that_need_the_optimizer(firmware: Path) -> None:
    text = "int f(int n)\n{\n    int t[4] = {n};\n    for (int i = 0; i <= 4; i++) n += t[i];\n    return n;\n}\n"
    assert "aggressive-loop-optimizations" in {one.code for one in (await check(text, project_of(firmware))).findings}


async def test_the_projects_own_choice_of_warnings_stands(firmware: Path) -> None:
    text = "void f(void) { int unused; }\n"
    assert only(await check(text, project_of(firmware))).code == "unused-variable"
    assert (await check(text, project_of(firmware, "-Wno-unused-variable"))).findings == ()
    assert (await check(text, project_of(firmware, "-w"))).findings == ()
    settings = VerifierSettings(gcc=GccSettings(warnings=("no-unused-variable",)))
    assert (await check(text, replace(project_of(firmware), settings=settings))).findings == ()


async def test_a_warning_that_stops_the_build_is_an_error(firmware: Path) -> None:
    text = "int f(int x)\n{\n    int unused;\n    { int x = 3; return x; }\n}\n"
    outcome = await check(text, project_of(firmware, "-Wall", "-Werror"))
    assert {one.code: one.severity for one in outcome.findings} == {
        "unused-variable": Severity.ERROR,
        "shadow=compatible-local": Severity.WARNING,  # only Signoff asks for this one
    }
    excepted = await check(text, project_of(firmware, "-Wall", "-Werror", "-Wno-error=unused-variable"))
    assert {one.severity for one in excepted.findings} == {Severity.WARNING}


async def test_floats_that_printf_takes_are_doubles_anyway(firmware: Path) -> None:
    text = 'int printf(const char *, ...);\nfloat f(float x)\n{\n    printf("%f", x);\n    return x * 2.0;\n}\n'
    found = only(await check(text, project_of(firmware)))
    assert (found.code, found.span.start_line) == ("double-promotion", 4)


async def test_a_parameter_may_have_a_globals_name(firmware: Path) -> None:
    text = "int handle;\nvoid HAL_RxCallback(int *handle) { *handle = 1; }\n"
    assert (await check(text, project_of(firmware))).findings == ()
    assert only(await check(text, project_of(firmware, "-Wshadow"))).code == "shadow"


async def test_parameters_of_callbacks_may_be_unused(firmware: Path) -> None:
    assert (await check("void HAL_RxCallback(void *handle) { }\n", project_of(firmware))).findings == ()


async def test_flags_that_this_gcc_does_not_know_are_left_out_and_named(firmware: Path) -> None:
    project = project_of(firmware, "-fcolour-of-the-sky", "-mnot-on-arm", "-Wall")
    for _ in range(2):
        outcome = await check("int x = y;\n", project)
        assert only(outcome).message.startswith("'y' undeclared")
        assert "-fcolour-of-the-sky -mnot-on-arm" in outcome.notice


async def test_a_plugin_is_never_loaded(firmware: Path) -> None:
    plugin = firmware / "evil.so"
    plugin.write_text("not a library")
    outcome = await check("int x;\n", project_of(firmware, f"-fplugin={plugin}"))
    assert outcome.findings == () and outcome.complete and str(plugin) in outcome.notice


async def test_cpp(firmware: Path) -> None:
    text = "#include <stdint.h>\nstruct Led { void on(); };\nvoid Led::of() { }\nuint32_t x;\n"
    project = project_of(firmware, "-fno-exceptions", source="main.cpp")
    outcome = await Gcc().run(Snapshot("", str(firmware / "Src" / "main.cpp"), "cpp", 1, text), project)
    assert only(outcome).span.start_line == 2


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "int f(void) {",
            '#include "board.h',
            "/* never ends",
            "'",
            '"\\',
            "#if\n#elif",
            "\ufeffint x;",
            "int \x00y;",
        ),
        *(
            "int f(void)\r\n{\r\n  return 0\r\n}\r\n",
            "#define A A A\nA A",
            "((((((((",
            "int é = 1;",
            "\udc80",
            "#include __FILE__",
        ),
    ],
)
async def test_half_typed_text_is_an_outcome(firmware: Path, text: str) -> None:
    outcome = await check(text, project_of(firmware))
    assert outcome.status is Status.FINDINGS
    lines = text.count("\n") + 1
    assert all(one.span.start_line <= lines for one in outcome.findings)


async def test_circular_includes_end(firmware: Path) -> None:
    (firmware / "Inc" / "a.h").write_text('#include "b.h"\n')
    path = str(firmware / "Inc" / "b.h")
    project = replace(project_of(firmware), buffers=(Snapshot("", path, "c", 1, '#include "a.h"\n'),))
    outcome = await check('#include "a.h"\n', project)
    assert outcome.status is Status.FINDINGS and any("again" in one.message for one in outcome.findings)


async def test_a_file_that_is_not_utf8(firmware: Path) -> None:
    (firmware / "Inc" / "board.h").write_bytes('#include "hal.h"\n/* 20 \xb0C */\n#define LED 5\n'.encode("latin-1"))
    assert (await check('#include "board.h"\nint x = LED;\n', project_of(firmware))).findings == ()


async def test_cancelling_ends_gcc(firmware: Path) -> None:
    slow = '#include "board.h"\n' + "".join(
        f"int f{n}(int x) {{ return x * {n} + f{max(n - 1, 0)}(x); }}\n" for n in range(20000)
    )
    task = asyncio.ensure_future(check(slow, project_of(firmware)))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_limit_is_told(firmware: Path) -> None:
    slow = "".join(f"int f{n}(int x) {{ return x * {n}; }}\n" for n in range(20000))
    project = replace(project_of(firmware), settings=VerifierSettings(gcc=GccSettings(timeout=0.1)))
    outcome = await check(slow, project)
    assert outcome.status is Status.TIMED_OUT and "gcc.timeout" in outcome.message


@pytest.mark.skipif(os.name == "nt", reason="the made-up compiler is a shell script")
async def test_a_compiler_that_falls_over_is_told(firmware: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from signoff.verifiers.mcu.compile import gcc as module
    from signoff.verifiers.mcu.compile.toolchain import Toolchain

    broken = firmware / "gcc"
    broken.write_text("#!/bin/sh\necho 'gcc: internal trouble' >&2\nexit 4\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "toolchain", lambda settings, named="": Toolchain(str(broken), version="12.2.1"))
    outcome = await check("int x;\n", project_of(firmware))
    assert outcome.status is Status.CRASHED and "internal trouble" in outcome.message
