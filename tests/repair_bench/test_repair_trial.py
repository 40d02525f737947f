"""One fault before verifiers and proposers: what counts as found, named, located, mended, and mended rightly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from repair_helpers import CLEAN, PATH, Puts, Words, about, fault, project_of, snapshot

from signoff.diagnostics import prove
from signoff.diagnostics.measure.sameness import Compare, Same
from signoff.diagnostics.measure.trial import NONE_AT_ALL, UNCLEAN, UNJUDGED, UNREAD, Bench
from signoff.diagnostics.measure.tried import Trial
from signoff.diagnostics.mutate.mutation import Mutant
from signoff.verifiers.finding import Category, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed

TYPE = Category.TYPE


def says(answer: Same) -> Compare:
    async def compare(one: Snapshot, other: Snapshot, project: Project) -> Same:
        assert one.text == CLEAN and other.text != CLEAN
        return answer

    return compare


async def tried(bench: Bench, *mutants: Mutant) -> list[Trial]:
    return [trial async for trial in bench.trials(mutants)]


async def test_a_fault_that_is_found_named_located_and_mended() -> None:
    bench = Bench([Words(about("cc", TYPE))], project_of, [Puts(("c",))])
    (trial,) = await tried(bench, fault("= c;", "= cc;"))
    assert trial.detected and trial.classified and trial.located
    repair = trial.repairs["puts"]
    assert repair.right and repair.same is Same.TEXT and repair.all_right
    assert trial.offered is repair and repair.tools == ("slang",)


async def test_what_the_clean_text_has_already_is_not_found() -> None:
    clean = about("wire c", TYPE, "Old", Severity.WARNING)
    (trial,) = await tried(Bench([Words(clean)], project_of, [], control=False), fault("= c;", "= cc;"))
    assert not trial.detected
    assert trial.offered is None


async def test_another_kind_and_a_far_line_are_found_but_not_named_nor_located() -> None:
    word = Words(lambda text: about("module top", Category.LATCH)(text) if "cc" in text else ())
    (trial,) = await tried(Bench([word], project_of, [], control=False), fault("= c;", "= cc;"))
    assert trial.detected and not trial.classified and not trial.located and not trial.located_by_any


async def test_a_line_beside_the_fault_is_near_enough() -> None:
    word = Words(lambda text: about("assign c", TYPE)(text) if "cc" in text else ())
    (trial,) = await tried(Bench([word], project_of, [], control=False), fault("= c;", "= cc;"))
    assert trial.located


async def test_a_fix_that_means_something_else_is_wrong_and_one_that_nobody_can_tell_is_neither() -> None:
    for answer, right, wrong in (
        (Same.DIFFERENT, False, True),
        (Same.UNKNOWN, False, False),
        (Same.BOUNDED, False, False),
    ):
        bench = Bench([Words(about("cc", TYPE))], project_of, [Puts(("a",))], says(answer), control=False)
        (trial,) = await tried(bench, fault("= c;", "= cc;"))
        repair = trial.repairs["puts"]
        assert (repair.same, repair.right, repair.wrong) == (answer, right, wrong)


async def test_a_fix_that_is_proven_equivalent_is_right() -> None:
    bench = Bench([Words(about("cc", TYPE))], project_of, [Puts(("a",))], says(Same.EQUIVALENT), control=False)
    (trial,) = await tried(bench, fault("= c;", "= cc;"))
    assert trial.repairs["puts"].right


async def test_proposers_are_measured_apart_and_the_cheapest_is_what_is_offered() -> None:
    proposers = [Puts(("a",), "second"), Puts(("nothing that is accepted: cc",), "first"), Puts(("c",), "third")]
    bench = Bench([Words(about("cc", TYPE))], project_of, proposers, control=False)
    (trial,) = await tried(bench, fault("= c;", "= cc;"))
    assert set(trial.repairs) == {"second", "third"}
    assert trial.offered is trial.repairs["second"]


async def test_several_fixes_of_one_proposer_are_each_judged() -> None:
    bench = Bench([Words(about("cc", TYPE))], project_of, [Puts(("a", "c"))], says(Same.DIFFERENT), control=False)
    (trial,) = await tried(bench, fault("= c;", "= cc;"))
    repair = trial.repairs["puts"]
    assert (repair.same, repair.others) == (Same.DIFFERENT, (Same.TEXT,))
    assert not repair.all_right


async def test_the_control_is_stopped_by_the_guards_and_by_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench([Words(about("cc", TYPE))], project_of, [], says(Same.DIFFERENT))
    (trial,) = await tried(bench, fault("= c;", "= cc;"))
    assert trial.control is None
    monkeypatch.setattr(prove, "_lost", lambda candidate, snapshot, text: ())
    (trial,) = await tried(bench, fault("= c;", "= cc;"))
    assert trial.control is not None and not trial.control.all_right


async def test_deleting_a_surplus_line_is_the_right_repair_and_so_no_control_that_gets_through() -> None:
    verifier = Words(about("surplus", TYPE))
    (trial,) = await tried(Bench([verifier], project_of, []), fault("  wire c;\n", "  wire c;\n  // surplus\n"))
    assert trial.control is None or trial.control.all_right


async def test_a_fault_that_nobody_finds_and_that_is_none_is_left_out() -> None:
    bench = Bench([Words(lambda text: ())], project_of, [], says(Same.EQUIVALENT))
    assert not await tried(bench, fault("= c;", "= (c);"))
    assert bench.left_out == {NONE_AT_ALL: 1}


async def test_a_testbench_that_passes_tells_of_a_repair_but_not_that_a_fault_is_none() -> None:
    bench = Bench([Words(about("cc", TYPE))], project_of, [Puts(("a",))], says(Same.TESTED), control=False)
    (mended,) = await tried(bench, fault("= c;", "= cc;"))
    assert mended.repairs["puts"].right
    (unseen,) = await tried(bench, fault("= c;", "= (c);"))
    assert not unseen.detected and not bench.left_out


async def test_one_of_simulation_only_is_kept_whatever_the_hardware() -> None:
    bench = Bench([Words(lambda text: ())], project_of, [], says(Same.EQUIVALENT))
    (trial,) = await tried(bench, fault("= c;", "= (c);", silent=True))
    assert not trial.detected


async def test_faults_of_a_file_with_errors_are_left_out() -> None:
    bench = Bench([Words(about("module", TYPE))], project_of, [])
    assert not await tried(bench, fault("= c;", "= cc;"))
    assert bench.left_out == {UNCLEAN: 1}


async def test_faults_of_a_file_that_only_checks_of_launches_judge_are_left_out_where_that_is_asked() -> None:
    for judged in (False, True):
        bench = Bench([Words(about("cc", TYPE), name="launch")], project_of, [], control=False, judged=judged)
        assert len(await tried(bench, fault("= c;", "= cc;"))) == (not judged)
        assert bench.left_out == ({UNJUDGED: 1} if judged else {})


async def test_faults_at_lines_that_no_compiler_reads_are_left_out_where_that_is_asked() -> None:
    made = fault("= c;", "= cc;")
    made = replace(
        made, clean=replace(made.clean, language="cuda-cpp"), faulty=replace(made.faulty, language="cuda-cpp")
    )
    for reads in (True, False):
        nvrtc = Words(about("@@" if reads else "never", TYPE), name="nvrtc", languages=frozenset({"cuda-cpp"}))
        bench = Bench([nvrtc], project_of, [], control=False, judged=True)
        assert len(await tried(bench, made)) == reads
        assert bench.left_out == ({} if reads else {UNREAD: 1})


async def test_what_is_left_out_does_not_count_for_what_was_asked_for() -> None:
    bench = Bench([Words(about("cc", TYPE))], project_of, [], says(Same.EQUIVALENT), control=False)
    faults = [fault("= c;", "= (c);"), fault("= c;", "= cc;"), fault("= a;", "= cc;")]
    found = [trial.mutant async for trial in bench.trials(faults, 1)]
    assert found == [faults[1]]


async def test_slow_verifiers_are_asked_only_where_they_are_wanted() -> None:
    for deep in (False, True):
        slow = Words(about("cc", TYPE), name="yosys", speed=Speed.DEEP)
        bench = Bench([Words(lambda text: ()), slow], project_of, [], control=False, deep=deep)
        (trial,) = await tried(bench, fault("= c;", "= cc;"))
        assert trial.detected is deep


async def test_a_finding_in_another_file_finds_the_fault_but_does_not_locate_it() -> None:
    elsewhere = Words(
        lambda text: [replace(one, path="/project/other.v") for one in about("cc", TYPE)(text)] if "cc" in text else []
    )
    (trial,) = await tried(Bench([elsewhere], project_of, [Puts(("c",))]), fault("= c;", "= cc;"))
    assert trial.detected and trial.classified and not trial.located
    assert not trial.repairs


def test_the_sample_is_what_the_tests_think() -> None:
    assert fault("= c;", "= cc;").faulty.text.count("cc") == 1
    assert snapshot().path == PATH
