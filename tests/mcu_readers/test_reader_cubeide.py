"""STM32CubeIDE projects: what is compiled, with what, and what is said of a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.finding import Span
from signoff.verifiers.mcu.build.cubeide import read_cubeide

ST = "com.st.stm32cube.ide.mcu.gnu.managedbuild"
OPTION = '<option id="{name}.1" superClass="{st}.{name}" value="{value}" valueType="{kind}">{inside}</option>'
COMPILER = "tool.c.compiler.option"


def option(name: str, value: str = "", kind: str = "enumerated", listed: tuple[str, ...] = ()) -> str:
    inside = "".join(f'<listOptionValue builtIn="false" value="{one}"/>' for one in listed)
    return OPTION.format(st=ST, name=name, value=value, kind=kind, inside=inside)


INCLUDES = option(
    f"{COMPILER}.includepaths", "", "includePath", ("../Inc", "&quot;${workspace_loc:/${ProjName}/Lib}&quot;")
)
DEFINES = option(f"{COMPILER}.definedsymbols", "", "definedSymbols", ("DEBUG", "NAME=&quot;x&quot;"))
SCRIPT = option("tool.c.linker.option.script", "${workspace_loc:/${ProjName}/f4.ld}", "string")
CHAIN = "".join(
    (
        option("option.target_mcu", "STM32F407VGTx", "string"),
        option("option.fpu", f"{ST}.option.fpu.value.fpv4-sp-d16"),
        option("option.floatabi", f"{ST}.option.floatabi.value.hard"),
    )
)
PROJECT = """<?xml version="1.0" encoding="UTF-8"?><projectDescription><name>Blink</name>
<linkedResources>
<link><name>Drivers/hal.c</name><type>1</type><locationURI>PARENT-1-PROJECT_LOC/hal/hal.c</locationURI></link>
<link><name>Lib</name><type>2</type><locationURI>$%7BPARENT-1-PROJECT_LOC%7D/lib</locationURI></link>
<link><name>Doc</name><type>2</type><locationURI>virtual:/virtual</locationURI></link>
</linkedResources></projectDescription>
"""


def cproject(
    *, chain: str = CHAIN, c: str = INCLUDES + DEFINES, linker: str = SCRIPT, more: str = "", name: str = "Debug"
) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?fileVersion 4.0.0?><cproject><storageModule><cconfiguration><storageModule moduleId="cdtBuildSystem">
<configuration buildArtefactType="org.eclipse.cdt.build.core.buildArtefactType.exe" name="{name}"
 parent="{ST}.config.exe.{name.lower()}">
<folderInfo name="/" resourcePath=""><toolChain superClass="{ST}.toolchain.exe.debug">{chain}
<tool id="{ST}.tool.c.compiler.77" superClass="{ST}.tool.c.compiler">{c}</tool>
<tool superClass="{ST}.tool.c.linker">{linker}</tool></toolChain></folderInfo>
{more}</configuration></storageModule></cconfiguration></storageModule></cproject>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project in the folder CubeIDE, beside the folders that it links to."""
    for name in (
        "CubeIDE/Src/main.c",
        "CubeIDE/Src/old.c",
        "CubeIDE/Debug/made.c",
        "CubeIDE/startup.s",
        "hal/hal.c",
        "lib/x.cpp",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "CubeIDE" / "f4.ld").write_text("")
    (tmp_path / "CubeIDE" / ".project").write_text(PROJECT)
    (tmp_path / "CubeIDE" / ".cproject").write_text(cproject())
    return tmp_path / "CubeIDE"


def sources(folder: Path) -> set[str]:
    (image,) = read_cubeide(str(folder)).images
    return {Path(unit.source).name for unit in image.units}


def test_units_are_the_folders_sources_and_the_linked_ones(folder: Path) -> None:
    assert sources(folder) == {"main.c", "old.c", "startup.s", "hal.c", "x.cpp"}


def test_flags_includes_macros_and_link(folder: Path) -> None:
    (image,) = read_cubeide(str(folder / ".cproject")).images
    main = next(unit for unit in image.units if unit.source.endswith("main.c"))
    assert (image.name, image.part, image.declared, image.link_declared) == ("Blink", "STM32F407VGTx", True, True)
    assert main.include_dirs == (str(folder / "Inc"), str(folder.parent / "lib"))
    assert main.defines == ("DEBUG", 'NAME="x"')
    assert main.flags[:4] == ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
    assert (main.standard, main.compiler, "-O0" in main.flags) == ("gnu11", "arm-none-eabi-gcc", True)
    assert image.linker_scripts == (str(folder / "f4.ld"),)
    assert {"--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections"} <= set(image.link_flags)


