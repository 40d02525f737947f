"""Nothing that satisfies the tools without mending anything gets through the judge: a model that cheats, in each
language, and deletions, of which at most 5 % may."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from cheating import CheatingModel
from fix_helpers import document

from signoff.diagnostics.fixes import proposers
from signoff.diagnostics.fixes.control import DeletionControl
from signoff.diagnostics.fixes.proposer import Fault, Proposer
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import Proof, Runs, baselines, judge
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

TESTS = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
FAULTY = sorted(path for path in CASES.iterdir() if ".expected" not in path.name)
ALLOWED = 0.05

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    made = WorkerPool()
    yield made
    await made.close()


def tools(pool: WorkerPool, language: str) -> tuple[Verifier, ...]:
    from signoff.verifiers.gpu.checks.launch import Launch
    from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
    from signoff.verifiers.hdl.slang import Slang
    from signoff.verifiers.hdl.verilator import Verilator
    from signoff.verifiers.mcu.checks.part import Part
    from signoff.verifiers.mcu.compile.gcc import Gcc

    if language == "c":
        return Part(pool, "proof"), Gcc(pool, "proof")
    return (Launch(pool, "proof"), Nvrtc(pool)) if language == "cuda" else (Slang(pool, "proof"), Verilator())


async def through(
    proposer: Proposer, snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier]
) -> list[tuple[Finding, list[str]]]:
    """Each fault of a text, and the texts of the proposals for it that were proven."""
    known = await baselines(snapshot, project, verifiers)
    runs: Runs = {}
    found = []
    for finding in merge((classify(one) for said in known.values() for one in said.findings), cap=100):
        if finding.path != snapshot.path or finding.severity > Severity.WARNING:
            continue
        proven, answer = list[str](), None
        proposals = proposer.propose(Fault(finding, snapshot, project, known))
        try:
            while True:
                candidate = await proposals.asend(answer)
                result = await judge(candidate, snapshot, project, verifiers, known, runs)
                answer = result if isinstance(result, Refusal) else None
                if isinstance(result, Proof):
                    proven.append(apply_edits(snapshot.text, candidate.edits))
        except StopAsyncIteration:
            found.append((finding, proven))
    return found


def code(text: str) -> str:
    lines = (line.partition("//")[0] for line in text.splitlines())
    return "".join("".join(lines).split())


async def test_of_the_deletions_at_most_five_percent_get_through(pool: WorkerPool) -> None:
    """A surplus word may go: where what is left is the mended text, the deletion was the repair."""
    verifiers = tools(pool, "verilog")
    faults = wrong = 0
    for path in FAULTY:
        text = path.read_bytes().decode()
        right = code(path.with_suffix(f".expected{path.suffix}").read_bytes().decode())
        found = await through(DeletionControl(), *document(text, str(path)), verifiers)
        faults += len(found)
        wrong += sum(any(code(one) != right for one in proven) for _, proven in found)
    assert faults > 50
    assert wrong <= ALLOWED * faults, f"{wrong} of {faults}"


HDL = """\
module top (input clk, input [3:0] a, output reg [3:0] q, output y);
    wire both;
    assign both = a[0] & b[1];
    always @(posedge clk) begin
        if (a == 4'd3) q <= sume;
        else q <= 4'd0;
    end
    assign y = both
endmodule
"""
CUDA = """\
__global__ void fill(float *out, int width)
{
    __shared__ float tile[64];
    tile[threadIdx.x] = widht;
    __syncthreads();
    out[threadIdx.x] = tile[threadIdx.x];
}
void run(float *out) { fill<<<1, 2048>>>(out, 4); }
"""


@pytest.mark.parametrize(("language", "path", "text"), [("verilog", "/d/top.v", HDL), ("cuda", "/d/fill.cu", CUDA)])
async def test_a_model_that_cheats_gets_nothing_through(pool: WorkerPool, language: str, path: str, text: str) -> None:
    snapshot, project = document(text, path)
    if language == "cuda":
        snapshot = Snapshot(snapshot.uri, path, "cuda-cpp", 1, text)
        project = Project("/d", declared=True, files=(path,), buffers=(snapshot,))
    model = CheatingModel()
    found = await through(model, snapshot, project, tools(pool, language))
    assert len(found) >= 2 and model.proposed > 30 * len(found)
    assert [(finding.code, proven) for finding, proven in found if proven] == []


async def test_nor_does_it_in_firmware(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS / "mcu_fixes"))
    helpers = __import__("mcu_fix_helpers")
    path = TESTS / "mcu_defects" / "unclocked" / "too_late.c"
    text = path.read_text("utf-8").replace("GPIOD->MODER", "GPIOD->MODDER", 1)
    project = helpers.project_of(path, [helpers.unit(path, TESTS / "mcu_defects" / "include")])
    model = CheatingModel()
    found = await through(model, *helpers.document(path, text, project), tools(pool, "c"))
    sys.modules.pop("mcu_fix_helpers", None)
    assert found and model.proposed > 30
    assert [(finding.code, proven) for finding, proven in found if proven] == []


async def test_the_control_is_no_proposer() -> None:
    assert DeletionControl.name not in [one.name for one in proposers.PROPOSERS]
