"""Which macro a header's #error asks for."""

from __future__ import annotations

import pytest

from signoff.verifiers.mcu.compile.asked_macro import asked_for

CUBE = """#if !defined (STM32F405xx) && !defined (STM32F429xx)
  /* #define STM32F405xx */
#endif
#if defined(STM32F405xx)
  #include "stm32f405xx.h"
#elif defined(STM32F407xx)
  #include "stm32f407xx.h"
#elif defined(STM32F429xx)
  #include "stm32f429xx.h"
#else
 #error "Please select first the target STM32F4xx device used in your application"
#endif
"""


@pytest.mark.parametrize(
    ("text", "evidence", "asked"),
    [
        (CUBE, "/home/me/stm32f429i-disco/main.c", "STM32F429xx"),
        (CUBE, "/home/me/main.c", "STM32F407xx"),
        ("#ifndef CHIP\n#ifdef OTHER\n#endif\n#error none\n#endif\n", "", "CHIP"),
        ("#ifndef A_H\n#define A_H\n#error never\n#endif\n", "", ""),
        ("#if !defined(__GNUC__)\n#error gcc only\n#endif\n", "", ""),
        ("#error alone\n", "", ""),
        ("#endif\n#else\n#elif X\n#error half\n", "", ""),
    ],
)
def test_asked(text: str, evidence: str, asked: str) -> None:
    line = text[: text.index("#error")].count("\n")
    assert asked_for(text, line, evidence) == asked