def test_languages_have_their_own_compiler(folder: Path) -> None:
    (image,) = read_cubeide(str(folder)).images
    by_name = {Path(unit.source).name: unit for unit in image.units}
    assert by_name["x.cpp"].compiler == "arm-none-eabi-g++" and "-fno-rtti" in by_name["x.cpp"].flags
    assert by_name["startup.s"].flags[-2:] == ("-x", "assembler-with-cpp")


def test_what_the_project_leaves_out_is_no_unit(folder: Path) -> None:
    entry = '<sourceEntries><entry excluding="Src/o*.c|Lib" kind="sourcePath" name=""/></sourceEntries>'
    (folder / ".cproject").write_text(cproject(more=entry))
    assert sources(folder) == {"main.c", "startup.s", "hal.c"}


def test_only_the_named_folders_are_compiled(folder: Path) -> None:
    entry = (
        '<sourceEntries><entry kind="sourcePath" name="Src"/><entry kind="sourcePath" name="Drivers"/></sourceEntries>'
    )
    (folder / ".cproject").write_text(cproject(more=entry))
    assert sources(folder) == {"main.c", "old.c", "hal.c"}


def test_a_file_may_have_options_of_its_own(folder: Path) -> None:
    own = option(f"{COMPILER}.optimization.level", f"{ST}.{COMPILER}.optimization.level.value.o2")
    info = f'<fileInfo resourcePath="Src/old.c"><tool superClass="{ST}.tool.c.compiler.77">{own}</tool></fileInfo>'
    (folder / ".cproject").write_text(cproject(more=info))
    (image,) = read_cubeide(str(folder)).images
    levels = {Path(unit.source).name: unit.flags[4] for unit in image.units if unit.source.endswith(".c")}
    assert levels == {"main.c": "-O0", "old.c": "-O2", "hal.c": "-O0"}
    assert all("DEBUG" in unit.defines for unit in image.units if unit.source.endswith(".c"))


def test_a_linked_source_that_is_gone_is_told_at_its_place(folder: Path) -> None:
    (folder.parent / "hal" / "hal.c").unlink()
    reading = read_cubeide(str(folder))
    (finding,) = reading.findings
    assert finding.code == "CubeIdeMissingSource" and finding.span.start_line == 2
    assert reading.images[0].declared and not reading.images[0].link_declared


def test_a_missing_linker_script_is_told(folder: Path) -> None:
    (folder / "f4.ld").unlink()
    reading = read_cubeide(str(folder))
    assert [one.code for one in reading.findings] == ["CubeIdeMissingLinkerScript"]
    assert not reading.images[0].link_declared


def test_an_unknown_variable_and_an_unknown_part_are_guesses(folder: Path) -> None:
    paths = option(f"{COMPILER}.includepaths", "", "includePath", ("${MY_SDK}/inc", "../Inc"))
    part = option("option.target_mcu", "XYZ1", "string")
    (folder / ".cproject").write_text(cproject(chain=part, c=paths))
    (image,) = read_cubeide(str(folder)).images
    assert not image.declared and len(image.guessed) == 2
    assert all(unit.include_dirs == (str(folder / "Inc"),) for unit in image.units if unit.source.endswith("main.c"))


def test_broken_xml_is_told_at_its_line(folder: Path) -> None:
    (folder / ".cproject").write_text("<cproject>\n<a></b>\n</cproject>")
    reading = read_cubeide(str(folder))
    assert not reading.images
    assert [(one.code, one.span) for one in reading.findings] == [("CubeIdeSyntax", Span(1, 0, 1, 7))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<a" * 100_000,
        "<a>" * 100_000,
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "\x00\x01",
    ],
    ids=["empty", "unclosed", "deep", "entities", "external", "binary"],
)
def test_hostile_files_give_a_finding(folder: Path, text: str) -> None:
    (folder / ".cproject").write_text(text)
    reading = read_cubeide(str(folder))
    assert not reading.images and [one.code for one in reading.findings] == ["CubeIdeSyntax"]


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    reading = read_cubeide(str(tmp_path))
    assert [one.code for one in reading.findings] == ["CubeIdeUnreadable"]


def test_the_part_may_come_from_the_ioc(folder: Path) -> None:
    (folder / ".cproject").write_text(cproject(chain=""))
    (folder / "Blink.ioc").write_text("#MicroXplorer\nMcu.CPN=STM32F446RET6\nMcu.Name=STM32F446R(C-E)Tx\n")
    (image,) = read_cubeide(str(folder)).images
    assert (image.part, image.part_origin) == ("STM32F446RET6", str(folder / "Blink.ioc"))


