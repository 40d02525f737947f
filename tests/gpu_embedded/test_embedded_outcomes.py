"""What a verifier says of a CUDA text is told at its place in the Python file."""

from __future__ import annotations

from dataclasses import replace

from signoff.verifiers.finding import Finding, Outcome, Related, Severity, Span, Status
from signoff.verifiers.gpu.facts import Bounds, Form, Kernel, KernelCost, Launch, Note, OptIn, UnitFacts
from signoff.verifiers.gpu.strings import embedded
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

PATH = "/w/k.py"
TEXT = '''import cupy
A = r"""
__global__ void first() {}
"""
a = cupy.RawKernel(A, "first", options=("-DN=4", "-I", "/inc", "--std=c++17"))
b = load_inline("m", "", "__global__ void second() {}\\nvoid go() { second<<<1, 2048>>>(); }")
'''
DOCUMENT = Snapshot("file:///w/k.py", PATH, "python", 3, TEXT)


def span_of(text: str, word: str) -> Span:
    start = text.index(word)
    return LineIndex(text).span(start, start + len(word))


def shown(span: Span) -> str:
    first, last = LineIndex(TEXT).offsets(span)
    return TEXT[first:last]


class Recorder:
    """A verifier that remembers what it was asked and answers about the first word of a kernel."""

    name = "recorder"

    def __init__(self, *answers: Outcome) -> None:
        self.asked: list[tuple[Snapshot, Project]] = []
        self.answers = list(answers)

    async def check(self, snapshot: Snapshot, project: Project) -> Outcome:
        self.asked.append((snapshot, project))
        return self.answers[len(self.asked) - 1] if self.answers else Outcome(self.name)


async def test_each_text_is_a_document_of_its_own_under_the_same_path() -> None:
    recorder = Recorder()
    other = Snapshot("file:///w/h.cuh", "/w/h.cuh", "cuda-cpp", 1, "")
    await embedded.checked(recorder.check, DOCUMENT, Project("/w", buffers=(DOCUMENT, other)))
    (first, project), (second, torch) = recorder.asked
    assert (first.uri, first.path, first.language, first.version) == (DOCUMENT.uri, PATH, "cuda-cpp", 3)
    assert first.text == "\n__global__ void first() {}\n"
    assert second.text.endswith("void go() { second<<<1, 2048>>>(); }")
    assert project.buffers == (first, other), "the Python text must not stand in for the CUDA text"
    assert project.unit is not None and torch.unit is not None
    assert (project.unit.defines, project.unit.include_dirs) == (("N=4",), ("/inc",))
    assert project.unit.flags == ("--std=c++17",) and project.unit.declared
    assert second.text.startswith("#include <torch/types.h>\n#include <cuda.h>\n#include <cuda_runtime.h>\n__global__")
    assert torch.unit.forced_includes == ()


async def test_what_is_known_of_the_file_counts_for_its_texts() -> None:
    recorder = Recorder()
    known = CompileUnit("/w/other.cu", include_dirs=("/own",), architectures=("sm_90",), defines=("A",))
    await embedded.checked(recorder.check, DOCUMENT, Project("/w", unit=known, architectures=("sm_90",)))
    unit = recorder.asked[0][1].unit
    assert unit is not None and unit.source == PATH and unit.architectures == ("sm_90",)
    assert unit.include_dirs == ("/inc", "/own") and unit.defines == ("A", "N=4")


async def test_no_implicit_headers_are_none() -> None:
    recorder = Recorder()
    text = TEXT.replace('load_inline("m",', 'load_inline("m", no_implicit_headers=True, cpp_sources=').replace(
        '"__global__ void second', 'cuda_sources="__global__ void second'
    )
    await embedded.checked(recorder.check, Snapshot("", PATH, "python", 1, text), Project("/w"))
    assert recorder.asked[1][0].text.startswith("__global__ void second")


async def test_findings_and_all_their_places_are_moved() -> None:
    second = embedded.units(DOCUMENT)[1].text
    wide, there = span_of(second, "2048"), Span(7, 1, 7, 2)
    related = (Related(PATH, span_of(second, "void second"), "here"), Related("/w/h.cuh", there, "there"))
    finding = Finding(PATH, wide, Severity.ERROR, "BlockTooLarge", "no", "signoff", related=related)
    header = Finding("/w/h.cuh", there, Severity.WARNING, "X", "no", "signoff", related=related[:1])
    outcome = await embedded.checked(
        Recorder(Outcome("recorder"), Outcome("recorder", findings=(finding, header))).check, DOCUMENT, Project("/w")
    )
    moved, elsewhere = outcome.findings
    assert shown(moved.span) == "2048"
    assert shown(moved.related[0].span) == "void second"
    assert moved.related[1].span == there and elsewhere.span == there
    assert shown(elsewhere.related[0].span) == "void second"


