"""The workspace: how each CUDA file is compiled and for which GPUs, before, while and after things change."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from signoff.verifiers.gpu.hardware import targets
from signoff.verifiers.gpu.units import units_model
from signoff.verifiers.settings import CudaSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.survey import survey
from signoff.verifiers.watch import Watcher
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

KERNEL = "__global__ void k() {}\n"


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    await pool.close()


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' machine may have one."""
    monkeypatch.setattr(targets, "_installed", [()])


def put(root: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def database(root: Path, *files: str, flags: str = "-arch=sm_80") -> str:
    entries = [{"directory": str(root), "file": name, "command": f"nvcc {flags} -c {name}"} for name in files]
    return json.dumps(entries)


async def model(
    pool: WorkerPool, root: Path, *, trusted: bool = False, cuda: CudaSettings | None = None
) -> WorkspaceModel:
    settings = replace(VerifierSettings(), cuda=cuda or CudaSettings())
    workspace = WorkspaceModel(pool, [str(root)], settings, trusted)
    await workspace.scan()
    return workspace


async def test_before_the_scan_and_without_any_build(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"src/k.cu": '#include "util/u.cuh"\n' + KERNEL, "lib/util/u.cuh": ""})
    path = str(tmp_path / "src/k.cu")
    workspace = WorkspaceModel(pool, [str(tmp_path)], VerifierSettings())
    before = workspace.project_for(path)
    assert before.unit is not None and (before.unit.source, before.unit.include_dirs) == (path, ())
    await workspace.scan()
    project = workspace.project_for(path)
    assert project is workspace.project_for(path)
    assert project.unit is not None and project.unit.include_dirs == (str(tmp_path / "lib"),)
    assert (project.declared, project.unit.declared, project.root) == (False, False, str(tmp_path))
    assert project.files == (path, str(tmp_path / "lib/util/u.cuh"))
    assert (project.architectures, project.architectures_origin) == ((), "")
    assert "guessed from its includes" in workspace.describe(path)
    assert "No GPU architecture is named" in workspace.describe(path)


async def test_compile_commands_in_a_build_folder(pool: WorkerPool, tmp_path: Path) -> None:
    flags = "-Iinc -DX=1 -std=c++20 --use_fast_math -arch=sm_90a"
    put(tmp_path, {"k.cu": KERNEL, "build/compile_commands.json": database(tmp_path, "k.cu", flags=flags)})
    workspace = await model(pool, tmp_path)
    project = workspace.project_for(str(tmp_path / "k.cu"))
    unit = project.unit
    assert unit is not None and unit.declared and not project.declared
    assert (unit.include_dirs, unit.defines, unit.standard) == ((str(tmp_path / "inc"),), ("X=1",), "c++20")
    assert unit.flags == ("--use_fast_math",)
    assert (unit.architectures, project.architectures) == (("sm_90a",), ("sm_90",))
    origin = str(tmp_path / "build/compile_commands.json")
    assert (unit.origin, project.architectures_origin) == (origin, origin)
    assert f"Compiled as {origin} says. Checked for sm_90" in workspace.describe(str(tmp_path / "k.cu"))
    new = workspace.project_for(str(tmp_path / "new.cu")).unit
    assert new is not None and (new.declared, new.defines, new.source) == (False, ("X=1",), str(tmp_path / "new.cu"))


async def test_headers_are_seen_through_a_unit(pool: WorkerPool, tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "src/k.cu": '#include "mid.cuh"\n' + KERNEL,
            "src/mid.cuh": '#include "../inc/deep.cuh"',
            "inc/deep.cuh": "",
            "inc/alone.cuh": "",
            "inc/part.cu": "",
            "inc/whole.cu": '#include "part.cu"',
            "build/compile_commands.json": database(tmp_path, "src/k.cu"),
        },
    )
    workspace = await model(pool, tmp_path)
    deep = workspace.project_for(str(tmp_path / "inc/deep.cuh"))
    assert deep.unit is not None and (deep.unit.source, deep.unit.declared) == (str(tmp_path / "src/k.cu"), True)
    assert deep.headers == (str(tmp_path / "inc/deep.cuh"), str(tmp_path / "src/mid.cuh"))
    assert deep.architectures == ("sm_80",)
    assert "Checked as part of" in workspace.describe(str(tmp_path / "inc/deep.cuh"))
    alone = workspace.project_for(str(tmp_path / "inc/alone.cuh"))
    assert (alone.unit, alone.files) == (None, (str(tmp_path / "inc/alone.cuh"),))
    assert "not compiled" in workspace.describe(str(tmp_path / "inc/alone.cuh"))
    part = workspace.project_for(str(tmp_path / "inc/part.cu"))
    assert part.unit is not None and part.unit.source == str(tmp_path / "inc/whole.cu")


