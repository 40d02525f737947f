"""What the model reads, and that it stays the same while the user types."""

import itertools

import pytest
from completion_holes import hole, snapshot

from signoff.completion import fim, prompt
from signoff.completion.context import hole_at, read
from signoff.completion.model.protocol import Budget, Description

LONG = "".join(f"  wire [7:0] net_{number};\n" for number in range(400))
MODULE = f"// licence\n// more licence\n\nmodule top #(parameter W = 8) (input clk);\n{LONG}"


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("module m;\n  |\nendmodule", True),
        ("module m;\n  assign y = |\nendmodule", False),
        ("module m;\n  assign y = |;\nendmodule", False),
        ("always @(posedge clk) begin|\nend", True),
        ("always @(posedge clk) begin : count|\nend", True),
        ("always @*|\n", True),
        ("  if (rst)|\n", True),
        ("  counter u(|\n", True),
        ("  q <= d;|\n", False),
    ],
)
def test_a_block_is_asked_for_where_a_new_line_is_meant(text: str, block: bool) -> None:
    assert hole(text).block is block


@pytest.mark.parametrize("text", ["// a no|te\n", "/* a |\n*/", '$display("a|");', "wire a; //|"])
def test_no_hole_in_a_comment_or_a_string(text: str) -> None:
    assert hole_at(*snapshot(text)) is None


@pytest.mark.parametrize("text", ["wire a; |// note", '$display("a"|);', "/* note */|", "x = 4'b0|;"])
def test_a_hole_beside_a_comment_or_a_string(text: str) -> None:
    assert hole_at(*snapshot(text)) is not None


def test_missing_closers() -> None:
    assert hole("module m;\n  initial begin\n    |\n").missing == ("end", "endmodule")
    assert hole("module m;\n  initial begin\n    |\n  end\nendmodule").missing == ()


def test_budget_is_kept_and_the_module_s_head_is_read() -> None:
    prefix, suffix = read(hole(f"{MODULE}  |\n{LONG}"), Budget(prefix=1200, suffix=200))
    assert len(prefix) <= 1200
    assert len(suffix) <= 200
    assert prefix.startswith("module top #(parameter W = 8) (input clk);\n")
    assert prefix.endswith("wire [7:0] net_399;\n  ")


def test_the_prompt_s_beginning_stays_while_typing() -> None:
    """A server's cache holds only if the new prompt begins with the old one's prefix."""
    typed = "  assign y = a & b;\n  assign z = a | b;\n"
    prefixes = [read(hole(f"{MODULE}{typed[:end]}|"), Budget(prefix=1200))[0] for end in range(len(typed))]
    kept = [later.startswith(earlier) for earlier, later in itertools.pairwise(prefixes)]
    assert kept.count(False) <= 1


def test_facts_stand_first_as_comments() -> None:
    prefix, _ = read(hole("module m;\n|"), Budget(), ("module fifo(input clk, output full);",))
    assert prefix == "// module fifo(input clk, output full);\nmodule m;\n"


def test_equal_holes_give_equal_bytes_and_one_line_stops_at_its_end() -> None:
    known = Description("qwen2.5-coder", "local", "qwen")
    request = prompt.build(hole("a = |;\n"), known, (), max_tokens=8)
    assert request == prompt.build(hole("a = |;\n"), known, (), max_tokens=8)
    assert request.prompt == "<|fim_prefix|>a = <|fim_suffix|>;\n<|fim_middle|>"
    assert request.stop[0] == "\n"
    assert len(request.stop) <= 4


def test_text_that_looks_like_a_template_is_text() -> None:
    assert fim.render("qwen", "{suffix}", "S")[0] == "<|fim_prefix|>{suffix}<|fim_suffix|>S<|fim_middle|>"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen"),
        ("qwen2.5-coder:7b-base", "qwen"),
        ("bigcode/starcoder2-3b", "starcoder"),
        ("deepseek-ai/deepseek-coder-1.3b-base", "deepseek"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("codellama/CodeLlama-7b-hf", "codellama"),
        ("ibm-granite/granite-4.0-micro", "granite4"),
        ("google/codegemma-2b", "codegemma"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
        ("meta-llama/Llama-3.1-8B", None),
    ],
)
def test_the_family_of_a_model(name: str, family: str | None) -> None:
    found = fim.by_name(name)
    assert (found.name if found else None) == family


def test_every_template_holds_both_parts_and_few_stops() -> None:
    for row in fim.FAMILIES:
        assert row.template.count("{prefix}") == row.template.count("{suffix}") == 1
        assert len(row.stop) <= 4
        assert not any(stop.startswith(("//", "/")) for stop in row.stop)
