"""The proposer that has a model fill in the faulty place: what is masked, what is read of its texts, and no cheat."""

from __future__ import annotations

import asyncio

import pytest
from model_fakes import FAULTY, MENDED, PATH, FakeChat, Gone, Tool, fault

from signoff.completion.model.protocol import Request
from signoff.diagnostics.fixes.model.cloze import DRAWS, Cloze
from signoff.diagnostics.fixes.model.masks import MASKS, Kind, masks
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.search import TRIED, Attempt, Search
from signoff.diagnostics.prove import Proof
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.text import LineIndex, apply_edits


async def searched(model: FakeChat, of: Fault | None = None) -> tuple[Search, list[Attempt]]:
    attempts: list[Attempt] = []
    search = Search(of or fault(), (Tool(),), watch=attempts.append)
    await search.ask([Cloze(model)], most=Cost.MODEL)
    return search, attempts


def names(request: Request) -> list[str]:
    """Fills in what belongs where the name was masked, and nonsense elsewhere."""
    return ["b"] if request.prefix.endswith("a & ") else ["unknown"]


def at(text: str, words: str, code: str, message: str = "", language: str = "verilog", path: str = PATH) -> Fault:
    start = text.index(words)
    span = LineIndex(text).span(start, start + len(words))
    return fault(text, Finding(path, span, Severity.ERROR, code, message, "slang"), language, path)


async def test_what_is_filled_in_becomes_a_fix() -> None:
    model = FakeChat(fills=names)
    search, _ = await searched(model)
    (fix,) = search.fixes
    assert apply_edits(FAULTY, fix.edits) == MENDED
    assert fix.title == "Replace 'bb' by 'b' on line 2 (proposed by tiny-coder; accepted by slang)"
    assert fix.proposer == "cloze" and fix.guessed
    assert len(model.asked) == 1, "once a fix is proven nothing more is asked"


async def test_the_model_reads_what_the_tool_says_and_not_what_is_masked() -> None:
    model = FakeChat(fills=names)
    await searched(model)
    (request,) = model.asked
    assert "// ERROR: use of undeclared identifier 'bb'\n    wire both = a & " in request.prefix
    assert request.suffix.startswith("\n    assign y"), "what follows on the line is where its text is cut off"
    assert request.prompt.startswith("<|fim_prefix|>") and request.n == 1 and request.temperature == 0


async def test_first_the_likeliest_of_every_mask_then_several_of_each() -> None:
    model = FakeChat(fills=lambda request: ["unknown"])
    search, attempts = await searched(model)
    assert search.fixes == () and 0 < len(attempts) <= TRIED[Cost.MODEL]
    cold = [request for request in model.asked if not request.temperature]
    warm = model.asked[len(cold) :]
    assert 1 < len(cold) <= MASKS and len(warm) == len(cold)
    assert all(request.n == DRAWS and request.temperature > 0 for request in warm)


async def test_what_it_writes_most_often_is_tried_first() -> None:
    model = FakeChat(fills=lambda request: ["a", "b", "b"] if request.temperature else ["unknown"])
    search, attempts = await searched(model)
    first = next(one for one in attempts if isinstance(one.verdict, Proof))
    assert apply_edits(FAULTY, first.candidate.edits) == MENDED
    assert len(search.fixes) == 2 and all(fix.ambiguous for fix in search.fixes), "which one is meant nobody knows"


@pytest.mark.parametrize(
    ("language", "path", "text", "words", "kinds"),
    [
        ("verilog", PATH, FAULTY, "bb", {Kind.POINTED: "bb", Kind.LINE: "wire both = a & bb;"}),
        ("verilog", PATH, FAULTY, "bb", {Kind.EXPRESSION: "a & bb"}),
        (
            "systemverilog",
            "/d/a.sv",
            "module m(input a,b, output reg y);\nalways_comb begin\n  if (a & (b | cc))\n    y = a;\nend\nendmodule\n",
            "cc",
            {Kind.POINTED: "cc", Kind.EXPRESSION: "b | cc", Kind.LINE: "if (a & (b | cc))"},
        ),
        (
            "c",
            "/f/main.c",
            "int main(void) {\n    int n = count(3) + 1;\n    return n;\n}\n",
            "count",
            {Kind.POINTED: "count", Kind.EXPRESSION: "count(3) + 1", Kind.LINE: "int n = count(3) + 1;"},
        ),
        (
            "cuda-cpp",
            "/g/k.cu",
            "__global__ void k(float *x, int n) {\n    int i = blockIdx.x * blockDim.x + threadIdx.q;\n}\n",
            "q",
            {Kind.POINTED: "q", Kind.EXPRESSION: "blockIdx.x * blockDim.x + threadIdx.q"},
        ),
        (
            "python",
            "/t/k.py",
            "import triton.language as tl\ndef kernel(x, n: tl.constexpr):\n    i = tl.arrange(0, n)  # lanes\n",
            "arrange",
            {Kind.POINTED: "arrange", Kind.LINE: "i = tl.arrange(0, n)"},
        ),
    ],
)
def test_what_is_masked(language: str, path: str, text: str, words: str, kinds: dict[Kind, str]) -> None:
    found = {mask.kind: text[mask.start : mask.end] for mask in masks(at(text, words, "Bad", "", language, path))}
    assert {kind: found.get(kind) for kind in kinds} == kinds


