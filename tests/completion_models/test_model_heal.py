"""Token healing: what was typed last is written once more by the model, and left out of its answer."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion import fim
from signoff.completion.model import describe, heal
from signoff.completion.model.protocol import Description, Piece, Request

KNOWN = Description("m", "local", "qwen", local=True, spm=True)


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("assign y = dat", " dat"),
        ("assign y = ", " "),
        ("begin\n\t\t", "\t\t"),
        ("a.b", "b"),
        ("(x)", ""),
        ("", ""),
        ("caf\u00e9", "caf\u00e9"),
        ("x" * 500, ""),
    ],
)
def test_the_word_that_is_being_typed_and_the_blank_before_it(prefix: str, end: str) -> None:
    assert heal.end_of(prefix) == end


async def _cut(text: str, cuts: list[int], candidate: int = 0) -> AsyncIterator[Piece]:
    borders = sorted({0, *(at for at in cuts if at < len(text)), len(text)})
    for start, end in itertools.pairwise(borders):
        yield Piece(text[start:end], candidate)
    yield Piece("", candidate, "stop")


@given(st.text("ab c", max_size=6), st.text("xyz\n", max_size=12), st.lists(st.integers(1, 18), max_size=6))
async def test_however_the_answer_is_cut_it_comes_without_what_was_typed(
    typed: str, rest: str, cuts: list[int]
) -> None:
    pieces = [piece async for piece in heal.without(_cut(typed + rest, cuts), typed, 1)]
    assert "".join(piece.text for piece in pieces) == rest
    assert [piece.finish for piece in pieces].count("stop") == 1


def test_a_grammar_holds_what_was_typed_as_plain_text() -> None:
    assert heal.grammar('\t"a\\') == 'root ::= "\\t\\"a\\\\" [^\\x00]*'


def test_the_text_before_the_cursor_comes_last_and_keeps_what_was_typed_when_made_shorter() -> None:
    prefix = "".join(f"line{number};\n" for number in range(30)) + "assign y = dat"
    prompt, _ = fim.render("qwen", "P", "S", spm=True)
    assert prompt == "<|fim_prefix|><|fim_suffix|>S<|fim_middle|>P"
    less = describe.shorter(Request("", prefix, "S", heal=" dat"), KNOWN)
    assert less is not None
    assert less.prompt.endswith(";\nassign y =")
    assert less.prefix.endswith("assign y = dat")
