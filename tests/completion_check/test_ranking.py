"""The order of candidates, and the reasons that are given for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signoff.completion.check import Checked
from signoff.completion.rank import rank
from signoff.verifiers.finding import Finding, Severity, Span

FAULT = Finding("/m", Span(0, 0, 0, 1), Severity.ERROR, "e", "no", "t")


def passed(text: str, **more: object) -> Checked:
    return Checked(text, ("t",), **more)  # type: ignore[arg-type]


def texts(*items: Checked, show: str = "verified") -> list[str]:
    return [item.text for item in rank(items, show=show)]


def test_only_what_passed_is_shown() -> None:
    items = (Checked("refused", ("t",), refused=(FAULT,)), Checked("unjudged"), passed("good"))
    assert texts(*items) == ["good"]
    assert texts(*items, show="verified-first") == ["good", "unjudged", "refused"]


def test_in_turn() -> None:
    plain, cut = passed("likeliest"), passed("cut", cut=True)
    worse = passed("worse", remaining=3)
    assert texts(cut, worse, plain) == ["likeliest", "worse", "cut"]
    assert texts(plain, passed("other")) == ["likeliest", "other"]


def test_a_warning_of_its_own_stands_below_none() -> None:
    warned = passed("int unused = 1;", leaves=("unused variable 'unused'",))
    first, second = rank((warned, passed("use();", remaining=2)))
    assert (first.text, second.text) == ("use();", "int unused = 1;")
    assert first.reason == "leaves no warning of its own"
    assert texts(passed("cut", cut=True), warned) == ["int unused = 1;", "cut"]


def test_agreement_counts_before_the_model_s_order() -> None:
    assert texts(passed("a;"), passed("b ;"), passed("b ;"), passed("b;")) == ["b ;", "b;", "a;"]


def test_a_text_cut_in_one_and_whole_in_another_is_whole() -> None:
    (only,) = rank((passed("a;", cut=True), passed("a;")))
    assert not only.cut


def test_reasons() -> None:
    first, second, third = rank((passed("b", remaining=1), passed("a"), passed("c", cut=True)))
    assert first.reason == "leaves fewer findings in the file"
    assert second.reason == "whole, the next is cut short"
    assert third.reason == "cut to what passes"
    refused = rank((Checked("r", ("t",), refused=(FAULT,)),), show="verified-first")
    assert refused[0].reason == "refused"


CHECKED = st.builds(
    Checked,
    text=st.sampled_from(["", "a", "b", "c"]),
    tools=st.sampled_from([(), ("t",)]),
    refused=st.sampled_from([(), (FAULT,)]),
    remaining=st.integers(0, 2),
    cut=st.booleans(),
)


@given(st.lists(CHECKED, max_size=8))
def test_each_text_once_accepted_first_and_every_place_explained(items: list[Checked]) -> None:
    ranked = rank(items, show="verified-first")
    assert sorted({item.text for item in items if item.text}) == sorted(item.text for item in ranked)
    accepted = [item.accepted for item in ranked]
    assert accepted == sorted(accepted, reverse=True)
    assert all(item.reason for item in ranked)
    assert [item.text for item in rank(items)] == [item.text for item in ranked if item.accepted]
