"""The workspace: which image each C file is in and how it is compiled, before, while and after things change."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from signoff.verifiers.mcu.build import asking, kinds
from signoff.verifiers.mcu.build.reading import Reading
from signoff.verifiers.project import CompileUnit, Image
from signoff.verifiers.settings import McuSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

TOML = '[[firmware]]\nname = "app"\nsources = ["src/*.c"]\ninclude_dirs = ["inc"]\npart = "stm32f407vg"\n'
MAIN = '#include "board.h"\nint main(void) { return 0; }\n'
BASE = {"signoff.toml": TOML, "src/main.c": MAIN, "src/led.c": "int led;\n", "inc/board.h": '#include "pins.h"\n'}
BASE |= {"inc/pins.h": "", "inc/unused.h": "", "tools/host.c": "int main(void) { return 0; }\n"}


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    await pool.close()


def put(root: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


async def model(
    pool: WorkerPool, root: Path, texts: dict[str, str], *, trusted: bool = False, mcu: McuSettings | None = None
) -> WorkspaceModel:
    put(root, texts)
    settings = replace(VerifierSettings(), mcu=mcu or McuSettings())
    workspace = WorkspaceModel(pool, [str(root)], settings, trusted)
    await workspace.scan()
    return workspace


def snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "c", 1, text)


async def test_units_headers_and_strangers(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, BASE)
    project = workspace.project_for(str(tmp_path / "src/main.c"))
    assert project.unit is not None and project.unit.declared and project.image is not None
    assert project.image.name == "app" and not project.declared
    assert project.files == tuple(str(tmp_path / one) for one in ("src/main.c", "inc/board.h", "inc/pins.h"))
    header = workspace.project_for(str(tmp_path / "inc/pins.h"))
    assert header.unit is not None and header.unit.source == str(tmp_path / "src/main.c")
    assert header.image is project.image
    for name in ("inc/unused.h", "tools/host.c", "tools/new.c"):
        assert not workspace.firmware.covers(str(tmp_path / name))
        assert not workspace.is_firmware(str(tmp_path / name))


async def test_a_new_file_is_compiled_as_its_neighbours_are(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, BASE)
    path = tmp_path / "src/new.c"
    project = workspace.project_for(str(path))
    assert project.unit is not None and not project.unit.declared and project.unit.source == str(path)
    assert project.image is not None and len(project.image.units) == 2
    assert "does not list it" in workspace.describe(str(path))
    path.write_text("int x;\n")
    assert await workspace.files_changed([str(path)])
    project = workspace.project_for(str(path))
    assert project.unit is not None and project.unit.declared
    path.unlink()
    assert await workspace.files_changed([str(path)])
    assert not (workspace.project_for(str(path)).unit or CompileUnit("")).declared


async def test_what_is_included_follows_unsaved_text(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, BASE)
    main, header = tmp_path / "src/main.c", str(tmp_path / "inc/unused.h")
    assert not await workspace.buffer_changed(snapshot(main, MAIN))
    assert not await workspace.buffer_changed(snapshot(main, MAIN + '#include "unus"\n'))
    assert await workspace.buffer_changed(snapshot(main, MAIN + '#include "unused.h"\n'))
    assert workspace.is_firmware(header)
    assert await workspace.buffer_closed(str(main))
    assert not workspace.is_firmware(header)


async def test_signoff_toml_may_change_go_and_come(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, BASE)
    main, toml = str(tmp_path / "src/main.c"), tmp_path / "signoff.toml"
    toml.write_text(TOML + 'defines = ["X=1"]\n')
    assert await workspace.files_changed([str(toml)])
    unit = workspace.project_for(main).unit
    assert unit is not None and unit.defines == ("X=1",)
    toml.write_text(TOML + "flags = 3\n")
    await workspace.files_changed([str(toml)])
    assert [finding.code for finding in workspace.problems()] == ["ManifestType"]
    toml.unlink()
    assert await workspace.files_changed([str(toml)])
    assert not workspace.is_firmware(main) and workspace.problems() == ()
    toml.write_text(TOML)
    assert await workspace.files_changed([str(toml)])
    assert workspace.is_firmware(main)


async def test_a_recipe_wins_over_a_database(pool: WorkerPool, tmp_path: Path) -> None:
    entry = {"directory": str(tmp_path), "file": "src/main.c", "command": "arm-none-eabi-gcc -DDB -c src/main.c"}
    workspace = await model(pool, tmp_path, {**BASE, "build/compile_commands.json": json.dumps([entry])})
    image = workspace.project_for(str(tmp_path / "src/main.c")).image
    assert image is not None and image.kind == "signoff.toml"
    assert [one.kind for one in workspace.firmware.images()] == ["signoff.toml"]


async def test_a_database_that_appears_is_taken(pool: WorkerPool, tmp_path: Path) -> None:
    texts = {name: text for name, text in BASE.items() if name != "signoff.toml"}
    workspace = await model(pool, tmp_path, {**texts, "link.ld": "MEMORY { }"})
    main, database = str(tmp_path / "src/main.c"), tmp_path / "build/compile_commands.json"
    assert not workspace.is_firmware(main)
    entry = {"directory": str(tmp_path), "file": main, "command": f"arm-none-eabi-gcc -Iinc -mcpu=cortex-m4 -c {main}"}
    put(tmp_path, {"build/compile_commands.json": json.dumps([entry])})
    assert await workspace.files_changed([str(database)])
    project = workspace.project_for(main)
    assert project.unit is not None and project.unit.origin == str(database)
    assert project.image is not None and project.image.linker_scripts == (str(tmp_path / "link.ld"),)
    assert not project.image.link_declared and "guessed" in workspace.describe(main)
    shutil.rmtree(tmp_path / "build")
    assert await workspace.files_changed([str(database)])
    assert not workspace.is_firmware(main)


async def test_the_user_s_settings_are_in_every_unit(pool: WorkerPool, tmp_path: Path) -> None:
    mcu = McuSettings(include_dirs=("more",), defines=("A", "9X"), arguments=("-fshort-enums", "x"), part="??")
    workspace = await model(pool, tmp_path, BASE, mcu=mcu)
    project = workspace.project_for(str(tmp_path / "src/main.c"))
    assert project.unit is not None and project.image is not None
    assert project.unit.include_dirs[-1] == str(tmp_path / "more")
    assert project.unit.defines == ("A",) and project.unit.flags[-1] == "-fshort-enums"
    assert all(unit.defines == ("A",) for unit in project.image.units)
    assert project.settings.mcu.part == ""
    told = " ".join(workspace.messages())
    assert "9X" in told and "??" in told and '"x" is no option' in told


async def test_mcu_section_of_signoff_toml(pool: WorkerPool, tmp_path: Path) -> None:
    section = '[mcu]\npart = "stm32f405rg"\ninclude_dirs = ["inc", "gone"]\ndefines = ["B", "8"]\n'
    workspace = await model(pool, tmp_path, {**BASE, "signoff.toml": section + TOML})
    project = workspace.project_for(str(tmp_path / "src/main.c"))
    assert project.settings.mcu.part == "stm32f405rg" and project.settings.mcu.defines == ("B",)
    assert project.settings.mcu.include_dirs == (str(tmp_path / "inc"),)
    assert [(one.code, one.span.start_line) for one in workspace.problems()] == [
        ("ManifestMissing", 2),
        ("ManifestDefine", 3),
    ]


async def test_what_is_executed_is_not_taken_from_an_untrusted_workspace(pool: WorkerPool, tmp_path: Path) -> None:
    section = '[mcu]\ntoolchain = "tools/gcc"\narguments = ["-fplugin=x.so"]\n[emulator]\nqemu = "q"\nrenode = "r"\n'
    workspace = await model(pool, tmp_path, {**BASE, "signoff.toml": section + TOML})
    settings = workspace.project_for(str(tmp_path / "src/main.c")).settings
    assert (settings.mcu.toolchain, settings.mcu.arguments) == ("", ())
    assert (settings.emulator.qemu, settings.emulator.renode) == ("", "")


async def test_declared_by_a_recipe(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, BASE)
    (project,) = workspace.declared_by(str(tmp_path / "signoff.toml"))
    assert project.files == (str(tmp_path / "src/led.c"), str(tmp_path / "src/main.c"))


async def test_a_large_collection_is_read_as_its_files_are_opened(pool: WorkerPool, tmp_path: Path) -> None:
    makefile = "CC = arm-none-eabi-gcc\nC_SOURCES = main.c\nCFLAGS = -mcpu=cortex-m4 -mthumb\nTARGET = x\n"
    number = kinds.TRIES * kinds.READ_FOR_ONE + 10
    texts = {
        f"p{one}/{name}": text for one in range(number) for name, text in (("Makefile", makefile), ("main.c", MAIN))
    }
    workspace = await model(pool, tmp_path, texts)
    assert workspace.firmware.images() == ()
    main = tmp_path / "p7/main.c"
    assert not workspace.is_firmware(str(main))
    assert await workspace.buffer_changed(snapshot(main, MAIN))
    assert workspace.is_firmware(str(main))
    assert [image.root for image in workspace.firmware.images()] == [str(tmp_path / "p7")]
    stray = tmp_path / "stray.c"
    await workspace.buffer_changed(snapshot(stray, ""))
    assert not workspace.is_firmware(str(stray))
    assert await workspace.find_firmware([str(tmp_path)])
    assert len(workspace.firmware.images()) == number


async def test_a_build_is_asked_only_where_the_workspace_is_trusted(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    main = tmp_path / "main.c"

    async def ask(path: str, workspace: str) -> Reading:
        asked.append(path)
        unit = CompileUnit(str(main), defines=("ASKED",), declared=True)
        return Reading(
            (Image("x", workspace, kind="Makefile", declared=True, link_declared=True, units=(unit,)),), files=(path,)
        )

    monkeypatch.setattr(asking, "ask", ask)
    makefile = "CC = arm-none-eabi-gcc\nC_SOURCES = main.c\nCFLAGS = -mthumb -DREAD\n"
    workspace = await model(pool, tmp_path, {"main.c": MAIN, "Makefile": makefile})
    await workspace.buffer_changed(snapshot(main, MAIN))
    unit = workspace.project_for(str(main)).unit
    assert unit is not None and unit.defines == ("READ",) and not asked
    new = tmp_path / "sub/new.c"
    await workspace.buffer_changed(snapshot(new, ""))
    assert "where you trust the workspace" in workspace.describe(str(new))
    workspace.configure(VerifierSettings(), trusted=True)
    assert await workspace.buffer_changed(snapshot(main, MAIN))
    unit = workspace.project_for(str(main)).unit
    assert unit is not None and unit.defines == ("ASKED",)
    assert asked == [str(tmp_path / "Makefile")]
    await workspace.buffer_changed(snapshot(main, MAIN + "\n"))
    assert len(asked) == 1
    (tmp_path / "Makefile").write_text(makefile + "\n")
    await workspace.files_changed([str(tmp_path / "Makefile")])
    assert len(asked) == 2


async def test_a_host_s_makefile_is_never_asked(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(path: str, workspace: str) -> Reading:
        raise AssertionError(path)

    monkeypatch.setattr(asking, "ask", ask)
    texts = {"main.c": MAIN, "Makefile": "all: main.o\n\tcc -c main.c\n"}
    workspace = await model(pool, tmp_path, texts, trusted=True)
    assert not await workspace.buffer_changed(snapshot(tmp_path / "main.c", MAIN))


async def test_a_folder_without_c_has_no_firmware(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, {"a.v": "module a; endmodule\n", "signoff.toml": ""})
    assert workspace.firmware.images() == () and not workspace.firmware.covers(str(tmp_path / "a.v"))
    assert workspace.project_for(str(tmp_path / "a.v")).files == (str(tmp_path / "a.v"),)


@pytest.mark.tool
async def test_cmake_is_asked_for_a_project_that_was_never_configured(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (shutil.which("cmake") and shutil.which("arm-none-eabi-gcc")):
        pytest.skip("needs cmake and arm-none-eabi-gcc")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lists = (
        "cmake_minimum_required(VERSION 3.20)\nset(CMAKE_SYSTEM_NAME Generic)\n"
        "set(CMAKE_C_COMPILER arm-none-eabi-gcc)\nset(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\nproject(x C)\n"
        "add_executable(app main.c)\ntarget_compile_options(app PRIVATE -mcpu=cortex-m4 -mthumb)\n"
        "target_link_options(app PRIVATE -T${CMAKE_SOURCE_DIR}/x.ld)\n"
    )
    root = tmp_path / "work"
    texts = {"CMakeLists.txt": lists, "main.c": MAIN, "board.h": "", "x.ld": "SECTIONS { }"}
    workspace = await model(pool, root, texts, trusted=True)
    assert not workspace.is_firmware(str(root / "main.c"))
    assert await workspace.buffer_changed(snapshot(root / "main.c", MAIN))
    project = workspace.project_for(str(root / "main.c"))
    assert project.image is not None and project.image.kind == "CMake" and project.image.link_declared
    assert project.image.linker_scripts == (str(root / "x.ld"),)
    assert sorted(path.name for path in root.iterdir()) == sorted(texts)