ATOLLIC = "com.atollic.truestudio"
TRUESTUDIO = f"""<?xml version="1.0"?><cproject><storageModule><configuration name="Debug"
 buildArtefactType="org.eclipse.cdt.build.core.buildArtefactType.exe"><folderInfo name="/" resourcePath="">
<toolChain superClass="{ATOLLIC}.exe.debug.toolchain"><tool superClass="{ATOLLIC}.exe.debug.toolchain.gcc">
<option superClass="{ATOLLIC}.gcc.directories.select" valueType="includePath"><listOptionValue value="../Inc"/></option>
<option superClass="{ATOLLIC}.gcc.symbols.defined" valueType="definedSymbols"><listOptionValue value="STM32F407xx"/>
</option><option superClass="{ATOLLIC}.common_options.target.mcpu" value="STM32F407VG" valueType="enumerated"/>
<option superClass="{ATOLLIC}.common_options.target.fpu" value="{ATOLLIC}.common_options.target.fpu.hard"/>
<option superClass="{ATOLLIC}.common_options.target.fpucore" value="{ATOLLIC}.target.fpucore.fpv4-sp-d16"/>
<option superClass="{ATOLLIC}.gcc.misc.otherflags" value="-fno-common -Wshadow" valueType="string"/>
<option superClass="{ATOLLIC}.exe.debug.toolchain.gcc.optimization.level"
 value="{ATOLLIC}.gcc.optimization.level.0s" valueType="enumerated"/></tool>
<tool superClass="{ATOLLIC}.exe.debug.toolchain.ld">
<option superClass="{ATOLLIC}.ld.general.scriptfile" value="../f4.ld" valueType="string"/></tool></toolChain>
</folderInfo></configuration></storageModule></cproject>"""
SYSTEM_WORKBENCH = """<?xml version="1.0"?><cproject><storageModule><configuration name="Debug"
 buildArtefactType="org.eclipse.cdt.build.core.buildArtefactType.exe"><folderInfo name="/" resourcePath="">
<toolChain superClass="fr.ac6.managedbuild.toolchain.gnu.cross.exe.debug">
<option superClass="fr.ac6.managedbuild.option.gnu.cross.mcu" value="STM32F407VGTx" valueType="string"/>
<option superClass="fr.ac6.managedbuild.option.gnu.cross.fpu" value="fr.ac6.option.gnu.cross.fpu.fpv4-sp-d16"/>
<option superClass="fr.ac6.managedbuild.option.gnu.cross.floatabi" value="fr.ac6.option.gnu.cross.floatabi.hard"/>
<tool superClass="fr.ac6.managedbuild.tool.gnu.cross.c.compiler">
<option superClass="gnu.c.compiler.option.include.paths" valueType="includePath"><listOptionValue value="../Inc"/>
</option><option superClass="gnu.c.compiler.option.preprocessor.def.symbols" valueType="definedSymbols">
<listOptionValue value="STM32F407xx"/></option>
<option superClass="fr.ac6.managedbuild.gnu.c.compiler.option.misc.other" value="-fno-common -Wshadow"/>
<option superClass="fr.ac6.managedbuild.gnu.c.compiler.option.optimization.level"
 value="fr.ac6.managedbuild.gnu.c.optimization.level.size" valueType="enumerated"/></tool>
<tool superClass="fr.ac6.managedbuild.tool.gnu.cross.c.linker">
<option superClass="fr.ac6.managedbuild.tool.gnu.cross.c.linker.script" value="../f4.ld" valueType="string"/></tool>
</toolChain></folderInfo></configuration></storageModule></cproject>"""


@pytest.mark.parametrize("text", [TRUESTUDIO, SYSTEM_WORKBENCH])
def test_projects_of_the_tools_before_stm32cubeide(folder: Path, text: str) -> None:
    (folder / ".cproject").write_text(text)
    image = read_cubeide(str(folder)).images[0]
    unit = next(one for one in image.units if one.source.endswith("main.c"))
    assert unit.include_dirs == (str(folder / "Inc"),) and unit.defines == ("STM32F407xx",) and unit.declared
    assert unit.flags[:5] == ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-Os")
    assert unit.flags[-2:] == ("-fno-common", "-Wshadow")
    assert image.part.startswith("STM32F407VG") and image.linker_scripts == (str(folder / "f4.ld"),)
    assert not image.link_declared and "tool chain" in image.guessed[0]


def test_an_unknown_tool_chain_is_a_guess(folder: Path) -> None:
    text = (folder / ".cproject").read_text().replace(f'"{ST}.toolchain.exe.debug"', '"ilg.gnuarmeclipse.toolchain"')
    (folder / ".cproject").write_text(text)
    image = read_cubeide(str(folder)).images[0]
    assert not image.declared and not any(unit.declared for unit in image.units)
