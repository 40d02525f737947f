"""CMake builds: what lies in a build folder, in three forms, and what CMake answers when it is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.cmake import read_cmake
from signoff.verifiers.mcu.build.cmake_ask import arm_preset, ask_cmake, toolchain_file
from signoff.verifiers.mcu.build.ninja import Ninja
from signoff.verifiers.project import Image

LISTS = """cmake_minimum_required(VERSION 3.20)
project(fw C ASM)
add_library(drv STATIC lib/drv.c)
target_include_directories(drv PUBLIC lib)
add_library(obj OBJECT lib/obj.c)
add_executable(fw src/main.c src/startup.s)
target_compile_definitions(fw PRIVATE STM32F407xx "NAME=\\"x y\\"")
target_link_libraries(fw PRIVATE drv obj m)
target_link_options(fw PRIVATE -T${CMAKE_SOURCE_DIR}/f4.ld -nostartfiles -Wl,--gc-sections -Wl,-Map=fw.map)
"""
TOOLCHAIN = """set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb")
set(CMAKE_ASM_FLAGS_INIT "-mcpu=cortex-m4 -mthumb")
"""
TOOLS = ("cmake", "ninja", "make", "arm-none-eabi-gcc")
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="needs CMake, ninja, make and arm-none-eabi-gcc"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "fw"
    for name in ("src/main.c", "src/startup.s", "lib/drv.c", "lib/obj.c", "f4.ld"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (folder / "CMakeLists.txt").write_text(LISTS)
    (folder / "arm.cmake").write_text(TOOLCHAIN)
    return folder


def configure(project: Path, name: str, generator: str, query: bool = False) -> Path:
    build = project / name
    if query:
        asked = build / ".cmake" / "api" / "v1" / "query"
        asked.mkdir(parents=True)
        (asked / "codemodel-v2").touch()
    command = ["cmake", "-S", str(project), "-B", str(build), "-G", generator, "-DCMAKE_TOOLCHAIN_FILE=arm.cmake"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return build


def check(image: Image, project: Path, build: Path) -> None:
    """What each way of reading the same build must tell."""
    units = {os.path.relpath(unit.source, project): unit for unit in image.units}
    assert set(units) == {"src/main.c", "src/startup.s", "lib/drv.c", "lib/obj.c"}
    main = units["src/main.c"]
    assert set(main.defines) == {"STM32F407xx", 'NAME="x y"'} and main.include_dirs == (str(project / "lib"),)
    assert main.flags[:2] == ("-mcpu=cortex-m4", "-mthumb") and main.declared
    assert Path(main.compiler).name == "arm-none-eabi-gcc"
    assert (image.name, image.root, image.declared, image.link_declared) == ("fw", str(project), True, True)
    assert image.linker_scripts == (str(project / "f4.ld"),) and image.libraries == ("m",)
    kept = ("-mcpu=cortex-m4", "-mthumb", "-nostartfiles", "-Wl,--gc-sections")
    assert tuple(word for word in image.link_flags if word != "-g") == kept
    assert image.archives == ((str(build / "libdrv.a"), (str(project / "lib/drv.c"),)),)
    assert image.objects == ()


@needs_tools
@pytest.mark.tool
@pytest.mark.parametrize(
    ("generator", "query"), [("Ninja", True), ("Ninja", False), ("Unix Makefiles", True), ("Unix Makefiles", False)]
)
def test_a_build_folder_tells_the_same_in_each_form(project: Path, generator: str, query: bool) -> None:
    build = configure(project, "build", generator, query)
    (image,) = read_cmake(str(build / "CMakeCache.txt")).images
    check(image, project, build)
    assert read_cmake(str(project)).images == (image,)


@needs_tools
@pytest.mark.tool
def test_a_build_folder_that_is_older_than_the_project_is_a_guess(project: Path) -> None:
    build = configure(project, "build", "Ninja", query=True)
    late = (build / "CMakeCache.txt").stat().st_mtime + 60
    os.utime(project / "CMakeLists.txt", (late, late))
    (image,) = read_cmake(str(build)).images
    assert not image.declared and "run cmake again" in image.guessed[0]


@needs_tools
@pytest.mark.tool
async def test_asking_cmake(project: Path, tmp_path: Path) -> None:
    reading = await ask_cmake(str(project / "CMakeLists.txt"), cache=tmp_path / "cache")
    (image,) = reading.images
    check(image, project, Path(image.archives[0][0]).parent)
    assert str(project / "arm.cmake") in reading.files
    assert {one.name for one in os.scandir(project)} == {"src", "lib", "f4.ld", "CMakeLists.txt", "arm.cmake"}


@needs_tools
@pytest.mark.tool
async def test_a_project_that_cmake_rejects_is_told_at_its_line(project: Path, tmp_path: Path) -> None:
    with (project / "CMakeLists.txt").open("a") as file:
        file.write('file(WRITE "${CMAKE_SOURCE_DIR}/made.txt" "x")\nno_such_command(1)\n')
    reading = await ask_cmake(str(project), cache=tmp_path / "cache")
    assert not reading.images and not (project / "made.txt").exists()
    (finding,) = reading.findings
    assert (finding.code, finding.span.start_line) == ("CMakeError", LISTS.count("\n") + 1)


def reply(build: Path, **files: object) -> None:
    folder = build / ".cmake" / "api" / "v1" / "reply"
    folder.mkdir(parents=True)
    for name, data in files.items():
        text = data if isinstance(data, str) else json.dumps(data)
        (folder / f"{name.replace('_', '-')}.json").write_text(text)
    (build / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={build.parent}\n")


@pytest.mark.parametrize(
    "index",
    [
        "",
        "[]",
        "{}",
        '{"objects": 3}',
        '{"objects": [{"kind": "codemodel", "jsonFile": "../../../etc/passwd"}]}',
        "[" * 99999,
    ],
    ids=["empty", "list", "nothing", "number", "outside", "deep"],
)
def test_a_broken_reply_gives_a_finding(tmp_path: Path, index: str) -> None:
    reply(tmp_path / "build", index_1=index)
    reading = read_cmake(str(tmp_path / "build"))
    assert reading.images == () and [one.code for one in reading.findings] == ["CMakeReply"]


def test_no_build_folder_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text("project(x)\n")
    assert read_cmake(str(tmp_path)).images == () and read_cmake(str(tmp_path / "gone")).images == ()


def test_the_preset_for_arm_is_chosen(tmp_path: Path) -> None:
    presets = [
        {"name": "base", "hidden": True, "toolchainFile": "arm.cmake"},
        {"name": "tests", "generator": "Ninja"},
        {"name": "Debug", "inherits": "base"},
        {"name": "Release", "inherits": ["base"]},
    ]
    (tmp_path / "CMakePresets.json").write_text(json.dumps({"version": 3, "configurePresets": presets}))
    assert arm_preset(str(tmp_path)) == "Debug"
    (tmp_path / "CMakePresets.json").write_text('{"configurePresets": 3}')
    assert arm_preset(str(tmp_path)) == ""


def test_the_one_toolchain_file_for_arm_is_found(project: Path) -> None:
    assert toolchain_file(str(project)) == str(project / "arm.cmake")
    (project / "cmake").mkdir()
    (project / "cmake" / "other.cmake").write_text(TOOLCHAIN)
    assert toolchain_file(str(project)) == ""


def test_ninja_that_doubles_its_variables_ends(tmp_path: Path) -> None:
    lines = [
        f"a{number} = x" if number == 60 else f"  a{number} = $a{number + 1}$a{number + 1}" for number in range(60)
    ]
    (tmp_path / "build.ninja").write_text(
        "rule cc\n  command = gcc -c $in -o $out $a0\nbuild a.o: cc a.c\n"
        + "\n".join(lines)
        + "\ninclude build.ninja\n"
    )
    ninja = Ninja(str(tmp_path))
    ninja.read(str(tmp_path / "build.ninja"))
    assert [command[:17] for command in ninja.commands()] == ["gcc -c a.c -o a.o"]
