"""Which part of an offer was taken, however the editor puts it in."""

from __future__ import annotations

import pytest

from signoff.completion.offers import REMEMBERED, Offers
from signoff.completion.suggestion import Suggestion, Verdict
from signoff.verifiers.finding import Span

BEFORE, AFTER = "module m;\n  assign yy = aa", "\nendmodule\n"
START = len(BEFORE)
WANTED = " & bb;\n  assign z = yy;"


def suggestion(text: str = WANTED) -> Suggestion:
    return Suggestion(text, Span(1, 16, 1, 16), Verdict(("slang",)), "qwen")


class Buffer:
    """A document with one offer at START."""

    def __init__(self, wanted: str = WANTED, after: str = AFTER, crlf: bool = False) -> None:
        self.newline = "\r\n" if crlf else "\n"
        self.text = (BEFORE + after).replace("\n", self.newline)
        self.at = len(BEFORE.replace("\n", self.newline))
        self.offers = Offers()
        (self.number,) = self.offers.offered("u", "verilog", self.at, [suggestion(wanted)])

    def edit(self, first: int, last: int, new: str) -> None:
        self.offers.edited("u", self.text, first, last, new)
        self.text = self.text[:first] + new + self.text[last:]

    def put(self, new: str) -> None:
        new = new.replace("\n", self.newline)
        self.edit(self.at, self.at, new)
        self.at += len(new)


@pytest.mark.parametrize("crlf", [False, True])
def test_an_offer_taken_whole_is_found_where_it_was_put(crlf: bool) -> None:
    buffer = Buffer(crlf=crlf)
    start = buffer.at
    buffer.put(WANTED)
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.whole
    assert taken.text == WANTED
    assert taken.span == (start, buffer.at)
    assert buffer.offers.whole(buffer.number, buffer.text) is None, "it can be taken once"


def test_an_editor_that_replaces_the_word_before_it_has_taken_no_more() -> None:
    buffer = Buffer()
    buffer.edit(START - 2, START, "aa" + WANTED)
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.span == (START, START + len(WANTED))


def test_a_client_that_sends_the_whole_text_is_understood() -> None:
    buffer = Buffer()
    buffer.edit(0, len(buffer.text), BEFORE + WANTED + AFTER)
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.span == (START, START + len(WANTED))


def test_what_was_typed_of_it_was_not_accepted() -> None:
    buffer = Buffer()
    for key in " & b":
        buffer.put(key)
    buffer.put(WANTED[4:])
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.text == WANTED[4:]
    assert taken.span == (START + 4, START + len(WANTED))


def test_edits_elsewhere_move_it() -> None:
    buffer = Buffer()
    buffer.edit(0, 0, "// 😋\n")
    buffer.at += 5
    buffer.put(WANTED)
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.span == (START + 5, START + 5 + len(WANTED))


def test_a_text_that_begins_as_what_follows_is_told_apart() -> None:
    buffer = Buffer(" a;", after=" b;\nendmodule")
    buffer.put(" a;")
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.text == " a;"
    assert taken.span == (START, START + 3)


@pytest.mark.parametrize("crlf", [False, True])
def test_words_are_taken_one_after_the_other_and_then_the_rest(crlf: bool) -> None:
    buffer = Buffer(crlf=crlf)
    start = buffer.at
    places = []
    for word in (" &", " bb", ";\n"):
        buffer.put(word)
        part = buffer.offers.part(buffer.number, word.replace("\n", buffer.newline), buffer.text)
        assert part is not None
        assert not part.whole
        assert part.text == word
        assert part.span is not None
        places.append(buffer.text[slice(*part.span)])
    assert places == [" &", " bb", f";{buffer.newline}"]
    buffer.put(WANTED[7:])
    rest = buffer.offers.whole(buffer.number, buffer.text)
    assert rest is not None
    assert rest.text == WANTED[7:]
    assert rest.span == (start + len(places[0] + places[1] + places[2]), buffer.at)


def test_what_is_no_part_of_it_counts_for_nothing() -> None:
    buffer = Buffer()
    for part, number in (("", buffer.number), ("nonsense", buffer.number), (" &", 99), (" &", -1)):
        assert buffer.offers.part(number, part, buffer.text) is None
    assert buffer.offers.whole(-1, buffer.text) is None


def test_an_offer_whose_text_is_not_there_has_no_place() -> None:
    buffer = Buffer()
    taken = buffer.offers.whole(buffer.number, buffer.text)
    assert taken is not None
    assert taken.span is None


def test_only_the_last_offers_are_known_and_none_of_closed_documents() -> None:
    offers = Offers()
    numbers = [offers.offered("u", "c", 0, [suggestion()])[0] for _ in range(REMEMBERED + 1)]
    assert len(set(numbers)) == REMEMBERED + 1
    assert offers.uri(numbers[0]) is None
    assert offers.uri(numbers[-1]) == "u"
    offers.closed("u")
    assert not offers.follows("u")
