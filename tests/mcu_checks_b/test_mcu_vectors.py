"""Vector tables in assembler and C, names of handlers, and interrupts without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from handler_images import STARTUP, findings

from signoff.verifiers.mcu.checks import handlers
from signoff.verifiers.mcu.checks.vectors import read_assembler

TIMER = "void TIM2_IRQHandler(void) { TIM2->SR = 0; }\n"
ENABLE = "int main(void) { NVIC_EnableIRQ(TIM2_IRQn); for (;;) ; }\n"

ARM = """
; Vector Table
__Vectors       DCD     __initial_sp       ; Top of Stack
                DCD     Reset_Handler      ; Reset Handler
                DCD     NMI_Handler
                DCD     HardFault_Handler
                DCD     0                  ; Reserved
                DCD     SVC_Handler
                DCD     PendSV_Handler
                DCD     SysTick_Handler
                DCD     TIM2_IRQHandler
__Vectors_End
Default_Handler PROC
                EXPORT  TIM2_IRQHandler    [WEAK]
TIM2_IRQHandler
                B       .
                ENDP
"""
IAR = """
        DATA
__vector_table
        DCD     sfe(CSTACK)
        DCD     Reset_Handler
        DCD     NMI_Handler, HardFault_Handler
        DCD     SVC_Handler
        DCD     PendSV_Handler
        DCD     SysTick_Handler
        DCD     TIM2_IRQHandler
        DCD     TIM3_IRQHandler
        PUBWEAK TIM2_IRQHandler
TIM2_IRQHandler
        B TIM2_IRQHandler
