"""What is asked of the model and what is not: kept requests, cached texts, prefetches, several candidates."""

import asyncio
from dataclasses import replace

import pytest
from completion_fakes import PROJECT, FakeVerifier
from flow_fakes import GONE, SETTINGS, TEXT, ToldModel, ask, engine_of, placed, typed

from signoff.completion.suggestion import Suggestion
from signoff.verifiers.finding import Span
from signoff.verifiers.snapshot import Snapshot


def texts(found: tuple[Suggestion, ...]) -> list[str]:
    return [row.text for row in found]


async def test_what_the_model_says_and_the_user_types_asks_it_once() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        first = asyncio.ensure_future(ask(engine))
        stream = await model.wait(0)
        for keys in ("a", "a ", "a &"):
            first.cancel()  # as an editor does with every key
            engine.edited(placed(typed(keys))[0], 1)
            first = asyncio.ensure_future(ask(engine, typed(keys)))
            await asyncio.sleep(0)
        stream.say("a", " & b", ";\n")
        assert texts(await first) == [" b"]
        assert len(model.streams) == 1
        assert (engine.counters.kept, engine.counters.requests, engine.counters.wasted) == (3, 1, 0)


async def test_what_diverges_is_ended_with_the_edit_before_any_question() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        stream = await model.wait(0)
        stream.say("a")
        for _ in range(10):
            await asyncio.sleep(0)
        engine.edited(placed(typed("a"))[0], 1)
        assert engine.counters.aborted == 0
        engine.edited(placed(typed("c"))[0], 1)
        assert engine.counters.aborted == 1
        async with asyncio.timeout(20):
            await stream.closed.wait()
        assert await task == ()


async def test_an_answer_that_turns_out_to_diverge_is_followed_by_a_request_for_the_new_place() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        first = asyncio.ensure_future(ask(engine))
        stream = await model.wait(0)
        second = asyncio.ensure_future(ask(engine, typed("b")))
        await asyncio.sleep(0)
        stream.say("a & b;\n")
        (await model.wait(1)).say(" & a;\n")
        assert texts(await second) == ["& a"] or texts(await second) == [" & a"]
        assert await first == ()


async def test_two_documents_have_a_request_each_on_a_server_and_one_together_on_this_machine() -> None:
    for local in (False, True):
        model = ToldModel(local=local)
        async with engine_of(model, FakeVerifier()) as engine:
            one = asyncio.ensure_future(ask(engine, uri="file:///a.v"))
            await model.wait(0)
            two = asyncio.ensure_future(ask(engine, uri="file:///b.v"))
            await model.wait(1)
            for stream in model.streams:
                stream.say("a;\n")
            assert texts(await two) == ["a"]
            assert texts(await one) == ([] if local else ["a"])


async def test_a_text_typed_through_needs_neither_model_nor_verifier_and_keeps_its_verdict() -> None:
    model, verifier = ToldModel(["a & b;\n"]), FakeVerifier()
    async with engine_of(model, verifier) as engine:
        await ask(engine)
        runs = len(verifier.seen)
        for keys in ("a", "a ", "a & ", "a &", "a"):
            (found,) = await ask(engine, typed(keys))
            assert found.text == "a & b"[len(keys) :]
            assert found.verdict.tools == ("fake",)
        assert len(verifier.seen) == runs
        assert (len(model.streams), engine.counters.hits) == (1, 5)


async def test_the_verdict_is_not_carried_over_to_another_project_or_other_buffers() -> None:
    model, verifier = ToldModel(["a & b;\n"]), FakeVerifier()
    other = Snapshot("file:///n.v", "/n.v", "verilog", 1, "module n; endmodule\n")
    async with engine_of(model, verifier) as engine:
        await ask(engine, project=replace(PROJECT, buffers=(other,)))
        for project in (
            replace(PROJECT, buffers=(replace(other, text="module n2; endmodule\n"),)),
            replace(PROJECT, buffers=(other,), defines=("A",)),
        ):
            runs = len(verifier.seen)
            assert texts(await ask(engine, typed("a"), project=project)) == [" & b"]
            assert len(verifier.seen) > runs
        runs = len(verifier.seen)
        engine.files_changed()
        assert texts(await ask(engine, typed("a"), project=project)) == [" & b"]
        assert len(verifier.seen) > runs


async def test_what_was_accepted_and_is_not_any_more_is_asked_for_anew() -> None:
    model, verifier = ToldModel(), FakeVerifier()
    async with engine_of(model, verifier) as engine:
        task = asyncio.ensure_future(ask(engine))
        (await model.wait(0)).say("a & b;\n")
        await task
        verifier.bad = ("& b",)
        engine.files_changed()
        task = asyncio.ensure_future(ask(engine, typed("a ")))
        (await model.wait(1)).say("| b;\n")
        assert texts(await task) == ["| b"]


