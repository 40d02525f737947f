from __future__ import annotations

import dataclasses

import pytest
from nvidia_headers import arch_traits, header

from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, Limits, known, limits, normal

# Our column: the member of arch_traits.h.
MEMBERS = {
    "grid_x": "max_grid_dim_x",
    "grid_y": "max_grid_dim_y",
    "grid_z": "max_grid_dim_z",
    "block_x": "max_block_dim_x",
    "block_y": "max_block_dim_y",
    "block_z": "max_block_dim_z",
    "threads_per_block": "max_threads_per_block",
    "threads_per_sm": "max_threads_per_multiprocessor",
    "warps_per_sm": "max_warps_per_multiprocessor",
    "blocks_per_sm": "max_blocks_per_multiprocessor",
    "regs_per_sm": "max_registers_per_multiprocessor",
    "regs_per_block": "max_registers_per_block",
    "regs_per_thread": "max_registers_per_thread",
    "smem_per_sm": "max_shared_memory_per_multiprocessor",
    "smem_per_block_default": "max_shared_memory_per_block",
    "smem_per_block_optin": "max_shared_memory_per_block_optin",
    "smem_reserved_per_block": "reserved_shared_memory_per_block",
    "const_mem": "total_constant_memory",
    "resident_grids": "max_resident_grids",
    "warp_size": "warp_size",
}
# Released GPUs that the header leaves out, as NVCC 13 compiles for them no more.
NOT_IN_THE_HEADER = {"sm_72"}


@pytest.mark.tool
def test_table_equals_nvidias_header() -> None:
    files = header("cccl/cuda/__device/arch_traits.h")
    if not files:
        pytest.skip("nvidia-cuda-cccl is not installed")
    theirs = arch_traits(files[0].read_text("utf-8"))
    new = sorted(set(theirs) - set(ARCHITECTURES))
    assert not new, f"the toolkit knows architectures that limits.csv has no row for: add {', '.join(new)}"
    assert set(ARCHITECTURES) - set(theirs) == NOT_IN_THE_HEADER
    wrong = [
        f"{sm} {ours}: limits.csv {getattr(limits(sm), ours)}, arch_traits.h {traits[member]}"
        for sm, traits in theirs.items()
        for ours, member in MEMBERS.items()
        if getattr(limits(sm), ours) != traits[member]
    ]
    assert not wrong, "\n".join(wrong)
    clusters = {sm for sm, traits in theirs.items() if traits["cluster_supported"]}
    assert clusters == {sm for sm in ARCHITECTURES if limits(sm).cluster_portable_max > 1}


def test_every_row_is_whole_and_has_a_source() -> None:
    assert len(ARCHITECTURES) >= 21
    for sm in ARCHITECTURES:
        row = limits(sm)
        assert row.sm == sm
        assert row.source
        zero = {one.name for one in dataclasses.fields(Limits) if getattr(row, one.name) == 0}
        assert zero <= {"smem_reserved_per_block"}
        assert row.warps_per_sm * row.warp_size == row.threads_per_sm
        assert row.smem_per_block_default <= row.smem_per_block_optin
        assert row.smem_per_block_optin + row.smem_reserved_per_block <= row.smem_per_sm
        assert row.cluster_portable_max <= row.cluster_nonportable_max


def test_architectures_ascend() -> None:
    numbers = [int(sm.removeprefix("sm_")) for sm in ARCHITECTURES]
    assert numbers == sorted(set(numbers))


def test_unknown_architecture() -> None:
    with pytest.raises(KeyError):
        limits("sm_35")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("80", "sm_80"),
        ("sm_80", "sm_80"),
        ("SM80", "sm_80"),
        (" compute_80 ", "sm_80"),
        ("lto_90", "sm_90"),
        ("8.0", "sm_80"),
        ("12.1", "sm_121"),
        ("9.0a", "sm_90"),
        ("90a", "sm_90"),
        ("sm_100f", "sm_100"),
        ("80-real", "sm_80"),
        ("90a-virtual", "sm_90"),
        ("8.6+PTX", "sm_86"),
        ("35", "sm_35"),
        ("native", None),
        ("all-major", None),
        ("", None),
        ("8", None),
        ("1200", None),
        ("sm_", None),
        ("80;90", None),
        ("8.0.1", None),
        ("80-fake", None),
    ],
)
def test_spellings(name: str, expected: str | None) -> None:
    assert normal(name) == expected


def test_known_ascends_and_drops_the_rest() -> None:
    assert known(("sm_90", "sm_35", "sm_80", "sm_90")) == ("sm_80", "sm_90")
