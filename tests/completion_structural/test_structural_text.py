"""What is read from half-typed text alone, and how offers are judged. No tool is needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from completion_fakes import PROJECT, FakeVerifier
from hypothesis import given
from hypothesis import strategies as st
from structural_places import MARK, place

from signoff.completion.structural import registry
from signoff.completion.structural.c_scope import Variable, parameters, scope_at
from signoff.completion.structural.cuda_names import arguments, wrapper
from signoff.completion.structural.cuda_shape import Axis, shape_of
from signoff.completion.structural.hal_pins import choose
from signoff.completion.structural.hdl_clocking import guessed, used
from signoff.completion.structural.hdl_connect import connect, is_aligned
from signoff.completion.structural.hdl_statement import Part, instance_at
from signoff.completion.structural.offers import Structural
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Proposal, Stop
from signoff.completion.structural.triton_text import kernels
from signoff.verifiers.finding import Outcome
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.hdl.facts import NameFacts, PortFacts, SymbolKind
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.mcu.parts.library import find
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool


@pytest.mark.parametrize(
    ("before", "after", "part", "connected"),
    [
        ("; fifo u (", ");", Part.PORTS, ()),
        ("; fifo #(.W(8)) u (.a(x), ", ", .b(y));", Part.PORTS, ("a",)),
        ("; fifo #(", ") u ();", Part.PARAMETERS, ()),
        ("; fifo u ", "", Part.NAME, ()),
        ("; fifo u (.a(", "));", None, ()),
        ("; fifo u (a, ", ");", None, ()),
        ("; assign y = f(", ");", None, ()),
        ("; if (", ")", None, ()),
        ("; fifo u (.a(x)); ", "", None, ()),
    ],
)
def test_which_part_of_an_instance(before: str, after: str, part: Part | None, connected: tuple[str, ...]) -> None:
    found = instance_at(before, after)
    assert (found.part if found else None) is part
    if found is not None:
        assert found.before == connected and found.module == "fifo"


def test_ports_are_connected_by_name_and_width_only() -> None:
    ports = [
        PortFacts("clk_i", "input", "logic", 1),
        PortFacts("d", "input", "logic[7:0]", 8),
        PortFacts("q", "output", "logic", 1),
    ]
    names = [
        NameFacts("clk", SymbolKind.PORT, "logic", 1, "input"),
        NameFacts("d", SymbolKind.VARIABLE, "logic[3:0]", 4),
        NameFacts("q", SymbolKind.PORT, "logic", 1, "input"),
    ]
    assert [one.to for one in connect(ports, names)] == ["clk", "", ""], "not a narrower one, and no input is driven"


def test_columns_are_a_files_own() -> None:
    assert is_aligned("  .a   (x),\n  .bcd (y)\n") and not is_aligned("  .a(x),\n  .bcd(y)\n")


def test_clocks_are_those_in_use_else_guessed_and_said_so() -> None:
    found = used(
        "always @(posedge ck) if (!clear_n) q <= 0; always_ff @(posedge ck or negedge rst_n) if (!rst_n) q <= 0;" * 2
    )
    assert found is not None and found.clock == "ck" and not found.guessed
    by_name = guessed(["a", "sys_clk", "arst_n"])
    assert by_name is not None and (by_name.clock, by_name.reset, by_name.low, by_name.guessed) == (
        "sys_clk",
        "arst_n",
        True,
        True,
    )
    assert guessed(["a", "b"]) is None


SCOPE = """namespace n { __global__ void k(int i) {}
template <class T> static void run(const T *__restrict__ in, half const *const w, int n = 4) {
  float *d_a, *d_b = nullptr, c[4]; std::vector<float> v(n);
  for (int i = 0; i < 4; i++) { int hidden; }
  if (n) { dim3 grid(4); return; """


def test_c_declarations_of_half_typed_text() -> None:
    scope = scope_at(SCOPE)
    types = {one.name: one.type for one in scope.variables}
    assert scope.function == "run" and "hidden" not in types and "i" not in types
    assert types == {
        "grid": "dim3",
        "v": "std::vector<float>",
        "d_a": "float*",
        "d_b": "float*",
        "c": "float*",
        "in": "T*",
        "w": "half*",
        "n": "int",
    }
    assert scope_at("int x;\n").function == "" and [one.name for one in parameters("void")] == []


def test_a_kernels_own_text_tells_its_geometry() -> None:
    flat = shape_of(
        "__global__ void k(float *x, int n) {"
        " int i = threadIdx.x + blockDim.x * blockIdx.x; if (i >= n) return; x[i] = 0; }"
    )
    assert flat is not None and flat.axes == (Axis("n"),)
    tiled = shape_of(
        "template <int B> __global__ void k(float *x, int w) { __shared__ float t[16][B];"
        " int r = blockIdx.y; t[threadIdx.y][threadIdx.x] = 0; if (r < w) ; }"
    )
    assert tiled is not None and tiled.axes == (
        Axis("1", blocks=True, threads="B"),
        Axis("w", blocks=True, threads="16"),
    )
    assert tiled.template == ("int B",)
    unknown = shape_of("__global__ void k(float *x) { x[blockIdx.x * blockDim.x + threadIdx.x] = 0; }")
    assert unknown is not None and unknown.axes == (Axis(),), "nothing is made up"


def test_arguments_are_of_the_device_where_two_have_the_name() -> None:
    there = [Variable("x", "float*"), Variable("d_x", "float*"), Variable("n", "size_t")]
    wanted = [Variable("x", "float*"), Variable("n", "int")]
    assert arguments(wanted, there, {"d_x"}, {"x"}) == {"x": "d_x", "n": "n"}
    assert arguments([Variable("x", "int*")], there, {"d_x"}, ()) == {}, "another type is another thing"
    two = [Variable("rows", "int"), Variable("columns", "int")]
    assert arguments(two, [Variable("count", "int")], (), ()) == {}, "which of the two nobody can tell"
    assert arguments(two[:1], [Variable("count", "int")], (), ()) == {"rows": "count"}


def test_errors_are_checked_as_the_file_does() -> None:
    assert wrapper("gpuErrchk(cudaMalloc(&x, 4)); gpuErrchk(cudaFree(x)); if (cudaFree(y)) ;") == "gpuErrchk"
    assert wrapper("#define CHECK(x) do { cudaError_t e = (x); } while (0)\n") == "CHECK"
    assert wrapper("cudaMalloc(&x, 4);") == ""


def test_pins_are_of_one_port_where_one_has_them_all() -> None:
    part = find("STM32F407VG")
    assert part is not None
    (found,) = choose(part, "USART2", ["TX", "RX"])
    assert (found.port, found.pins, found.function) == ("GPIOA", (2, 3), 7) and "PD5" in found.others
    (other,) = choose(part, "USART2", ["TX", "RX"], frozenset({"PA2"}))
    assert (other.port, other.pins) == ("GPIOD", (5, 6))
    # UART5 has its two signals on two ports, and nowhere else.
    assert [(one.port, one.pins) for one in choose(part, "UART5", ["TX", "RX"])] == [("GPIOC", (12,)), ("GPIOD", (2,))]
    assert choose(part, "USART9", ["TX", "RX"]) == ()


def test_a_tuned_block_is_not_given_again() -> None:
    text = (
        '@triton.autotune(configs=[triton.Config({"BLOCK": 64}, num_warps=4)], key=["n"])\n@triton.jit\n'
        "def k(x_ptr, n, BLOCK: tl.constexpr, EVEN: tl.constexpr = False):\n    p = tl.program_id(0)\n"
    )
    (found,) = kernels(text)
    assert found.tuned == {"BLOCK"} and [one.name for one in found.parameters if one.constexpr] == ["BLOCK", "EVEN"]


def test_snippets_escape_and_mirror() -> None:
    one = Proposal("l", ("$a}", Stop("n", "1", "n"), " ", Stop("n", "1", "n"), Stop()), 0, 0)
    assert (
        one.snippet == "\\$a\\}${1:n} ${1}${2}$0"
        and one.text == "$a}n n"
        and one.checked_text == "$a}1 1"
        and one.open == ("n",)
    )


class Kind:
    """Offers what it is told to."""

    languages = frozenset({"verilog"})

    def __init__(self, *proposals: Proposal) -> None:
        self.proposals = proposals

    def wants(self, place: Place) -> bool:
        return True

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        if not self.proposals:
            raise RuntimeError("a fault of ours")
        return self.proposals


class Slow(FakeVerifier):
    """Answers once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        await self.let.wait()
        return await super().run(snapshot, project)


HERE = place(f"module m;\n  {MARK}\nendmodule\n", "verilog", "/m.v")


async def test_what_is_refused_is_left_out_or_made_plainer() -> None:
    plain = Proposal("c", ("wire good;",), HERE.start, HERE.offset)
    kinds = [
        Kind(Proposal("a", ("wire bad;",), HERE.start, HERE.offset)),
        Kind(Proposal("b", ("wire bad, good;",), HERE.start, HERE.offset, plainer=plain)),
        Kind(),
        Kind(Proposal("d", ("bad",), HERE.start, HERE.offset, judged=False)),
    ]
    structural = Structural(kinds, lambda: (FakeVerifier("bad"),))
    found = await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0)
    assert [one.proposal.label for one in found.items] == ["c", "d"] and found.complete
    assert found.items[0].verdict.tools == ("fake",) and found.items[1].verdict.tools == ()
    await structural.close()


async def test_what_is_not_judged_in_time_is_there_at_the_next_key() -> None:
    slow = Slow()
    structural = Structural([Kind(Proposal("a", ("wire good;",), HERE.start, HERE.offset))], lambda: (slow,))
    first = await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=0.0)
    assert not first.items and not first.complete
    slow.let.set()
    second = await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0)
    assert [one.proposal.label for one in second.items] == ["a"] and second.complete
    assert len(slow.seen) == 1, "the document with it; that without it only where there is something to compare"
    await structural.close()


