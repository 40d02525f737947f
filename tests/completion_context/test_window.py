"""The window: within its budget, the same from key to key, and never a crash."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from completion_holes import hole, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.completion import prompt, window
from signoff.completion.context import Hole, hole_at
from signoff.completion.model.protocol import Budget, Description
from signoff.completion.window import Window, read
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

ROOT = Path(__file__).resolve().parents[2]
LONG = "".join(f"  wire [7:0] net_{number};\n" for number in range(400))
MODULE = f"// licence\n// more licence\n\nmodule top #(parameter W = 8) (input clk);\n{LONG}"
LAPTOP = Description("laptop", "local", "qwen", Budget(450, 64, 200), local=True)
SERVER = Description("server", "openai", "qwen", Budget(3000, 750, 1500))
SUFFIX_FIRST = Description("suffix first", "openai", "seed-coder", Budget(450, 200, 200))

# Files of ours that somebody might type, and their language.
FILES = [
    ("docs/examples/uart_tx.v", "verilog"),
    ("docs/examples/traffic_light.sv", "systemverilog"),
    ("docs/examples/rmsnorm.cu", "cuda-cpp"),
    ("docs/examples/firmware/startup_stm32f407.c", "c"),
    ("completion/signoff/completion/gather.py", "python"),
    ("verifiers/signoff/verifiers/workers.py", "python"),
]


def at(text: str, offset: int, language: str = "verilog") -> Hole | None:
    """The hole at an offset of a text."""
    return hole_at(Snapshot("file:///m", "/m", language, 1, text), *LineIndex(text).position(offset))


def test_budget_is_kept_and_the_module_s_head_is_read() -> None:
    seen = read(None, hole(f"{MODULE}  |\n{LONG}"), Budget(prefix=400, suffix=70), characters=3.0)
    assert len(seen.prefix) <= 1200
    assert len(seen.suffix) <= 210
    assert seen.prefix.startswith("module top #(parameter W = 8) (input clk);\n")
    assert seen.prefix.endswith("wire [7:0] net_399;\n  ")


def test_a_licence_is_not_read() -> None:
    seen = read(None, hole("/*\n * Copyright 2020\n */\n// a counter\nmodule m;\n  |\n"), Budget())
    assert seen.prefix == "module m;\n  "


def test_a_short_remark_above_the_code_is() -> None:
    assert read(None, hole("// a counter\nmodule m;\n  |\n"), Budget()).prefix == "// a counter\nmodule m;\n  "


def test_the_head_of_a_function_and_its_includes() -> None:
    body = "".join(f"  total += values[{number}];\n" for number in range(300))
    text = f"#include <stdio.h>\n\n__global__ void\nsum(const float *values,\n    int n)\n{{\n{body}  |\n}}\n"
    seen = read(None, hole(text, "cuda-cpp"), Budget(prefix=300, suffix=20))
    assert seen.head == "#include <stdio.h>\n__global__ void\nsum(const float *values,\n    int n)\n{\n"


def test_the_head_of_a_method_and_its_class() -> None:
    body = "".join(f"        self.total += values[{number}]\n" for number in range(300))
    text = f"import math\n\nclass Sum:\n    def other(self): ...\n\n    def add(self, values):\n{body}        |\n"
    seen = read(None, hole(text, "python"), Budget(prefix=300, suffix=20))
    assert seen.head == "import math\nclass Sum:\n    def add(self, values):\n"


def test_line_ends_and_the_byte_order_mark_are_no_part_of_it() -> None:
    seen = read(None, hole("\ufeffmodule m;\r\n  |\r\nendmodule\r\n"), Budget())
    assert (seen.prefix, seen.suffix) == ("module m;\n  ", "\nendmodule\n")


def test_the_suffix_is_read_as_it_was_while_little_of_it_changes() -> None:
    below = "".join(f"  assign y[{number}] = a[{number}] & b;\n" for number in range(30))
    before = read(None, hole(f"module m;\n  |\n  wire c;\n{below}"), Budget(suffix=300))
    edited = read(before, hole(f"module m;\n  |\n  wire c;\n{below.replace('a[20]', 'q[20]')}"), Budget(suffix=300))
    assert edited.suffix == before.suffix
    nearer = read(before, hole(f"module m;\n  |\n  wire d;\n{below}"), Budget(suffix=300))
    assert nearer.suffix != before.suffix
    assert nearer.suffix == read(None, hole(f"module m;\n  |\n  wire d;\n{below}"), Budget(suffix=300)).suffix


def test_what_is_written_far_above_moves_the_window_with_its_text() -> None:
    text = f"{MODULE}  wire [1:0] "
    before = read(None, hole(text + "|\n"), Budget(prefix=400))
    after = read(before, hole(text.replace("net_1;", "net_1; // the first\n  wire more;") + "|\n"), Budget(prefix=400))
    assert after.prefix == before.prefix
    assert after.start > before.start


def test_going_far_up_begins_a_new_window() -> None:
    text = f"{MODULE}{LONG}"
    end = at(text + "  ", len(text) + 2)
    middle = at(text, text.index("  wire [7:0] net_200;"))
    assert end is not None
    assert middle is not None
    seen = read(read(None, end, Budget(prefix=400)), middle, Budget(prefix=400))
    assert seen.prefix.endswith("wire [7:0] net_199;\n")


def same(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )


def shares(text: str, language: str, known: Description, chance: random.Random) -> list[float]:
    """What share of the prompt before the cursor is the same as at the key before, for each key of a replay."""
    start = text.find("\n", chance.randrange(max(len(text) - 1000, 1))) + 1
    typed, below = text[start : start + 400], text[start + 400 :]
    below = below[below.find("\n") :] if "\n" in below else "\n"
    found: list[float] = []
    seen: Window | None = None
    before = ""
    for end in range(len(typed)):
        if chance.random() < 0.02:  # somebody changes a little below
            below = below.replace("0", "1", 1)
        place = at(text[:start] + typed[:end] + below, start + end, language)
        if place is None:
            continue
        seen = read(seen, place, known.budget)
        asked = prompt.build(place, known, (), max_tokens=96, read=seen).prompt
        # Up to the cursor: with the suffix first, all of it.
        cursor = asked.rindex(seen.body[-200:]) + len(seen.body[-200:]) if seen.body else len(asked)
        if before:
            found.append(same(before, asked) / max(cursor, 1))
        before = asked
    return found


@pytest.mark.parametrize("known", [LAPTOP, SERVER, SUFFIX_FIRST], ids=lambda known: known.name)
def test_a_prompt_s_beginning_stays_while_one_types(known: Description) -> None:
    """A server reads on where the new prompt leaves the old one: 95 % of it has to be the same at 95 % of the keys."""
    chance = random.Random(5)
    found = [
        share for name, language in FILES for share in shares((ROOT / name).read_text("utf-8"), language, known, chance)
    ]
    # The key itself is new, so the last character does not count.
    kept = sum(share >= 0.95 - 0.005 for share in found) / len(found)
    print(f"{known.name}: {kept:.2%} of {len(found)} keys keep 95 % of the prompt before the cursor")
    assert kept >= 0.95


TEXTS = st.text(alphabet=st.sampled_from("ab (){}[];\n\r\t\"'/*#`é𝄞\ud800\ufeff"), max_size=300)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(0, 300), st.sampled_from(["verilog", "c", "python", "cuda-cpp", "other"]), st.integers(0, 60))
def test_any_text_is_read_within_its_budget(text: str, offset: int, language: str, room: int) -> None:
    place = Hole(language, text[:offset], text[offset:], 0, 0, True)
    budget = Budget(prefix=room, suffix=room // 2)
    seen = None
    for _ in range(2):
        seen = read(seen, place, budget)
        assert len(seen.prefix) <= max(room * window.CHARACTERS, 1)
        assert len(seen.suffix) <= room // 2 * window.CHARACTERS
        assert seen.prefix.encode("utf-8") is not None
        assert "\r" not in seen.prefix + seen.suffix


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20), TEXTS), max_size=8), st.integers(1, 60))
def test_the_window_after_any_edits_ends_at_the_cursor(edits: list[tuple[int, int, str]], room: int) -> None:
    text, seen = LONG[:800], None
    for offset, length, new in edits:
        offset = min(offset, len(text))
        text = text[:offset] + new + text[offset + length :]
        end = offset + len(new)
        seen = read(seen, Hole("verilog", text[:end], text[end:], 0, 0, True), Budget(room, room))
        expected = read(None, Hole("verilog", text[:end], text[end:], 0, 0, True), Budget(10_000, 10)).prefix
        assert expected.endswith(seen.body[-(room // 3) :])


def test_twenty_thousand_lines() -> None:
    text = "module m;\n" + "".join(f"  wire n{number};\n" for number in range(20_000))
    document, line, column = snapshot(text + "  assign |\nendmodule\n")
    place = hole_at(document, line, column)
    assert place is not None
    seen = read(None, place, Budget(450, 64))
    assert seen.prefix.startswith("module m;\n")
    assert read(seen, place, Budget(450, 64)) == seen


def test_similar_is_what_the_longest_common_subsequence_says() -> None:
    chance, alike = random.Random(5), 0
    for _ in range(600):
        one = chance.choices("abcdef", k=chance.randrange(30))
        other = list(one)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(other) + 1)
            other[at : at + chance.randrange(2)] = chance.choices("abcdef", k=chance.randrange(2))
        enough = 2 * _common(one, other) >= 0.9 * (len(one) + len(other))
        assert window.similar(one, other, 0.9) == enough, (one, other)
        alike += enough
    assert 100 < alike < 550


def _common(one: list[str], other: list[str]) -> int:
    """The length of the longest common subsequence, by the table of all pairs."""
    row = [0] * (len(other) + 1)
    for word in one:
        now = [0]
        for number, known in enumerate(other):
            now.append(row[number] + 1 if word == known else max(row[number + 1], now[-1]))
        row = now
    return row[-1]
