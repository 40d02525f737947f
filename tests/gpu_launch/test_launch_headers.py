"""Headers that launches take values from: open documents before the disk, folders of the flags, nothing outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.checks import headers
from signoff.verifiers.gpu.checks.headers import HeaderStore, Includes
from signoff.verifiers.gpu.checks.launch_engine import LaunchEngine
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import CudaSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

TEXT = """#include "sizes.cuh"
__global__ void k() {}
int main() { k<<<dim3(1, ROWS), 32>>>(); return cudaGetLastError(); }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.cu").write_text(TEXT)
    return tmp_path


def snapshot(path: Path, text: str = TEXT) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text)


def rows(engine: LaunchEngine, root: Path, project: Project) -> list[str]:
    found: tuple[Finding, ...] = engine.check(snapshot(root / "src" / "a.cu"), project)[0]
    return [dict(item.data)["value"] for item in found]


def test_a_header_is_read_again_when_it_changes(root: Path) -> None:
    engine, project = LaunchEngine(), Project(str(root))
    assert rows(engine, root, project) == []
    header = root / "src" / "sizes.cuh"
    header.write_text("#define ROWS 70000\n")
    assert rows(engine, root, project) == ["70000"]
    header.write_text("#define ROWS 700000\n")
    assert rows(engine, root, project) == ["700000"]
    header.unlink()
    assert rows(engine, root, project) == []


def test_an_open_document_stands_in_for_its_file(root: Path) -> None:
    header = root / "src" / "sizes.cuh"
    header.write_text("#define ROWS 16\n")
    engine = LaunchEngine()
    assert rows(engine, root, Project(str(root))) == []
    buffers = (snapshot(header, "#define ROWS 80000\n"), snapshot(root / "src" / "a.cu"))
    assert rows(engine, root, Project(str(root), buffers=buffers)) == ["80000"]


def test_include_folders_of_flags_and_settings(root: Path) -> None:
    (root / "include").mkdir()
    (root / "include" / "sizes.cuh").write_text("#define ROWS 70001\n")
    engine = LaunchEngine()
    assert rows(engine, root, Project(str(root))) == []
    unit = CompileUnit(str(root / "src" / "a.cu"), include_dirs=(str(root / "include"),))
    assert rows(engine, root, Project(str(root), unit=unit)) == ["70001"]
    settings = VerifierSettings(cuda=CudaSettings(include_dirs=("include",)))
    assert rows(engine, root, Project(str(root), settings=settings)) == ["70001"]


def test_nothing_outside_the_workspace_is_read(root: Path) -> None:
    inner = root / "src"
    (root / "sizes.cuh").write_text("#define ROWS 70000\n")
    find = Includes(Project(str(inner)), str(inner / "a.cu"), HeaderStore())
    assert find("../sizes.cuh", False, str(inner / "a.cu")) is None
    assert find(str(root / "sizes.cuh"), False, str(inner / "a.cu")) is None
    unit = CompileUnit(str(inner / "a.cu"), include_dirs=(str(root),))
    find = Includes(Project(str(inner), unit=unit), str(inner / "a.cu"), HeaderStore())
    assert find("sizes.cuh", True, str(inner / "a.cu")) == (str(root / "sizes.cuh"), "#define ROWS 70000\n")


def test_angle_brackets_do_not_mean_the_own_folder(root: Path) -> None:
    (root / "src" / "sizes.cuh").write_text("#define ROWS 70000\n")
    find = Includes(Project(str(root)), str(root / "src" / "a.cu"), HeaderStore())
    assert find("sizes.cuh", True, str(root / "src" / "a.cu")) is None
    assert find("sizes.cuh", False, str(root / "src" / "a.cu")) is not None


def test_what_cannot_be_a_header_is_passed_over(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "LARGEST_BYTES", 100)
    source = str(root / "src" / "a.cu")
    (root / "src" / "large.cuh").write_text("//" + "x" * 100)
    (root / "src" / "folder.cuh").mkdir()
    (root / "src" / "bytes.cuh").write_bytes(b"#define ROWS \xff\xfe 3\n")
    find = Includes(Project(str(root)), source, HeaderStore())
    for name in ("large.cuh", "folder.cuh", "none.cuh", "nul\0.cuh", "x" * 5000):
        assert find(name, False, source) is None
    found = find("bytes.cuh", False, source)
    assert found is not None and "ROWS" in found[1]
