"""How texts are judged: what refuses them, what does not, what is tried instead, and what is never called verified."""

from __future__ import annotations

import asyncio

import pytest
from judging_fakes import Told, blaming, checker

from signoff.completion.runs import Runs
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.finding import NOT_JUDGED, Category, Outcome, Severity, Status

# What whether a place is read is found out with.
SPOILT = "_signoff_probe"
BLOCK = "int f(void) {\n  old;\n  ¦\n  return late;\n}\n"
LINE = "int f(void) {\n  x = ¦\n}\n"


async def test_what_was_there_before_refuses_nothing() -> None:
    checked = await checker(BLOCK, Told(blaming("old", "late", SPOILT))).check("a();\n  b();")
    assert checked.accepted
    assert checked.tools == ("told",)
    assert (checked.remaining, checked.cut, checked.refused) == (2, False, ())
    assert checked.seconds > 0


async def test_a_second_fault_of_a_kind_refuses() -> None:
    checked = await checker(BLOCK, Told(blaming("old", SPOILT))).check("old;")
    assert not checked.accepted
    assert [one.message for one in checked.refused] == ["old!"]


async def test_cut_before_the_first_fault_and_said_so() -> None:
    verifier = Told(blaming("bad", SPOILT))
    checked = await checker(BLOCK, verifier).check("a();\n  b();\n  bad();\n  c();")
    assert (checked.text, checked.cut, checked.accepted) == ("a();\n  b();", True, True)


async def test_three_more_tries_and_no_more() -> None:
    def says(text: str) -> Outcome:
        return blaming(";;")(text.replace("a();", ";;"))

    verifier = Told(says)
    checked = await checker(BLOCK, verifier).check("a();\n  b();\n  c();\n  d();\n  e();\n  g();")
    assert not checked.accepted
    assert checked.text.endswith("g();")
    texts = [text for text in verifier.seen if "a();" in text]
    assert len(texts) <= 4


async def test_arguments_are_cut_at_their_commas() -> None:
    checked = await checker("int x = f(\n  ¦\n);\n", Told(blaming("bad", SPOILT))).check("a,\n  g(b, c),\n  bad")
    assert (checked.text, checked.cut) == ("a,\n  g(b, c)", True)


async def test_the_semicolon_that_was_forgotten() -> None:
    def says(text: str) -> Outcome:
        return blaming("x = a\n", SPOILT)(text)

    checked = await checker(LINE, Told(says)).check("a")
    assert (checked.text, checked.accepted, checked.cut) == ("a;", True, False)


@pytest.mark.parametrize("text", ["a +", "a ==", "p->", "f(a,"])
async def test_half_an_expression_does_not_go_on_with_the_next_line(text: str) -> None:
    """`x = a +` before `y = b;` compiles, as another statement than either was meant to be."""
    whole = "int f(void) {\n  x = ¦\n  y = b;\n}\n"
    checked = await checker(whole, Told(blaming(SPOILT))).check(text)
    assert not checked.accepted or checked.text != text


async def test_what_only_looks_unfinished() -> None:
    assert (await checker("int x = ¦;\n", Told(blaming(SPOILT))).check("a +")).accepted  # the tools' business
    assert (await checker("int f(void) {\n  ¦\n}\n", Told(blaming(SPOILT))).check("i++")).accepted
    listed = await checker("int x[] = {\n  ¦\n};\n", Told(blaming(SPOILT))).check("1,\n  2,")
    assert (listed.accepted, listed.cut) == (True, False)


async def test_no_tool_no_verdict() -> None:
    checked = await checker(BLOCK).check("a();")
    assert not checked.accepted
    assert checked.tools == ()
    assert not (await checker(BLOCK, Told(blaming())).check("")).accepted


@pytest.mark.parametrize("status", [Status.MISSING, Status.TIMED_OUT, Status.CRASHED])
async def test_a_tool_that_says_nothing_vouches_for_nothing(status: Status) -> None:
    checked = await checker(BLOCK, Told(lambda text: Outcome("told", status))).check("a();")
    assert not checked.accepted
    assert checked.not_run == (("told", status.value),)


async def test_a_tool_that_has_not_seen_everything_vouches_for_nothing() -> None:
    checked = await checker(BLOCK, Told(blaming(SPOILT, complete=False))).check("a();")
    assert not checked.accepted
    assert checked.tools == ()


