"""The pause before a request: by how fast one types and how fast the model answers, and always within its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion.cadence import KEYS, LEAST, MOST, THINKING, USUAL, Cadence, pause

INTERVALS = st.lists(st.floats(0.0, 5.0), max_size=60)


def typist(intervals: list[float]) -> Cadence:
    cadence, now = Cadence().key(100.0), 100.0
    for interval in intervals:
        now += interval
        cadence = cadence.key(now)
    return cadence


@given(INTERVALS, st.characters(), st.floats(0, 60), st.booleans())
def test_always_within_its_bounds(intervals: list[float], typed: str, latency: float, local: bool) -> None:
    cadence = typist(intervals)
    assert len(cadence.intervals) <= KEYS
    assert all(interval <= THINKING for interval in cadence.intervals)
    assert LEAST <= pause(cadence, typed, latency=latency, local=local) <= MOST


def test_a_new_typist_is_taken_for_a_usual_one() -> None:
    assert Cadence().beat == USUAL
    assert typist([0.05, 0.05]).beat == USUAL


@pytest.mark.parametrize("local", [False, True])
def test_who_types_faster_is_waited_for_less(local: bool) -> None:
    fast, slow = typist([0.08] * 20), typist([0.25] * 20)
    assert pause(fast, " ", latency=0.0, local=local) < pause(slow, " ", latency=0.0, local=local)


def test_it_outlasts_most_intervals_of_a_burst() -> None:
    intervals = [0.1, 0.12, 0.09, 0.11, 0.13, 0.1, 0.1, 0.3] * 3
    wait = pause(typist(intervals), " ", latency=0.0, local=True)
    assert sum(interval < wait for interval in intervals) >= 0.8 * len(intervals)


def test_pauses_for_thought_and_pastes_say_nothing_of_the_cadence() -> None:
    assert typist([0.1, 4.0, 0.1, 0.001, 0.1, 0.1]).intervals == pytest.approx((0.1, 0.1, 0.1, 0.1))


def test_a_slow_server_is_asked_earlier_and_a_slow_model_on_this_machine_is_not() -> None:
    cadence = typist([0.2] * 20)
    assert pause(cadence, " ", latency=1.0, local=False) < pause(cadence, " ", latency=0.01, local=False)
    assert pause(cadence, " ", latency=1.0, local=True) == pause(cadence, " ", latency=0.01, local=True)


def test_where_one_stops_to_think_the_pause_is_shorter_than_within_a_word() -> None:
    cadence = typist([0.2] * 20)
    waits = [pause(cadence, typed, latency=0.0, local=True) for typed in ("(", " ", "x")]
    assert waits == sorted(waits)
    assert waits[0] < waits[2]