def test_a_syntax_fault_is_a_gap_first() -> None:
    text = FAULTY.replace("bb;", "b")
    first = masks(at(text, "assign y", "ExpectedToken", "expected ';'"))[0]
    assert (first.kind, first.start, first.end) == (Kind.GAP, text.index("a & b") + 5, text.index("a & b") + 5)


CHEATS: dict[str, str] = {
    "nothing": "",
    "blanks": "  \n\n  ",
    "what was there": "bb",
    "prose": "Here is the corrected code that declares bb:",
    "a fence": "```verilog\nb;\n```\nIt works.",
    "a comment": "// b",
    "opens a comment": "b /* ",
    "closes the module": "b;\nendmodule",
    "closes the module on its line": "b; endmodule module rest (input q); wire bb = q",
    "a constant": "1'b0",
    "a pragma": "/* verilator lint_off ALL */ b",
    "a directive": "`ifdef NEVER\nb\n`endif",
    "special tokens": "<|im_end|><|endoftext|>unknown",
    "1 MB": "b | " * 250_000,
    "half a character": "b\ud83d",
    "a zero": "b\0",
}


@pytest.mark.parametrize("name", CHEATS)
async def test_no_cheat_gets_through(name: str) -> None:
    model = FakeChat(fills=lambda request: [CHEATS[name]])
    search, _ = await searched(model)
    # A model that says what belongs there and goes on is read up to there.
    honest = (
        *("a fence", "opens a comment", "a pragma", "half a character", "a zero"),
        *(one for one in CHEATS if "closes" in one),
    )
    assert not search.fixes or name in honest
    assert all(apply_edits(FAULTY, fix.edits) == MENDED for fix in search.fixes)
    assert len(model.asked) <= 2 * MASKS


@pytest.mark.parametrize("model", [Gone(), FakeChat(can_chat=False, fills=lambda request: [])])
async def test_a_model_that_says_nothing_proposes_nothing(model: FakeChat) -> None:
    search, attempts = await searched(model)
    assert search.fixes == () and attempts == []


async def test_giving_up_ends_what_the_model_writes() -> None:
    model = FakeChat(fills=lambda request: ["b"], pause=3600.0)
    task = asyncio.create_task(searched(model))
    await model.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert model.ended == 1


async def test_inside_a_comment_or_a_string_nothing_is_filled_in() -> None:
    text = FAULTY.replace("    assign y", '    // bb is odd\n    initial $display("bb");\n    assign y')
    for place in (text.index("bb is"), text.index('bb")')):
        span = LineIndex(text).span(place, place + 2)
        model = FakeChat(fills=lambda request: ["b"])
        await searched(model, fault(text, Finding(PATH, span, Severity.ERROR, "Odd", "odd", "slang")))
        lines = [request.prefix.rpartition("\n")[2] for request in model.asked]
        assert not any("//" in line or line.count('"') % 2 for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "module",
        "x" * 100_000,
        "(" * 5_000,
        "begin " * 2_000,
        '"',
        "/*",
        "\r\r\n\r",
        "𝔸🙂 " * 50,
        "`define X \\",
    ],
)
@pytest.mark.parametrize(("language", "path"), [("verilog", PATH), ("c", "/a.c"), ("python", "/a.py")])
async def test_odd_texts_do_not_crash_it(text: str, language: str, path: str) -> None:
    model = FakeChat(fills=lambda request: ["b"])
    await searched(model, fault(text, None, language, path))
    assert len(model.asked) <= 2 * MASKS


async def test_crlf_and_astral_characters_stay() -> None:
    text = FAULTY.replace("wire both", "/* 𝔸🙂 */ wire both").replace("\n", "\r\n")
    search, _ = await searched(FakeChat(fills=names), fault(text))
    (fix,) = search.fixes
    assert apply_edits(text, fix.edits) == text.replace("bb", "b")
