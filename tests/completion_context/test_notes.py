"""Notes: told above a line, not taken back as the next line begins, so that the prompt only grows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signoff.completion.notes import Note, add, standing, written
from signoff.completion.passage import Passage

PORTS = Passage("", "ports of fifo: clk", near=True)
STATES = Passage("", "states: IDLE,\nRUN", near=True)


def length(passage: Passage) -> int:
    return len(passage.text)


def test_they_stand_above_their_line_without_its_indentation() -> None:
    body = "module m;\n  fifo f (\n    .clk"
    notes = add((), (PORTS, STATES), body.rindex("\n") + 1, length, 100)
    told = "module m;\n  fifo f (\n// ports of fifo: clk\n// states: IDLE,\n// RUN\n    .clk"
    assert written(body, notes, "verilog") == told
    assert "# RUN" in written("x = ", add((), (STATES,), 0, length, 100), "python")


def test_what_was_told_above_is_not_told_again_and_goes_where_there_is_no_room() -> None:
    one = add((), (PORTS,), 10, length, 40)
    assert add(one, (PORTS,), 30, length, 40) == one
    assert add(one, (STATES,), 30, length, 40) == (*one, Note(30, (STATES,)))
    assert add(one, (PORTS, STATES), 30, length, 20) == (Note(30, (PORTS, STATES)),)


def test_a_note_goes_with_a_change_above_it() -> None:
    notes = (Note(4, (PORTS,)), Note(8, (STATES,)))
    assert standing(notes, "aaaabbbbcc", "aaaabbbbccdd") == notes
    assert standing(notes, "aaaabbbbcc", "aaaabXbbcc") == notes[:1]
    assert standing(notes, "aaaabbbbcc", "aaaabb") == notes[:1]


LINES = st.lists(st.tuples(st.text("ab ", max_size=8), st.sets(st.sampled_from("PQRS"))), min_size=1, max_size=8)


@given(LINES)
def test_a_prompt_of_lines_that_are_typed_only_grows(lines: list[tuple[str, set[str]]]) -> None:
    notes: tuple[Note, ...] = ()
    before = body = ""
    for text, near in lines:
        notes = add(notes, [Passage("", one, near=True) for one in sorted(near)], len(body), length, 10_000)
        now = written(body, notes, "verilog")
        assert now.startswith(before)
        body += text + "\n"
        before = written(body, notes, "verilog")
