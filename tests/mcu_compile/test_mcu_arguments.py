"""Which of a build's flags reach gcc and ld."""

from __future__ import annotations

import pytest

from signoff.verifiers.mcu.compile.arguments import arguments, language_of, link_arguments
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.project import CompileUnit, Project


def vetted(*flags: str, source: str = "/fw/main.c", **fields: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    unit = CompileUnit(source, flags=flags, **fields)  # type: ignore[arg-type]
    found = arguments(unit, Project("/fw", unit=unit), Toolchain("/usr/bin/arm-none-eabi-gcc"))
    return found.argv, found.refused


@pytest.mark.parametrize(
    "flag",
    [
        *("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-O2", "-Og", "-g3", "-Wall"),
        *("-ffunction-sections", "-fno-common", "-flto", "-fshort-enums", "-Wno-unused-function", "-Werror=format"),
        *(
            "-Wa,-mimplicit-it=thumb",
            "--param=max-inline-insns-single=10",
            "-fstack-protector-strong",
        ),
    ],
)
def test_what_firmware_needs_is_passed_on(flag: str) -> None:
    assert flag in vetted(flag)[0]


@pytest.mark.parametrize(
    "flags",
    [
        ("-fplugin=/fw/evil.so",),
        ("-fplugin=evil",),
        ("-fplugin-arg-evil-run=x",),
        ("-wrapper", "/fw/evil"),
        ("-B", "/fw/tools"),
        ("-B/fw/tools",),
        ("-specs=/fw/evil.specs",),
        ("--specs=../evil.specs",),
        ("-specs", "evil.specs"),
        ("@/fw/flags.rsp",),
        ("-fmodule-mapper=|/fw/evil",),
        ("-fuse-ld=/fw/evil",),
        ("-fuse-ld=evil",),
        ("-o", "/fw/main.o"),
        ("--sysroot=/fw",),
        ("-iprefix", "/fw"),
        ("-fprofile-use=/fw/profile",),
        ("-fauto-profile=/fw/profile",),
        ("-Wa,--MD,/fw/main.d",),
        ("-Xassembler", "@/fw/flags.rsp"),
        ("-mllvm", "-load=/fw/evil.so"),
        ("-no-canonical-prefixes", "-I-"),
    ],
)
def test_nothing_that_starts_loads_or_writes_is_passed_on(flags: tuple[str, ...]) -> None:
    argv, refused = vetted("-mthumb", *flags, "-O2")
    assert argv[0] == "-mthumb" and "-O2" in argv
    assert not any("evil" in word or "/fw" in word or word.startswith("@") for word in argv)
    assert refused


@pytest.mark.parametrize(
    "flag", ["-MMD", "-MFbuild/main.d", "-Wp,-MD,main.d", "-Wa,-ahlms=main.lst", "-fdiagnostics-color", "-save-temps"]
)
def test_where_a_build_writes_what_is_left_out_without_a_word(flag: str) -> None:
    assert vetted(flag, "-O2") == (("-O2",), ())


def test_the_parsed_parts_of_a_unit_become_flags() -> None:
    argv, refused = vetted(
        include_dirs=("/fw/Inc",),
        system_include_dirs=("/fw/sys",),
        defines=("STM32F407xx", "HSE_VALUE=8000000"),
        undefines=("NDEBUG",),
        forced_includes=("/fw/config.h", "@evil", "-fplugin=evil"),
        standard="gnu11",
    )
    assert argv == (
        *("-std=gnu11", "-DSTM32F407xx", "-DHSE_VALUE=8000000", "-UNDEBUG"),
        *("-I", "/fw/Inc", "-isystem", "/fw/sys", "-include", "/fw/config.h"),
    )
    assert refused == ("@evil", "-fplugin=evil")


def test_flags_of_the_other_language_are_left_out() -> None:
    flags = ("-fno-rtti", "-Wstrict-prototypes")
    assert vetted(*flags, standard="c++17") == (("-Wstrict-prototypes",), ())
    assert vetted(*flags, source="/fw/main.cpp", standard="c++17") == (("-fno-rtti", "-std=c++17"), ())
    assert vetted(*flags, "-mthumb", source="/fw/startup.s") == (("-mthumb",), ())


@pytest.mark.parametrize(
    ("source", "flags", "language"),
    [
        ("/fw/a.c", (), "c"),
        ("/fw/a.cpp", (), "c++"),
        ("/fw/a.s", (), "assembler"),
        ("/fw/a.S", (), "assembler-with-cpp"),
        ("/fw/a.s", ("-x", "assembler-with-cpp"), "assembler-with-cpp"),
        ("/fw/a.c", ("-x", "evil"), "c"),
        ("/fw/a.c", ("-xc++",), "c++"),
    ],
)
def test_the_language_of_a_unit(source: str, flags: tuple[str, ...], language: str) -> None:
    assert language_of(CompileUnit(source, flags=flags)) == language


def test_the_toolchains_own_spec_files_by_bare_name() -> None:
    assert vetted("--specs=nano.specs", "-specs=nosys.specs", "-specs", "rdimon.specs")[0] == (
        "--specs=nano.specs",
        "--specs=nosys.specs",
        "--specs=rdimon.specs",
    )


def test_what_a_link_may_be_told() -> None:
    found = link_arguments(
        (
            *("-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs", "-nostartfiles", "--static", "-Wall", "-DX"),
            *("-Wl,--gc-sections,--cref", "-Wl,-Map=build/x.map", "-Xlinker", "--wrap", "-Xlinker", "malloc"),
            *("-u", "_printf_float", "-Wl,--start-group", "-T", "x.ld", "-Wl,--defsym=STACK=0x400"),
        )
    )
    assert found.argv == (
        *("-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs", "-nostartfiles", "--static", "-Wl,--gc-sections"),
        *("-Wl,--cref", "-Wl,--wrap,malloc", "-Wl,--undefined=_printf_float", "-Wl,--defsym=STACK=0x400"),
    )
    assert not found.refused


def test_what_a_link_may_not_be_told() -> None:
    flags = (
        "-Wl,-plugin,/fw/evil.so",
        "-Wl,@/fw/flags",
        "-Xlinker",
        "--dependency-file=/fw/x",
        "-fplugin=evil",
        "-Wl,-o,/fw/x",
    )
    found = link_arguments(flags)
    assert not any("evil" in word or "/fw" in word for word in found.argv)
    assert len(found.refused) >= 5