async def test_who_names_the_gpus(pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def installed() -> tuple[str, ...]:
        return ("sm_75",)

    monkeypatch.setattr(units_model, "installed_gpu", installed)
    path = str(tmp_path / "k.cu")
    put(tmp_path, {"k.cu": KERNEL, "x.py": "import triton\n"})

    async def named(cuda: CudaSettings | None = None) -> tuple[tuple[str, ...], str]:
        project = (await model(pool, tmp_path, cuda=cuda)).project_for(path)
        return project.architectures, Path(project.architectures_origin).name

    assert await named() == (("sm_75",), "installed GPU")
    put(tmp_path, {"CMakeLists.txt": "set(CMAKE_CUDA_ARCHITECTURES 80 90)\nadd_executable(k k.cu)"})
    assert await named() == (("sm_80", "sm_90"), "CMakeLists.txt")
    put(tmp_path, {"compile_commands.json": database(tmp_path, "k.cu", flags="-arch=sm_86")})
    assert await named() == (("sm_86",), "compile_commands.json")
    put(tmp_path, {"compile_commands.json": database(tmp_path, "k.cu", flags="-O2")})
    assert await named() == (("sm_80", "sm_90"), "CMakeLists.txt")
    put(tmp_path, {"signoff.toml": '[cuda]\narchitectures = ["100"]\n'})
    assert await named() == (("sm_100",), "signoff.toml")
    assert await named(CudaSettings(architectures=("8.9", "nonsense"))) == (("sm_89",), "settings")
    python = (await model(pool, tmp_path)).project_for(str(tmp_path / "x.py"))
    assert (python.unit, python.architectures) == (None, ("sm_100",))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("native", (("sm_75",), "installed GPU")), ("all-major", ((), "")), ("OFF", (("sm_75",), "installed GPU"))],
)
async def test_words_that_name_no_gpu(
    pool: WorkerPool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    expected: tuple[tuple[str, ...], str],
) -> None:
    monkeypatch.setattr(targets, "_installed", [("sm_75",)])
    put(tmp_path, {"k.cu": KERNEL, "CMakeLists.txt": f"set(CMAKE_CUDA_ARCHITECTURES {value})"})
    project = (await model(pool, tmp_path)).project_for(str(tmp_path / "k.cu"))
    assert (project.architectures, project.architectures_origin) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set(CMAKE_CUDA_ARCHITECTURES all)", "built for all architectures"),
        ("if(X)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nelse()\nset(CMAKE_CUDA_ARCHITECTURES 90)\nendif()", "depends on"),
    ],
)
async def test_why_no_gpu_is_named_is_said(pool: WorkerPool, tmp_path: Path, text: str, expected: str) -> None:
    put(tmp_path, {"k.cu": KERNEL, "CMakeLists.txt": text})
    workspace = await model(pool, tmp_path)
    assert workspace.project_for(str(tmp_path / "k.cu")).architectures == ()
    assert expected in workspace.describe(str(tmp_path / "k.cu"))


async def test_a_driver_that_hangs_holds_nothing_up(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> tuple[str, ...]:
        await asyncio.sleep(60)
        return ("sm_75",)

    monkeypatch.setattr(units_model, "installed_gpu", never)
    monkeypatch.setattr(units_model, "GPU_SECONDS", 0.05)
    put(tmp_path, {"k.cu": KERNEL})
    workspace = await asyncio.wait_for(model(pool, tmp_path), 20)
    assert workspace.project_for(str(tmp_path / "k.cu")).architectures == ()


async def test_settings_that_name_no_gpu_are_told(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path, cuda=CudaSettings(architectures=("volta", "sm_80")))
    (message,) = workspace.messages()
    assert "cuda.architectures" in message and "volta" in message and "sm_80" in message


async def test_settings_add_folders_and_macros(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"k.cu": KERNEL})
    cuda = CudaSettings(include_dirs=("inc", "/abs"), defines=("X=1",))
    unit = (await model(pool, tmp_path, cuda=cuda)).project_for(str(tmp_path / "k.cu")).unit
    assert unit is not None and (unit.include_dirs, unit.defines) == ((str(tmp_path / "inc"), "/abs"), ("X=1",))


TOML = """
[cuda]
architectures = ["sm_80", "sm_8x"]
include_dirs = ["inc", "gone"]
toolkit = "/evil"
arguments = ["--compiler-bindir=/evil"]
architecture = []
[launch]
hints = false
[nvcc]
timeout = "long"
[triton]
python = "/evil"
"""


