"""Priorities of handlers that call the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from handler_images import findings

from signoff.verifiers.finding import Severity

CONFIG = """
#define configPRIO_BITS 4
#define configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY 5
#define configMAX_SYSCALL_INTERRUPT_PRIORITY (configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY << (8 - configPRIO_BITS))
"""
SHIFTED = "#define __NVIC_PRIO_BITS 4\n#define configMAX_SYSCALL_INTERRUPT_PRIORITY (5 << (8 - __NVIC_PRIO_BITS))\n"
HANDLER = '#include "FreeRTOSConfig.h"\nvoid TIM2_IRQHandler(void) { TIM2->SR = 0; xSemaphoreGiveFromISR(given, 0); }\n'


def judged(folder: Path, main: str, handler: str = HANDLER, config: str = CONFIG) -> tuple:
    main = f"int main(void) {{ {main} for (;;) ; }}\n"
    return findings(folder, {"FreeRTOSConfig.h": config, "it.c": handler, "main.c": main}, "InterruptPriority")


@pytest.mark.parametrize("config", [CONFIG, SHIFTED, CONFIG.replace(" 5", " ( 0x05U )")])
@pytest.mark.parametrize(
    "call",
    [
        "NVIC_SetPriority(TIM2_IRQn, 4);",
        "HAL_NVIC_SetPriority(TIM2_IRQn, 0, 0);",
        "NVIC_InitTypeDef n; n.NVIC_IRQChannel = TIM2_IRQn; n.NVIC_IRQChannelPreemptionPriority = 2; NVIC_Init(&n);",
        "NVIC_SetPriorityGrouping(3); NVIC_SetPriority((IRQn_Type)TIM2_IRQn, 4);",
        "NVIC_EnableIRQ(TIM2_IRQn);",
    ],
)
def test_too_urgent(tmp_path: Path, call: str, config: str) -> None:
    (finding,) = judged(tmp_path, call, config=config)
    assert finding.severity is Severity.ERROR and "xSemaphoreGiveFromISR" in finding.message
    assert finding.path.endswith("main.c") and ("limit", "5") in finding.data
    assert finding.related[0].path.endswith("it.c")


@pytest.mark.parametrize(
    "call",
    [
        "NVIC_SetPriority(TIM2_IRQn, 5);",
        "NVIC_SetPriority(TIM2_IRQn, chosen());",
        "NVIC_SetPriority(TIM2_IRQn, configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY + 1);",
        "NVIC_SetPriority(TIM3_IRQn, 0);",
        "NVIC_SetPriorityGrouping(5); NVIC_SetPriority(TIM2_IRQn, 4);",
        "NVIC_SetPriorityGrouping(grouping()); NVIC_SetPriority(TIM2_IRQn, 4);",
        "NVIC_EnableIRQ(TIM2_IRQn); NVIC_SetPriority(which, 6);",
        "NVIC_EnableIRQ(TIM2_IRQn); NVIC->IP[28] = 0x60;",
        "NVIC_EnableIRQ(which);",
    ],
)
def test_not_certainly_too_urgent(tmp_path: Path, call: str) -> None:
    assert judged(tmp_path, call) == ()


@pytest.mark.parametrize(
    "handler",
    [
        "void TIM2_IRQHandler(void) { TIM2->SR = 0; }\n",
        "void TIM2_IRQHandler(void) { TIM2->SR = 0; portYIELD_FROM_ISR(1); now = xTaskGetTickCountFromISR(); }\n",
        "void TIM2_IRQHandler(void) { give(); }\nvoid give(void) { if (__get_IPSR()) xSemaphoreGiveFromISR(s, 0); }\n",
        "void other(void) { xSemaphoreGiveFromISR(given, 0); }\nvoid TIM2_IRQHandler(void) { TIM2->SR = 0; }\n",
        "void PendSV_Handler(void) { xSemaphoreGiveFromISR(s, 0); }\nvoid TIM2_IRQHandler(void) { TIM2->SR = 0; }\n",
    ],
)  # fmt: skip
def test_handlers_that_do_not_call_the_kernel(tmp_path: Path, handler: str) -> None:
    handler = f'#include "FreeRTOSConfig.h"\n{handler}'
    assert judged(tmp_path, "NVIC_SetPriority(TIM2_IRQn, 0);", handler) == ()


def test_through_calls_and_callbacks(tmp_path: Path) -> None:
    handler = (
        '#include "FreeRTOSConfig.h"\n'
        "void TIM2_IRQHandler(void) { HAL_TIM_IRQHandler(&timer); }\n"
        "static void tell(void) { osSemaphoreRelease(done); }\n"
        "void HAL_TIM_PeriodElapsedCallback(TIM_HandleTypeDef *t) { tell(); }\n"
    )
    (finding,) = judged(tmp_path, "HAL_NVIC_SetPriority(TIM2_IRQn, 1, 0);", handler)
    assert "osSemaphoreRelease" in finding.message


def test_libopencm3_takes_the_upper_bits(tmp_path: Path) -> None:
    handler = (
        '#include "FreeRTOSConfig.h"\nvoid tim2_isr(void) { timer_clear_flag(TIM2, 1); xQueueSendFromISR(q, &i, 0); }\n'
    )
    texts = {"FreeRTOSConfig.h": CONFIG, "it.c": handler, "startup.s": ""}
    for level, told in ((0x40, 1), (0x50, 0), (5, 1)):
        main = f"int main(void) {{ nvic_set_priority(NVIC_TIM2_IRQ, {level}); }}\n"
        found = findings(tmp_path, {**texts, "main.c": main}, "InterruptPriority", libraries=("opencm3_stm32f4",))
        assert len(found) == told, level


def test_without_a_configuration_there_is_no_limit(tmp_path: Path) -> None:
    assert judged(tmp_path, "NVIC_SetPriority(TIM2_IRQn, 0);", config="#define configUSE_PREEMPTION 1\n") == ()
    assert judged(tmp_path, "NVIC_EnableIRQ(TIM2_IRQn);", config=CONFIG.replace(" 5", " 0")) == ()
    unknown = "#define configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY LIMIT\n"
    assert judged(tmp_path, "NVIC_SetPriority(TIM2_IRQn, 0);", config=unknown) == ()