async def test_checks_of_ours_refuse_but_do_not_vouch() -> None:
    alone = Told(blaming("bad"), "launch")
    checked = await checker(BLOCK, alone).check("a();")
    assert (checked.accepted, checked.tools) == (False, ())
    assert "launches only" in checked.not_run[0][1]
    assert (await checker(BLOCK, alone).check("bad();")).refused
    both = await checker(BLOCK, alone, Told(blaming(SPOILT))).check("a();")
    assert set(both.tools) == {"launch", "told"}


@pytest.mark.parametrize(
    ("severity", "code", "category", "language", "refused"),
    [
        (Severity.WARNING, "width", Category.OTHER, "verilog", True),
        (Severity.HINT, "style", Category.OTHER, "verilog", False),
        (Severity.INFORMATION, "note", Category.OTHER, "c", False),
        (Severity.WARNING, "unused-variable", Category.OTHER, "c", False),
        (Severity.WARNING, "implicit-function-declaration", Category.C_NAME, "c", True),
        (Severity.WARNING, "int-conversion", Category.C_TYPE, "c", True),
        (Severity.ERROR, "clock", Category.CLOCK_ENABLE, "c", False),
        (Severity.ERROR, "vector", Category.VECTOR_TABLE, "c", False),
    ],
)
async def test_what_refuses(severity: Severity, code: str, category: Category, language: str, refused: bool) -> None:
    told = blaming("new", severity=severity, code=code, category=category)
    spoilt = blaming(SPOILT)
    verifier = Told(
        lambda text: Outcome("told", findings=(*told(text).findings, *spoilt(text).findings)), language=language
    )
    text = BLOCK if language == "c" else "module m;\n  ¦\nendmodule\n"
    checked = await checker(text, verifier, language=language).check("new();")
    assert checked.accepted is not refused


async def test_warnings_that_the_file_is_full_of_refuse_nothing() -> None:
    verifier = Told(blaming("w", severity=Severity.WARNING, code="width"), language="verilog")
    text = "module m;\n  w old;\n  ¦\nendmodule\n"
    assert (await checker(text, verifier, language="verilog").check("w another;")).accepted


async def test_what_the_half_statement_only_hid_is_not_new() -> None:
    """A file that does not parse is not looked at further: what then comes to light was there before."""

    def says(text: str) -> Outcome:
        return blaming("x = \n")(text) if "x = \n" in text else blaming("late", SPOILT)(text)

    text = "int f(void) {\n  x = ¦\n  return late;\n}\n"
    assert (await checker(text, Told(says)).check("1;")).accepted
    assert not (await checker(text, Told(says)).check("late;")).accepted


async def test_the_fault_at_the_cursor_must_go() -> None:
    checked = await checker("int f(void) {\n  y HOLE¦\n}\n", Told(blaming("HOLE", SPOILT))).check(" + 1;")
    assert not checked.accepted
    mended = await checker("int f(void) {\n  x ¦= ;\n}\n", Told(blaming("= ;", SPOILT))).check("= a ")
    assert not mended.accepted


async def test_a_place_that_no_tool_reads_is_not_verified() -> None:
    checked = await checker("#ifdef NEVER\n¦\n#endif\n", Told(blaming())).check("int a;")
    assert not checked.accepted
    assert "does not judge this place" in checked.not_run[0][1]
    reading = await checker("#ifdef HERE\n¦\n#endif\n", Told(blaming(SPOILT))).check("int a;")
    assert reading.accepted


async def test_whether_a_place_is_read_is_asked_once() -> None:
    verifier, runs = Told(blaming(SPOILT)), Runs()
    for text in ("int a;", "int b;"):
        assert (await checker("#ifdef HERE\n¦\n#endif\n", verifier, runs=runs).check(text)).accepted
    assert sum(SPOILT in text for text in verifier.seen) == 1


async def test_too_late_is_not_judged_and_named() -> None:
    verifier = Told(blaming(SPOILT))
    verifier.gate.clear()
    checked = await checker(BLOCK, verifier, budget=0.01).check("a();")
    assert not checked.accepted
    assert checked.not_run == (("told", "gave no answer in time"),)


