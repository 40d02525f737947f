"""Each fix is right as a whole: what it corrects in one place, it corrects in all that mean the same.

The cases are in whole_statements.toml: what the rules propose for the findings of the part checks, before any proof.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from mcu_fix_helpers import DEFECTS, document, project_of, unit

from signoff.diagnostics.fixes.rules import candidates
from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.checks.concurrency import CHECKS as CONCURRENCY
from signoff.verifiers.mcu.checks.hardware import CHECKS as HARDWARE
from signoff.verifiers.mcu.parts.library import for_project
from signoff.verifiers.mcu.source.image_facts import ImageReader
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits

CASES = tomllib.loads(Path(__file__).with_name("whole_statements.toml").read_text("utf-8"))
PINS = """#include "stm32f407xx.h"
#define TX_PIN 2U
#define PWM_PIN 14U
#define LED_PIN 13U
#define LOW_PIN 3U
"""
BODY = """static void clocks(void) { RCC->AHB1ENR |= 0x1FFU; }
int main(void)
{
    clocks();
%s
    for (;;)
        ;
}
"""
PATH = DEFECTS / "pin_shift" / "whole.c"
READER = ImageReader()


def findings(snapshot: Snapshot, project: Project) -> list[Finding]:
    facts = READER.read(snapshot, project, 30.0)
    assert facts is not None
    part = for_project(project)
    return [one for check in (*HARDWARE, *CONCURRENCY) for one in check(facts, snapshot.path, part, project)]


def proposed(before: str, code: str) -> list[str]:
    """Each text that a rule would make of this one for its findings of a code, which it has."""
    snapshot, project = document(PATH, before, project_of(PATH, [unit(PATH, DEFECTS / "include")]))
    found = [one for one in findings(snapshot, project) if one.code == code]
    assert found
    fixes = (fix for one in found for fix in candidates(one, snapshot, project))
    return list(dict.fromkeys(apply_edits(before, fix.edits) for fix in fixes))


@pytest.mark.parametrize("case", CASES["statements"], ids=lambda case: case["before"].strip()[:70])
def test_statements(case: dict[str, str]) -> None:
    wrapped = [PINS + BODY % case.get(key, "").rstrip() for key in ("before", "after")]
    assert proposed(wrapped[0], case["code"]) == ([wrapped[1]] if "after" in case else [])


@pytest.mark.parametrize("case", CASES["programs"], ids=lambda case: case["before"].strip()[:70])
def test_programs(case: dict[str, str]) -> None:
    head = '#include "stm32f407xx.h"\n'
    assert proposed(head + case["before"], case["code"]) == ([head + case["after"]] if "after" in case else [])


def test_what_a_write_overwrites_is_said() -> None:
    """An assignment that keeps nothing of the register changes others' bits, wherever it goes."""
    for statement, more, words in (
        ("GPIOB->AFR[0] = 9UL << 24;", "GPIOB->MODER |= 2UL << 28;", "the other pins in AFR[1]"),
        ("RCC->APB2ENR = RCC_APB1ENR_TIM12EN;", "", "the other bits of RCC->APB1ENR"),
    ):
        text = PINS + BODY % f"    {statement}\n    {more}"
        snapshot, project = document(PATH, text, project_of(PATH, [unit(PATH, DEFECTS / "include")]))
        (finding,) = findings(snapshot, project)
        (fix,) = candidates(finding, snapshot, project)
        assert words in fix.behaviour
