"""What decides whether a place is read: the same for each key, another under other conditions; long files too."""

from __future__ import annotations

import re

from completion_holes import hole

from signoff.completion import probe

BLOCK = "`ifdef A\nmodule m{0};\n  xbegin : y\n  if (W > {0}) begin : g{0}\n    wire w;\n  end\nendmodule\n`endif\n"


def scene(text: str, language: str = "verilog") -> str:
    return probe.scene(hole(text, language))


def test_lines_that_decide_are_found_in_order_in_files_of_many_pieces() -> None:
    text = "".join(BLOCK.format(number) for number in range(300)) + "module last;\n"
    kept = [line for line in text.split("\n") if re.match(r"`|module|endmodule|.*\bbegin :", line)]
    assert scene(text + "  assign y = |;\n") == "\n".join(["0", *kept])


def test_a_key_changes_nothing_and_a_condition_does() -> None:
    head = "module m;\n  if (W > 4) begin : wide\n"
    assert scene(f"{head}    assign y = |;\n") == scene(f"{head}    wire x;\n    assign y = a|;\n")
    assert scene(f"{head}    |\n") != scene(f"{head.replace('4', '5')}    |\n")
    assert scene(f"{head}    |\n") != scene(f"`ifdef A\n{head}    |\n")


def test_in_c_the_conditions_and_the_function_decide() -> None:
    one, other = "int f(void) {\n  int a;\n  |\n}\n", "int g(void) {\n  int a;\n  |\n}\n"
    assert scene(one, "c") != scene(other, "c")
    assert scene(f"#if A\n{one}#endif\n", "c") != scene(f"#if B\n{one}#endif\n", "c")