async def test_that_nothing_passes_is_known_for_this_document_only() -> None:
    model, verifier = ToldModel(["bad;\n"]), FakeVerifier("bad")
    settings = replace(SETTINGS, candidates=1)
    async with engine_of(model, verifier, settings=settings) as engine:
        assert await ask(engine) == await ask(engine) == ()
        assert len(model.streams) == 1
        assert await ask(engine, TEXT + "\n" * 3000 + "// far away\n") == ()
        assert len(model.streams) == 2
        assert engine.counters.wasted == 2


async def test_the_editor_s_own_closers_are_replaced() -> None:
    model, verifier = ToldModel(["(a & b) | a;\n"]), FakeVerifier()
    async with engine_of(model, verifier) as engine:
        await ask(engine)
        (found,) = await ask(engine, TEXT.replace("|;", "(|);"))
        assert found.text == "a & b) | a"
        assert (found.span.start_column, found.span.end_column) == (14, 15)
        assert len(model.streams) == 1


async def test_after_an_acceptance_the_next_completion_is_there_already() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine, "module m;\n  |\nendmodule\n"))
        (await model.wait(0)).say("wire a;\n\n")
        (await model.wait(0)).end()
        (found,) = await task
        engine.accepted("file:///m.v", found)
        (await model.wait(1)).say("wire b;\n\n")
        (await model.wait(1)).end()
        # The line has ended: there is nothing to be asked for behind it, and it will be the next that is typed.
        assert await ask(engine, "module m;\n  wire a;|\nendmodule\n") == ()
        assert texts(await ask(engine, "module m;\n  wire a;\n  |\nendmodule\n")) == ["wire b;"]
        counters = engine.counters
        assert (counters.requests, counters.prefetches, counters.prefetches_used, counters.wasted) == (2, 1, 1, 0)


async def test_a_completion_inside_a_line_is_followed_by_the_rest_of_it() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        text = "module m(input a, b, output y);\n  assign y = |\nendmodule\n"
        task = asyncio.ensure_future(ask(engine, text))
        (await model.wait(0)).say("a")
        (await model.wait(0)).end()
        (found,) = await task
        assert found.text == "a"
        engine.accepted("file:///m.v", found)
        (await model.wait(1)).say(" & b;\n")
        (await model.wait(1)).end()
        assert texts(await ask(engine, typed("a", text))) == [" & b;"]
        assert engine.counters.prefetches_used == 1


async def test_what_follows_is_asked_for_with_the_document_s_own_line_ends() -> None:
    model = ToldModel()
    text = "module m;\r\n  |\r\nendmodule\r\n"
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine, text))
        (await model.wait(0)).say("wire a;\n  wire b;\n\n")
        (await model.wait(0)).end()
        (found,) = await task
        assert "\n" in found.text
        engine.edited(placed(text.replace("|", "wire a;\r\n  wire b;|"))[0], 2)
        engine.accepted("file:///m.v", found)
        request = (await model.wait(1)).request
        assert engine.counters.prefetches == 1
        assert request.prefix.endswith("wire a;\r\n  wire b;\r\n  ") or request.prefix.endswith("wire b;\n  ")


async def test_what_follows_is_asked_for_where_the_editor_s_list_had_chosen_the_beginning() -> None:
    model = ToldModel()
    text = "module m(input abc, output y);\n  assign y = a|;\nendmodule\n"
    for done in (False, True):
        async with engine_of(model, FakeVerifier()) as engine:
            first = len(model.streams)
            engine.edited(placed(text)[0], 1)
            task = asyncio.ensure_future(ask(engine, text.replace("|", "bc|")))
            (await model.wait(first)).say(" & abc;\n")
            (found,) = await task
            # As the language server makes it of the two: in place of what was typed so far.
            line, column = found.span.start_line, found.span.start_column
            whole = replace(found, text=f"abc{found.text}", span=Span(line, column - 3, line, column - 2))
            if done:
                engine.edited(placed(text.replace("a|", f"{whole.text}|"))[0], 1)
            engine.accepted("file:///m.v", whole)
            await model.wait(first + 1)
            assert engine.counters.prefetches == 1


async def test_nothing_is_prefetched_for_a_document_that_has_gone_on_or_where_it_is_switched_off() -> None:
    model = ToldModel(["a;\n"])
    async with engine_of(model, FakeVerifier()) as engine:
        (found,) = await ask(engine)
        engine.edited(placed(typed("a; // and more"))[0], 1)
        engine.accepted("file:///m.v", found)
        engine.accepted("file:///unknown.v", found)
        for _ in range(20):
            await asyncio.sleep(0)
        assert engine.counters.prefetches == 0
    async with engine_of(model, FakeVerifier(), settings=replace(SETTINGS, prefetch=False)) as engine:
        (found,) = await ask(engine)
        engine.accepted("file:///m.v", found)
        for _ in range(20):
            await asyncio.sleep(0)
        assert engine.counters.prefetches == 0


