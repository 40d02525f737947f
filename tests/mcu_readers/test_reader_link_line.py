"""Link lines and printed shell lines: pure parsing."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.commands import Command, Origin, images_of
from signoff.verifiers.mcu.build.link_line import parse_link
from signoff.verifiers.mcu.build.shell_lines import commands_in, simple_commands
from signoff.verifiers.mcu.compile.arguments import link_arguments

COMPILE = "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -DX -Iinc -c {0}.c -o {0}.o"


def test_a_gcc_link_line() -> None:
    words = (
        "-mcpu=cortex-m4 -Tf4.ld -nostartfiles main.o lib/libx.a -Llib -lopencm3 -Wl,-Map=a.map -Wl,--gc-sections "
        "-Wl,--start-group -lc -lgcc -Wl,--end-group -u _printf_float -Wl,-T,more.ld -Wl,--defsym=A=1 -o fw.elf"
    )
    line = parse_link(words.split(), "/w")
    assert line.output == "/w/fw.elf"
    assert line.scripts == ("/w/f4.ld", "/w/more.ld")
    assert line.objects == ("/w/main.o", "/w/lib/libx.a")
    assert (line.libraries, line.library_dirs) == (("opencm3", "c", "gcc"), ("/w/lib",))
    kept = ("-mcpu=cortex-m4", "-nostartfiles", "-Wl,--gc-sections", "-u", "_printf_float", "-Wl,--defsym=A=1")
    assert line.flags == kept


def test_a_value_in_the_next_wl_word() -> None:
    words = ["-Wl,-T", "-Wl,a.ld", "-Xlinker", "-u", "-Xlinker", "vectors", "-Wl,-Map", "-Wl,x.map", "a.o"]
    line = parse_link(words, "/w")
    assert (line.scripts, line.flags, line.objects) == (("/w/a.ld",), ("-Wl,-u,vectors",), ("/w/a.o",))


def test_ld_itself_is_written_as_gcc_passes_it_on() -> None:
    line = parse_link(["-T", "f4.ld", "--gc-sections", "-e", "start", "a.o", "-o", "fw"], "/w", driver=False)
    # gcc would add start files and libraries, ld does not.
    assert line.flags == ("-nostdlib", "-Wl,--gc-sections", "-Wl,-e,start")
    assert (line.scripts, line.output) == (("/w/f4.ld",), "/w/fw")


def test_what_is_written_is_left_out() -> None:
    line = parse_link(["-Wl,--print-memory-usage", "-o", "a.elf", "a.o"], "/w")
    assert line.flags == ()


@pytest.mark.parametrize("option", ["-plugin", "--plugin", "--out-implib", "--just-symbols", "-R", "-rpath", "-soname"])
@pytest.mark.parametrize("spelt", ["-Wl,{},X.so", "-Wl,{} -Wl,X.so", "-Xlinker {} -Xlinker X.so"])
def test_the_value_of_an_option_is_no_file_to_link(option: str, spelt: str) -> None:
    """What may not reach ld goes together, and is named."""
    words = spelt.format(option).split()
    line = parse_link([*words, "a.o", "-Wl,--gc-sections"], "/w")
    assert line.objects == ("/w/a.o",)
    assert line.flags == (f"-Wl,{option},X.so", "-Wl,--gc-sections")
    for flags in (line.flags, (*words, "-Wl,--gc-sections")):
        vetted = link_arguments(flags)
        assert (vetted.argv, vetted.refused) == (("-Wl,--gc-sections",), (f"-Wl,{option},X.so",))


def test_a_response_file_is_read_and_a_missing_one_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "objects.list").write_text('"a.o"\n"b c.o"\n@objects.list\n')
    line = parse_link(["@objects.list", "@gone"], str(tmp_path))
    assert line.objects == (str(tmp_path / "a.o"), str(tmp_path / "b c.o"))


def test_shell_lines_to_commands() -> None:
    line = """cd sub && (X=1 arm-none-eabi-gcc -c "a b.c" -DN='"q"' > log 2>&1; echo done) || true # no"""
    assert [words for words in simple_commands(line) if words] == [
        ["cd", "sub"],
        ["X=1", "arm-none-eabi-gcc", "-c", "a b.c", '-DN="q"'],
        ["echo", "done"],
        ["true"],
    ]
    assert commands_in(line, "/w") == [Command("/w/sub", ("arm-none-eabi-gcc", "-c", "a b.c", '-DN="q"'))]


