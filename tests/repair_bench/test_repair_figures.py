"""The figures of a run: their definitions, and reports that hold with nothing in them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from repair_helpers import PATH, fault

from signoff.diagnostics.measure.figures import figures, proposers_table, rows, summary, table
from signoff.diagnostics.measure.plot import plot
from signoff.diagnostics.measure.sameness import Same
from signoff.diagnostics.measure.tried import Repair, Trial
from signoff.verifiers.finding import Category, Finding, Severity, Span

MUTANT = fault("= c;", "= cc;")
HERE = Finding(PATH, Span(3, 0, 3, 1), Severity.ERROR, "Wrong", "wrong", "slang", Category.TYPE, tools=("slang",))


def repair(same: Same, *others: Same, seconds: float = 0.1) -> Repair:
    return Repair("Mend it", "rule", "accepted by tools", ("slang",), seconds, 0.01, (), same, others)


def trial(control: Repair | None = None, **repairs: Repair) -> Trial:
    return Trial(MUTANT, (HERE,), dict(repairs), control, ("rules", "model"))


UNSEEN = Trial(MUTANT, ())


def test_repairs_are_shares_of_all_faults_and_names_of_those_found() -> None:
    found = figures([trial(rules=repair(Same.TEXT)), trial(), UNSEEN, UNSEEN])
    assert (found["faults"], found["detected"], found["classified"], found["located"]) == (4, 0.5, 1.0, 1.0)
    assert (found["offered"]["proven"], found["offered"]["right"]) == (0.25, 0.25)
    low, high = found["offered"]["right_interval"]
    assert low < 0.25 < high


def test_right_wrong_and_unknown_add_up_to_what_is_proven() -> None:
    verdicts = (Same.TEXT, Same.EQUIVALENT, Same.MACHINE_CODE, Same.DIFFERENT, Same.BOUNDED, Same.UNKNOWN)
    made = figures([trial(rules=repair(one)) for one in verdicts])["proposers"]["rules"]
    assert made["proven"] == 1.0
    assert made["right"] == pytest.approx(0.5)
    assert made["wrong"] == pytest.approx(1 / 6)
    assert made["unknown"] == pytest.approx(1 / 3)


def test_each_proposer_has_its_own_rate_and_the_first_is_offered() -> None:
    found = figures([trial(rules=repair(Same.DIFFERENT), model=repair(Same.TEXT)), trial(model=repair(Same.TEXT))])
    assert (found["proposers"]["rules"]["proven"], found["proposers"]["model"]["right"]) == (0.5, 1.0)
    assert (found["offered"]["right"], found["offered"]["wrong"]) == (0.5, 0.5)


def test_the_right_one_may_be_another_of_those_offered() -> None:
    made = figures([trial(rules=repair(Same.DIFFERENT, Same.TEXT))])["proposers"]["rules"]
    assert (made["right"], made["right_of_any"]) == (0.0, 1.0)


def test_a_control_that_gets_through_counts_unless_deleting_is_the_very_repair() -> None:
    through = [trial(repair(Same.UNKNOWN)), trial(repair(Same.TEXT, Same.DIFFERENT)), trial(repair(Same.TEXT)), trial()]
    assert figures(through)["control"] == 0.5


def test_the_groups_are_all_each_language_and_each_kind() -> None:
    assert list(summary([trial(), UNSEEN])) == ["all", "verilog", "verilog: type"]


def test_reports_hold_where_there_is_nothing() -> None:
    empty = summary([])
    assert math.isnan(empty["all"]["detected"]) and empty["all"]["offered"]["proven"] is None
    assert len(list(table(empty))) == 2
    assert len(list(proposers_table(empty))) == 1
    assert len(list(proposers_table(summary([UNSEEN])))) == 1
    assert len(list(proposers_table(summary([trial()])))) == 3


def test_the_control_stands_beside_every_rate() -> None:
    found = summary([trial(repair(Same.UNKNOWN), rules=repair(Same.TEXT)), UNSEEN])
    for lines in (list(table(found)), list(proposers_table(found))):
        end = lines[0].index("control") + len("control")
        assert all(line[:end].endswith(" 50%") for line in lines[1:])


def test_every_fault_is_plain_data() -> None:
    document = json.loads(json.dumps(rows([trial(repair(Same.UNKNOWN), rules=repair(Same.TEXT)), UNSEEN])))
    assert document[0]["lines"] == [4]
    assert document[0]["findings"][0]["line"] == 4
    assert document[0]["repairs"]["rules"]["same"] == "text"
    assert document[0]["control"]["same"] == ""
    assert (document[1]["findings"], document[1]["repairs"], document[1]["control"]) == ([], {}, None)


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("figures.svg", "figures.png"):
        plot(summary([trial(rules=repair(Same.TEXT)), UNSEEN]), tmp_path / name, "two faults")
        assert (tmp_path / name).stat().st_size > 1000
