"""EIDE, Keil and IAR projects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from signoff.verifiers.mcu.build.eide import read_eide
from signoff.verifiers.mcu.build.eide_options import Options
from signoff.verifiers.mcu.build.iar import read_iar
from signoff.verifiers.mcu.build.keil import read_keil

OPTIONS = {
    "global": {
        "$float-abi-type": "hard",
        "output-debug-info": "dwarf-4",
        "use-newlib-nano": True,
        "not-use-syscalls": True,
        "misc-control": ["-fno-common"],
    },
    "c/cpp-compiler": {"language-c": "c11", "optimization": "level-debug", "C_FLAGS": "-DX=1 -Wextra"},
    "asm-compiler": {"ASM_FLAGS": "-DASM"},
    "linker": {"remove-unused-input-sections": True, "LD_FLAGS": "-u _printf_float", "LIB_FLAGS": "-lm"},
}
CONFIG = {"cpuType": "Cortex-M4", "floatingPointHardware": "single", "scatterFilePath": "f4.ld", "options": OPTIONS}


def project(**target: Any) -> dict[str, Any]:
    debug = {
        "excludeList": ["Src/old.c", "<virtual_root>/Out"],
        "toolchain": "GCC",
        "cppPreprocessAttrs": {"incList": ["Inc"], "defineList": ["STM32F407xx"], "libList": ["Lib"]},
        "toolchainConfigMap": {"GCC": CONFIG, "AC6": {"cpuType": "Cortex-M4", "floatingPointHardware": "single"}},
        **target,
    }
    files = {"name": "Startup", "files": [{"path": "../start.s"}, {"path": "gone.c"}], "folders": []}
    out = {"name": "Out", "files": [{"path": "out.c"}], "folders": []}
    root = {"name": "<virtual_root>", "files": [], "folders": [files, out]}
    return {
        "name": "Robot",
        "deviceName": "STM32F407VG",
        "srcDirs": ["Src"],
        "virtualFolder": root,
        "targets": {"Debug": debug},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("robot/Src/main.c", "robot/Src/old.c", "robot/out.c", "start.s", "robot/f4.ld"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "robot" / ".eide").mkdir()
    return tmp_path / "robot"


def write(folder: Path, data: object, name: str = "eide.yml") -> Path:
    path = folder / ".eide" / name
    path.write_text(yaml.safe_dump(data) if name.endswith("yml") else json.dumps(data))
    return path


def test_the_newer_form(folder: Path) -> None:
    reading = read_eide(str(write(folder, project())))
    (image,) = reading.images
    main, start = image.units
    assert [Path(unit.source).name for unit in image.units] == ["main.c", "start.s"]
    assert (image.name, image.part, image.root, image.declared) == ("Robot", "STM32F407VG", str(folder), True)
    assert main.flags[:4] == ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
    assert (main.standard, main.include_dirs) == ("c11", (str(folder / "Inc"),))
    assert main.defines == ("STM32F407xx", "X=1")
    assert main.flags[4:] == (
        *("-Og", "-g", "-gdwarf-4", "-funsigned-char", "--specs=nano.specs", "--specs=nosys.specs"),
        *("-fno-common", "-Wextra"),
    )
    assert start.defines == ("ASM",), "EIDE gives the assembler no macros of the project"
    assert start.flags[-2:] == ("-x", "assembler-with-cpp") and "-g" in start.flags
    assert image.linker_scripts == (str(folder / "f4.ld"),) and image.libraries == ("m",)
    assert image.link_flags[4:] == (
        *("-Wl,--gc-sections", "--specs=nano.specs", "--specs=nosys.specs", "-fno-common", "-u", "_printf_float"),
    )
    assert [one.code for one in reading.findings] == ["EideMissingSource"] and not image.link_declared


def test_the_older_form(folder: Path) -> None:
    older = project(
        compileConfig=CONFIG | {"options": "null"},
        builderOptions={"GCC": OPTIONS},
        custom_dep={"incList": ["Inc"], "defineList": ["OLD"]},
    )
    for name in ("cppPreprocessAttrs", "toolchainConfigMap"):
        del older["targets"]["Debug"][name]
    write(folder, older, "eide.json")
    (image,) = read_eide(str(folder)).images
    assert image.units[0].defines == ("OLD", "X=1") and "-Og" in image.units[0].flags and image.declared


def test_another_tool_chain_is_a_guess(folder: Path) -> None:
    (image,) = read_eide(str(write(folder, project(toolchain="AC6")))).images
    assert not image.declared and not image.link_declared and "AC6" in image.guessed[0]
    assert image.units[0].defines == ("STM32F407xx",)


@pytest.mark.parametrize(
    ("group", "option", "value", "flags"),
    [
        ("c/cpp-compiler", "optimization", "level-size-Oz", ("-Oz",)),
        ("c/cpp-compiler", "optimization", "unknown", ()),
        ("c/cpp-compiler", "turn-Warning-into-errors", True, ("-Werror",)),
        ("c/cpp-compiler", "warnings", "more-strict-warnings", ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow")),
        ("c/cpp-compiler", "optimization-lto", True, ("-flto",)),
        ("c/cpp-compiler", "no-rtti", True, ()),
        ("global", "one-elf-section-per-data", True, ("-fdata-sections",)),
        ("global", "output-debug-info", "disable", ()),
        ("global", "misc-control", "-Wa,-I.\\inc", ("-Wa,-I./inc",)),
    ],
)
def test_what_an_option_means_to_the_compiler(group: str, option: str, value: object, flags: tuple[str, ...]) -> None:
    plain = set(Options({}).words("c"))
    said = Options({group: {option: value}}, lambda text: text.replace("\\", "/")).words("c")
    assert plain == {"-xc", "-funsigned-char"}
    assert tuple(word for word in said if word not in plain)[: len(flags) or None] == flags


def test_what_an_option_means_to_the_linker() -> None:
    options = {"c/cpp-compiler": {"optimization-lto": True}, "linker": {"use-float-printf": True, "LD_FLAGS": "-Wl,-n"}}
    assert Options(options).words("linker") == [
        *("-Wl,--print-memory-usage", "-u", "_printf_float", "-flto", "-Wl,-n"),
    ]


@pytest.mark.parametrize(
    ("cpu", "unit", "extensions", "flags"),
    [
        ("cortex-m4", "single", "", ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=softfp")),
        ("cortex-m4", "double", "", ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft")),
        ("cortex-m7", "double", "+nodsp", ("-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=softfp")),
        ("cortex-m0+", "none", "", ("-mcpu=cortex-m0plus", "-mthumb", "-mfloat-abi=soft")),
        ("cortex-m33", "none", "+nodsp", ("-mcpu=cortex-m33+nodsp", "-mthumb", "-mfloat-abi=soft")),
        ("cortex-m33", "none", "+x -B.", ("-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft")),
        ("armv7e-m", "none", "", ()),
    ],
)
def test_cores(cpu: str, unit: str, extensions: str, flags: tuple[str, ...]) -> None:
    assert Options({}).core(cpu, unit, extensions) == flags


def test_options_in_a_file_of_their_own(folder: Path) -> None:
    older = project(compileConfig=CONFIG | {"options": "null"}, custom_dep={"incList": []})
    del older["targets"]["Debug"]["toolchainConfigMap"]
    path = write(folder, older, "eide.json")
    (image,) = read_eide(str(folder)).images
    assert {"-Og", "-Wall", "-ffunction-sections"} <= set(image.units[0].flags), "what EIDE has for a new project"
    beside = path.with_name("debug.arm.options.gcc.json")
    beside.write_text(json.dumps({"c/cpp-compiler": {"optimization": "level-3"}}))
    reading = read_eide(str(folder))
    assert "-O3" in reading.images[0].units[0].flags and "-Wall" not in reading.images[0].units[0].flags
    assert str(beside) in reading.files


@pytest.mark.parametrize("newer", [True, False])
def test_options_of_single_files(folder: Path, newer: bool) -> None:
    write(folder, project())
    said = {
        "files": {"Src/**/*.c": "-xc++ -std=c++17"},
        "virtualPathFiles": {"<virtual_root>/{Start,Startup}/*": "-DB"},
    }
    name, data = ("files.options.yml", {"options": {"Debug": said}}) if newer else ("debug.files.options.yml", said)
    write(folder, data, name)
    main, start = read_eide(str(folder)).images[0].units
    assert main.standard == "c++17" and main.flags[-2:] == ("-x", "c++") and "-xc" not in main.flags
    assert start.defines == ("ASM", "B") and main.declared
    write(folder, {"options": {"Debug": {"files": {"Src/*.c": "$<replace:-Og/-O0>"}}}}, "files.options.yml")
    assert not read_eide(str(folder)).images[0].units[0].declared


def test_variables_packages_and_libraries(folder: Path) -> None:
    (folder / "lib.a").write_text("")
    told = project(cppPreprocessAttrs={"incList": ["${MODULES}/inc", "${gone}/inc"], "defineList": ["A = ${N}", "B"]})
    told["dependenceList"] = [{"groupName": "p", "depList": [{"incList": ["Pack"], "defineList": ["PACK"]}]}]
    told["virtualFolder"]["files"] = [{"path": "$(ProjectRoot)/lib.a"}]
    path = write(folder, told)
    path.with_name("env.ini").write_text("MODULES=${TOP}/mod\nTOP=..\nN=1\n[debug]\nN=2\n")
    (image,) = read_eide(str(folder)).images
    assert image.units[0].include_dirs == (str(folder / "Pack"), str(folder.parent / "mod" / "inc"))
    assert image.units[0].defines == ("PACK", "A=2", "B", "X=1") and image.objects == (str(folder / "lib.a"),)


def test_the_workspace_makes_source_folders_include_folders(folder: Path) -> None:
    (folder / "Src" / "deep").mkdir()
    (folder / "Src" / "deep" / "deep.h").write_text("")
    write(folder, project())
    (folder / "x.code-workspace").write_text('{"settings": {"EIDE.SourceTree.AutoSearchIncludePath": true}} // x')
    (image,) = read_eide(str(folder)).images
    assert image.units[0].include_dirs == tuple(str(folder / one) for one in ("Inc", "Src", "Src/deep"))


def test_a_source_folder_that_is_not_there(folder: Path) -> None:
    absent = {**project(), "srcDirs": ["Src", "submodule", ".eide/deps"]}
    del absent["virtualFolder"]["folders"][0]["files"][1]
    write(folder, absent)
    (image,) = read_eide(str(folder)).images
    assert (
        image.declared and not image.link_declared and image.guessed == ("The source folder submodule is not there.",)
    )


def test_a_project_for_another_processor_gives_nothing(folder: Path) -> None:
    assert read_eide(str(write(folder, {**project(), "type": "C51"}))).images == ()


def test_a_library_is_not_linked(folder: Path) -> None:
    options = OPTIONS | {"linker": {"output-format": "lib"}}
    made = project(toolchainConfigMap={"GCC": CONFIG | {"options": options}})
    del made["virtualFolder"]["folders"][0]["files"][1]
    assert not read_eide(str(write(folder, made))).images[0].link_declared
    assert read_eide(str(write(folder, project() | {"virtualFolder": {}}))).images[0].link_declared


@pytest.mark.parametrize(
    "text",
    ["a: [1,\nb: }", "[]", "a: &x [1]\nb: *x\n", "[" * 100_000, "\t- x", "targets: {Debug: 3}\nname: x\n"],
    ids=["syntax", "list", "reference", "deep", "tab", "types"],
)
def test_broken_projects(folder: Path, text: str) -> None:
    path = folder / ".eide" / "eide.yml"
    path.write_text(text)
    reading = read_eide(str(path))
    assert reading.images == () and [one.code for one in reading.findings] in (
        ["EideSyntax"],
        ["EideMissingSource"],
        [],
    )


KEIL = """<?xml version="1.0"?><Project><Targets><Target><TargetName>Board</TargetName><TargetOption>
<TargetCommonOption><Device>STM32F407VGTx</Device></TargetCommonOption><TargetArmAds><Cads><VariousControls>
<Define>USE_HAL_DRIVER,STM32F407xx</Define><IncludePath>../Inc;..\\CMSIS\\Device\\ST\\Include</IncludePath>
</VariousControls></Cads></TargetArmAds></TargetOption><Groups><Group><Files>
<File><FilePath>../Src/main.c</FilePath></File><File><FilePath>startup.s</FilePath></File>
<File><FilePath>../Src/old.c</FilePath><FileOption><CommonProperty><IncludeInBuild>0</IncludeInBuild></CommonProperty>
</FileOption></File></Files></Group></Groups></Target></Targets></Project>
"""
IAR = """<?xml version="1.0"?><project><configuration><name>Debug</name>
<settings><name>General</name><data><option><name>OGChipSelectEditMenu</name>
<state>STM32F407VG\tST STM32F407VG</state></option></data></settings>
<settings><name>ICCARM</name><data><option><name>CCDefines</name><state>USE_HAL_DRIVER</state><state>STM32F407xx</state>
</option><option><name>CCIncludePath2</name><state>$PROJ_DIR$/../Inc</state></option></data></settings></configuration>
<group><name>User</name><file><name>$PROJ_DIR$\\..\\Src\\main.c</name></file>
<file><name>$PROJ_DIR$/../Src/old.c</name><excluded><configuration>Debug</configuration></excluded></file></group>
</project>
"""


@pytest.mark.parametrize(("name", "text"), [("Board.uvprojx", KEIL), ("Board.ewp", IAR)])
def test_keil_and_iar_are_guesses(folder: Path, name: str, text: str) -> None:
    (folder / "MDK").mkdir()
    (folder / "CMSIS" / "Device" / "ST" / "Include").mkdir(parents=True)
    (folder / "CMSIS" / "Include").mkdir()
    path = folder / "MDK" / name
    path.write_text(text)
    (image,) = (read_keil if name.endswith("x") else read_iar)(str(path)).images
    assert [Path(unit.source).name for unit in image.units] == ["main.c"]
    unit = image.units[0]
    assert unit.defines == ("USE_HAL_DRIVER", "STM32F407xx") and unit.include_dirs[0] == str(folder / "Inc")
    assert unit.flags[0] == "-mcpu=cortex-m4" and image.part.startswith("STM32F407VG")
    assert not image.declared and not image.link_declared and len(image.guessed) == 1
    assert (str(folder / "CMSIS/Include") in unit.include_dirs) == name.endswith("uvprojx")


@pytest.mark.parametrize("name", ["x.uvprojx", "x.ewp"])
def test_broken_keil_and_iar(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    read = read_keil if name.endswith("x") else read_iar
    assert len(read(str(path)).findings) == 1
    path.write_text("<a>")
    assert [one.code for one in read(str(path)).findings] in (["KeilSyntax"], ["IarSyntax"])
    path.write_text("<a/>")
    assert read(str(path)).images == ()
