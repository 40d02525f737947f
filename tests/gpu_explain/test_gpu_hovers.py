from __future__ import annotations

import pytest
from gpu_texts import ATTENTION, ATTENTION_COSTS, KIB, NAMED, SCALE_COSTS, SPAN, UNNAMED, cost, kernel, launch
from hypothesis import given
from hypothesis import strategies as st

from signoff.diagnostics.explain.gpu import kernel_hover, launch_hover, lens_title, triton_hover, triton_lens_title
from signoff.diagnostics.explain.gpu_instances import instances
from signoff.diagnostics.explain.gpu_text import by_target, percent, size
from signoff.verifiers.gpu.facts import Bounds, Extent, Form, Kernel, KernelCost, Launch
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES
from signoff.verifiers.project import Project


def test_numbers_as_people_write_them() -> None:
    assert [size(n) for n in (0, 100, 1024, 1300, 166912)] == ["0 B", "100 B", "1 KiB", "1,300 B", "163 KiB"]
    assert [percent(f) for f in (0.0, 0.375, 0.75, 1.0)] == ["0 %", "37.5 %", "75 %", "100 %"]


def test_a_limit_is_said_once_where_all_targets_agree() -> None:
    assert by_target(NAMED, lambda of: of.grid_y) == "65535"
    three = Project(root="/w", architectures=("sm_80", "sm_86", "sm_87"))
    assert by_target(three, lambda of: of.smem_per_block_optin, size) == "163 KiB on sm_80 and sm_87, 99 KiB on sm_86"
    assert by_target(UNNAMED, lambda of: of.smem_per_block_optin, size) == "48 KiB (sm_50) to 227 KiB (sm_90)"


def test_targets_that_the_table_does_not_have() -> None:
    text = kernel_hover(ATTENTION, ATTENTION_COSTS, (), Project(root="/w", architectures=("sm_35",)))
    assert "The limits of sm_35 are not in the table: the numbers are those of sm_50 to sm_121." in text


def test_usual_blocks_stand_in_for_launches_that_are_not_known() -> None:
    text = kernel_hover(kernel(), (cost(),), (launch(threads=None), launch("other", threads=64)), NAMED)
    assert "| 128 threads | 256 threads | 512 threads |" in text
    assert "No launch with a known block size is seen" in text
    assert "launched in 1 place" in text


def test_the_launches_decide_the_columns() -> None:
    text = kernel_hover(kernel(), (cost(),), (launch(threads=1024), launch(threads=1024), launch("other")), NAMED)
    assert "| Static shared | 1,024 threads |" in text
    assert "50 %, 1 block (registers)" in text
    assert "usual ones" not in text


def test_many_block_sizes_are_cut_short() -> None:
    text = kernel_hover(kernel(), (cost(),), [launch(threads=32 * n) for n in range(1, 8)], NAMED)
    assert "Of 7 block sizes the first 4 are shown." in text


def test_a_block_that_cannot_run_is_said_so() -> None:
    heavy = cost(registers=168)
    assert "**cannot run** (registers)" in kernel_hover(kernel(), (heavy,), (launch(threads=1024),), NAMED)
    title = lens_title(kernel(), (heavy,), (launch(threads=1024),), NAMED)
    assert title == "sm_80: 168 registers, cannot run at 1,024 threads (registers)"


def test_unknown_dynamic_shared_memory_gives_only_the_most() -> None:
    text = kernel_hover(kernel(dynamic_shared=True), (cost(),), (launch(shared=None),), NAMED)
    assert "256 threads, ? dynamic" in text
    assert "at most 75 %" in text
    assert "occupancy at most 75 % at 256 threads" in lens_title(kernel(), (cost(),), (launch(shared=None),), NAMED)


def test_what_a_compilation_did_not_report() -> None:
    assert "made no instance of `scale`" in kernel_hover(kernel(templated=True), (), (), NAMED)
    assert "reported nothing of `scale`" in kernel_hover(kernel(), (cost(name="other"),), (), NAMED)
    assert lens_title(kernel(), None, (), NAMED) == "not compiled yet: nvcc runs on save"
    assert lens_title(kernel(templated=True), (), (), NAMED) == "no instance was compiled"
    assert triton_lens_title("scale", (), NAMED) == "not in the last compilation"
    assert "on save" in triton_lens_title("scale", None, NAMED)
    assert "on save" in triton_hover("scale", None, NAMED)


def test_the_lens_names_the_worst_launch_and_the_largest_instance() -> None:
    title = lens_title(kernel(templated=True), SCALE_COSTS, (launch(threads=256), launch(threads=1024)), NAMED)
    assert title == ("sm_80: 40 registers, occupancy 50 % at 1,024 threads (registers) · the largest of 2 instances")


def test_the_lens_stays_short_with_many_targets() -> None:
    title = lens_title(kernel(), [cost(sm) for sm in ARCHITECTURES], (launch(),), NAMED)
    assert title.endswith(f" · {len(ARCHITECTURES) - 2} more GPUs")
    assert len(title) < 160


def test_an_architecture_that_the_table_does_not_have() -> None:
    assert lens_title(kernel(), (cost("sm_999"),), (launch(),), NAMED) == "sm_999: 40 registers"
    assert "not known" in kernel_hover(kernel(), (cost("sm_999"),), (launch(),), NAMED)
    assert "sm_90a: 40 registers, occupancy 75 %" in lens_title(kernel(), (cost("sm_90a"),), (launch(),), NAMED)


