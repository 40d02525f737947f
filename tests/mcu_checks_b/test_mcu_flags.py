"""Handlers that leave their request standing."""

from __future__ import annotations

from pathlib import Path

import pytest
from handler_images import findings

ENABLES = "NVIC_EnableIRQ(EXTI0_IRQn); NVIC_EnableIRQ(TIM2_IRQn); NVIC_EnableIRQ(USART2_IRQn);"
MAIN = f"int main(void) {{ {ENABLES} for (;;) ; }}\n"


def judged(folder: Path, text: str, main: str = MAIN) -> tuple:
    return findings(folder, {"it.c": text, "main.c": main}, "PendingFlag")


@pytest.mark.parametrize(
    ("text", "register"),
    [
        ("void TIM2_IRQHandler(void) { count++; }\n", "TIM2->SR"),
        ("void TIM2_IRQHandler(void) { if (TIM2->SR & 1) GPIOD->ODR ^= 1; }\n", "TIM2->SR"),
        ("void TIM2_IRQHandler(void) { HAL_GPIO_TogglePin(GPIOD, 1); HAL_UART_Transmit_IT(&u, d, 1); }\n", "TIM2->SR"),
        ("static void step(void) { count++; }\nvoid TIM2_IRQHandler(void) { step(); }\n", "TIM2->SR"),
        ("void TIM2_IRQHandler(void) { xSemaphoreGiveFromISR(s, &w); portYIELD_FROM_ISR(w); }\n", "TIM2->SR"),
        ("void EXTI0_IRQHandler(void) { pressed = EXTI->PR & 1; }\n", "EXTI->PR"),
        ("void USART2_IRQHandler(void) { if (USART2->SR & 32) count++; }\n", "USART2->DR"),
        ("void TIM2_IRQHandler(void) { TIM2->CR1 |= 1; TIM2->CNT = 0; }\n", "TIM2->SR"),
    ],
)
def test_the_request_stands(tmp_path: Path, text: str, register: str) -> None:
    (finding,) = judged(tmp_path, text)
    assert register in finding.message
    assert dict(finding.data)["peripheral"] == register.partition("->")[0]
    assert finding.related[0].path.endswith("main.c")


@pytest.mark.parametrize(
    "text",
    [
        "void TIM2_IRQHandler(void) { TIM2->SR = ~1; }\n",
        "void TIM2_IRQHandler(void) { TIM2->SR &= ~1; }\n",
        "void TIM2_IRQHandler(void) { CLEAR_BIT(TIM2->SR, 1); }\n",
        "void TIM2_IRQHandler(void) { if (last) TIM2->DIER = 0; }\n",
        "void TIM2_IRQHandler(void) { HAL_TIM_IRQHandler(&timer); }\n",
        "void TIM2_IRQHandler(void) { LL_TIM_ClearFlag_UPDATE(TIM2); }\n",
        "void TIM2_IRQHandler(void) { __HAL_TIM_CLEAR_FLAG(&timer, TIM_FLAG_UPDATE); }\n",
        "void TIM2_IRQHandler(void) { TIM_ClearITPendingBit(TIM2, TIM_IT_Update); }\n",
        "void TIM2_IRQHandler(void) { timer->regs->SR = 0; }\n",
        "volatile uint32_t *status;\nvoid TIM2_IRQHandler(void) { *status = 0; }\n",
        "void TIM2_IRQHandler(void) { volatile uint32_t *status = state(); *status = 0; }\n",
        "void TIM2_IRQHandler(void) { *(volatile uint32_t *)0x40000010 = 0; }\n",
        "void TIM2_IRQHandler(void) { (*handler)(); }\n",
        "void TIM2_IRQHandler(void) { somebody_elses(); }\n",
        "void TIM2_IRQHandler(void) { NVIC_DisableIRQ(TIM2_IRQn); }\n",
        "void TIM2_IRQHandler(void) { for (;;) ; }\n",
        "void TIM2_IRQHandler(void) { __asm volatile (\"b handler\"); }\n",
        "static void clear(TIM_TypeDef *t) { t->SR = 0; }\nvoid TIM2_IRQHandler(void) { clear(TIM2); }\n",
        "void USART2_IRQHandler(void) { last = USART2->DR; }\n",
        "void USART2_IRQHandler(void) { USART2->CR1 &= ~128; }\n",
        "void EXTI0_IRQHandler(void) { EXTI->PR = 1; }\n",
        "void EXTI0_IRQHandler(void) { HAL_GPIO_EXTI_IRQHandler(GPIO_PIN_0); }\n",
        "void EXTI0_IRQHandler(void) { EXTI->IMR &= ~1; }\n",
        "void SysTick_Handler(void) { ticks++; }\n",
        "void TIM3_IRQHandler(void) { count++; }\n",
    ],
)  # fmt: skip
def test_the_request_may_end(tmp_path: Path, text: str) -> None:
    assert judged(tmp_path, text) == ()


def test_text_that_is_being_typed_says_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, "void TIM2_IRQHandler(void) { count++; if (\n") == ()


def test_images_that_are_not_known_well_say_nothing(tmp_path: Path) -> None:
    texts = {"it.c": "void TIM2_IRQHandler(void) { count++; }\n", "main.c": MAIN}
    assert findings(tmp_path, texts, "PendingFlag", declared=False) == ()