"""


def test_gnu_assembler() -> None:
    vectors = read_assembler(STARTUP + "TIM3_IRQHandler_strong:\n  bx lr\n")
    assert vectors.table[:5] == ("_estack", "Reset_Handler", "NMI_Handler", "HardFault_Handler", "")
    assert {"EXTI0_IRQHandler", "TIM2_IRQHandler", "TIM3_IRQHandler"} <= vectors.weak
    assert ("TIM2_IRQHandler", "Default_Handler") in vectors.aliases
    assert "TIM3_IRQHandler_strong" in vectors.strong and "TIM2_IRQHandler" not in vectors.strong


@pytest.mark.parametrize("text", [ARM, IAR])
def test_other_assemblers(text: str) -> None:
    vectors = read_assembler(text)
    assert {"Reset_Handler", "SysTick_Handler", "TIM2_IRQHandler"} <= vectors.names
    assert "TIM2_IRQHandler" in vectors.weak and "TIM2_IRQHandler" not in vectors.strong


def test_words_that_are_no_table() -> None:
    assert read_assembler(".word a\n.word b\n bx lr\n.word c, d, e\n").table == ()
    assert read_assembler("").table == ()
    assert read_assembler("\x00\x80 .word\n.word ,,,\n").table == ()


@pytest.mark.parametrize(
    "name",
    ["TIM2_IRQHandlr", "TIM2_IRQ_Handler", "Tim2_IRQHandler", "TIM2_Handler", "SysTick_IRQHandler"],
)
def test_a_misspelt_handler(tmp_path: Path, name: str) -> None:
    (finding,) = findings(
        tmp_path, {"main.c": f"void {name}(void) {{ TIM2->SR = 0; }}\nint main(void) {{ for (;;) ; }}\n"}
    )
    assert finding.code == "UnknownHandler" and finding.span.start_line == 0
    near = dict(finding.data)["near"].split()[0]
    assert near == ("SysTick_Handler" if name.startswith("Sys") else "TIM2_IRQHandler")
    assert near in finding.message


def test_a_handler_of_the_same_peripheral_is_meant_rather_than_one_more_alike() -> None:
    known = frozenset({"RCC_IRQHandler", "RTC_WKUP_IRQHandler", "TIM6_DAC_IRQHandler", "TIM7_IRQHandler"})
    assert handlers._of_its_peripheral("RTC_IRQHandler", known, ("RCC_IRQHandler",)) == ("RTC_WKUP_IRQHandler",)
    assert handlers._of_its_peripheral("TIM6_IRQHandler", known, ()) == ("TIM6_DAC_IRQHandler",)
    assert handlers._of_its_peripheral("RTX_IRQHandler", known, ("RCC_IRQHandler",)) == ("RCC_IRQHandler",)


@pytest.mark.parametrize(
    "text",
    [
        TIMER,
        "static void TIM2_IRQHandlr(void) {}\nint main(void) { for (;;) ; }\n",
        "void TIM2_IRQHandlr(void) {}\nint main(void) { TIM2_IRQHandlr(); }\n",
        "void TIM2_IRQHandlr(void) {}\nint main(void) { registered(TIM2_IRQHandlr); }\n",
        "void TIM2_IRQHandlr(void) {}\nvoid (*const table[])(void) = {TIM2_IRQHandlr};\n",
        "void TIM2_IRQHandlr(int why) {}\n",
        "int TIM2_IRQHandlr(void) { return 0; }\n",
        "__attribute__((weak)) void TIM2_IRQHandlr(void) {}\n",
        "#define TIM2_IRQHandlr TIM2_IRQHandler\nvoid TIM2_IRQHandlr(void) {}\n",
        "void TIM2_IRQHandlr(void) {}\n#define ALIAS TIM2_IRQHandlr\n",
        "void TIM2_IRQHandlr(void) {}\nvoid TIM2_IRQHandler(void) __attribute__((alias(\"TIM2_IRQHandlr\")));\n",
        "void TIM2_IRQHandlr(void) {}\nint main(void) { NVIC_SetVector(TIM2_IRQn, handler()); }\n",
        "void Error_Handler(void) { for (;;) ; }\n",
        "void TIMx_IRQHandler(void) {}\n",
        "void TIM4_IRQHandler(void) {}\n",
        "void BSP_SD_DMA_Rx_IRQHandler(void) {}\n",
        "#define DAC_IRQHandler1 TIM2_IRQHandler\nvoid DAC_IRQHandler1(void) {}\nvoid DAC_IRQHandler2(void) {}\n",
    ],
)  # fmt: skip
def test_no_misspelt_handler(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, {"main.c": text}, "UnknownHandler") == ()


def test_a_misspelt_name_of_a_macro(tmp_path: Path) -> None:
    text = "#define UARTx_IRQHandler USART2_IRQHandler\nvoid UARTx_IRQHandle(void) {}\n"
    (finding,) = findings(tmp_path, {"main.c": text})
    assert dict(finding.data)["near"] == "UARTx_IRQHandler"


def test_a_text_with_errors_may_define_it(tmp_path: Path) -> None:
    either = "#ifdef FS\nvoid TIM3_IRQHandler(void)\n#else\nvoid TIM2_IRQHandler(void)\n#endif\n{ TIM2->SR = 0; }\n"
    texts = {"it.c": f'#include "absent.h"\n{either}', "main.c": ENABLE}
    assert findings(tmp_path, texts, "MissingHandler") == ()


def test_the_handler_that_is_missing_is_meant(tmp_path: Path) -> None:
    enable = "int main(void) { NVIC_EnableIRQ(EXTI15_10_IRQn); for (;;) ; }\n"
    unknown, missing = findings(tmp_path, {"main.c": "void EXTI12_IRQHandler(void) { EXTI->PR = 1; }\n" + enable})
    assert dict(unknown.data)["near"] == "EXTI15_10_IRQHandler"
    assert missing.code == "MissingHandler" and "EXTI15_10_IRQHandler" in missing.message


@pytest.mark.parametrize("call", ["NVIC_EnableIRQ(TIM2_IRQn)", "HAL_NVIC_EnableIRQ(TIM2_IRQn)"])
def test_a_missing_handler(tmp_path: Path, call: str) -> None:
    (finding,) = findings(tmp_path, {"main.c": f"int main(void) {{ {call}; for (;;) ; }}\n"})
    assert finding.code == "MissingHandler" and ("name", "TIM2_IRQHandler") in finding.data


@pytest.mark.parametrize(
    "texts",
    [
        {"main.c": TIMER + ENABLE},
        {"main.c": ENABLE, "it.c": TIMER},
        {"main.c": ENABLE, "it.s": "TIM2_IRQHandler:\n  bx lr\n"},
        {"main.c": ENABLE, "main.h": "#define TICK_IRQHandler TIM2_IRQHandler\n",
         "it.c": '#include "main.h"\nvoid TICK_IRQHandler(void) { TIM2->SR = 0; }\n'},
        {"main.c": ENABLE, "it.c": "#define HANDLER(n) void TIM##n##_IRQHandler(void) {}\nHANDLER(2)\n"},
        {"main.c": ENABLE, "it.c": "#define HANDLER(name) void name(void) {}\nHANDLER(TIM2_IRQHandler)\n"},
        {"main.c": "int main(void) { if (wanted()) NVIC_EnableIRQ(TIM2_IRQn); }\n"},
        {"main.c": "int main(void) { NVIC_EnableIRQ(which()); }\n"},
        {"main.c": "void never(void) { NVIC_EnableIRQ(TIM2_IRQn); }\n"},
    ],
)  # fmt: skip
def test_no_missing_handler(tmp_path: Path, texts: dict[str, str]) -> None:
    assert findings(tmp_path, texts, "MissingHandler") == ()


def test_of_an_image_that_is_not_known_well_nothing_is_missing(tmp_path: Path) -> None:
    assert findings(tmp_path, {"main.c": ENABLE}, declared=False) == ()
    assert findings(tmp_path, {"main.c": ENABLE}, objects=("/lib/handlers.o",)) == ()


def test_a_handle_of_the_peripheral_makes_a_condition_certain(tmp_path: Path) -> None:
    init = (
        "void HAL_TIM_Base_MspInit(TIM_HandleTypeDef *t) { if (t->Instance == TIM2) HAL_NVIC_EnableIRQ(TIM2_IRQn); }\n"
    )
    main = "TIM_HandleTypeDef t;\nint main(void) { t.Instance = TIM2; HAL_TIM_Base_Init(&t); for (;;) ; }\n"
    other = main.replace("TIM2", "TIM3")
    assert [one.code for one in findings(tmp_path, {"msp.c": init, "main.c": main}, "MissingHandler")] == [
        "MissingHandler"
    ]
    assert findings(tmp_path, {"msp.c": init, "main.c": other}, "MissingHandler") == ()


def test_a_table_in_c(tmp_path: Path) -> None:
    names = ["Reset", "NMI", "HardFault", "SVC", "PendSV", "SysTick", "TIM2_IRQ", "TIM3_IRQ", "Default"]
    rows = ", ".join(f"{name}_Handler" if "IRQ" not in name else f"{name}Handler" for name in names)
    table = f'__attribute__((section(".isr_vector"))) void (*const vectors[])(void) = {{{rows}}};\n'
    texts = {"startup.s": "", "startup.c": table, "main.c": "void TIM2_IRQHandle(void) {}\n" + ENABLE}
    codes = [one.code for one in findings(tmp_path, texts)]
    assert codes == ["UnknownHandler", "MissingHandler"]
