"""Where a workspace begins that the command line was given a path in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.lsp_server.commands import roots
from signoff.lsp_server.commands.roots import workspace_roots
from signoff.lsp_server.commands.session import open_session, snapshot_of
from signoff.verifiers.verifier import Speed

CMAKE = "cmake_minimum_required(VERSION 3.24)\nproject(x LANGUAGES CXX CUDA)\nset(CMAKE_CUDA_ARCHITECTURES 86)\n"
TARGET = "add_library(k STATIC src/k.cu)\ntarget_compile_definitions(k PRIVATE THREADS=2048)\n"
KERNEL = "__global__ void k(float *p) { p[0] = 1; }\nvoid f(float *p) { k<<<1, THREADS>>>(p); }\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home folder, with a project file of its own, which begins no workspace; the current folder is elsewhere."""
    folder = tmp_path / "home"
    (folder / "elsewhere").mkdir(parents=True)
    (folder / "CMakeLists.txt").write_text(CMAKE)
    (folder / ".git").mkdir()
    monkeypatch.setattr(Path, "home", lambda: folder)
    monkeypatch.chdir(folder / "elsewhere")
    yield folder


def make(folder: Path, *names: str, text: str = "") -> Path:
    """Write files; the first one is returned."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / names[0]


def root(path: Path) -> Path:
    (found,) = workspace_roots([path])
    return Path(found)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("CMakeLists.txt", CMAKE),
        ("compile_commands.json", "[]"),
        ("build/compile_commands.json", "[]"),
        ("cmake-build-debug/compile_commands.json", "[]"),
        ("setup.py", "from torch.utils.cpp_extension import CUDAExtension\n"),
        ("Makefile", "NVCC ?= nvcc\n"),
        ("signoff.toml", ""),
    ],
)
def test_gpu_code_begins_where_its_build_does(home: Path, mark: str, text: str) -> None:
    make(home / "project", mark, text=text)
    source = make(home / "project/src/deep", "k.cu", "k.cuh", "k.py")
    for path in (source, source.with_suffix(".cuh"), source.with_suffix(".py"), source.parent):
        assert root(path) == home / "project", path


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("CMakeLists.txt", "# project(x)\nadd_subdirectory(src)\n"),
        ("setup.py", "from setuptools import setup\n"),
        ("Makefile", "all:\n\tcc x.c\n"),
        ("src/compile_commands.json.bak", ""),
    ],
)
def test_other_files_of_these_names_begin_none(home: Path, mark: str, text: str) -> None:
    make(home / "project", mark, text=text)
    assert root(make(home / "project/src/deep", "k.cu")) == home / "project/src/deep"


def test_the_topmost_project_wins_but_never_above_the_repository(home: Path) -> None:
    make(home / "all", "CMakeLists.txt", "all/repo/CMakeLists.txt", "repo/lib/CMakeLists.txt", text=CMAKE)
    source = make(home / "all/repo/lib/src", "k.cu")
    assert root(source) == home / "all"
    (home / "all/repo/.git").mkdir()
    assert root(source) == home / "all/repo"


def test_without_a_build_the_current_folder_counts_where_it_is_above(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(home / "project/src", "k.cu")
    assert root(source) == source.parent
    for here, expected in ((home / "project", home / "project"), (home, source.parent), (Path("/"), source.parent)):
        monkeypatch.chdir(here)
        assert root(source) == expected
    monkeypatch.chdir(home / "project")
    monkeypatch.setattr(roots, "FOLDERS_OF_A_PROJECT", 1)
    assert root(source) == source.parent


def test_verilog_begins_at_the_nearest_mark_and_knows_no_build_of_gpu_code(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home / "project", "CMakeLists.txt", text=CMAKE)
    source = make(home / "project/rtl/core", "a.v", "b.sv")
    monkeypatch.chdir(home / "project")
    assert root(source) == root(source.parent) == source.parent
    make(home / "project", "rtl/signoff.toml")
    (home / "project/.git").mkdir()
    assert root(source) == root(source.parent) == home / "project/rtl"


async def test_a_file_below_a_cmake_project_is_checked_as_that_compiles_it(home: Path) -> None:
    make(home / "project", "CMakeLists.txt", text=CMAKE + TARGET)
    source = make(home / "project/src", "k.cu", text=KERNEL)
    async with open_session([source]) as session:
        project = session.workspace.project_for(str(source))
        outcomes = await session.run(snapshot_of(source), project, deepest=Speed.INSTANT)
    (finding,) = (finding for outcome in outcomes for finding in outcome.findings if finding.code == "BlockTooLarge")
    assert "sm_86 (CMakeLists.txt)" in finding.message and finding.span.start_line == 1


def test_what_lies_in_a_hidden_folder_is_no_part_of_the_project_around_it(home: Path) -> None:
    make(home / "project", "CMakeLists.txt", text=CMAKE)
    (home / "project/.git").mkdir()
    source = make(home / "project/.cache/sources/package/src", "k.cu")
    assert root(source) == source.parent
    make(home / "project/.cache/sources/package", "CMakeLists.txt", text=CMAKE)
    assert root(source) == home / "project/.cache/sources/package"
