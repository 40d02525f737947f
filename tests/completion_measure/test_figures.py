"""The figures of a measurement: their definitions, and reports that hold without any hole shown."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from signoff.completion.measure.complete import Answer, Tried
from signoff.completion.measure.holes import Region
from signoff.completion.measure.metrics import exact, interval, mean, quantile, share, similarity
from signoff.completion.measure.replay import Replayed
from signoff.completion.measure.report import rows, summary, table


def tried(off: Answer, on: Answer, language: str = "verilog", kind: str = "assignment") -> Tried:
    return Tried(Region("/m.v", language, kind, 0, 5), 3, "a + b;", off, on)


GOOD = Answer("a + b;", 0.2, 0.03, ("slang",), True, 1.0, ())
BAD = Answer("a + q;", 0.1, 0.0, (), False, 0.8, ("slang: use of undeclared identifier 'q'",))
NONE = Answer("", 0.3)


def test_blanks_do_not_count() -> None:
    assert exact("a  +\n b ;", "a + b ;")
    assert not exact("a+b", "a + b")
    assert similarity("abc", "abc") == 1.0
    assert 0.0 < similarity("abcd", "abxd") < 1.0


def test_quantiles_and_shares() -> None:
    assert [quantile([4, 1, 3, 2], part) for part in (0.0, 0.25, 0.5, 0.95, 1.0)] == [1, 1, 2, 4, 4]
    assert share([True, False]) == 0.5
    assert math.isnan(share([])) and math.isnan(mean([])) and math.isnan(quantile([], 0.5))


def test_the_interval_holds_the_share_and_is_wide_for_few() -> None:
    low, high = interval(5, 10)
    assert low < 0.5 < high and (high - low) > (interval(500, 1000)[1] - interval(500, 1000)[0])
    assert interval(0, 10)[0] == 0.0 and interval(0, 0) == (0.0, 1.0)


def test_what_breaks_is_counted_among_what_is_shown_and_could_be_judged() -> None:
    unjudged = Answer("x", 0.1)
    found = summary([tried(BAD, NONE), tried(GOOD, GOOD), tried(unjudged, unjudged)])["all"]
    assert (found["off"]["shown"], found["off"]["judged"], found["off"]["broken"]) == (1.0, 2, 0.5)
    assert found["on"]["shown"] == pytest.approx(2 / 3) and found["on"]["broken"] == 0.0
    assert found["on"]["verified"] == pytest.approx(1 / 3)


def test_reports_by_language_and_kind_hold_where_nothing_was_shown() -> None:
    found = summary([tried(NONE, NONE), tried(GOOD, GOOD, "c", "block")])
    assert list(found) == ["all", "verilog", "c", "verilog: assignment", "c: block"]
    lines = list(table(found))
    assert len(lines) == 1 + 2 * len(found) and "not judged" in "".join(lines)
    json.dumps(rows([tried(NONE, GOOD)]))


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from signoff.completion.measure.plot import plot

    plot(summary([tried(BAD, NONE), tried(GOOD, GOOD)]), tmp_path / "figures.svg", "fake-model")
    assert "<svg" in (tmp_path / "figures.svg").read_text(encoding="utf-8")


def test_the_picture_of_a_replay_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from signoff.completion.measure.plot import plot_replay

    figures = Replayed(keystrokes=9, requests=2).figures()
    plot_replay({"signoff": figures, "plain": figures}, tmp_path / "replay.png", "m.v")
    assert (tmp_path / "replay.png").read_bytes().startswith(b"\x89PNG")