async def test_what_is_said_of_the_includes_that_torch_adds_is_left_out() -> None:
    finding = Finding(PATH, Span(0, 9, 0, 24), Severity.INFORMATION, "IncompleteProject", "no torch", "nvcc")
    own = Finding(PATH, Span(3, 0, 3, 10), Severity.ERROR, "X", "own", "nvcc")
    answer = Outcome("recorder", findings=(finding, own), complete=False)
    outcome = await embedded.checked(
        Recorder(Outcome("recorder"), answer, Outcome("recorder")).check, DOCUMENT, Project("/w")
    )
    assert [shown(one.span) for one in outcome.findings] == ["__global__"] and not outcome.judged


async def test_what_kernels_cost_is_learnt_without_torchs_headers_where_that_goes() -> None:
    costs = (KernelCost("second", "sm_80", 9),)
    lacking, bare = Outcome("recorder", complete=False), Outcome("recorder", facts={"kernels": costs})
    recorder = Recorder(Outcome("recorder"), lacking, bare)
    outcome = await embedded.checked(recorder.check, DOCUMENT, Project("/w"))
    assert [asked.text.startswith("#include") for asked, _ in recorder.asked] == [False, True, False]
    assert outcome.facts == {"kernels": costs} and not outcome.complete
    wrong = replace(bare, findings=(Finding(PATH, Span(0, 0, 0, 1), Severity.ERROR, "X", "at::Half", "recorder"),))
    outcome = await embedded.checked(Recorder(Outcome("recorder"), lacking, wrong).check, DOCUMENT, Project("/w"))
    assert outcome.facts == {} and outcome.findings == ()


async def test_facts_of_all_texts_are_joined_and_moved() -> None:
    texts = [unit.text for unit in embedded.units(DOCUMENT)]
    names = [span_of(texts[0], "first"), span_of(texts[1], "second")]
    header = Span(9, 0, 9, 1)
    kernels = [
        Kernel("first", names[0], names[0], bounds=Bounds(names[0], 128)),
        Kernel("second", names[1], names[1]),
        Kernel("far", header, header, path="/w/h.cuh"),
    ]
    block = span_of(texts[1], "2048")
    launch = Launch(
        Form.CHEVRON,
        block,
        "second",
        block,
        axes=(None, None, None, block, None, None),
        opt_in=OptIn(block, 4, None),
        notes=(Note(PATH, block, "own"), Note("/w/h.cuh", header, "far")),
    )
    facts = [
        {"unit": UnitFacts((kernels[0],)), "kernels": (KernelCost("first", "sm_80", 8),)},
        {"unit": UnitFacts((kernels[1], kernels[2]), (launch,)), "kernels": (KernelCost("second", "sm_80", 9),)},
    ]
    answers = [Outcome("recorder", facts=dict(one), seconds=1.0) for one in facts]
    outcome = await embedded.checked(Recorder(*answers).check, DOCUMENT, Project("/w"))
    unit = outcome.facts["unit"]
    assert isinstance(unit, UnitFacts)
    assert [shown(kernel.name_span) for kernel in unit.kernels[:2]] == ["first", "second"]
    assert unit.kernels[0].bounds is not None and shown(unit.kernels[0].bounds.span) == "first"
    assert unit.kernels[2].span == header
    (moved,) = unit.launches
    assert moved.axes[3] is not None and shown(moved.axes[3]) == "2048" and moved.axes[0] is None
    assert moved.opt_in is not None and shown(moved.opt_in.span) == "2048"
    assert shown(moved.notes[0].span) == "2048" and moved.notes[1].span == header
    assert [cost.registers for cost in outcome.facts["kernels"]] == [8, 9]  # type: ignore[attr-defined]
    assert outcome.seconds == 2.0


async def test_the_whole_is_no_better_than_its_worst_part() -> None:
    answers = (Outcome("recorder", complete=False, notice="said"), Outcome("recorder"))
    outcome = await embedded.checked(Recorder(*answers).check, DOCUMENT, Project("/w"))
    assert outcome.ran and not outcome.judged and outcome.notice == "said"
    answers = (Outcome("recorder"), Outcome("recorder", Status.MISSING, message="no tool"))
    outcome = await embedded.checked(Recorder(*answers).check, DOCUMENT, Project("/w"))
    assert outcome.status is Status.MISSING and outcome.message == "no tool"


async def test_a_file_without_cuda_is_clean_and_asks_nobody() -> None:
    recorder = Recorder()
    outcome = await embedded.checked(recorder.check, Snapshot("", PATH, "python", 1, "x = 1\n"), Project("/w"))
    assert outcome == Outcome("recorder") and not recorder.asked
