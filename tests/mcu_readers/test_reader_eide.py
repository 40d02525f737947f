"""EIDE, Keil and IAR projects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from signoff.verifiers.mcu.build.eide import read_eide
from signoff.verifiers.mcu.build.iar import read_iar
from signoff.verifiers.mcu.build.keil import read_keil

OPTIONS = {
    "global": {"$float-abi-type": "hard", "use-newlib-nano": True, "not-use-syscalls": True, "misc-control": ["-g"]},
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
    assert main.defines == ("STM32F407xx", "X=1") and {"-Og", "-Wextra", "-g"} <= set(main.flags)
    assert start.defines == ("STM32F407xx", "ASM")
    assert image.linker_scripts == (str(folder / "f4.ld"),) and image.libraries == ("m",)
    assert image.link_flags[4:] == (
        "--specs=nano.specs",
        "--specs=nosys.specs",
        "-Wl,--gc-sections",
        "-u",
        "_printf_float",
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
