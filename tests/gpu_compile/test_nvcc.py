"""nvcc as a verifier, with the real tool: faults in device, host and header code, ptxas' complaints, resources."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.gpu.compile.nvcc import Nvcc, compile_whole
from signoff.verifiers.gpu.compile.toolkit import host_compiler_missing, toolkit
from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import CudaSettings, NvccSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

SETTINGS = VerifierSettings()
real = pytest.mark.skipif(
    not toolkit(SETTINGS).nvcc or host_compiler_missing(), reason="no nvcc with a C++ compiler for the host"
)


@pytest.fixture
async def nvcc() -> AsyncIterator[Nvcc]:
    pool = WorkerPool()
    yield Nvcc(pool)
    await pool.close()


def snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text)


def project(root: Path, path: Path | None = None, *flags: str, **changes: object) -> Project:
    """A project that declares how its file is compiled, for sm_80."""
    unit = CompileUnit(str(path), flags=flags, declared=True) if path else None
    known = Project(str(root), architectures=("sm_80",), unit=unit, declared=bool(path), trusted=True)
    return replace(known, **changes)  # type: ignore[arg-type]


def errors(outcome: Outcome) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.severity is Severity.ERROR]


def entries(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def marked(finding: Finding, text: str) -> str:
    span = finding.span
    return text.split("\n")[span.start_line][span.start_column : span.end_column]


@real
@pytest.mark.tool
class TestReal:
    async def test_faults_in_device_and_host_code_have_their_columns(self, nvcc: Nvcc, tmp_path: Path) -> None:
        path = tmp_path / "a.cu"
        device = "__global__ void k(float *x) { /* ü */ x[0] = nosuch; }"
        text = f"#include <vector>\n{device}\nint main() {{ std::vector<int> v; v.pushback(1); }}\n"
        path.write_text("int on_disk;\n")
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path, path))
        assert [(one.path, marked(one, text), one.code) for one in errors(outcome)] == [
            (str(path), "nosuch", "UndefinedIdentifier"),
            (str(path), "pushback", "NoMember"),
        ]
        assert outcome.judged
        assert entries(tmp_path) == ["a.cu"]

    async def test_a_header_is_checked_through_its_unit(self, nvcc: Nvcc, tmp_path: Path) -> None:
        main, header = tmp_path / "main.cu", tmp_path / "h.cuh"
        main.write_text('#include "h.cuh"\n__global__ void k(float *x) { *x = f(1.0f); }\n')
        header.write_text("#pragma once\n__device__ float f(float x) { return x; }\n")
        text = "#pragma once\n__device__ float f(float x) { return x + y; }\n"
        outcome = await nvcc.run(snapshot(header, text), project(tmp_path, main))
        assert [(one.path, marked(one, text)) for one in errors(outcome)] == [(str(header), "y")]
        alone = await nvcc.run(snapshot(header, text), project(tmp_path))
        assert (alone.findings, alone.ran, alone.complete) == ((), True, False)

    async def test_ptxas_complaints_stand_where_they_belong(self, nvcc: Nvcc, tmp_path: Path) -> None:
        path = tmp_path / "p.cu"
        text = '__global__ void k(int *x) {\n    int r;\n    asm("add.s32 %0, 3;" : "=r"(r));\n    *x = r;\n}\n'
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path, path))
        assert [(one.span.start_line, one.tool) for one in errors(outcome)] == [(2, "ptxas")]
        body = "__shared__ float s[N]; s[threadIdx.x] = *x; __syncthreads(); *x = s[1];"
        text = (
            f"namespace n {{\ntemplate <int N> __global__ void big(float *x) {{ {body} }}\n}}\n"
            "template __global__ void n::big<20000>(float *);\n"
        )
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path, path))
        (found,) = errors(outcome)
        assert (marked(found, text), found.code) == ("big", "StaticSharedMemory")
        assert "n::big<20000>" in found.message and "80000 bytes" in found.message

    @pytest.mark.parametrize("name", ["day 01", "a,b", "it's (1) & more", "été"])
    async def test_any_folder_can_be_compiled_in(self, nvcc: Nvcc, tmp_path: Path, name: str) -> None:
        path = tmp_path / name / "a.cu"
        path.parent.mkdir()
        (path.parent / "h.h").write_text("__device__ int here;\n")
        include = '#include "h.h"\n' if "," not in name and "'" not in name else "__device__ int here;\n"
        outcome = await nvcc.run(
            snapshot(path, include + "__global__ void k(int *x) { x[0] = here; }"), project(tmp_path)
        )
        assert (outcome.status, outcome.findings, outcome.judged) == (Status.FINDINGS, (), True)

    async def test_what_a_condition_puts_into_a_macro_is_no_error_where_flags_are_unknown(
        self, nvcc: Nvcc, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.cu"
        macro = "#ifdef NO_CHECK\n#define CHECK ;\n#else\n#define CHECK handler(__LINE__);\n#endif\n"
        text = macro + "struct S { void f() { CHECK } };\n__global__ void k() {}\n"
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path))
        assert [(one.code, one.severity) for one in outcome.findings] == [("IncompleteProject", Severity.INFORMATION)]
        assert "macro CHECK" in outcome.findings[0].message
        declared = await nvcc.run(snapshot(path, text), project(tmp_path, path))
        assert [one.code for one in errors(declared)] == ["UndefinedIdentifier"]
        plain = await nvcc.run(snapshot(path, text.replace("CHECK }", "handler(3); }")), project(tmp_path))
        assert [one.code for one in errors(plain)] == ["UndefinedIdentifier"]

    async def test_spills_and_costs(self, nvcc: Nvcc, tmp_path: Path) -> None:
        path = tmp_path / "s.cu"
        text = (Path(__file__).parent / "golden" / "resources.cu").read_text().replace("100000", "1000")
        settings = VerifierSettings(cuda=CudaSettings(arguments=("-maxrregcount", "24")))
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path, path, settings=settings))
        (spill,) = [one for one in outcome.findings if one.code == "Spills"]
        assert (marked(spill, text), spill.severity) == ("spill", Severity.INFORMATION)
        costs = outcome.facts["kernels"]
        assert isinstance(costs, tuple) and all(isinstance(cost, KernelCost) for cost in costs)
        assert {(cost.instance, cost.static_shared) for cost in costs} >= {("bigt<float, 1000>", 4000), ("big", 4000)}

    async def test_what_only_some_targets_allow_is_an_error_where_they_are_named(
        self, nvcc: Nvcc, tmp_path: Path
    ) -> None:
        path = tmp_path / "w.cu"
        text = '__global__ void k() { asm volatile("wgmma.fence.sync.aligned;"); }\n'
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path, path))
        assert [one.tool for one in errors(outcome)] == ["ptxas"]
        guessed = await nvcc.run(snapshot(path, text), Project(str(tmp_path)))
        assert errors(guessed) == [] and not guessed.complete

    async def test_too_much_static_shared_memory_is_told_without_flags_and_targets(
        self, nvcc: Nvcc, tmp_path: Path
    ) -> None:
        path = tmp_path / "m.cu"
        body = "B(20000); b[threadIdx.x] = *p; __syncthreads(); *p = b[3];"
        text = f"#define B(n) __shared__ float b[n]\n__global__ void s(float *p) {{ {body} }}\n"
        outcome = await nvcc.run(snapshot(path, text), Project(str(tmp_path)))
        assert [(one.code, one.tool, marked(one, text)) for one in errors(outcome)] == [
            ("StaticSharedMemory", "ptxas", "s")
        ]
        only_here = f"#define B(n) __shared__ float b[n]\n#if __CUDA_ARCH__ < 900\n{text}#endif\n"
        outcome = await nvcc.run(snapshot(path, only_here), Project(str(tmp_path)))
        assert errors(outcome) == [] and not outcome.complete

    async def test_what_some_of_the_targets_take_is_a_warning(self, nvcc: Nvcc, tmp_path: Path) -> None:
        path = tmp_path / "a.cu"
        text = "__global__ void k(float *p) {\n#if __CUDA_ARCH__ < 800\n  *p = nosuch;\n#endif\n  *p = other;\n}\n"
        for known in (Project(str(tmp_path)), project(tmp_path, path)):
            targets = replace(known, architectures=("sm_80", "sm_75"))
            outcome = await nvcc.run(snapshot(path, text), targets)
            assert [(marked(one, text), one.severity) for one in outcome.findings] == [
                ("other", Severity.ERROR),
                ("nosuch", Severity.WARNING),
            ]
            assert outcome.findings[1].message.endswith("(on sm_75 but not on sm_80)") and outcome.complete

    async def test_a_missing_include_is_an_error_only_where_the_flags_are_known(
        self, nvcc: Nvcc, tmp_path: Path
    ) -> None:
        path = tmp_path / "t.cu"
        text = "#include <torch/extension.h>\n__global__ void k() { nosuch; }\n"
        outcome = await nvcc.run(snapshot(path, text), project(tmp_path, path))
        assert [one.code for one in errors(outcome)] == ["MissingInclude"]
        guessed = await nvcc.run(snapshot(path, text), Project(str(tmp_path)))
        assert [(one.code, one.severity, one.span.start_line) for one in guessed.findings] == [
            ("IncompleteProject", Severity.INFORMATION, 0)
        ]
        assert "torch/extension.h" in guessed.findings[0].message and not guessed.complete

    async def test_targets_that_the_toolkit_does_not_know_are_said(self, nvcc: Nvcc, tmp_path: Path) -> None:
        path = tmp_path / "o.cu"
        outcome = await nvcc.run(
            snapshot(path, "__global__ void k() {}\n"), project(tmp_path, path, architectures=("sm_20", "sm_80"))
        )
        assert "does not compile for sm_20" in outcome.notice
        costs = outcome.facts["kernels"]
        assert isinstance(costs, tuple) and [cost.architecture for cost in costs] == ["sm_80"]

    async def test_on_demand_the_host_part_goes_through_its_own_compiler(self, tmp_path: Path) -> None:
        path = tmp_path / "h.cu"
        text = '__global__ void k() {}\nint main() {\n    asm("this is no instruction");\n}\n'
        outcome = await compile_whole(snapshot(path, text), project(tmp_path, path))
        assert outcome.status is not Status.FINDINGS or errors(outcome)
        fine = await compile_whole(snapshot(path, "__global__ void k() {}\nint main() {}\n"), project(tmp_path, path))
        assert fine.judged and errors(fine) == []


@pytest.mark.skipif(os.name == "nt", reason="the toolkits are shell scripts")
class TestPretended:
    """With an nvcc of our own making."""

    def kit(self, tmp_path: Path, body: str) -> Project:
        nvcc = tmp_path / "kit" / "bin" / "nvcc"
        nvcc.parent.mkdir(parents=True)
        told = 'case "$*" in *--version*) echo "release 13.0, V13.0.1"; exit;; *--list-gpu*) echo sm_80; exit;; esac\n'
        nvcc.write_text(f"#!/bin/sh\n{told}{body}\n")
        nvcc.chmod(0o755)
        root = tmp_path / "proj"
        root.mkdir()
        settings = VerifierSettings(cuda=CudaSettings(toolkit=str(tmp_path / "kit")), nvcc=NvccSettings(timeout=0.5))
        return project(root, root / "a.cu", settings=settings)

    async def check(self, nvcc: Nvcc, at: Project) -> Outcome:
        return await nvcc.run(snapshot(Path(at.root, "a.cu"), "__global__ void k() {}\n"), at)

    async def test_one_that_hangs_times_out(self, nvcc: Nvcc, tmp_path: Path) -> None:
        outcome = await self.check(nvcc, self.kit(tmp_path, "sleep 60"))
        assert outcome.status is Status.TIMED_OUT and "nvcc.timeout" in outcome.message

    async def test_one_that_crashes_is_reported_with_its_last_words(self, nvcc: Nvcc, tmp_path: Path) -> None:
        outcome = await self.check(nvcc, self.kit(tmp_path, "echo 'nvcc fatal   : Out of luck' >&2; kill -SEGV $$"))
        assert outcome.status is Status.CRASHED and "Out of luck" in outcome.message

    async def test_without_a_host_compiler_the_message_says_what_to_install(self, nvcc: Nvcc, tmp_path: Path) -> None:
        said = "gcc: No such file or directory\nnvcc fatal   : Failed to preprocess host compiler properties."
        body = f"echo '{said}' >&2; exit 1"
        outcome = await self.check(nvcc, self.kit(tmp_path, body))
        assert outcome.status is Status.MISSING and "install g++" in outcome.message

    async def test_cancelling_ends_the_whole_process_group(self, nvcc: Nvcc, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        at = self.kit(tmp_path, f"sleep 60 & echo $! > {pid}.new; mv {pid}.new {pid}; wait")
        at = replace(at, settings=replace(at.settings, nvcc=NvccSettings(timeout=50)))
        task = asyncio.ensure_future(self.check(nvcc, at))
        end = time.monotonic() + 10
        while not pid.exists() and time.monotonic() < end:  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.02)
        child = int(pid.read_text())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while time.monotonic() < end and _runs(child):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert not _runs(child)

    async def test_switched_off_it_says_so(self, nvcc: Nvcc, tmp_path: Path) -> None:
        settings = VerifierSettings(nvcc=NvccSettings(enabled=False))
        outcome = await self.check(nvcc, project(tmp_path, settings=settings))
        assert outcome.status is Status.MISSING and "nvcc.enabled" in outcome.message


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z" if Path("/proc").is_dir() else True
