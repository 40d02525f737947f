"""Texts in CUDA units that lack headers: judged where a function needs none of them, and refused by grammar alone."""

from __future__ import annotations

import pytest
from judging_fakes import Told, checker

from signoff.verifiers.finding import Category, Finding, Outcome, Severity, Span
from signoff.verifiers.gpu.facts import LINES_READ, WHOLE_FUNCTIONS

TEXT = "__global__ void k() {\n  ¦\n}\nvoid g() {\n}\n"
WHY = "not there: torch/all.h"


def front(whole: tuple[int, int], category: Category = Category.GPU_NAME) -> Told:
    """A front end that names one whole function, and finds fault with the word bad."""

    def says(text: str) -> Outcome:
        facts = {WHOLE_FUNCTIONS: (whole,), LINES_READ: tuple(range(9))}
        error = Finding(
            "/m", Span(1, 2, 1, 5), Severity.ERROR, "Bad", 'identifier "bad" is undefined', "nvcc", category
        )
        return Outcome("nvcc", findings=(error,) * ("bad" in text), complete=False, message=WHY, facts=facts)

    return Told(says, "nvcc front end", "cuda-cpp")


@pytest.mark.parametrize(
    ("whole", "text", "tools"),
    [
        ((0, 2), "int a;", ("nvcc front end",)),
        ((0, 4), "int a;\n  int b;", ("nvcc front end",)),
        ((3, 4), "int a;", ()),
        ((0, 1), "int a;\n  int b;", ()),
    ],
)
async def test_a_text_is_judged_where_all_of_it_is_in_a_whole_function(
    whole: tuple[int, int], text: str, tools: tuple[str, ...]
) -> None:
    checked = await checker(TEXT, front(whole), language="cuda-cpp").check(text)
    assert (checked.tools, checked.refused) == (tools, ())
    assert tools or ("nvcc front end", WHY) in checked.not_run


async def test_a_name_that_is_not_known_may_be_one_of_what_is_missing() -> None:
    checked = await checker(TEXT, front((3, 4)), language="cuda-cpp").check("bad();")
    assert (checked.tools, checked.refused) == ((), ())
    assert any("may come of what is not there" in why for _, why in checked.not_run)


async def test_what_breaks_the_grammar_is_refused_where_nothing_else_is_doubtful() -> None:
    checked = await checker(TEXT, front((0, 2), Category.GPU_SYNTAX), language="cuda-cpp").check("bad();")
    assert [one.code for one in checked.refused] == ["Bad"]
    elsewhere = await checker(TEXT, front((3, 4), Category.GPU_SYNTAX), language="cuda-cpp").check("bad();")
    assert (elsewhere.tools, elsewhere.refused) == ((), ())
