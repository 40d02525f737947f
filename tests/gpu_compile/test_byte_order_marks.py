"""A byte order mark in front of a file: no tool stumbles over it, nothing on its line is lost, and a fix keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.lsp_server.commands.rewriting import Changes, read
from signoff.lsp_server.commands.session import snapshot_of
from signoff.verifiers.gpu.checks.headers import HeaderStore, Includes
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile import compile_job
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM
from signoff.verifiers.workers import WorkerPool

HEADER = "#define T 2048\n"
MAIN = '#include "h.h"\n__global__ void k(int *p) { *p = 1; }\nvoid f(int *p) { k<<<1, T>>>(p); }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "h.h").write_text(BOM + HEADER, encoding="utf-8")
    (tmp_path / "a.cu").write_text(BOM + MAIN, encoding="utf-8")
    return tmp_path


def sent(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text)


def test_the_command_line_reads_files_as_editors_do(folder: Path) -> None:
    assert snapshot_of(folder / "a.cu").text == MAIN


@pytest.mark.parametrize("mark", ["", BOM])
def test_compilers_get_no_mark_but_in_files_that_begin_with_it(folder: Path, mark: str) -> None:
    work = compile_job.job(sent(folder / "a.cu", mark + MAIN), Project(str(folder)))
    assert list(work.found) == [str(folder / "a.cu"), str(folder / "h.h")]
    assert not any(BOM in text for text in work.found.values())
    (folder / "out").mkdir()
    source = compile_job.lay_out(work, folder / "out")
    assert BOM not in source.read_text(encoding="utf-8")
    assert [one.name for one in (folder / "out").iterdir()] == ["a.cu"]  # the header is as the disk has it


@pytest.mark.parametrize("mark", ["", BOM])
async def test_launch_checks_read_the_first_line(folder: Path, mark: str) -> None:
    pool = WorkerPool()
    try:
        outcome = await Launch(pool).run(sent(folder / "a.cu", mark + MAIN), Project(str(folder)))
    finally:
        await pool.close()
    assert "BlockTooLarge" in [finding.code for finding in outcome.findings]


def test_an_open_header_may_come_with_its_mark(folder: Path) -> None:
    project = Project(str(folder), buffers=(sent(folder / "h.h", BOM + HEADER),))
    found = Includes(project, str(folder / "a.cu"), HeaderStore())("h.h", False, str(folder / "a.cu"))
    assert found == (str(folder / "h.h"), " " + HEADER)


def test_a_fix_keeps_the_mark(folder: Path) -> None:
    file, changes = read(str(folder / "a.cu")), Changes()
    assert file.snapshot.text == MAIN
    changes.put(file, MAIN.replace("1, T", "2, T"))
    changes.write()
    assert (folder / "a.cu").read_bytes() == (BOM + MAIN.replace("1, T", "2, T")).encode()
