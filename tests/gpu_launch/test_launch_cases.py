"""Illegal launches and legal traps: each case is a program, and exactly what it expects is found, hints included.

`// expect: CODE [severity]` stands on the line where a finding begins; `// architectures:` and `// defines:` say how
the program is built. On a GPU each illegal one exits with 1 and each legal one with 0.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.gpu.checks.launch_engine import LaunchEngine
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot

CASES = Path(__file__).parent / "cases"
ILLEGAL = sorted((CASES / "illegal").glob("*.cu"))
LEGAL = sorted((CASES / "legal").glob("*.cu"))
EXPECTED = re.compile(r"// expect: (\w+)(?: (\w+))?")


def option(text: str, name: str) -> tuple[str, ...]:
    found = re.search(rf"^// {name}: (.*)$", text, re.MULTILINE)
    return tuple(found[1].split()) if found else ()


def project_of(path: Path, text: str) -> Project:
    unit = CompileUnit(str(path), directory=str(path.parent), defines=option(text, "defines"))
    return Project(str(CASES), unit=unit, architectures=option(text, "architectures"))


def check(engine: LaunchEngine, path: Path, text: str) -> tuple[Finding, ...]:
    snapshot = Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text)
    return engine.check(snapshot, project_of(path, text))[0]


def expected(text: str) -> list[tuple[int, str, str]]:
    lines = enumerate(text.splitlines())
    return [(number, one[1], (one[2] or "error").upper()) for number, line in lines for one in EXPECTED.finditer(line)]


@pytest.fixture(scope="module")
def engine() -> LaunchEngine:
    return LaunchEngine()


def test_there_are_as_many_as_promised() -> None:
    assert len(ILLEGAL) >= 30 and len(LEGAL) >= 30


@pytest.mark.parametrize("path", ILLEGAL, ids=lambda path: path.stem)
def test_illegal(engine: LaunchEngine, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = [(item.span.start_line, item.code, item.severity.name) for item in check(engine, path, text)]
    assert found == expected(text) and found


@pytest.mark.parametrize("path", LEGAL, ids=lambda path: path.stem)
def test_legal(engine: LaunchEngine, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// Trap: ")
    assert check(engine, path, text) == ()


def told(engine: LaunchEngine, path: Path, text: str) -> set[tuple[str, int]]:
    """The errors and warnings, by code and line."""
    found = check(engine, path, text)
    return {(item.code, item.span.start_line) for item in found if item.severity < Severity.HINT}


def test_cut_off_programs(engine: LaunchEngine) -> None:
    """Every case cut off at every seventh character: nothing raises, and nothing is found that the whole text lacks."""
    for path in (*ILLEGAL, *LEGAL):
        text = path.read_text(encoding="utf-8")
        whole = told(engine, path, text)
        assert [end for end in range(0, len(text), 7) if told(engine, path, text[:end]) - whole] == [], path.name


@pytest.mark.parametrize("closing", ["", ");", ">>>();"])
def test_half_typed_lines(engine: LaunchEngine, closing: str) -> None:
    """Every line that says something of a launch, typed anew, with what an editor closes behind the cursor.

    What remains is true of the text as it stands: a line that would mend a launch is not there yet.
    """
    seen, wrong = 0, []
    for path in (*ILLEGAL, *LEGAL):
        text = path.read_text(encoding="utf-8")
        whole, lines = told(engine, path, text), text.split("\n")
        for number, line in enumerate(lines):
            if not any(word in line for word in ("<<<", "dim3", "cudaLaunch", "Dim")):
                continue
            for end in range(0, len(line), 5):
                unfinished = "\n".join([*lines[:number], line[:end] + closing, *lines[number + 1 :]])
                seen += 1
                if told(engine, path, unfinished) - whole:
                    wrong.append((path.stem, line[:end] + closing))
    assert seen > 1500 and len(wrong) <= seen / 100, f"{len(wrong)} of {seen}: {wrong[:20]}"


def test_the_border_between_two_dimensions_is_kept(engine: LaunchEngine) -> None:
    text = "__global__ void k() {}\nvoid f() { k<<<dim3(1, 65535), 1>>>(); k<<<dim3(1, 65536), 1>>>(); }\n"
    (found,) = [item for item in check(engine, CASES / "border.cu", text) if item.severity is Severity.ERROR]
    assert (found.code, found.span.start_column) == ("GridTooLarge", text.splitlines()[1].index("65536"))


def test_unknown_answers_of_the_device_guard_conditional_launches_only(engine: LaunchEngine) -> None:
    text = (
        "__global__ void k() {}\n"
        "void f(int n, int limit) { if (n < limit) k<<<dim3(1, 70000), 1>>>(); k<<<dim3(1, 80000), 1>>>(); }\n"
    )
    asks = "int most() { int n; cudaDeviceGetAttribute(&n, cudaDevAttrMaxGridDimY, 0); return n; }\n"
    path = CASES / "guard.cu"
    assert [dict(item.data)["value"] for item in check(engine, path, text) if item.code == "GridTooLarge"] == [
        "70000",
        "80000",
    ]
    assert [dict(item.data)["value"] for item in check(engine, path, text + asks) if item.code == "GridTooLarge"] == [
        "80000"
    ]
