"""Requests: equal bytes for equal surroundings, passages where they belong."""

from __future__ import annotations

from completion_holes import hole

from signoff.completion import prompt
from signoff.completion.model.protocol import Description
from signoff.completion.passage import Passage

QWEN = Description("qwen2.5-coder", "local", "qwen")
PORTS = Passage("rtl/fifo.v", "module fifo(input clk, output full);", why="ports of fifo")
REST = Passage("", "ports of fifo not connected yet: full", near=True)


def test_equal_holes_give_equal_bytes_and_one_line_stops_at_its_end() -> None:
    request = prompt.build(hole("a = |;\n"), QWEN, (), max_tokens=8)
    assert request == prompt.build(hole("a = |;\n"), QWEN, (), max_tokens=8)
    assert request.prompt == "<|fim_prefix|>a = <|fim_suffix|>;\n<|fim_middle|>"
    assert request.stop[0] == "\n"
    assert len(request.stop) <= 4


def test_a_block_goes_beyond_its_line() -> None:
    assert "\n" not in prompt.build(hole("initial begin\n  |\nend\n"), QWEN, (), max_tokens=8).stop


def test_passages_of_a_family_without_its_own_form_are_comments_at_the_top() -> None:
    request = prompt.build(hole("module m;\n  fifo |\n"), Description("some", "openai", ""), (PORTS,), max_tokens=8)
    assert request.prompt.startswith("// rtl/fifo.v\n// module fifo(input clk, output full);\nmodule m;\n")
    assert request.prefix == "module m;\n  fifo "
    assert request.passages == (PORTS,)


def test_what_concerns_the_statement_stands_right_above_its_line() -> None:
    request = prompt.build(hole("module m;\n  fifo f (\n    .|\n"), QWEN, (PORTS, REST), max_tokens=8)
    assert request.prefix == "module m;\n  fifo f (\n// ports of fifo not connected yet: full\n    ."
    assert request.prefix in request.prompt
    assert request.passages == (PORTS,)


def test_python_has_its_own_comments() -> None:
    request = prompt.build(hole("x = |", "python"), QWEN, (REST,), max_tokens=8)
    assert request.prefix == "# ports of fifo not connected yet: full\nx = "


def test_several_candidates_in_one_request() -> None:
    assert prompt.build(hole("a = |;\n"), QWEN, (), max_tokens=8, n=3, temperature=0.6, seed=7).n == 3