async def test_several_candidates_are_one_request_where_the_server_can() -> None:
    model = ToldModel(candidates=4)
    async with engine_of(model, FakeVerifier("bad"), settings=replace(SETTINGS, candidates=3)) as engine:
        task = asyncio.ensure_future(ask(engine, automatic=False))
        stream = await model.wait(0)
        assert stream.request.n == 3
        assert stream.request.temperature > 0
        # In any order, and none is waited for longer than it needs; the last one never stops by itself.
        stream.say("a ", candidate=1)
        stream.say("bad;\n", candidate=2)
        stream.say("b;\n", candidate=0)
        stream.say("| b;\n", candidate=1)
        assert sorted(texts(await task)) == ["a | b", "b"]
        async with asyncio.timeout(20):
            await stream.closed.wait()
        assert len(model.streams) == 1


async def test_by_hand_more_are_asked_for_than_while_typing_and_what_is_known_is_used() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier(), settings=replace(SETTINGS, candidates=3)) as engine:
        task = asyncio.ensure_future(ask(engine))
        (await model.wait(0)).say("a;\n")
        assert texts(await task) == ["a"]
        task = asyncio.ensure_future(ask(engine, automatic=False))
        (await model.wait(1)).say("b;\n")
        (await model.wait(2)).say("a & b;\n")
        assert texts(await task) == ["a", "b", "a & b"]
        assert [stream.request.temperature > 0 for stream in model.streams] == [False, True, True]
        # By hand again, or by typing on: all of it is known.
        assert texts(await ask(engine, automatic=False)) == ["a", "b", "a & b"]
        assert texts(await ask(engine, typed("a"))) == [" & b"]
        assert len(model.streams) == 3


async def test_where_nobody_can_judge_no_model_is_asked_unless_the_user_wants_it_unjudged() -> None:
    model = ToldModel(["a;\n"])
    async with engine_of(model, FakeVerifier(there=False)) as engine:
        assert await ask(engine) == ()
        assert model.streams == []
    async with engine_of(model, settings=replace(SETTINGS, show="verified-first")) as engine:
        (found,) = await ask(engine)
        assert not found.verdict.verified
        assert found.text == "a"


async def test_refused_texts_come_last_and_marked_where_the_user_wants_them() -> None:
    def said(number: int) -> str:
        return ("bad;\n", "a;\n")[number]

    model = ToldModel()
    async with engine_of(model, FakeVerifier("bad"), settings=replace(SETTINGS, show="verified-first")) as engine:
        task = asyncio.ensure_future(ask(engine))
        for number in range(2):
            (await model.wait(number)).say(said(number))
        found = await task
        assert texts(found) == ["a", "bad"]
        assert [row.verdict.verified for row in found] == [True, False]
        assert found[1].verdict.refused


async def test_the_model_s_failure_leaves_it_alone_while_typing_but_not_by_hand() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        (await model.wait(0)).end(GONE)
        assert await task == ()
        assert await ask(engine, typed("a ")) == ()
        assert len(model.streams) == 1
        assert not (await engine.status()).ready
        task = asyncio.ensure_future(ask(engine, automatic=False))
        (await model.wait(1)).say("a;\n")
        (await model.wait(2)).say("b;\n")
        (await model.wait(3)).say("a & b;\n")
        assert texts(await task) == ["a", "b", "a & b"]


@pytest.mark.parametrize("text", ["|", "\n|", "|\n", "\ufeff|module m;\nendmodule\n", "module m;\nendmodule|"])
async def test_the_ends_of_a_document(text: str) -> None:
    model = ToldModel(["wire a;\n\n\n\n"])
    async with engine_of(model, FakeVerifier()) as engine:
        for row in await ask(engine, text):
            assert row.text


async def test_positions_beyond_the_text_and_wide_characters() -> None:
    model = ToldModel(["a;\n"])
    async with engine_of(model, FakeVerifier()) as engine:
        document, _, _ = placed(TEXT)
        await engine.complete(document, PROJECT, 99, 99, automatic=True)
        (found,) = await ask(engine, "module m;\n  /* \U0001f600 \u0301 */ assign y = |;\nendmodule\n")
        assert found.span.start_column == len("  /* \U0001f600 \u0301 */ assign y = ")
        lone = TEXT.replace("module m", "// \udc80\nmodule m")
        assert texts(await ask(engine, lone)) == ["a"]
        assert texts(await ask(engine, TEXT.replace("\n", "\r\n"))) == ["a"]


async def test_a_document_of_20000_lines() -> None:
    unit = "module m{0}(input a, b, output y);\n  assign y = a & b;\nendmodule\n"
    text = "".join(unit.format(number) for number in range(7000)).replace("a & b", "|", 1)
    model = ToldModel(["a | b;\n"])
    async with engine_of(model, FakeVerifier()) as engine:
        assert texts(await ask(engine, text)) == ["a | b"]
        assert texts(await ask(engine, typed("a", text))) == [" | b"]
        assert len(model.streams) == 1
