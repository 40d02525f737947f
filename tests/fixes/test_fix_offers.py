"""What is offered: proven fixes only, for one version, within the time, once; rules on any text at all."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
from fix_helpers import PATH, Scripted, document, finding_at
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.fixes.offer import FixCache, offers
from signoff.diagnostics.fixes.rules import candidates
from signoff.verifiers.finding import Finding, Outcome, Severity, Span
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed

FAULTY = "module top (input a, output y);\n    wire b = a\n    assign y = b;\nendmodule\n"
TARGET = finding_at(FAULTY, "a\n    assign", "ExpectedToken", "expected ';'")


def slang() -> Scripted:
    return Scripted("slang", lambda text: [] if "= a;" in text else [TARGET])


async def test_an_offer_names_its_tools_and_its_version() -> None:
    snapshot, project = document(FAULTY, version=12)
    (fix,) = await offers([TARGET], snapshot, project, (slang(),), cache=FixCache())
    assert fix.title == "Insert ';' (accepted by slang)"
    assert fix.version == 12
    assert apply_edits(FAULTY, fix.edits) == FAULTY.replace("= a\n", "= a;\n")


async def test_findings_of_other_files_get_none() -> None:
    snapshot, project = document(FAULTY)
    assert await offers([replace(TARGET, path="/design/other.v")], snapshot, project, (slang(),)) == ()


async def test_one_edit_is_offered_once() -> None:
    snapshot, project = document(FAULTY)
    fixes = await offers([TARGET, replace(TARGET, message="expected ';' here")], snapshot, project, (slang(),))
    assert len(fixes) == 1


async def test_proofs_are_kept_for_the_same_text_only() -> None:
    snapshot, project = document(FAULTY)
    cache, verifier = FixCache(), slang()
    first = await offers([TARGET], snapshot, project, (verifier,), cache=cache)
    runs = len(verifier.texts)
    baseline = {"slang": Outcome("slang", findings=(TARGET,))}
    assert await offers([TARGET], snapshot, project, (verifier,), baseline, cache=cache) == first
    assert len(verifier.texts) == runs
    changed, project = document(FAULTY + "\n", version=8)
    (fix,) = await offers([TARGET], changed, project, (verifier,), baseline, cache=cache)
    assert fix.version == 8
    assert len(verifier.texts) > runs


class Slow(Scripted):
    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        if snapshot.text != FAULTY:
            await asyncio.sleep(60)
        return await super().run(snapshot, project)


async def test_what_is_not_proven_in_time_is_not_offered() -> None:
    snapshot, project = document(FAULTY)
    slow = Slow("verilator", lambda text: [], Speed.QUICK)
    async with asyncio.timeout(5):
        assert await offers([TARGET], snapshot, project, (slang(), slow), cache=FixCache(), budget=0.2) == ()


async def test_cancelling_ends_the_runs() -> None:
    snapshot, project = document(FAULTY)
    slow = Slow("verilator", lambda text: [], Speed.QUICK)
    task = asyncio.create_task(offers([TARGET], snapshot, project, (slang(), slow), cache=FixCache()))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


WORDS = [
    *("module", "endmodule", "begin", "end", "case", "endcase", "function", "endfunction", "generate", "fork", "join"),
    *("if", "else", "always", "assign", "wire", "reg", "input", "output", "posedge", "a", "b", "clk", "3", "4'd3"),
    *"()[]{};,.:=@#'\"?",
    *("<=", "/*", "*/", "//", "`define", "\\esc", "\n", "\n", "\t", "\r\n"),
]
CODES = [
    *("ExpectedToken", "ExpectedStatement", "UnexpectedEndDelim", "ExpectedIdentifier", "ExpectedDeclarator"),
    *("UndeclaredIdentifier", "TypoIdentifier", "PortDoesNotExist", "UnconnectedInputPort", "AssignToNet", "LATCH"),
    *("IncompleteSensitivityList", "BLKSEQ", "COMBDLY", "CASEINCOMPLETE", "WIDTHTRUNC", "NotAllowedInGenerate"),
    "AssignmentRequiresParens",
]
MESSAGES = ["expected ';'", "expected 'end'", "expected ']'", "'a' is wrong; did you mean 'b'?", "from 8 to 4 bits", ""]


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(CODES), st.sampled_from(MESSAGES))
def test_no_text_breaks_a_rule(chance: random.Random, code: str, message: str) -> None:
    text = " ".join(chance.choices(WORDS, k=chance.randrange(60)))
    line, column = chance.randrange(8), chance.randrange(30)
    finding = Finding(PATH, Span(line, column, line, column + 1), Severity.ERROR, code, message, "slang")
    for candidate in candidates(finding, *document(text)):
        apply_edits(text, candidate.edits)
        assert candidate.title