async def test_closing_ends_what_is_being_judged() -> None:
    slow = Slow()
    structural = Structural([Kind(Proposal("a", ("x",), HERE.start, HERE.offset))], lambda: (slow,))
    await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=0.0)
    await structural.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 60.0)


def _nothing(prefix: str, near: str) -> dict[str, str]:
    return {}


def _kinds() -> list[object]:
    pool = WorkerPool()
    return list(registry.build(pool, Slang(pool), _nothing, _nothing, Launch(pool), lambda uri, kernel: None))


PIECES = (
    *("module m(", " u (", ".a(", ")", ";", "begin", "end", "case (s)", "{", "}", '"', "/*", "//", "\n", "\r\n", "🙂"),
    *("kern<<<", "void ", "def f(", "@triton.jit\n", "tl.", "RCC->CR |= ", "#(", "import "),
)


@given(
    st.lists(st.sampled_from(PIECES), max_size=24),
    st.integers(0, 24),
    st.sampled_from(["systemverilog", "verilog", "cuda-cpp", "c", "python"]),
)  # fmt: skip
def test_no_text_is_too_broken_to_look_at(pieces: list[str], at: int, language: str) -> None:
    here = place("".join([*pieces[:at], MARK, *pieces[at:]]), language)
    for kind in _kinds():
        if language in kind.languages:  # type: ignore[attr-defined]
            assert kind.wants(here) in (True, False)  # type: ignore[attr-defined]
    assert here.in_code in (True, False) and here.snapshot.text[here.start : here.offset] == here.word


def test_twenty_thousand_lines_are_looked_at_in_a_moment() -> None:
    block = "  always @(posedge clk) begin\n    case (s)\n      1: q <= 2; // c\n    endcase\n  end\n"
    here = place(f"module m;\n{block * 4_000}  x{MARK}\nendmodule\n")
    start = time.process_time()
    for kind in _kinds():
        kind.wants(here)  # type: ignore[attr-defined]
    assert here.in_code and time.process_time() - start < 2.0
