"""A function that takes too much to evaluate: it alone is given up, but for launches of numbers, and it is told."""

from __future__ import annotations

import pytest

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.gpu.checks.launch_engine import LaunchEngine
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values import budget
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

CHAIN = "".join(f"  int n{at} = n{at - 1} + {at};\n" for at in range(1, 30))
LONG = f"void long_one(float *x) {{\n  int n0 = 1;\n{CHAIN}  k<<<n29, 64>>>(x);\n  k<<<n29, 32>>>(x);\n"
LITERAL = "  k<<<{1, 70000}, dim3(32)>>>(x);\n}\n"
SHORT = "void short_one(float *x) {\n  const int threads = 2048;\n  k<<<1, threads>>>(x);\n}\n"
TEXT = "__global__ void k(float *x) { x[threadIdx.x] = 0; }\n" + LONG + LITERAL + SHORT


def check(engine: LaunchEngine, text: str = TEXT) -> tuple[list[Finding], UnitFacts]:
    found, unit = engine.check(Snapshot("file:///w/a.cu", "/w/a.cu", "cuda-cpp", 1, text), Project("/w"))
    return [item for item in found if item.severity is not Severity.HINT], unit


def test_what_fits_is_judged_in_full() -> None:
    found, unit = check(LaunchEngine())
    assert [item.code for item in found] == ["GridTooLarge", "BlockTooLarge"]
    assert unit.truncated == "" and all(launch.evaluated for launch in unit.launches)


def test_what_does_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_STEPS", 20)
    monkeypatch.setattr(budget, "STEPS_A_LOOK", 1)
    engine = LaunchEngine()
    found, unit = check(engine)
    assert [item.code for item in found] == ["GridTooLarge", "BlockTooLarge", "LaunchChecksStopped"]
    told = found[-1]
    assert told.severity is Severity.INFORMATION and "this launch and 1 after it" in told.message
    assert TEXT.splitlines()[told.span.start_line] == "  k<<<n29, 64>>>(x);"
    assert unit.truncated
    # What was kept from the text before says the same as a fresh look.
    edited = TEXT.replace("threads = 2048", "threads = 512")
    assert check(engine, edited) == check(LaunchEngine(), edited)
    assert [item.code for item in check(engine, edited)[0]] == ["GridTooLarge", "LaunchChecksStopped"]


def test_a_text_made_to_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_SECONDS", -1.0)
    found, _ = check(LaunchEngine())
    assert [item.code for item in found] == ["GridTooLarge", "LaunchChecksStopped"]
