"""compile_commands.json as firmware: Arm's commands make images, a host's none, several programs are told apart."""

import json
from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.databases import read_database
from signoff.verifiers.mcu.build.targets import is_firmware

CORTEX = "-mcpu=cortex-m4 -mthumb"


def write(root: Path, entries: list[tuple[str, str]], **more: str) -> str:
    """A database of (file, command) pairs; the files are made."""
    listed = []
    for name, command in entries:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("int main(void) { return 0; }\n" if "main" in name else "int x;\n")
        listed.append({"directory": str(root), "file": name, "command": command, **more})
    (root / "compile_commands.json").write_text(json.dumps(listed))
    return str(root / "compile_commands.json")


@pytest.mark.parametrize(
    ("compiler", "words", "expected"),
    [
        ("arm-none-eabi-gcc", "", True),
        ("/opt/gcc/bin/arm-none-eabi-g++", "-O2", True),
        ("C:\\gcc\\bin\\arm-none-eabi-gcc.exe", "", True),
        ("arm-none-eabi-gcc-12.2.1", "", True),
        ("arm-zephyr-eabi-gcc", "", True),
        ("armclang", "", True),
        ("iccarm.exe", "", True),
        ("clang", "--target=thumbv7em-none-eabihf", True),
        ("clang", "-target armv7em-none-eabi", True),
        ("gcc", "-mcpu=cortex-m4", True),
        ("cc", "-mthumb", True),
        ("clang", "-march=armv7e-m", True),
        ("gcc", "-O2 -mcpu=cortex-a53", False),
        ("clang", "--target=x86_64-linux-gnu", False),
        ("aarch64-linux-gnu-gcc", "", False),
        ("arm-linux-gnueabihf-gcc", "-mcpu=cortex-a9", False),
        ("arm-linux-gnueabihf-gcc", "-mcpu=cortex-a9 -mthumb", False),
        ("nvcc", "-arch=sm_80", False),
    ],
)
def test_whether_a_command_is_of_firmware(compiler: str, words: str, expected: bool) -> None:
    assert is_firmware(compiler, words.split()) is expected


def test_an_image_of_all_commands(tmp_path: Path) -> None:
    command = f"arm-none-eabi-gcc {CORTEX} -DSTM32F407xx -Iinc -Os -c {{}} -o {{}}.o"
    path = write(tmp_path, [(name, command.format(name, name)) for name in ("main.c", "src/a.c", "startup.s")])
    (image,) = read_database(path).images
    assert (image.name, image.kind, image.declared) == (tmp_path.name, "compile_commands.json", True)
    assert [unit.source for unit in image.units] == [str(tmp_path / one) for one in ("main.c", "src/a.c", "startup.s")]
    unit = image.units[0]
    assert unit.declared and unit.defines == ("STM32F407xx",) and unit.include_dirs == (str(tmp_path / "inc"),)
    assert unit.flags == ("-mcpu=cortex-m4", "-mthumb", "-Os")
    assert not image.link_declared


def test_a_host_s_database_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, [("main.c", "gcc -O2 -c main.c"), ("b.c", "clang -c b.c")])
    assert read_database(path).images == ()


def test_host_commands_beside_firmware_s_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, [("main.c", f"arm-none-eabi-gcc {CORTEX} -c main.c"), ("unittest.c", "gcc -c unittest.c")])
    (image,) = read_database(path).images
    assert [unit.source for unit in image.units] == [str(tmp_path / "main.c")]


def test_programs_of_several_folders_are_images_of_their_own(tmp_path: Path) -> None:
    entries = []
    for name in ("one", "two", "lib"):
        (tmp_path / name).mkdir()
        file = "lib.c" if name == "lib" else "main.c"
        (tmp_path / name / file).write_text("int lib;" if name == "lib" else "int main(void) { return 0; }")
        command = f"arm-none-eabi-gcc {CORTEX} -c {file}"
        entries.append({"directory": str(tmp_path / name), "file": file, "command": command})
    (tmp_path / "compile_commands.json").write_text(json.dumps(entries))
    one, two, rest = read_database(str(tmp_path / "compile_commands.json")).images
    assert (one.name, two.name) == ("one", "two")
    assert [unit.source for unit in one.units] == [str(tmp_path / "one/main.c")]
    assert [unit.source for unit in rest.units] == [str(tmp_path / "lib/lib.c")]
    assert "several programs" in one.guessed[0]


def test_cmake_s_targets_in_one_folder(tmp_path: Path) -> None:
    command = f"arm-none-eabi-gcc {CORTEX} -o CMakeFiles/{{0}}.dir/{{1}}.obj -c {{1}}"
    entries = [("a_main.c", "app"), ("b_main.c", "boot"), ("hal.c", "app"), ("hal.c", "boot")]
    path = write(tmp_path, [(file, command.format(target, file)) for file, target in entries])
    app, boot = read_database(path).images
    assert app.program and boot.program
    assert (app.name, boot.name) == ("app", "boot")
    assert [Path(unit.source).name for unit in boot.units] == ["b_main.c", "hal.c"]


def test_files_of_a_library_that_several_targets_use_are_no_program(tmp_path: Path) -> None:
    command = f"arm-none-eabi-gcc {CORTEX} -o CMakeFiles/{{0}}.dir/{{1}}.obj -c {{1}}"
    entries = [("a_main.c", "app"), ("b_main.c", "boot"), ("hal.c", "board")]
    path = write(tmp_path, [(file, command.format(target, file)) for file, target in entries])
    assert [one.program for one in read_database(path).images] == [True, True, False]


def test_arm_s_own_compiler_speaks_another_dialect(tmp_path: Path) -> None:
    (image,) = read_database(write(tmp_path, [("main.c", "armclang --target=arm-arm-none-eabi -c main.c")])).images
    assert not image.declared and not image.units[0].declared
    assert "armclang" in image.guessed[0]


@pytest.mark.parametrize("text", ["", "[", '{"a": "-eabi"}', '[{"file": "arm-none-eabi-"}]', "[" * 100_000 + "-eabi"])
def test_broken_databases_never_raise(tmp_path: Path, text: str) -> None:
    (tmp_path / "compile_commands.json").write_text(text)
    reading = read_database(str(tmp_path / "compile_commands.json"))
    assert reading.images == ()
    assert bool(reading.findings) is ("-eabi" in text)


def test_a_missing_database_and_a_folder_of_its_name(tmp_path: Path) -> None:
    assert read_database(str(tmp_path / "compile_commands.json")).images == ()
    (tmp_path / "compile_commands.json").mkdir()
    assert read_database(str(tmp_path / "compile_commands.json")).images == ()
