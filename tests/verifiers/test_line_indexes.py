"""Indexes of texts that follow from one another, as one types: the same as those that are read anew."""

from __future__ import annotations

import random

import pytest

from signoff.verifiers.text import LineIndex, common, common_end, keep, line_index


@pytest.mark.parametrize("pieces", [["a", "b", "\n", "\n\n"], ["a", "\n", "\r", "\r\n", "é\U0001f600"]])
def test_index_after_an_edit_is_the_index_of_the_text(pieces: list[str]) -> None:
    chance = random.Random(3)
    text = "".join(chance.choice(pieces) for _ in range(400))
    for _ in range(400):
        start = chance.randrange(len(text) + 1)
        end = min(start + chance.choice((0, 0, 1, 40)), len(text))
        before, text = text, text[:start] + "".join(chance.choices(pieces, k=chance.randrange(5))) + text[end:]
        assert LineIndex(before).changed(text).starts == LineIndex(text).starts
        assert line_index(text).starts == LineIndex(text).starts
        assert line_index(text).text == text
        text = text or "a"


def test_text_of_another_document_in_between() -> None:
    texts = ["a\n" * 500, "a\n" * 400 + "b" * 200, "", "x\ny", "a\n" * 501]
    for text in (*texts, *texts):
        assert line_index(text).starts == LineIndex(text).starts


def test_index_that_is_known_is_given() -> None:
    index = LineIndex("one\ntwo\n")
    keep(index)
    assert line_index("".join(["one\n", "two\n"])) is index


def test_common_beginning_and_end() -> None:
    chance = random.Random(4)
    for _ in range(2000):
        one, other = ("".join(chance.choices("ab", [9, 1], k=chance.randrange(12))) for _ in range(2))
        lengths = range(min(len(one), len(other)) + 1)
        assert common(one, other) == max(n for n in lengths if one[:n] == other[:n])
        assert common_end(one, other) == max(n for n in lengths if one[len(one) - n :] == other[len(other) - n :])
