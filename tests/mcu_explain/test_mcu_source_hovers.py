"""What the project's own texts tell: constants, and functions before the first link."""

from __future__ import annotations

import pytest
from mcu_texts import F407, LINKED, snapshot

from signoff.diagnostics.explain.mcu import STALE, hover
from signoff.diagnostics.explain.mcu_source import NOT_LINKED, function_hover, macro_hover

MAIN = """#include "board.h"
#define STEP_MS 500U
#define TWICE (2 * STEP_MS) /* of one */
#define MASK (1UL << LED_PIN)
#define ODD UNKNOWN_TO_US
#define LOUD(x) ((x) + 1)
#define NOTHING
/* #define HIDDEN 3 */
int main(void)
{
    uart_print("main(void) {");
}
"""
BOARD = """#define LED_PIN 13U
#ifdef B
#define CLOCK 8
#else
#define CLOCK 16
#endif
void uart_print(const char *text);
"""
UART = "static void (*done)(void);\n\nvoid uart_print(const char *text) /* all of it */\n{\n    if (text) {\n    }\n}\n"
TEXTS = (("/w/main.c", MAIN), ("/w/board.h", BOARD), ("/w/uart.c", UART))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("STEP_MS", "**STEP_MS** · macro · `500U` = 500 (0x1F4) · main.c:2"),
        ("TWICE", "**TWICE** · macro · `(2 * STEP_MS)` = 1000 (0x3E8) · main.c:3"),
        ("MASK", "**MASK** · macro · `(1UL << LED_PIN)` = 8192 (0x2000) · main.c:4"),
        ("ODD", "**ODD** · macro · `UNKNOWN_TO_US` · main.c:5"),
        ("LOUD", None),
        ("NOTHING", None),
        ("HIDDEN", None),
        ("CLOCK", None),  # which one counts, the text does not tell
        ("main", None),
    ],
)
def test_constants(name: str, told: str | None) -> None:
    assert macro_hover(name, TEXTS) == told


def test_functions_before_the_first_link() -> None:
    told = function_hover("uart_print", TEXTS)
    assert told == f"**uart_print** · function · `void uart_print(const char *text)` · uart.c:3\n\n{NOT_LINKED}"
    assert function_hover("main", TEXTS) == f"**main** · function · `int main(void)` · main.c:9\n\n{NOT_LINKED}"
    assert function_hover("uart_print", (*TEXTS, ("/w/other.c", UART))) is None
    assert function_hover("done", TEXTS) is None


def test_the_link_says_more_and_whether_it_is_old() -> None:
    text = "int x = samples[0];\nint y = STEP_MS;\nint z = main();\n"
    fresh, old = (hover(snapshot(text), (0, 9), part=F407, linked=LINKED, stale=stale) for stale in (False, True))
    assert fresh and old and old[0] == f"{fresh[0]}\n\n{STALE}"
    told = [hover(snapshot(text), place, part=F407, sources=lambda: TEXTS, stale=True) for place in ((1, 9), (2, 9))]
    assert [one[0].split(" · ")[1] if one else "" for one in told] == ["macro", "function"]
    assert all(one and STALE not in one[0] for one in told)


def test_any_text_is_borne() -> None:
    for text in (
        MAIN[:60],
        "#define A \\",
        "#define A A",
        "#define A B\n#define B A\n",
        "a(" * 5000,
        "f(x" + " " * 9000,
    ):
        macro_hover("A", [("/w/a.c", text)])
        function_hover("a", [("/w/a.c", text)])