async def test_a_text_without_any_finding_need_not_wait_for_the_document_s_own() -> None:
    hung = asyncio.Event()

    class Slow(Told):
        async def run(self, snapshot, project):  # type: ignore[no-untyped-def]
            if "a();" not in snapshot.text and SPOILT not in snapshot.text:
                await hung.wait()
            return await super().run(snapshot, project)

    judge = checker(BLOCK, Slow(blaming(SPOILT)))
    async with asyncio.timeout(30):
        assert (await judge.check("a();")).accepted
    judge.close()


async def test_one_that_refuses_settles_it() -> None:
    slow, quick = Told(blaming(SPOILT), "slow"), Told(blaming("bad", SPOILT), "quick")
    judge = checker(BLOCK, slow, quick)
    judge.prepare()
    async with asyncio.timeout(30):
        await quick.started.wait()
        slow.gate.clear()
        checked = await judge.check("bad();")
    assert [one.code for one in checked.refused] == ["bad"]
    judge.close()


async def test_what_reads_the_whole_file_is_asked_first_and_nvrtc_is_spared() -> None:
    nvrtc, front = Told(blaming(SPOILT), "nvrtc", "cuda-cpp"), Told(blaming(SPOILT), "nvcc front end", "cuda-cpp")
    for text in ("__global__ void k() {\n  ¦\n}\n", "__global__ void k() {\n}\nint main() {\n  ¦\n}\n"):
        checked = await checker(text, nvrtc, front, language="cuda-cpp").check("int a;")
        assert checked.tools == ("nvcc front end",)
    assert not nvrtc.seen


async def test_where_the_front_end_cannot_read_a_file_nvrtc_is_asked() -> None:
    def unread(text: str) -> Outcome:
        return Outcome("nvcc", complete=False, message="it ends at a directive")

    front, nvrtc = Told(unread, "nvcc front end", "cuda-cpp"), Told(blaming(SPOILT), "nvrtc", "cuda-cpp")
    checked = await checker("__device__ void f() {\n  ¦\n}\n", front, nvrtc, language="cuda-cpp").check("int a;")
    assert checked.tools == ("nvrtc",)
    assert ("nvcc front end", "it ends at a directive") in checked.not_run


KERNEL = "import triton\n@triton.jit\ndef k(x):\n    ¦\n\ndef f(x):\n    return x\n"


async def test_names_alone_are_not_enough_in_a_kernel() -> None:
    names, triton = Told(blaming(SPOILT), "pyflakes", "python"), Told(blaming(SPOILT), "triton", "python")
    unsure = Told(
        lambda text: Outcome("triton", facts={NOT_JUDGED: (("k", "why"),)}, complete=False), "triton", "python"
    )
    assert (await checker(KERNEL, names, triton, language="python").check("y = x")).accepted
    doubtful = await checker(KERNEL, names, unsure, language="python").check("y = x")
    assert not doubtful.accepted
    around = await checker(
        KERNEL.replace("    ¦", "    y = x").replace("    return x", "    ¦"), names, unsure, language="python"
    ).check("y = x")
    assert around.tools == ("pyflakes",)


async def test_closing_leaves_nothing_running() -> None:
    verifier = Told(blaming(SPOILT))
    verifier.gate.clear()
    judge = checker(BLOCK, verifier)
    task = asyncio.ensure_future(judge.check("a();"))
    async with asyncio.timeout(30):
        await verifier.started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        judge.close()
        for _ in verifier.seen:
            await verifier.over.get()
    assert not [other for other in asyncio.all_tasks() if other is not asyncio.current_task()]


def test_the_budget_is_the_setting() -> None:
    assert CompletionSettings().check_timeout > 0


async def test_warnings_that_have_nothing_to_do_with_the_text_do_not_refuse_it() -> None:
    """What an analysis finds elsewhere comes and goes with what else the file holds."""
    text = "module m;\n  ¦\n\n\n  far_away;\nendmodule\n"

    def says(whole: str) -> Outcome:
        warned = blaming("far_away", severity=Severity.WARNING, code="latch")(whole)
        found = warned.findings if "wire" in whole else ()
        return Outcome("told", findings=(*found, *blaming(SPOILT)(whole).findings))

    verifier = Told(says, language="verilog")
    assert (await checker(text, verifier, language="verilog").check("wire a;")).accepted
