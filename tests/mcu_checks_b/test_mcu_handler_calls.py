"""Calls that wait in a handler, and calls of the kernel that are for tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from handler_images import findings

from signoff.verifiers.finding import Severity

TICK = "#define TICK_INT_PRIORITY 15U\n"


def judged(folder: Path, handler: str, main: str = "", *, config: str = TICK, hints: bool = True) -> tuple:
    texts = {
        "conf.h": config,
        "it.c": f'#include "conf.h"\n{handler}',
        "main.c": f"int main(void) {{ {main} for (;;) ; }}\n",
    }
    return tuple(one for one in findings(folder, texts, hints=hints) if one.code in ("BlockingInHandler", "NotFromIsr"))


@pytest.mark.parametrize(
    ("call", "near"),
    [
        ("xQueueSend(q, &item, 0)", "xQueueSendFromISR"),
        ("xSemaphoreGive(s)", "xSemaphoreGiveFromISR"),
        ("xTaskNotifyGive(t)", "vTaskNotifyGiveFromISR"),
        ("taskENTER_CRITICAL()", "taskENTER_CRITICAL_FROM_ISR"),
        ("vTaskDelay(10)", ""),
        ("osDelay(10)", ""),
    ],
)
def test_calls_for_tasks(tmp_path: Path, call: str, near: str) -> None:
    (finding,) = judged(tmp_path, f"void TIM2_IRQHandler(void) {{ TIM2->SR = 0; {call}; }}\n")
    assert finding.code == "NotFromIsr" and ("near", near) in finding.data and near in finding.message


def test_in_what_only_handlers_call(tmp_path: Path) -> None:
    callback = "void HAL_TIM_PeriodElapsedCallback(TIM_HandleTypeDef *t) { tell(); }\n"
    tell = "static void tell(void) { xSemaphoreGive(done); }\n"
    (finding,) = judged(tmp_path, f"{tell}void TIM2_IRQHandler(void) {{ HAL_TIM_IRQHandler(&t); }}\n{callback}")
    assert "tell, which TIM2_IRQHandler calls:" in finding.message
    assert [one.message for one in finding.related] == [
        "TIM2_IRQHandler is the handler",
        "TIM2_IRQHandler calls HAL_TIM_IRQHandler",
        "HAL_TIM_PeriodElapsedCallback calls tell",
    ]


@pytest.mark.parametrize(
    "handler",
    [
        "void give(void) { xSemaphoreGive(s); }\nvoid TIM2_IRQHandler(void) { TIM2->SR = 0; }\n",
        "void HAL_TIM_PeriodElapsedCallback(TIM_HandleTypeDef *t) { xSemaphoreGive(s); }\n",
        "void TIM2_IRQHandler(void) { if (xPortIsInsideInterrupt()) return; xSemaphoreGive(s); }\n",
        "void give(void) { xSemaphoreGive(s); }\nvoid TIM2_IRQHandler(void) { (*later)(); }\n",
        "static void xSemaphoreGive(int s) { TIM2->CR1 = s; }\nvoid TIM2_IRQHandler(void) { xSemaphoreGive(1); }\n",
        "void SVC_Handler(void) { vTaskDelay(1); }\n",
    ],
)  # fmt: skip
def test_what_may_be_right(tmp_path: Path, handler: str) -> None:
    assert judged(tmp_path, handler) == ()


def test_what_main_calls_as_well_is_left_alone(tmp_path: Path) -> None:
    shared = "void give(void) { xSemaphoreGive(s); }\nvoid TIM2_IRQHandler(void) { give(); }\n"
    assert judged(tmp_path, shared, "give();") == ()


@pytest.mark.parametrize(
    ("main", "severity"),
    [
        ("HAL_NVIC_SetPriority(TIM2_IRQn, 15, 0);", Severity.WARNING),
        ("HAL_NVIC_SetPriority(TIM2_IRQn, 3, 0);", Severity.WARNING),
        ("HAL_NVIC_SetPriority(TIM2_IRQn, 3, 0); HAL_NVIC_SetPriority(SysTick_IRQn, 0, 0);", Severity.HINT),
        ("HAL_NVIC_SetPriority(TIM2_IRQn, chosen(), 0);", Severity.HINT),
        ("HAL_NVIC_EnableIRQ(TIM2_IRQn);", Severity.WARNING),
    ],
)
def test_a_delay_that_waits_for_ticks(tmp_path: Path, main: str, severity: Severity) -> None:
    (finding,) = judged(tmp_path, "void TIM2_IRQHandler(void) { TIM2->SR = 0; HAL_Delay(5); }\n", main)
    assert (finding.code, finding.severity) == ("BlockingInHandler", severity)
    assert ("for ever:" in finding.message) is (severity is Severity.WARNING)


def test_a_delay_in_the_ticks_own_handler(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, "void SysTick_Handler(void) { HAL_IncTick(); HAL_Delay(1); }\n", config="")
    assert finding.severity is Severity.WARNING


def test_a_delay_of_the_users_own_is_followed(tmp_path: Path) -> None:
    own = "void HAL_Delay(unsigned n) { while (n--) ; }\nvoid TIM2_IRQHandler(void) { TIM2->SR = 0; HAL_Delay(5); }\n"
    assert judged(tmp_path, own) == ()


def test_hints_can_be_switched_off(tmp_path: Path) -> None:
    handler = "void TIM2_IRQHandler(void) { TIM2->SR = 0; HAL_Delay(5); }\n"
    assert judged(tmp_path, handler, config="", hints=False) == ()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("HAL_UART_Receive(&uart, data, 1, HAL_MAX_DELAY)", 1),
        ("HAL_UART_Receive(&uart, data, 1, 10)", 0),
        ("HAL_UART_Transmit(&uart, data, 1, HAL_MAX_DELAY)", 0),
        ("HAL_UART_Receive_IT(&uart, data, 1)", 0),
    ],
)
def test_transfers_without_a_limit(tmp_path: Path, call: str, told: int) -> None:
    assert len(judged(tmp_path, f"void TIM2_IRQHandler(void) {{ TIM2->SR = 0; {call}; }}\n")) == told


WAIT = "volatile int ready;\nvoid TIM2_IRQHandler(void) { TIM2->SR = 0; while (!ready) ; }\n"
OTHER = "extern volatile int ready;\nvoid TIM3_IRQHandler(void) { TIM3->SR = 0; ready = 1; }\n"


@pytest.mark.parametrize(
    ("handler", "main", "told"),
    [
        (WAIT, "ready = 1;", 1),
        (WAIT + OTHER, "NVIC_SetPriority(TIM2_IRQn, 5); NVIC_SetPriority(TIM3_IRQn, 5);", 1),
        (WAIT + OTHER, "NVIC_SetPriority(TIM2_IRQn, 5); NVIC_SetPriority(TIM3_IRQn, 4);", 0),
        (WAIT + OTHER, "NVIC_SetPriority(TIM2_IRQn, 5);", 0),
        (WAIT, "", 0),
        (WAIT, "use(&ready);", 0),
        (WAIT.replace("!ready", "!ready && --limit"), "ready = 1;", 0),
        (WAIT.replace("!ready", "!ready && !TIM2->SR"), "ready = 1;", 0),
        (WAIT.replace("!ready) ;", "!ready) poll();"), "ready = 1;", 0),
        (WAIT.replace("!ready) ;", "!ready) { if (TIM2->CNT > 9) break; }"), "ready = 1;", 0),
    ],
)
def test_waits_for_what_cannot_come(tmp_path: Path, handler: str, main: str, told: int) -> None:
    texts = {"it.c": handler, "main.c": f"extern volatile int ready;\nint main(void) {{ {main} for (;;) ; }}\n"}
    assert len(findings(tmp_path, texts, "BlockingInHandler")) == told