async def test_signoff_toml(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"sub/signoff.toml": TOML, "sub/k.cu": KERNEL, "k.cu": KERNEL, "sub/inc/x.h": ""})
    workspace = await model(pool, tmp_path)
    project = workspace.project_for(str(tmp_path / "sub/k.cu"))
    assert project.unit is not None and project.unit.include_dirs == (str(tmp_path / "sub/inc"),)
    assert (project.architectures, project.settings.launch.hints) == (("sm_80",), False)
    # Nothing that an untrusted workspace names is run or changes what is run.
    settings = project.settings
    assert (settings.cuda.toolkit, settings.cuda.arguments, settings.triton.python) == ("", (), "")
    assert workspace.project_for(str(tmp_path / "k.cu")).architectures == ()
    told = {(one.code, one.span.start_line): one.message for one in workspace.problems()}
    assert set(told) == {
        ("ManifestArchitecture", 2),
        ("ManifestMissing", 3),
        ("ManifestUnknownKey", 6),
        ("ManifestType", 10),
    }
    assert 'did you mean "architectures"?' in told["ManifestUnknownKey", 6]
    trusted = await model(pool, tmp_path, trusted=True)
    settings = trusted.project_for(str(tmp_path / "sub/k.cu")).settings
    assert (settings.cuda.toolkit, settings.triton.python) == ("/evil", "/evil")


async def test_what_changes_on_disk(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"top.sv": "module top; endmodule"})
    workspace = await model(pool, tmp_path)

    async def change(name: str, text: str | None) -> bool:
        path = tmp_path / name
        if text is None:
            path.unlink()
        else:
            put(tmp_path, {name: text})
        return await workspace.files_changed((str(path),))

    def seen(name: str) -> tuple[tuple[str, ...], str]:
        project = workspace.project_for(str(tmp_path / name))
        return project.architectures, project.unit.source.rpartition("/")[2] if project.unit else ""

    assert not await change("notes.h", "int x;")
    assert await change("k.cu", KERNEL)
    assert await change("k.cuh", "")
    assert seen("k.cuh") == ((), "")
    assert await change("k.cu", '#include "k.cuh"\n' + KERNEL)
    assert seen("k.cuh") == ((), "k.cu")
    assert not await change("k.cu", '#include "k.cuh"\n' + KERNEL + KERNEL)
    assert await change("CMakeLists.txt", "set(CMAKE_CUDA_ARCHITECTURES 80)")
    assert seen("k.cu") == (("sm_80",), "k.cu")
    assert await change("CMakeLists.txt", "set(CMAKE_CUDA_ARCHITECTURES 90)")
    assert seen("k.cuh") == (("sm_90",), "k.cu")
    assert await change("build/compile_commands.json", database(tmp_path, "k.cu", flags="-arch=sm_75"))
    assert seen("k.cu") == (("sm_75",), "k.cu")
    assert await change("build/compile_commands.json", "[")
    assert [one.code for one in workspace.problems()] == ["CompileCommandsSyntax"]
    assert [one.code for one in workspace.problems_of({str(tmp_path / "build/compile_commands.json")})]
    assert await change("build/compile_commands.json", None)
    assert workspace.problems() == ()
    assert await change("k.cu", None)
    assert seen("k.cuh") == (("sm_90",), "")
    assert workspace.project_for(str(tmp_path / "top.sv")).files == (str(tmp_path / "top.sv"),)


async def test_a_worker_that_was_ended_in_between_knows_the_rest_again(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"a.cu": '#include "h.cuh"', "b.cu": "", "h.cuh": ""})
    workspace = await model(pool, tmp_path)
    await pool.close()
    other = WorkerPool()
    workspace._pool = other
    try:
        put(tmp_path, {"CMakeLists.txt": "set(CMAKE_CUDA_ARCHITECTURES 80)"})
        assert await workspace.files_changed((str(tmp_path / "CMakeLists.txt"),))
        project = workspace.project_for(str(tmp_path / "h.cuh"))
        assert project.unit is not None and project.unit.source == str(tmp_path / "a.cu")
        assert project.architectures == ("sm_80",)
    finally:
        await other.close()


async def test_a_folder_that_went(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"sub/a.cu": '#include "../h.cuh"', "h.cuh": ""})
    workspace = await model(pool, tmp_path)
    assert workspace.project_for(str(tmp_path / "h.cuh")).unit is not None
    (tmp_path / "sub/a.cu").unlink()
    (tmp_path / "sub").rmdir()
    assert await workspace.files_changed((str(tmp_path / "sub"),))
    assert workspace.project_for(str(tmp_path / "h.cuh")).unit is None


