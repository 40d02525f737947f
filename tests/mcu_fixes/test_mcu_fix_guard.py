"""What an edit of C may not take away: deleting the faulty lines satisfies every tool, and is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from mcu_fix_helpers import DEFECTS, document, fixes_for, judges, project_of, unit

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.guard import losses
from signoff.diagnostics.prove import Proof, judge
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.text import Edit, LineIndex, difference
from signoff.verifiers.verifier import Verifier

FINDING = Finding("/f.c", Span(0, 0, 0, 1), Severity.ERROR, "UnclockedPeripheral", "m", "signoff")
CODE = """#include "a.h"
#define PIN 3U
void f(void)
{
    uint32_t x = 1; /* why */
    if (x) {
        RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
        g(x, "text");
    }
    volatile int y = 2;
    while (y)
        y--;
    return;
}
"""


def lost(before: str, after: str, **more: tuple[str, ...]) -> tuple[str, ...]:
    return losses(before, after, FixCandidate("", (difference(before, after),), "test", FINDING, **more))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('        g(x, "text");\n', ""),
        ("        RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN;\n", ""),
        ("RCC_AHB1ENR_GPIOAEN", "0"),
        ("|=", "=="),
        ("volatile ", ""),
        ("/* why */", ""),
        ('"text"', '"other"'),
        ('#include "a.h"\n', ""),
        ("#define PIN 3U", "#define PIN 4U"),
        ("    return;\n", ""),
        ("    return;\n", "    return;\n    return;\n"),
        ("if (x)", "while (x)"),
        ("    uint32_t x = 1;", "    return; uint32_t x = 1;"),
        ("g(x", "if (x) g(x"),
        ('g(x, "text");', '/* g(x, "text"); */'),
        ('        g(x, "text");\n', '#if 0\n        g(x, "text");\n#endif\n'),
        ("uint32_t x = 1;", "uint32_t x = 1; /*"),
        ("x = 1", "x"),
    ],
)
def test_what_is_lost_is_said(old: str, new: str) -> None:
    assert old in CODE
    assert lost(CODE, CODE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ('        g(x, "text");\n', '        h();\n        g(x, "text");\n', ()),
        ("RCC_AHB1ENR_GPIOAEN", "RCC_AHB1ENR_GPIOBEN", ("RCC_AHB1ENR_GPIOAEN",)),
        ("g(x", "h(x", ("g",)),
        ('"text"', '"other"', ('"text"',)),
        ('#include "a.h"\n', '#include "a.h"\n#include <stdint.h>\n', ()),
        ("PIN 3U", "PIN 4U", ("3U",)),
        ("    uint32_t x", "    static uint32_t x", ()),
    ],
)
def test_what_a_rule_declares_to_replace_may_go(old: str, new: str, replaces: tuple[str, ...]) -> None:
    assert old in CODE
    assert lost(CODE, CODE.replace(old, new, 1), replaces=replaces) == ()


def test_calls_and_statements_stay_even_where_a_rule_would_replace_them() -> None:
    everything = (*CODE.split(), "g", "(", ")", ";", "return", "x", ",")
    assert lost(CODE, CODE.replace('        g(x, "text");\n', "", 1), replaces=everything)
    assert lost(CODE, CODE.replace("    return;\n", "", 1), replaces=everything)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(CODE)), st.integers(0, len(CODE)))
def test_no_deletion_of_code_passes(one: int, other: int) -> None:
    """Whatever is cut out of the text, something is said, but where only blanks, commas and brackets go."""
    start, end = sorted((one, other))
    gone = CODE[start:end].strip(" \n,()")
    after = CODE[:start] + CODE[end:]
    if gone and "".join(CODE.split()) != "".join(after.split()):
        assert lost(CODE, after), gone


ASYNC = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    async with judges() as made:
        yield made


@pytest.mark.tool
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("unclocked/hal_led", "HAL_GPIO_Init(GPIOD, &led);"),
        ("wrong_clock_register/tim12_on_apb2", "RCC->APB2ENR |= RCC_APB1ENR_TIM12EN;"),
        ("alternate_function/tim12_on_pb14", "GPIOB->AFR[1] |= 2UL << ((14U - 8U) * 4U);"),
        ("blocking_in_handler/send_from_handler", "xQueueSend(seconds, &count, 0);"),
        ("shared_register/two_leds", "GPIOD->ODR ^= 1UL << 13;"),
    ],
)
@ASYNC
async def test_deleting_the_faulty_line_is_refused(name: str, line: str, verifiers: tuple[Verifier, ...]) -> None:
    path = DEFECTS / f"{name}.c"
    snapshot, project = document(path, path.read_text("utf-8"), project_of(path, [unit(path, DEFECTS / "include")]))
    findings, _ = await fixes_for(snapshot, project, verifiers, ("none",))
    start = snapshot.text.index(line)
    for text in ("", ";", f"/* {line} */"):
        edit = Edit(LineIndex(snapshot.text).span(start, start + len(line)), text)
        candidate = FixCandidate("Delete the line", (edit,), "control", findings[0], replaces=tuple(line.split()))
        assert not isinstance(await judge(candidate, snapshot, project, verifiers), Proof)
