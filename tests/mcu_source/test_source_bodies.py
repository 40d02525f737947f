"""Calls, conditions, loops, members and names of functions."""

from __future__ import annotations

from pathlib import Path

from source_units import facts_of, function_of

from signoff.verifiers.finding import Span
from signoff.verifiers.mcu.source.facts import Access


def test_calls_have_their_arguments_and_values(tmp_path: Path) -> None:
    text = '#define IRQ TIM4_IRQn\nvoid f(void)\n{\n  HAL_NVIC_SetPriority(IRQ, 2 * 3, 0);\n  asm("cpsid i");\n}\n'
    function = function_of(tmp_path, text)
    first, second = function.body.calls
    assert [one.resolved for one in first.arguments] == ["TIM4_IRQn", "2 * 3", "0"]
    assert first.arguments[1].value == 6
    assert function.place(first) == Span(3, 2, 3, 37)
    assert second.callee == "asm"


def test_what_is_executed_for_certain(tmp_path: Path) -> None:
    text = """void f(int x) {
        a();
        if (b()) { c(); } else { d(); }
        while (1) { e(); }
    }"""
    calls = {call.callee: call.where for call in function_of(tmp_path, text).body.calls}
    assert not calls["a"].branch
    assert not calls["b"].branch
    assert not calls["e"].branch
    assert calls["c"].branch != calls["d"].branch
    assert calls["a"].dominates(calls["c"])
    assert not calls["c"].dominates(calls["d"])


def test_a_loop_that_is_left_may_not_be_executed_to_its_end(tmp_path: Path) -> None:
    text = "void f(void) { for (;;) { a(); if (x) break; b(); } c(); }"
    calls = {call.callee: call.where for call in function_of(tmp_path, text).body.calls}
    assert calls["a"].branch
    assert not calls["b"].dominates(calls["c"])


def test_polling_loops(tmp_path: Path) -> None:
    text = "static int ready; void f(void) { while (!ready) ; do { g(); } while (ready == 2); }"
    body = facts_of(tmp_path, text).functions[0].body
    assert [(one.kind, one.empty, one.calls, one.forever) for one in body.loops] == [
        ("while", True, False, False),
        ("do", False, True, False),
    ]
    assert [one.where.polls for one in body.references if one.name == "ready"] == [0, 1]


def test_labels_make_the_order_uncertain(tmp_path: Path) -> None:
    assert function_of(tmp_path, "void f(void) { again: a(); goto again; }").body.jumps


def test_members_of_initialisers_and_assignments(tmp_path: Path) -> None:
    text = "void f(void) { T s = {.Pin = GPIO_PIN_3, .PLL.PLLM = 8}; s.Mode = M; s.PLL.PLLN = 336; }"
    fields = [(one.member, one.value.value, one.initial) for one in function_of(tmp_path, text).body.fields]
    assert fields[1:] == [("Pin", 8, True), ("PLL.PLLM", 8, True), ("Mode", None, False), ("PLL.PLLN", 336, False)]


def test_references_are_to_names_of_the_file(tmp_path: Path) -> None:
    text = "int shared; void f(int own) { int local = own; shared += local; g(&shared); h(callback); }"
    references = facts_of(tmp_path, text).functions[0].body.references
    assert [(one.name, one.access) for one in references] == [
        ("shared", Access.MODIFY),
        ("shared", Access.ADDRESS),
        ("callback", Access.READ),
    ]


def test_conditions_of_the_preprocessor(tmp_path: Path) -> None:
    text = """#include "conf.h"
void f(void) {
#ifdef USE_A
    a();
#else
    b();
#endif
#if LEVEL > 2
    c();
#endif
#ifdef __UNKNOWN_TO_ALL
    d();
#endif
}"""
    calls = {
        call.callee: call.where for call in function_of(tmp_path, text, "USE_A", conf="#define LEVEL 2\n").body.calls
    }
    assert set(calls) == {"a", "d"}
    assert not calls["a"].branch
    assert calls["d"].branch


def test_a_guessed_build_decides_nothing(tmp_path: Path) -> None:
    from source_units import unit_of

    from signoff.verifiers.mcu.source.reader import SourceReader

    path = tmp_path / "a.c"
    path.write_text("void f(void) {\n#ifdef MAYBE\na();\n#else\nb();\n#endif\n}\n")
    reader = SourceReader()
    reader.files.begin({})
    facts = reader.facts(str(path), unit_of(path, declared=False))
    assert facts is not None
    assert {call.callee for call in facts.functions[0].body.calls} == {"a", "b"}


def test_a_function_that_a_macro_names(tmp_path: Path) -> None:
    text = "#define TIMx_IRQHandler TIM4_IRQHandler\nvoid TIMx_IRQHandler(void) { }\n"
    assert facts_of(tmp_path, text).functions[0].name == "TIM4_IRQHandler"