async def test_a_document_outside_every_folder_is_seen_with_the_files_beside_it(
    pool: WorkerPool, tmp_path: Path
) -> None:
    put(
        tmp_path,
        {"ws/x.cu": "", "out/k.cu": '#include "k.cuh"', "out/k.cuh": "", "out/deep/l.cu": '#include "../k.cuh"'},
    )
    workspace = await model(pool, tmp_path / "ws")
    path = tmp_path / "out/k.cuh"
    assert workspace.project_for(str(path)).unit is None
    assert await workspace.buffer_changed(Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, ""))
    project = workspace.project_for(str(path))
    assert project.unit is not None and project.unit.source == str(tmp_path / "out/k.cu")
    assert project.root == str(tmp_path / "out")


def test_the_walk_counts_c_and_cuda_apart_and_says_where_it_stopped(tmp_path: Path) -> None:
    put(tmp_path, {"a.cu": "", "b.h": "", "c.h": "", "d.v": "", "CMakeFiles/x/gen.cu": "", "build/e.cu": ""})
    found = survey(str(tmp_path))
    assert sorted(Path(path).name for path in found.units) == ["a.cu", "b.h", "c.h"]
    assert (found.cuda, found.left_out, len(found.files)) == (True, "", 1)
    assert "only 2 of its C, C++ and CUDA files" in survey(str(tmp_path), True, 2).left_out
    (tmp_path / "a.cu").unlink()
    assert survey(str(tmp_path), True, 2).left_out == ""


async def test_verilog_beside_cuda(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"top.sv": "module top; leaf l(); endmodule", "leaf.sv": "module leaf; endmodule", "k.cu": KERNEL})
    put(tmp_path, {"top.h": "", "defs.vh": "", "csrc/deep.cu": KERNEL, "build/gen.cu": KERNEL})
    workspace = await model(pool, tmp_path)
    project = workspace.project_for(str(tmp_path / "top.sv"))
    assert project.files == (str(tmp_path / "top.sv"), str(tmp_path / "leaf.sv"))
    assert (project.unit, project.architectures) == (None, ())
    assert workspace.project_for(str(tmp_path / "csrc/deep.cu")).unit is not None


@pytest.mark.parametrize("content", [b"\xff\xfe#include", b"\0" * 100, b'#include\n#include <\n#include "\n' * 500])
async def test_odd_files(pool: WorkerPool, tmp_path: Path, content: bytes) -> None:
    for name in (
        "k.cu",
        "h.cuh",
        "CMakeLists.txt",
        "Makefile",
        "setup.py",
        "compile_commands.json",
        "CMakePresets.json",
    ):
        (tmp_path / name).write_bytes(content)
    workspace = await model(pool, tmp_path)
    assert workspace.project_for(str(tmp_path / "k.cu")).unit is not None


async def test_what_an_open_document_includes_counts_before_it_is_saved(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, {"k.cu": KERNEL, "h.cuh": ""})
    workspace = await model(pool, tmp_path)
    path, header = tmp_path / "k.cu", str(tmp_path / "h.cuh")

    async def edit(text: str, name: str = "k.cu") -> bool:
        path = tmp_path / name
        return await workspace.buffer_changed(Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text))

    def source() -> str:
        unit = workspace.project_for(header).unit
        return unit.source if unit is not None else ""

    await edit(KERNEL)
    assert not await edit(KERNEL + '#include "h.c')
    assert source() == ""
    assert await edit(KERNEL + '#include "h.cuh"')
    assert source() == str(path)
    # Written by somebody else meanwhile: the document still says otherwise.
    put(tmp_path, {"k.cu": KERNEL + KERNEL})
    await workspace.files_changed((str(path),))
    assert source() == str(path)
    assert await workspace.buffer_closed(str(path))
    assert source() == ""
    assert await edit('#include "h.cuh"', "unsaved.cu")
    assert source() == str(tmp_path / "unsaved.cu")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("src/k.cu", True),
        ("src/h.cuh", True),
        ("CMakeLists.txt", True),
        ("build/Debug/compile_commands.json", True),
        ("build/gen.cu", False),
        ("node_modules/x.h", False),
        ("notes.txt", False),
    ],
)
def test_what_is_watched(tmp_path: Path, name: str, wanted: bool) -> None:
    watcher = Watcher([str(tmp_path)], lambda paths: None)
    assert watcher._wants(str(tmp_path / name), False) is wanted
