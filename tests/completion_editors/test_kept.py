"""Kept characters: spans through edits, what counts as kept, when is looked, and the counters on disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from signoff.completion import kept
from signoff.completion.kept import Kept, Measured, moved, shrunk, size, still_there
from signoff.completion.tally import Row, Tally, looked_at, named, summed, taken

BEFORE = "module m;\n  assign y = "
TAKEN = "a & ~b;"
AFTER = "\nendmodule\n"
TEXT = BEFORE + TAKEN + AFTER
SPAN = (len(BEFORE), len(BEFORE) + len(TAKEN))


def edit(text: str, first: int, last: int, new: str) -> str:
    return text[:first] + new + text[last:]


@pytest.mark.parametrize(
    ("accepted", "present", "count"),
    [
        ("a & ~b;", "a & ~b;", 5),
        ("a & ~b;", "  a&~b ;", 5),
        ("a & ~b;", "a | ~b;", 4),
        ("a & ~b;", "", 0),
        ("count + 1;", "counter + 1;", 3),
        ("if (x)\n  y = 1;", "if (x) begin\r\n    y = 1;\r\n  end", 9),
        ("if (x)\n  y = 1;", "y = 1; if (x)", 5),
        ("é😋 x", "é😋 y", 2),
        ("same", "long " * 20_000 + "same", 4),
    ],
)
def test_kept_are_the_characters_of_whole_words_in_their_order(accepted: str, present: str, count: int) -> None:
    assert still_there(accepted, present) == count
    assert still_there(accepted, accepted) == size(accepted)


@pytest.mark.parametrize(
    ("first", "last", "new", "there"),
    [
        (0, 0, "// é😋\r\n", TAKEN),  # before it
        (0, 9, "", TAKEN),
        (len(TEXT), len(TEXT), "x", TAKEN),  # behind it
        (SPAN[1], SPAN[1], " // note", TAKEN),  # at its very end
        (SPAN[0], SPAN[0], "c | ", TAKEN),  # at its very start
        (SPAN[0] + 2, SPAN[0] + 3, "|", "a | ~b;"),  # inside
        (SPAN[1] - 2, SPAN[1] + 1, "c;\n\n", "a & ~c;\n"),  # over its end; the line's end stays outside
        (SPAN[1] - 2, SPAN[1] + 4, "c;\n\nEND", "  assign y = a & ~c;\n\nENDmodule\n"),  # over lines: whole ones
        (SPAN[0] - 2, SPAN[0] + 1, "= z", "= z & ~b;"),  # over its start; what is the same stays outside
        (SPAN[0], SPAN[1], "", ""),
        (0, len(TEXT), "", ""),
    ],
)
def test_a_span_goes_with_the_edits(first: int, last: int, new: str, there: str) -> None:
    start, end = moved(SPAN, TEXT, first, last, new)
    present = edit(TEXT, first, last, new)
    assert present[start:end] in (there, there.removeprefix("= "))


def test_an_undone_text_comes_back_to_its_place() -> None:
    empty = moved(SPAN, TEXT, *SPAN, "")
    assert empty == (SPAN[0], SPAN[0])
    assert moved(empty, BEFORE + AFTER, SPAN[0], SPAN[0], TAKEN) == SPAN


def test_a_formatter_that_replaces_everything_does_not_lose_it() -> None:
    lines = "".join(f"  wire w{number};\n" for number in range(50))
    more = lines.replace(" w", " v").replace("vire", "wire")
    before = f"module m;\n{lines}  assign y = a & ~b;\n{more}endmodule\n"
    start = before.index(TAKEN)
    after = before.replace("  wire w7;\n", "  wire  w7;\n").replace("  wire v40;\n", "\n    wire v40;\n")
    after = after.replace("  assign y = a & ~b;", "    assign y = (a & ~b);")
    place = moved((start, start + len(TAKEN)), before, 0, len(before), after)
    assert after[place[0] : place[1]] == "    assign y = (a & ~b);\n"
    assert still_there(TAKEN, after[place[0] : place[1]]) == 5


def test_spans_of_any_edits_stay_within_the_text_and_hold_what_is_not_touched() -> None:
    chance = random.Random(5)
    for _ in range(300):
        text, span = TEXT, SPAN
        for _ in range(8):
            first = chance.randrange(len(text) + 1)
            last = min(len(text), first + chance.choice([0, 0, 1, 5, 40]))
            new = chance.choice(["", "x", "\r\n", "😋", "a & ~b;", "end\n" * 4])
            apart = last < span[0] or first > span[1]
            there = text[span[0] : span[1]]
            span, text = moved(span, text, first, last, new), edit(text, first, last, new)
            assert 0 <= span[0] <= span[1] <= len(text)
            assert not apart or text[span[0] : span[1]] == there


def test_an_edit_is_shrunk_to_what_it_changes() -> None:
    assert shrunk("abcdef", 1, 5, "bXe") == (2, 4, "X")
    assert shrunk("abcdef", 0, 6, "abcdef") == (6, 6, "")
    assert shrunk("aaaa", 1, 2, "aa") == (2, 2, "a")


def test_it_is_looked_at_after_30_and_300_seconds_and_then_forgotten() -> None:
    watched = Kept()
    texts = {"u": TEXT}
    watched.accepted("u", "verilog", "qwen", SPAN, TAKEN, now=100.0)
    assert watched.next_due == 130.0
    assert watched.due(129.9, texts.get) == ()
    assert watched.due(130.0, texts.get) == (Measured("verilog", "qwen", 30.0, 5, 5),)
    watched.edited("u", TEXT, SPAN[0], SPAN[0] + 1, "c")
    texts["u"] = edit(TEXT, SPAN[0], SPAN[0] + 1, "c")
    assert watched.next_due == 400.0
    assert watched.due(1000.0, texts.get) == (Measured("verilog", "qwen", 300.0, 5, 4),)
    assert watched.next_due is None
    assert not watched.watches("u")


def test_a_machine_that_slept_is_looked_at_once_for_both() -> None:
    watched = Kept()
    watched.accepted("u", "verilog", "qwen", SPAN, TAKEN, now=0.0)
    assert [one.mark for one in watched.due(9999.0, {"u": TEXT}.get)] == list(kept.MARKS)


def test_a_document_that_is_closed_early_counts_as_it_is_closed() -> None:
    watched = Kept()
    watched.accepted("u", "c", "qwen", SPAN, TAKEN, now=0.0)
    watched.accepted("v", "c", "qwen", SPAN, TAKEN, now=0.0)
    found = watched.closed("u", BEFORE + "~b;" + AFTER)
    assert [(one.mark, one.kept) for one in found] == [(30.0, 3), (300.0, 3)]
    assert watched.watches("v")
    assert not watched.watches("u")


def test_blanks_alone_are_not_watched() -> None:
    watched = Kept()
    watched.accepted("u", "c", "qwen", (0, 2), "\n ", now=0.0)
    assert watched.next_due is None


def test_the_counters_add_up_over_processes_and_hold_no_text(tmp_path: Path) -> None:
    path = tmp_path / "state" / "kept.sqlite3"
    one, other = Tally(path), Tally(path)
    assert one.rows() == ()
    assert not path.exists()
    day = "2999-01-02"
    assert one.add([taken("verilog", "/models/qwen", day, 40, whole=True)])
    assert other.add([taken("verilog", "qwen", day, 10, whole=False)])
    assert one.add([looked_at(Measured("verilog", "qwen", mark, 50, 30), day) for mark in kept.MARKS])
    assert other.add([taken("c", "qwen", "2999-01-03", 7, whole=True)])
    newest, row = other.rows()
    assert newest.day == "2999-01-03"
    assert row == Row(day, "verilog", "qwen", 1, 1, 50, 50, 30, 50, 30)
    assert row.share_short == row.share_long == pytest.approx(0.6)
    assert newest.share_short is None
    first = summed(other.rows())[0]
    assert (first.day, first.language, first.characters) == ("", "verilog", 50)


def test_a_state_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "broken.sqlite3").write_bytes(b"no database" * 100)
    for tally in (Tally(tmp_path / "file" / "kept.sqlite3"), Tally(tmp_path / "broken.sqlite3")):
        assert not tally.add([taken("c", "m", "2999-01-01", 1, whole=True)])
        assert tally.rows() == ()


def test_models_are_named_without_their_folder() -> None:
    assert named("/home/me/models/qwen-7b") == "qwen-7b"
    assert named("Qwen/Qwen2.5-Coder-7B") == "Qwen2.5-Coder-7B"
    assert named("C:\\models\\qwen.gguf") == "qwen.gguf"


def test_numbers_of_long_ago_are_forgotten(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "kept.sqlite3")
    tally.add([taken("c", "m", "2001-01-01", 1, whole=True)])
    tally.add([taken("c", "m", "2999-01-01", 1, whole=True)])
    assert [row.day for row in tally.rows()] == ["2999-01-01"]
