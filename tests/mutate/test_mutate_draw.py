"""Faults are drawn by a seed, the same everywhere; each says something else than the text it was put into."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mutate_helpers import PROJECT, document, sample

from signoff.diagnostics.mutate.draw import draw, sound
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, Splice, mutant, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

MACHINE = sample("machine.sv")
ANY = Mutator("any", Category.OTHER, lambda code: iter(()))


def drawn(files: list[Snapshot], count: int, seed: int, kinds: tuple[Category, ...] = ()) -> list[tuple[str, str]]:
    return [(made.operator, made.faulty.text) for made in draw(files, lambda path: PROJECT, count, seed, kinds)]


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    first = drawn([MACHINE], 3, 1)
    assert first == drawn([MACHINE], 3, 1)
    assert first != drawn([MACHINE], 3, 2)


def test_where_the_files_lie_and_in_which_order_changes_nothing() -> None:
    other = document(MACHINE.text.replace("machine", "engine"), path="/project/engine.sv")
    moved = [replace(one, path=one.path.replace("/project", "/elsewhere/z"), uri="") for one in (MACHINE, other)]
    assert drawn([MACHINE, other], 4, 1) == drawn(moved[::-1], 4, 1)


def test_as_many_of_each_kind_as_are_asked_for_and_no_fault_twice() -> None:
    made = draw([MACHINE], lambda path: PROJECT, 3, 1)
    assert set(Counter(one.category for one in made).values()) == {3}
    assert len({one.faulty.text for one in made}) == len(made)


def test_only_the_kinds_that_are_asked_for_and_their_ways_in_turn() -> None:
    made = draw([MACHINE], lambda path: PROJECT, 5, 1, [Category.RESET])
    assert {one.category for one in made} == {Category.RESET}
    assert len({one.operator for one in made}) == 5


def test_a_text_that_says_the_same_is_no_mutant() -> None:
    start = MACHINE.text.index("// A small")
    assert not sound(mutant(MACHINE, ANY, one(start, start + 2, "// ")), None, PROJECT)
    assert not sound(mutant(MACHINE, ANY, one(start, start, "\n\n")), None, PROJECT)


def test_two_ways_of_writing_one_sensitivity_list_are_no_mutant() -> None:
    at = MACHINE.text.index("@(*)")
    assert not sound(mutant(MACHINE, ANY, one(at, at + 4, "@*")), None, PROJECT)


def test_what_the_preprocessor_leaves_out_is_no_place_for_a_fault() -> None:
    text = "module m;\n`ifdef FAST\n  wire a = 1'b0;\n`endif\nendmodule\n"
    at = text.index("1'b0")
    change = one(at, at + 4, "1'b1")
    assert not sound(mutant(document(text), ANY, change), None, PROJECT)
    assert sound(mutant(document(text), ANY, change), None, Project("/project", defines=("FAST=1",)))


def test_one_that_must_not_parse_does_not_and_the_other_way_round() -> None:
    semicolon = MACHINE.text.index(";")
    broken, whole = one(semicolon, semicolon + 1), one(MACHINE.text.index("8'hff"), MACHINE.text.index("8'hff"), "~")
    assert sound(mutant(MACHINE, ANY, broken), False, PROJECT)
    assert not sound(mutant(MACHINE, ANY, broken), True, PROJECT)
    assert sound(mutant(MACHINE, ANY, whole), True, PROJECT)
    assert not sound(mutant(MACHINE, ANY, whole), False, PROJECT)


def test_the_lines_are_those_of_what_was_written_and_of_other_places_as_they_moved() -> None:
    snapshot = document("a\nb\nc\nd\n")
    made = mutant(snapshot, ANY, Mutation((Splice(2, 2, "x\ny\n"), Splice(4, 5, "")), also=(6,)))
    assert made.faulty.text == "a\nx\ny\nb\n\nd\n"
    assert made.lines == (1, 2, 4, 5)
    assert made.clean is snapshot


def test_slips_are_other_words() -> None:
    for word in ("clk", "data", "machine", "aaaa"):
        assert list(slips(word))
        assert word not in slips(word)
    assert not list(slips("ab"))