def test_makes_that_say_where_they_are() -> None:
    text = (
        "make: Entering directory '/w'\nmake -C sub\nmake[1]: Entering directory '/w/sub'\ngcc -c a.c\n"
        "make[1]: Leaving directory '/w/sub'\ngcc -c b.c \\\n  -o b.o\nmake: Leaving directory '/w'\n"
    )
    assert [(one.directory, one.argv[2]) for one in commands_in(text, "/")] == [("/w/sub", "a.c"), ("/w", "b.c")]


def test_makes_that_do_not_say_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.c").touch()
    (tmp_path / "b.c").touch()
    text = "make --directory=lib X=1 || exit 1\ngcc -c a.c -o a.o\nar rcs ../lib.a a.o\ngcc -c b.c -o b.o\n"
    assert [Path(one.directory).name for one in commands_in(text, str(tmp_path))] == ["lib", "lib", tmp_path.name]


def test_commands_to_an_image(tmp_path: Path) -> None:
    (tmp_path / "ready.a").touch()
    (tmp_path / "f4.ld").touch()
    lines = [
        COMPILE.format("main"),
        COMPILE.format("drv"),
        COMPILE.format("unused"),
        "arm-none-eabi-ar rcs libdrv.a drv.o",
    ]
    lines += ["gcc -c host.c -o host.o", "gcc host.o -o host"]
    lines += ["arm-none-eabi-gcc -Tf4.ld main.o ready.a gone.o -L. -ldrv -lm -o out/fw.elf"]
    commands = [Command(str(tmp_path), tuple(line.split())) for line in lines]
    (image,) = images_of(commands, Origin(str(tmp_path), str(tmp_path / "Makefile"), "Makefile"))
    assert (image.name, [Path(unit.source).name for unit in image.units]) == ("fw", ["main.c", "drv.c"])
    assert image.archives == ((str(tmp_path / "libdrv.a"), (str(tmp_path / "drv.c"),)),)
    assert image.objects == (str(tmp_path / "ready.a"), str(tmp_path / "gone.o"))
    assert image.libraries == ("m",)
    assert image.declared and not image.link_declared and "gone.o" in image.guessed[0]


def test_one_command_may_compile_and_link(tmp_path: Path) -> None:
    argv = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-DA", "main.c", "start.s", "-Tf4.ld", "-o", "fw.elf"]
    (image,) = images_of([Command(str(tmp_path), tuple(argv))], Origin(str(tmp_path), "", "Makefile"))
    assert [unit.defines for unit in image.units] == [("A",), ("A",)]
    assert image.linker_scripts == (str(tmp_path / "f4.ld"),)


def test_a_build_that_does_not_tell_its_link_is_one_program(tmp_path: Path) -> None:
    commands = [Command(str(tmp_path), tuple(COMPILE.format(name).split())) for name in ("main", "drv")]
    (image,) = images_of(commands, Origin(str(tmp_path), "", "Makefile"))
    assert len(image.units) == 2 and image.declared and not image.link_declared
    archive = Command(str(tmp_path), ("arm-none-eabi-ar", "rcs", "libx.a", "main.o", "drv.o"))
    assert images_of([*commands, archive], Origin(str(tmp_path), "", "Makefile")) == ()


def test_a_script_of_no_name_is_none() -> None:
    line = parse_link(["-T", "-mthumb", "-lm", "main.o", "-T", "a.ld"], "/work")
    assert line.scripts == ("/work/a.ld",) and "-mthumb" in line.flags and line.libraries == ("m",)
