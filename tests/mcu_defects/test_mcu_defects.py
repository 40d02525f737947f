"""Each seeded defect is found at its line, and its clean twin is left alone."""

from __future__ import annotations

import shutil
import subprocess

import mcu_defects
import pytest
from mcu_defects import Case

CASES = mcu_defects.cases()
KINDS = 12
NAMES = [f"{case.kind}-{case.faulty.stem}" for case in CASES]


def test_there_are_enough_of_each_kind() -> None:
    counts = {kind: sum(case.kind == kind for case in CASES) for kind in {case.kind for case in CASES}}
    assert len(counts) == KINDS
    assert min(counts.values()) >= 2
    assert len(CASES) >= 24


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_signoff_finds_the_defect(case: Case) -> None:
    assert mcu_defects.found(mcu_defects.signoff, case)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_signoff_leaves_the_clean_twin_alone(case: Case) -> None:
    assert list(mcu_defects.signoff(case.clean)) == []


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_twins_differ_by_little(case: Case) -> None:
    faulty, clean = (path.read_text("utf-8").splitlines() for path in (case.faulty, case.clean))
    assert sum(mcu_defects.MARK in line for line in faulty) == 1
    assert not any(mcu_defects.MARK in line for line in clean)
    assert len(set(faulty) - set(clean)) <= 6


@pytest.mark.tool
def test_all_of_them_compile() -> None:
    compiler = shutil.which("arm-none-eabi-gcc")
    if compiler is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    for case in CASES:
        sources = [str(case.faulty), str(case.clean)]
        argv = [compiler, *mcu_defects.MACHINE, f"-I{mcu_defects.DEFECTS / 'include'}", "-fsyntax-only"]
        subprocess.run([*argv, *sources], check=True, timeout=60)
