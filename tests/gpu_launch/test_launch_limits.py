"""Launch checks on facts: each limit on both sides of its border, for named targets and for none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.gpu.checks.launch_checks import findings
from signoff.verifiers.gpu.facts import Bounds, Extent, Form, Kernel, Launch, Note, OptIn, UnitFacts
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, limits
from signoff.verifiers.gpu.hardware.multiprocessors import multiprocessors
from signoff.verifiers.project import CompileUnit, Project

PATH = "/project/kernels.cu"
PLACE, GRID, BLOCK, SHARED, NAME, BOUNDS = (Span(line, 4, line, 20) for line in range(10, 16))
AXIS = Span(30, 1, 30, 7)
KIB = 1024


def kernel(**facts: Any) -> Kernel:
    return Kernel("scale", NAME, NAME, **facts)


def look(*kernels: Kernel, targets: tuple[str, ...] = (), **facts: Any) -> tuple[Finding, ...]:
    places = {"grid_span": GRID, "block_span": BLOCK, "shared_span": SHARED}
    launch = Launch(Form.CHEVRON, PLACE, "scale", PLACE, **(places | facts))
    project = Project("/project", architectures=targets, architectures_origin="CMakeLists.txt" if targets else "")
    return findings(UnitFacts(kernels, (launch,)), project, PATH)


def codes(found: tuple[Finding, ...]) -> list[str]:
    return [item.code for item in found]


@pytest.mark.parametrize(
    ("axis", "limit", "code"),
    [
        ("grid.x", limits("sm_80").grid_x, "GridTooLarge"),
        ("grid.y", limits("sm_80").grid_y, "GridTooLarge"),
        ("grid.z", limits("sm_80").grid_z, "GridTooLarge"),
        ("block.x", limits("sm_80").block_x, "BlockTooLarge"),
        ("block.y", limits("sm_80").block_y, "BlockTooLarge"),
        ("block.z", limits("sm_80").block_z, "BlockTooLarge"),
    ],
)
def test_each_axis_may_reach_its_limit_and_not_go_over(axis: str, limit: int, code: str) -> None:
    kind, _, letter = axis.partition(".")
    rest = {"grid": Extent(1, 1, 1), "block": Extent(1, 1, 1)}
    assert look(**rest | {kind: replace(rest[kind], **{letter: limit})}) == ()
    (found,) = look(**rest | {kind: replace(rest[kind], **{letter: limit + 1})})
    assert (found.code, found.severity, found.category) == (code, Severity.ERROR, Category.LAUNCH_GEOMETRY)
    assert found.span == (GRID if kind == "grid" else BLOCK)
    said = dict(found.data)
    assert (said["axis"], said["value"], said["limit"]) == (axis, str(limit + 1), str(limit))
    assert said["architectures"].split() == list(ARCHITECTURES)
    assert str(limit + 1) in found.message and str(limit) in found.message


@pytest.mark.parametrize("axis", ["grid.x", "grid.y", "grid.z", "block.x", "block.y", "block.z"])
def test_no_dimension_may_be_zero(axis: str) -> None:
    kind, _, letter = axis.partition(".")
    (found,) = look(**{kind: replace(Extent(8, 8, 8), **{letter: 0})})
    assert (found.code, dict(found.data)["axis"]) == ("ZeroDimension", axis)


def test_the_place_is_the_members_own_expression() -> None:
    axes = (None, AXIS, None, None, None, None)
    (found,) = look(grid=Extent(1, 70000, 1), axes=axes)
    assert found.span == AXIS
    (found,) = look(grid=Extent(1, 70000, 1), grid_span=None)
    assert found.span == PLACE


def test_threads_of_a_block() -> None:
    assert look(block=Extent(32, 32, 1)) == ()
    (found,) = look(block=Extent(33, 32, 1))
    assert (found.code, found.span) == ("TooManyThreads", BLOCK)
    assert "33 x 32 x 1 is 1056 threads" in found.message


def test_what_is_known_of_a_block_is_enough() -> None:
    (found,) = look(block=Extent(64, 32, None))
    assert found.code == "TooManyThreads" and "64 x 32 x ? is 2048 threads or more" in found.message
    assert look(block=Extent(1024, None, None)) == ()
    assert codes(look(grid=Extent(None, 65536, None), block=Extent())) == ["GridTooLarge"]


def test_one_fault_is_one_finding() -> None:
    bounded = kernel(bounds=Bounds(BOUNDS, 256))
    assert codes(look(bounded, block=Extent(2048, 1, 1))) == ["BlockTooLarge"]
    assert codes(look(bounded, block=Extent(64, 32, 1))) == ["TooManyThreads"]
    assert codes(look(bounded, block=Extent(0, 512, 1))) == ["ZeroDimension"]


def test_exchanged_grid_and_block_are_named() -> None:
    (found,) = look(grid=Extent(256, 1, 1), block=Extent(4096, 1, 1))
    assert "are grid and block exchanged?" in found.message and ("swapped", "true") in found.data
    (found,) = look(grid=Extent(2048, 1, 1), block=Extent(4096, 1, 1))
    assert "exchanged" not in found.message


def test_a_negative_dimension_is_a_huge_one() -> None:
    (found,) = look(grid=Extent(1, -1, 1))
    assert found.code == "GridTooLarge" and "4294967295" in found.message


def test_nothing_known_says_nothing() -> None:
    assert look(kernel(static_shared=None, bounds=Bounds(BOUNDS)), cooperative=True) == ()


def test_shared_memory_without_the_attribute() -> None:
    assert look(shared=48 * KIB) == ()
    (found,) = look(shared=48 * KIB + 1)
    assert (found.code, found.severity, found.span) == ("SharedMemoryOptIn", Severity.ERROR, SHARED)
    assert look(shared=48 * KIB + 1, opt_in_unknown=True) == ()
    assert look(shared=48 * KIB + 1, opt_in=OptIn(PLACE)) == ()


def test_static_and_dynamic_shared_memory_are_one_sum() -> None:
    own = kernel(static_shared=40 * KIB)
    assert look(own, shared=8 * KIB) == ()
    (found,) = look(own, shared=8 * KIB + 4)
    assert found.code == "SharedMemoryOptIn" and dict(found.data)["static"] == str(40 * KIB)
    assert look(kernel(static_shared=None), shared=40 * KIB) == ()


def test_static_shared_memory_alone() -> None:
    assert look(kernel(static_shared=48 * KIB)) == ()
    (found,) = look(kernel(static_shared=48 * KIB + 4), shared=1024)
    assert (found.code, found.span) == ("StaticSharedMemory", NAME)
    assert look(kernel(static_shared=64 * KIB, path="/project/other.cuh")) == ()


def test_code_for_one_chip_alone_may_declare_more() -> None:
    unit = CompileUnit(PATH, architectures=("sm_90a",))
    project = Project("/project", unit=unit, architectures=("sm_90",))
    fits, never = (UnitFacts((kernel(static_shared=size * KIB),)) for size in (64, 512))
    assert findings(fits, project, PATH) == ()
    assert codes(findings(never, project, PATH)) == ["StaticSharedMemory"]


def test_a_header_says_its_own_static_memory() -> None:
    own = kernel(static_shared=64 * KIB, path=PATH)
    assert codes(look(own)) == ["StaticSharedMemory"]


@pytest.mark.parametrize("sm", [sm for sm in ARCHITECTURES if limits(sm).smem_per_block_optin > 48 * KIB])
def test_shared_memory_over_the_hardware(sm: str) -> None:
    most = limits(sm).smem_per_block_optin
    assert look(shared=most, opt_in=OptIn(PLACE, most), targets=(sm,)) == ()
    (found,) = look(shared=most + 1, opt_in=OptIn(PLACE, most + 1), targets=(sm,))
    assert found.code == "SharedMemoryLimit" and f"on {sm} (CMakeLists.txt)" in found.message
    (found,) = look(kernel(static_shared=1024), shared=most - 1000, opt_in_unknown=True, targets=(sm,))
    assert found.code == "SharedMemoryLimit"


def test_some_of_the_named_targets_make_a_warning() -> None:
    (found,) = look(shared=200 * KIB, opt_in=OptIn(PLACE, 200 * KIB), targets=("sm_80", "sm_90"))
    assert (found.code, found.severity) == ("SharedMemoryLimit", Severity.WARNING)
    assert dict(found.data)["architectures"] == "sm_80" and "not on sm_90" in found.message
    assert look(shared=200 * KIB, opt_in=OptIn(PLACE, 200 * KIB)) == ()


def test_a_condition_may_ask_for_the_device() -> None:
    facts = {"shared": 200 * KIB, "opt_in": OptIn(PLACE, 200 * KIB), "conditional": True}
    assert look(targets=("sm_80",), **facts) == ()
    assert codes(look(targets=("sm_80",), **facts | {"shared": 300 * KIB})) == ["SharedMemoryLimit"]
    assert codes(look(grid=Extent(1, 70000, 1), conditional=True, targets=("sm_80",))) == ["GridTooLarge"]


def test_the_attribute_allows_less_than_is_asked() -> None:
    allowed = OptIn(PLACE, 64 * KIB)
    assert look(shared=64 * KIB, opt_in=allowed) == ()
    (found,) = look(shared=64 * KIB + 1, opt_in=allowed)
    assert (found.code, found.span, dict(found.data)["limit"]) == ("SharedMemoryAttribute", SHARED, str(64 * KIB))
    assert look(shared=40 * KIB, opt_in=OptIn(PLACE, 20 * KIB)) == ()
    assert look(shared=64 * KIB + 1, opt_in=allowed, opt_in_unknown=True) == ()


def test_the_attribute_is_over_the_limit_itself() -> None:
    most = limits("sm_80").smem_per_block_optin
    own = kernel(static_shared=4096)
    assert look(own, opt_in=OptIn(PLACE, most - 4096, AXIS), targets=("sm_80",)) == ()
    (found,) = look(own, opt_in=OptIn(PLACE, most - 4095, AXIS), targets=("sm_80",))
    assert (found.code, found.span) == ("SharedMemoryAttribute", AXIS)
    assert look(own, opt_in=OptIn(PLACE, most, AXIS), targets=("sm_80", "sm_90")) == ()


def test_launch_bounds_against_the_launch() -> None:
    bounded = kernel(bounds=Bounds(BOUNDS, 256))
    assert look(bounded, block=Extent(256, 1, 1)) == ()
    (found,) = look(bounded, block=Extent(16, 17, 1))
    assert (found.code, found.span) == ("LaunchBoundsExceeded", BLOCK)
    assert look(bounded, kernel(bounds=Bounds(BOUNDS, 512)), block=Extent(512, 1, 1)) == ()
    assert look(bounded, kernel(), block=Extent(512, 1, 1)) == ()
    assert look(kernel(bounds=Bounds(BOUNDS)), block=Extent(512, 1, 1)) == ()


def test_launch_bounds_against_the_hardware() -> None:
    assert look(kernel(bounds=Bounds(BOUNDS, 1024))) == ()
    (found,) = look(kernel(bounds=Bounds(BOUNDS, 1025)))
    assert (found.code, found.severity, found.span) == ("LaunchBoundsTooLarge", Severity.WARNING, BOUNDS)
    assert look(kernel(bounds=Bounds(BOUNDS, 1024, 2))) == ()
    (found,) = look(kernel(bounds=Bounds(BOUNDS, 1024, 3)))
    assert found.code == "LaunchBoundsTooLarge" and "2048" in found.message
    assert codes(look(kernel(bounds=Bounds(BOUNDS, 1024, 2)), targets=("sm_86",))) == ["LaunchBoundsTooLarge"]
    assert look(kernel(bounds=Bounds(BOUNDS, 1024, 2)), targets=("sm_80", "sm_86")) == ()


def test_cluster_size() -> None:
    assert look(cluster=Extent(16, 1, 1), targets=("sm_90",)) == ()
    assert codes(look(cluster=Extent(4, 5, 1), targets=("sm_90",))) == ["ClusterTooLarge"]
    assert look(cluster=Extent(16, 1, 1)) == ()
    assert codes(look(cluster=Extent(17, 1, 1))) == ["ClusterTooLarge"]
    (found,) = look(cluster=Extent(2, 1, 1), targets=("sm_80",))
    assert "there are no clusters on sm_80" in found.message
    assert look(cluster=Extent(2, 1, 1), targets=("sm_80", "sm_90")) == ()
    assert look(cluster=Extent(2, 1, 1), targets=("sm_80",), conditional=True) == ()


def test_grid_is_a_multiple_of_the_cluster() -> None:
    assert look(cluster=Extent(4, 2, 1), grid=Extent(12, 2, 3)) == ()
    (found,) = look(cluster=Extent(4, 2, 1), grid=Extent(12, 3, None))
    assert found.code == "ClusterShape" and dict(found.data)["axis"] == "grid.y"
    declared = kernel(cluster=Extent(4, 1, 1))
    assert codes(look(declared, grid=Extent(10, 1, 1))) == ["ClusterShape"]
    assert look(declared, kernel(), grid=Extent(10, 1, 1)) == ()


def test_cooperative_grid_without_costs() -> None:
    processors = multiprocessors("sm_80") or 0
    facts = {"cooperative": True, "block": Extent(1024, 1, 1), "targets": ("sm_80",)}
    assert look(grid=Extent(2 * processors, 1, 1), **facts) == ()
    (found,) = look(grid=Extent(2 * processors + 1, 1, 1), **facts)
    assert (found.code, dict(found.data)["limit"]) == ("CooperativeGridTooLarge", str(2 * processors))
    assert look(grid=Extent(2 * processors + 1, 1, 1), **facts | {"cooperative": False}) == ()
    assert look(grid=Extent(2 * processors + 1, 1, 1), **facts | {"targets": ()}) == ()


def test_every_architecture_has_a_count_of_multiprocessors() -> None:
    assert all((multiprocessors(sm) or 0) > 0 for sm in ARCHITECTURES)
    assert multiprocessors("sm_1") is None


def test_notes_tell_where_a_value_is_from() -> None:
    notes = (Note("", NAME, "N is 70000 here"), Note("/project/sizes.cuh", AXIS, "M is 2 here"))
    (found,) = look(grid=Extent(1, 70000, 1), notes=notes)
    assert [(one.path, one.span) for one in found.related] == [(PATH, NAME), ("/project/sizes.cuh", AXIS)]


def test_the_same_launch_from_two_callers_is_told_once() -> None:
    launch = Launch(Form.CHEVRON, PLACE, "scale", PLACE, grid=Extent(1, 70000, 1))
    assert len(findings(UnitFacts((), (launch, launch)), Project("/project"), PATH)) == 1
