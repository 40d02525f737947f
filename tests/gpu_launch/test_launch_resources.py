"""What ptxas says of a kernel against its launches: registers, real static shared memory, cooperative grids."""

from __future__ import annotations

from typing import Any

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.gpu.checks.launch_checks import findings
from signoff.verifiers.gpu.checks.resource_checks import resource_findings
from signoff.verifiers.gpu.facts import Extent, Form, Kernel, KernelCost, Launch, OptIn, UnitFacts
from signoff.verifiers.gpu.hardware.multiprocessors import multiprocessors
from signoff.verifiers.project import Project

PATH = "/project/kernels.cu"
PLACE, GRID, BLOCK, SHARED = (Span(line, 4, line, 20) for line in range(10, 14))
KERNEL = Kernel("solve", PLACE, PLACE, static_shared=None)


def look(*costs: KernelCost, targets: tuple[str, ...] = ("sm_80",), **facts: Any) -> tuple[Finding, ...]:
    places = {"grid_span": GRID, "block_span": BLOCK, "shared_span": SHARED}
    launch = Launch(Form.CHEVRON, PLACE, "solve", PLACE, **(places | facts))
    unit = UnitFacts((KERNEL,), (launch,))
    project = Project("/project", architectures=targets)
    assert not {item.code for item in findings(unit, project, PATH)} & {"RegistersExceeded"}
    return resource_findings(unit, costs, project, PATH)


def cost(registers: int, architecture: str = "sm_80", **facts: Any) -> KernelCost:
    return KernelCost("solve", architecture, registers, **facts)


def test_registers_of_a_block() -> None:
    assert look(cost(64), block=Extent(1024, 1, 1)) == ()
    (found,) = look(cost(65), block=Extent(1024, 1, 1))
    assert (found.code, found.severity, found.category) == ("RegistersExceeded", Severity.ERROR, Category.REGISTERS)
    assert found.span == BLOCK and dict(found.data)["registers"] == "65"
    assert look(cost(168), block=Extent(384, 1, 1)) == ()
    assert [item.code for item in look(cost(168), block=Extent(512, 1, 1))] == ["RegistersExceeded"]


def test_a_block_that_is_not_known_says_nothing() -> None:
    assert look(cost(255), block=Extent(None, 1, 1)) == ()
    assert [item.code for item in look(cost(255), block=Extent(1024, None, 1))] == ["RegistersExceeded"]


def test_of_several_instances_the_cheapest_counts() -> None:
    assert look(cost(128, instance="solve<8>"), cost(40, instance="solve<1>"), block=Extent(1024, 1, 1)) == ()


def test_only_what_was_compiled_is_judged() -> None:
    assert look(block=Extent(1024, 1, 1)) == ()
    assert look(cost(128, "sm_90"), block=Extent(1024, 1, 1)) == ()
    both = look(cost(128), cost(40, "sm_90"), block=Extent(1024, 1, 1), targets=("sm_80", "sm_90"))
    assert [(item.severity, dict(item.data)["architectures"]) for item in both] == [(Severity.WARNING, "sm_80")]


def test_without_a_named_target_it_is_a_warning() -> None:
    (found,) = look(cost(128, "sm_75"), block=Extent(1024, 1, 1), targets=())
    assert found.severity is Severity.WARNING and "sm_75" in found.message


def test_a_condition_may_ask_for_the_kernels_own_limit() -> None:
    assert look(cost(128), block=Extent(1024, 1, 1), conditional=True) == ()


def test_a_block_that_is_wrong_by_itself_is_not_told_twice() -> None:
    assert look(cost(128), block=Extent(2048, 1, 1)) == ()


def test_static_shared_memory_that_the_text_does_not_show() -> None:
    (found,) = look(cost(32, static_shared=40_000), shared=20_000)
    assert found.code == "SharedMemoryOptIn" and dict(found.data)["static"] == "40000"
    assert look(cost(32, static_shared=40_000), shared=9_152) == ()
    assert look(cost(32, static_shared=40_000), shared=60_000) == ()  # told without the costs
    (found,) = look(cost(32, static_shared=40_000), shared=150_000, opt_in=OptIn(PLACE, 150_000))
    assert found.code == "SharedMemoryLimit"


def test_cooperative_grid_with_registers() -> None:
    processors = multiprocessors("sm_80") or 0
    facts = {"cooperative": True, "block": Extent(256, 1, 1)}
    assert look(cost(128), grid=Extent(2 * processors, 1, 1), **facts) == ()
    (found,) = look(cost(128), grid=Extent(2 * processors + 1, 1, 1), **facts)
    assert found.code == "CooperativeGridTooLarge" and "128 registers" in found.message
    assert look(cost(128), grid=Extent(100 * processors, 1, 1), **facts) == ()  # told without the costs
