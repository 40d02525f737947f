"""A text is mended only with what slow tools accept, where they are asked, and what is shown to keep what it claims."""

from __future__ import annotations

import re
from dataclasses import replace

from fix_helpers import PATH, Scripted, document
from proposer_fakes import Told

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mend import Mended, mend
from signoff.diagnostics.fixes.proposer import Fault
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.text import Edit, LineIndex
from signoff.verifiers.verifier import Speed

TEXT = """module top (input clk, input a, output reg q, r);
    always @(posedge clk) q = a;
    always @(posedge clk) r = a;
endmodule
"""


def finds(pattern: str, name: str, speed: Speed) -> Scripted:
    def says(text: str) -> list[Finding]:
        index = LineIndex(text)
        found = re.finditer(pattern, text)
        return [Finding(PATH, index.span(m.start(), m.end()), Severity.WARNING, "BLKSEQ", "'='", name) for m in found]

    return Scripted(name, says, speed)


def quick() -> Scripted:
    return finds(" = ", "verilator", Speed.QUICK)


def nonblocking(of: Fault) -> list[FixCandidate]:
    return [FixCandidate("Use '<='", (Edit(of.finding.span, " <= "),), "test", of.finding)]


async def mended(slow: Scripted, *, deep: bool, keeps: bool = False, behaviour: bool = False) -> Mended:
    told = Told(lambda of: [replace(one, keeps=keeps) for one in nonblocking(of)])
    tools = (quick(), slow) if deep else (quick(),)
    return await mend(*document(TEXT), tools, proposers=[told], provers=(slow,), deep=deep, behaviour=behaviour)


async def test_a_slow_tool_that_objects_keeps_a_fix_from_being_applied() -> None:
    done = await mended(finds(r"q <=", "yosys", Speed.DEEP), deep=True)
    assert done.text == TEXT.replace("r = ", "r <= ")
    assert [fix.proof.tools for fix in done.applied] == [("verilator", "yosys")]


async def test_it_is_asked_only_where_that_is_wanted() -> None:
    slow = finds(r"q <=", "yosys", Speed.DEEP)
    done = await mended(slow, deep=False)
    assert done.text == TEXT.replace(" = ", " <= ") and not slow.texts


async def test_what_claims_to_keep_the_behaviour_is_applied_only_where_that_is_proven() -> None:
    """Nothing here can prove it: no Yosys is among the provers."""
    slow = finds("nothing", "slow", Speed.DEEP)
    assert (await mended(slow, deep=False, keeps=True)).text == TEXT
    assert (await mended(slow, deep=False, keeps=True, behaviour=True)).text == TEXT.replace(" = ", " <= ")
