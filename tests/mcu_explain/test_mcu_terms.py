"""The table of words: every entry has a title, a text and a source, and names only facts that a part can have."""

from __future__ import annotations

import pytest
from mcu_texts import F407, FOREIGN

from signoff.diagnostics.explain.mcu_terms import PLACEHOLDER, VALUES, terms, word_text
from signoff.diagnostics.explain.mcu_text import frequency, runs, size


@pytest.mark.parametrize("word", sorted(terms()))
def test_every_word(word: str) -> None:
    term = terms()[word]
    assert term.title
    assert term.source
    found = [match["field"] for match in PLACEHOLDER.finditer(term.text)]
    assert set(found) <= set(VALUES)
    assert term.text.count("{") == len(found)
    for part in (F407, FOREIGN, None):
        text = word_text(word, part)
        assert text is not None
        assert "{" not in text
        assert "None" not in text
        assert len(text.splitlines()) >= 3


def test_every_fact_is_known_of_our_part_and_used() -> None:
    used = {match["field"] for term in terms().values() for match in PLACEHOLDER.finditer(term.text)}
    assert used == set(VALUES)
    assert all(value(F407) for value in VALUES.values())


def test_a_line_whose_number_is_not_known_is_left_out() -> None:
    known, unknown = word_text("NVIC_SetPriority", F407), word_text("NVIC_SetPriority", None)
    assert known is not None
    assert unknown is not None
    assert "16 levels" in known
    assert "levels" not in unknown
    assert "HAL_Delay in a handler" in unknown
    assert "8 levels" in (word_text("NVIC_SetPriority", FOREIGN) or "")


def test_numbers_as_people_write_them() -> None:
    assert [frequency(hz) for hz in (168_000_000, 950_000, 32_000)] == ["168 MHz", "0.95 MHz", "32 kHz"]
    assert [size(count) for count in (0, 4, 1024, 1300)] == ["0 B", "4 B", "1 KiB", "1,300 B"]


def test_runs_of_names() -> None:
    assert runs(["TIM1", "TIM10", "TIM2", "TIM3"]) == "TIM1 to TIM3, TIM10"
    assert runs(["GPIOC", "GPIOA", "GPIOB"]) == "GPIOA to GPIOC"
    assert runs(["TIM2", "TIM5"]) == "TIM2, TIM5"
    assert runs(["FSMC_Bank1", "FSMC_Bank1E", "FSMC_Bank2_3"]) == "FSMC_Bank1, FSMC_Bank1E, FSMC_Bank2_3"
    assert runs(["RCC"]) == "RCC"
    assert runs([]) == ""
