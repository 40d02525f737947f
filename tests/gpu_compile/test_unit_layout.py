"""What a compiler is handed: the unsaved text, shadows of unsaved headers, flags, targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.gpu.compile import compile_job
from signoff.verifiers.gpu.compile.compile_job import NoUnit, Targets, find_kernel, job, lay_out, targets
from signoff.verifiers.gpu.compile.nvcc_command import arguments
from signoff.verifiers.gpu.compile.toolkit import Toolkit
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import CudaSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot


def document(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text)


def project(root: Path, **changes: object) -> Project:
    return Project(str(root), **changes)  # type: ignore[arg-type]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "proj"
    (root / "inc").mkdir(parents=True)
    (root / "main.cu").write_text('#include "a.cuh"\n__global__ void k() { f(); }\n')
    (root / "a.cuh").write_text("#pragma once\n#include <b.cuh>\n")
    (root / "inc" / "b.cuh").write_text("#pragma once\n__device__ void f();\n")
    return root


def test_the_text_is_the_unsaved_one_and_messages_name_the_original(tree: Path, tmp_path: Path) -> None:
    work = job(document(tree / "main.cu", "int unsaved;\r\n"), project(tree))
    source = lay_out(work, tmp_path)
    assert source.read_text() == f'#line 1 "{tree / "main.cu"}"\nint unsaved;\n'


def test_an_unsaved_header_is_shadowed_with_all_that_leads_to_it(tree: Path, tmp_path: Path) -> None:
    header = document(tree / "inc" / "b.cuh", "#pragma once\n__device__ void g();\n")
    unit = CompileUnit(str(tree / "main.cu"), include_dirs=(str(tree / "inc"),))
    main = document(tree / "main.cu", (tree / "main.cu").read_text())
    work = job(main, project(tree, unit=unit, buffers=(header,)))
    text = lay_out(work, tmp_path).read_text()
    first = Path(text.split('"')[3])
    assert first.is_relative_to(tmp_path) and first.name == "a.cuh"
    second = Path(first.read_text().split('"')[3])
    assert second.read_text() == f'#line 1 "{tree / "inc" / "b.cuh"}"\n{header.text}'


def test_a_header_on_disk_as_it_is_open_is_read_from_there(tree: Path, tmp_path: Path) -> None:
    same = document(tree / "a.cuh", (tree / "a.cuh").read_text())
    work = job(document(tree / "main.cu", (tree / "main.cu").read_text()), project(tree, buffers=(same,)))
    assert f'#include "{tree / "a.cuh"}"' in lay_out(work, tmp_path).read_text()


def test_a_header_is_compiled_through_its_unit_and_never_alone(tree: Path) -> None:
    header = document(tree / "a.cuh", "changed")
    with pytest.raises(NoUnit):
        job(header, project(tree))
    work = job(header, project(tree, unit=CompileUnit(str(tree / "main.cu"))))
    assert work.main == str(tree / "main.cu")
    assert work.text_of(str(tree / "a.cuh")) == "changed"


def test_flags_of_the_unit_and_the_settings_and_verbatim_ones_only_when_trusted(tree: Path) -> None:
    unit = CompileUnit(
        str(tree / "main.cu"),
        include_dirs=("/x",),
        system_include_dirs=("/y",),
        defines=("A=1",),
        undefines=("B",),
        flags=("-G",),
        declared=True,
    )
    settings = VerifierSettings(cuda=CudaSettings(defines=("C",), arguments=("--use_fast_math",)))
    for trusted in (False, True):
        at = project(tree, unit=unit, settings=settings, trusted=trusted)
        line = arguments(job(document(tree / "main.cu", ""), at), at, "s.cu")
        assert {"-I/x", "-DA=1", "-DC", "-UB", "--use_fast_math", "s.cu"} <= set(line)
        assert line[line.index("-isystem") + 1] == "/y"
        assert ("-G" in line) is trusted
        assert "--extended-lambda" not in line


def test_targets_are_the_projects_as_far_as_the_toolkit_has_them(tree: Path) -> None:
    known = ("sm_75", "sm_80", "sm_90")
    named = project(tree, architectures=("sm_60", "sm_90"))
    assert targets(named, known) == Targets(("sm_90",), True, ("sm_60",))
    variant = project(tree, architectures=("sm_90",), unit=CompileUnit("x.cu", architectures=("sm_90a",)))
    assert targets(variant, known) == Targets(("sm_90a",))
    assert targets(project(tree), known) == Targets(("sm_80",), False)
    assert targets(project(tree), ("sm_90",)) == Targets(("sm_90",), False)
    kit = Toolkit(version="13.0", architectures=known)
    told = compile_job.refusal(kit, targets(named, known))
    assert told == "CUDA 13.0 does not compile for sm_60 (it knows sm_75 to sm_90)."


def test_kernels_are_found_by_their_definition(tree: Path) -> None:
    bounded = "__global__ void __launch_bounds__(128, 2)\n  k(int) { }\n"
    text = f"__global__ void k(int);\n// k\n{bounded}void f() {{ k<<<1,1>>>(1); }}\n"
    work = job(document(tree / "main.cu", text), project(tree))
    path, span = find_kernel(work, "k")
    assert (path, span.start_line, span.start_column) == (str(tree / "main.cu"), 3, 2)


@pytest.mark.parametrize(
    "text", ['#include "', '#include "a\0b.h"\n', "#include <>\n", '#include "main.cu"\n', "\ud800"]
)
def test_half_typed_includes_do_no_harm(tree: Path, tmp_path: Path, text: str) -> None:
    assert lay_out(job(document(tree / "main.cu", text), project(tree)), tmp_path).is_file()
