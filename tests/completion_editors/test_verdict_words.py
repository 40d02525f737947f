"""A verdict in words: never accepted where it was not."""

from __future__ import annotations

import pytest

from signoff.completion.suggestion import Suggestion, Verdict
from signoff.lsp_server.verdicts import about, documentation, title
from signoff.verifiers.finding import Span


def suggestion(verdict: Verdict) -> Suggestion:
    return Suggestion("a & b;\n  c = d;", Span(0, 0, 0, 0), verdict, "qwen")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict(("slang",), seconds=0.0324), "qwen: accepted by slang in 32 ms"),
        (Verdict(("launch", "nvrtc")), "qwen: accepted by launch checks, NVRTC"),
        (Verdict(("nvcc front end", "gcc")), "qwen: accepted by nvcc's front end, arm-none-eabi-gcc"),
        (Verdict((), refused=("nvrtc: no x",)), "qwen: not verified: refused by NVRTC: no x"),
        (Verdict((), (("launch", "accepts it"),)), "qwen: not verified: launch checks: accepts it"),
        (Verdict(("slang",), cut=True), "qwen: accepted by slang, as far as they accept it"),
        (Verdict((), (("gcc", "not installed"),)), "qwen: not verified: arm-none-eabi-gcc: not installed"),
        (Verdict(()), "qwen: not verified: no tool judges this language"),
        (Verdict(("slang",), refused=("no such\n  name",)), "qwen: not verified: refused by no such name"),
    ],
)
def test_the_title_is_one_line(verdict: Verdict, said: str) -> None:
    assert title(suggestion(verdict)) == said
    assert about(suggestion(verdict))["verified"] is ("not verified" not in said)


def test_data_has_the_tools_own_names_and_what_they_are_called_beside_them() -> None:
    data = about(suggestion(Verdict(("slang", "nvrtc"), (("launch", "off"),))))
    assert (data["tools"], data["notRun"]) == (["slang", "nvrtc"], [["launch", "off"]])
    assert data["names"] == {"nvrtc": "NVRTC", "launch": "launch checks"}


def test_what_was_defined_to_judge_a_place_that_is_left_out_is_said() -> None:
    one = suggestion(Verdict(("gcc",), seconds=0.2, under=("USE_DMA defined", "DEPTH = 4")))
    assert title(one).endswith("accepted by arm-none-eabi-gcc with USE_DMA defined, DEPTH = 4 in 200 ms")
    assert about(one)["under"] == ["USE_DMA defined", "DEPTH = 4"]
    assert "left" not in title(one) and "it was judged with USE_DMA defined, DEPTH = 4." in documentation(one, "c")


def test_a_tool_s_long_words_are_cut_in_the_title_and_whole_in_the_documentation() -> None:
    long = "word " * 100
    one = suggestion(Verdict((), refused=(long,)))
    assert len(title(one)) < 130
    assert long in documentation(one, "verilog")


def test_the_documentation_holds_the_text_and_all_that_is_known() -> None:
    verdict = Verdict(
        ("slang",), (("verilator", "too slow"),), 0.01, (), True, "first: the likeliest", ("unused variable 'x'",)
    )
    said = documentation(suggestion(verdict), "verilog")
    assert said.startswith("```verilog\na & b;\n  c = d;\n```\nqwen: accepted by slang in 10 ms")
    assert about(suggestion(verdict))["leaves"] == ["unused variable 'x'"]
    assert "unused" not in title(suggestion(verdict))
    for part in (
        "not judged by Verilator: too slow",
        "- it leaves: unused variable 'x'",
        "The rest of what the model wrote",
        "first: the likeliest",
    ):
        assert part in said