def test_the_instance_that_is_launched_is_picked() -> None:
    of_float = launch_hover(launch(template_arguments=("float", "4")), kernel(), SCALE_COSTS, NAMED)
    assert "sm_80, 24 registers" in of_float
    assert "several instances" not in of_float
    of_none = launch_hover(launch(template_arguments=("T", "4")), kernel(), SCALE_COSTS, NAMED)
    assert "sm_80, 40 registers" in of_none
    assert "Of several instances the one with the most registers is shown." in of_none


def test_launch_bounds_cut_the_table() -> None:
    text = launch_hover(launch(), kernel(bounds=Bounds(SPAN, 256)), (cost(),), NAMED)
    assert "| **256** (this launch) |" in text
    assert "| 384 |" not in text
    assert "`__launch_bounds__` allows no larger one." in text


@pytest.mark.parametrize(
    ("grid", "block", "bold"),
    [
        (Extent(1, 65535, 1), Extent(1024, 1, 1), []),
        (Extent(1, 65536, 1), Extent(1, 1, 1), ["**65536**"]),
        (Extent(0, 1, 1), Extent(64, 32, 1), ["**0**", "**2048**"]),
        (Extent(1, 1, 1), Extent(1, 1, 65), ["**65**"]),
    ],
)
def test_what_breaks_a_limit_stands_out(grid: Extent, block: Extent, bold: list[str]) -> None:
    text = launch_hover(Launch(Form.CHEVRON, SPAN, "k", SPAN, grid=grid, block=block, shared=0), None, None, NAMED)
    geometry = next(part for part in text.split("\n\n") if part.startswith("|"))
    assert [word for word in bold if word in geometry] == bold
    assert bold or "**" not in geometry


def test_opt_in_that_is_not_known() -> None:
    text = launch_hover(launch(shared=64 * KIB, opt_in_unknown=True), kernel(), None, NAMED)
    assert "Whether the kernel's limit is raised is not known." in text
    assert "not known" not in launch_hover(launch(opt_in_unknown=True), kernel(), None, NAMED)


COUNTS = st.none() | st.integers(-(2**33), 2**33) | st.sampled_from([0, 1, 32, 256, 1024, 65536])
EXTENTS = st.builds(Extent, COUNTS, COUNTS, COUNTS)
NAMES = st.sampled_from(["scale", "", "a|b", "`k`"])
COSTS = st.builds(
    KernelCost,
    kernel=NAMES,
    architecture=st.sampled_from([*ARCHITECTURES, "sm_90a", "sm_999", "compute_80", "", "nonsense"]),
    registers=st.integers(0, 300),
    instance=st.sampled_from(["", "scale<float>", "scale<", "scale<a<b>>(x)"]),
    static_shared=st.integers(0, 2**20),
    spill_loads=st.integers(0, 99),
    dynamic_shared=st.none() | st.integers(0, 2**20),
    threads=COUNTS,
)
KERNELS = st.builds(
    Kernel,
    name=NAMES,
    span=st.just(SPAN),
    name_span=st.just(SPAN),
    bounds=st.none() | st.builds(Bounds, st.just(SPAN), COUNTS, COUNTS, COUNTS),
    cluster=st.none() | EXTENTS,
    static_shared=COUNTS,
    dynamic_shared=st.booleans(),
    templated=st.booleans(),
)
LAUNCHES = st.builds(
    Launch,
    form=st.sampled_from(Form),
    span=st.just(SPAN),
    kernel=NAMES,
    kernel_span=st.just(SPAN),
    grid=EXTENTS,
    block=EXTENTS,
    shared=COUNTS,
    cluster=st.none() | EXTENTS,
    template_arguments=st.sampled_from([(), ("float",), ("a<b>",)]),
)
PROJECTS = st.sampled_from([NAMED, UNNAMED, Project(root="/w", architectures=("sm_35",))])


def _well_formed(text: str) -> None:
    """Every table has rows of one length."""
    for part in text.split("\n\n"):
        rows = [line.replace("\\|", "") for line in part.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1, part


@given(KERNELS, st.none() | st.lists(COSTS, max_size=5), st.lists(LAUNCHES, max_size=4), PROJECTS)
def test_any_facts_give_a_text(
    one: Kernel, costs: list[KernelCost] | None, launches: list[Launch], project: Project
) -> None:
    _well_formed(kernel_hover(one, costs, launches, project))
    title = lens_title(one, costs, launches, project)
    assert title
    assert "\n" not in title
    for each in launches:
        _well_formed(launch_hover(each, one, costs, project))
        _well_formed(launch_hover(each, None, costs, project))
    _well_formed(triton_hover(one.name, costs, project))
    assert "**" not in triton_lens_title(one.name, costs, project)


@pytest.mark.parametrize(
    ("launched", "registers"),
    [
        (("float", "256"), {10}),
        (("float", "256u"), {10}),
        (("float", "BLOCK"), {10, 11}),
        (("double",), {12}),
        (("T", "128"), {11}),
        ((), {10, 11, 12}),
        (("int", "256"), {10, 11, 12}),
    ],
)
def test_instances_that_a_launch_can_mean(launched: tuple[str, ...], registers: set[int]) -> None:
    costs = (
        cost(registers=10, instance="ns::scale<float, 256>"),
        cost(registers=11, instance="scale<float, (int)128>(float *, std::pair<int, int>)"),
        cost(registers=12, instance="void scale<double, 256>(double *)"),
        cost(registers=13, name="other", instance="other<float, 256>"),
    )
    assert {one.registers for one in instances(launch(template_arguments=launched), costs)} == registers


def test_nested_arguments_are_one() -> None:
    costs = (cost(registers=10, instance="scale<std::pair<int, 4>, true>"), cost(registers=11, instance="scale<X, 0>"))
    found = instances(launch(template_arguments=("std::pair<int, 4>", "true")), costs)
    assert [one.registers for one in found] == [10]
