"""Golden cases of trimming, a file a language: what a model wrote, and what of it may be shown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion import candidates
from signoff.completion.context import Hole, hole_at
from signoff.verifiers.snapshot import Snapshot

FOLDER = Path(__file__).with_name("trimming")
LANGUAGES = {"verilog": "systemverilog", "c": "c", "cuda": "cuda-cpp", "python": "python"}


def hole_of(text: str, language: str) -> Hole:
    before, _, after = text.partition("|")
    line = before.count("\n")
    found = hole_at(Snapshot("file:///x", "/x", language, 1, before + after), line, len(before.rpartition("\n")[2]))
    assert found is not None
    return found


def cases() -> Iterator[tuple[str, Hole, str, str]]:
    for stem, language in LANGUAGES.items():
        data = tomllib.loads((FOLDER / f"{stem}.toml").read_text(encoding="utf-8"))
        for case in data["case"]:
            text = data["hole"][case["hole"]]
            text = text.replace("\n", "\r\n") if case.get("crlf") else text
            yield f"{stem}: {case['name']}", hole_of(text, language), case["raw"], case["text"]


CASES = list(cases())
COUNTS = {stem: sum(case[0].startswith(f"{stem}:") for case in CASES) for stem in LANGUAGES}


def test_every_language_has_its_cases() -> None:
    assert min(COUNTS.values()) >= 25


@pytest.mark.parametrize(("place", "raw", "text"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_trim(place: Hole, raw: str, text: str) -> None:
    assert candidates.trim(raw, place) == text


@pytest.mark.parametrize(("place", "raw", "text"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_model_may_be_cut_off_where_it_is_said_so(place: Hole, raw: str, text: str) -> None:
    """Asked after every character, as a stream is: the first yes must not lose anything of the candidate."""
    end = next((end for end in range(1, len(raw) + 1) if candidates.finished(raw[:end], place)), len(raw))
    assert candidates.trim(raw[:end], place) == text


@pytest.mark.parametrize(("place", "raw", "text"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_trimming_again_changes_nothing(place: Hole, raw: str, text: str) -> None:
    assert candidates.trim(text, place) == text


@given(
    st.sampled_from(CASES),
    st.text(alphabet="{}()[];:,.#'\"`|\\/*\n\r\t abendif=<>𝕏é", max_size=60),
    st.integers(0, 400),
)
def test_any_text_is_trimmed_to_a_part_of_what_was_written(
    case: tuple[str, Hole, str, str], noise: str, at: int
) -> None:
    _, place, raw, _ = case
    mixed = raw[:at] + noise + raw[at:]
    got = candidates.trim(mixed, place)
    candidates.finished(mixed, place)
    candidates.boundaries(got, place.language)
    assert "".join(got.split()) in "".join(mixed.replace("```", "").split()) or "```" in mixed
