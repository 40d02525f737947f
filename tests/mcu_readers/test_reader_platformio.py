"""PlatformIO projects: platformio.ini alone, with the data of an earlier build, and broken ones."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.boards import find_board
from signoff.verifiers.mcu.build.platformio import read_platformio
from signoff.verifiers.mcu.build.platformio_ask import ask_platformio

INI = """[platformio]
default_envs = disco

[env]
framework = stm32cube
build_flags = -DSHARED ${common.flags}

[common]
flags = -DCOMMON ; not -DCOMMENT

[env:disco]
platform = ststm32
board = disco_f407vg
build_flags =
    ${env.build_flags}
    -D OWN=1 -I${platformio.src_dir}/inc
    -Wl,-Tcustom.ld
build_unflags = -DSHARED
build_src_filter = +<*> -<old/>

[env:esp]
platform = espressif32
board = esp32dev
"""


@pytest.fixture(autouse=True)
def no_platformio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has installed must not tell."""
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in ("src/main.c", "src/old/x.c", "src/y.cpp", "lib/Drv/src/drv.c", "lib/Drv/examples/e.c"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (folder / "platformio.ini").write_text(INI)
    return folder


def test_platformio_ini_alone_is_a_guess(project: Path) -> None:
    (image,) = read_platformio(str(project)).images
    assert (image.name, image.part, image.declared, image.link_declared) == ("disco", "stm32f407vg", False, False)
    assert [Path(unit.source).name for unit in image.units] == ["main.c", "y.cpp", "drv.c"]
    main = image.units[0]
    assert main.defines == ("COMMON", "OWN=1") and str(project / "src/inc") in main.include_dirs
    assert main.flags[:3] == ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16")
    assert image.linker_scripts == (str(project / "custom.ld"),)
    assert "pio run -t compiledb" in image.guessed[0]


def idedata(project: Path, **more: object) -> None:
    build = project / ".pio" / "build" / "disco"
    build.mkdir(parents=True)
    data = {
        "cc_path": "/opt/arm/bin/arm-none-eabi-gcc",
        "cc_flags": ["-std=gnu11", "-mcpu=cortex-m4", "-Os"],
        "cxx_flags": ["-std=gnu++14", "-mcpu=cortex-m4", "-fno-rtti"],
        "defines": ["STM32F407xx", 'NAME="x"'],
        "includes": {"build": ["/fw/inc"], "compatlib": [str(project / "lib/Drv/src")], "toolchain": ["/opt/arm/inc"]},
        **more,
    }
    (build / "idedata.json").write_text(json.dumps(data))


def test_the_data_of_a_build_are_declared(project: Path) -> None:
    idedata(project)
    reading = read_platformio(str(project / "platformio.ini"))
    (image,) = reading.images
    by_name = {Path(unit.source).name: unit for unit in image.units}
    assert image.declared and not image.link_declared and by_name["main.c"].declared
    assert by_name["main.c"].include_dirs == ("/fw/inc", str(project / "lib/Drv/src"))
    assert by_name["main.c"].defines == ("STM32F407xx", 'NAME="x"') and "-Os" in by_name["main.c"].flags
    assert "-fno-rtti" in by_name["y.cpp"].flags
    assert str(project / ".pio/build/disco/idedata.json") in reading.files


def test_another_core_is_no_firmware_for_arm(project: Path) -> None:
    idedata(project, cc_path="/opt/xtensa-esp32-elf-gcc", cc_flags="-mlongcalls")
    assert read_platformio(str(project)).images == ()


def test_a_board_is_known_by_its_description(project: Path) -> None:
    boards = project / "boards"
    boards.mkdir()
    build = {"mcu": "stm32f103c8t6", "cpu": "cortex-m3", "extra_flags": "-DSTM32F103xB"}
    (boards / "mine.json").write_text(json.dumps({"build": build}))
    board = find_board(str(project), "mine")
    assert (board.part, board.cpu, board.fpu, board.flags) == ("stm32f103c8t6", "cortex-m3", "", ("-DSTM32F103xB",))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("nucleo_f401re", "stm32f401re"),
        ("genericSTM32F407VGT6", "stm32f407vgt6"),
        ("blackpill_f411ce", "stm32f411ce"),
        ("nucleo_l432kc", "stm32l432kc"),
        ("esp32dev", ""),
        ("uno", ""),
        ("../../x", ""),
    ],
)
def test_a_board_is_known_by_its_name(tmp_path: Path, name: str, part: str) -> None:
    assert find_board(str(tmp_path), name).part == part


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("board = x\n", "PlatformIoSyntax", 0),
        ("[env:a]\nthis is no option\n[env", "", 0),
        ("[env:a]\nextends = gone\nboard = disco_f407vg\n", "PlatformIoExtends", 1),
    ],
)
def test_a_broken_ini_is_told(project: Path, text: str, code: str, line: int) -> None:
    (project / "platformio.ini").write_text(text)
    findings = read_platformio(str(project)).findings
    assert [(one.code, one.span.start_line) for one in findings] == ([(code, line)] if code else [])


def test_references_that_run_in_circles_or_double_end(project: Path) -> None:
    lines = [f"a{number} = ${{x.a{number + 1}}}${{x.a{number + 1}}}" for number in range(60)]
    text = "\n".join(["[x]", *lines, "a60 = -DX ", "c = ${x.d}", "d = ${x.c}", "[env:e]", "board = disco_f407vg"])
    (project / "platformio.ini").write_text(f"{text}\nbuild_flags = ${{x.a0}} ${{x.c}} ${{this.build_flags}}\n")
    start = time.process_time()
    (image,) = read_platformio(str(project)).images
    assert image.name == "e" and time.process_time() - start < 5.0


async def test_nothing_is_asked_where_the_platform_is_not_installed(project: Path) -> None:
    reading = await ask_platformio(str(project))
    assert reading.images == () and not (project / ".pio").exists()


async def test_pios_answer_is_taken(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "core" / "platforms" / "ststm32").mkdir(parents=True)
    answer = {"disco": {"cc_path": "arm-none-eabi-gcc", "cc_flags": ["-Os"], "defines": ["A"], "includes": ["/i"]}}
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pio").write_text(f"#!/bin/sh\nmkdir made\necho Processing\necho '{json.dumps(answer)}'\n")
    (programs / "pio").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin:/usr/sbin:/sbin")
    (image,) = (await ask_platformio(str(project / "platformio.ini"), workspace=str(project))).images
    assert image.declared and image.units[0].defines == ("A",) and image.units[0].include_dirs == ("/i",)
