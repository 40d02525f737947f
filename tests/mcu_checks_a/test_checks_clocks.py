"""A peripheral without its clock, and bits that are written to another bus's register."""

from __future__ import annotations

from pathlib import Path

import pytest
from hardware_images import findings, messages

from signoff.verifiers.finding import Category, Severity

CODE = "UnclockedPeripheral"
USE = "TIM12->CCR1 = 1;"
# Everything by which a program may enable TIM12.
ENABLES = [
    "RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;",
    "RCC->APB1ENR |= 1U << 6;",
    "RCC->APB1ENR |= (1U << RCC_APB1ENR_TIM12EN_Pos);",
    "RCC->APB1ENR = RCC_APB1ENR_PWREN | RCC_APB1ENR_TIM12EN;",
    "SET_BIT(RCC->APB1ENR, RCC_APB1ENR_TIM12EN);",
    "RCC->APB1ENR |= mask;",
    "*(volatile uint32_t *)0x40023840 |= 64;",
    "*(volatile uint32_t *)0x42470818 = 1;",
    "clocks = &RCC->APB1ENR;",
    "RCC_TypeDef *rcc = RCC; rcc->APB1ENR |= 64;",
    "start_clock(RCC, 6);",
    "__HAL_RCC_TIM12_CLK_ENABLE();",
    "__TIM12_CLK_ENABLE();",
    "LL_APB1_GRP1_EnableClock(LL_APB1_GRP1_PERIPH_TIM12);",
    "LL_APB1_GRP1_EnableClock(LL_APB1_GRP1_PERIPH_ALL);",
    "LL_APB1_GRP1_EnableClock(which);",
    "RCC_APB1PeriphClockCmd(RCC_APB1Periph_TIM12, ENABLE);",
    "rcc_periph_clock_enable(RCC_TIM12);",
    "rcc_periph_clock_enable(which);",
    "rcc_peripheral_enable_clock(&RCC_APB1ENR, RCC_APB1ENR_TIM12EN);",
    "start(RCC_APB1ENR_TIM12EN);",
    "CLOCK(TIM12);",
    "MY_TIMER_CLOCK();",
]
BOARD = """
#define CLOCK(x) __HAL_RCC_##x##_CLK_ENABLE()
#define MY_TIMER_CLOCK() do { OTHER(); } while (0)
#define OTHER() __HAL_RCC_TIM12_CLK_ENABLE()
"""


@pytest.mark.parametrize("enable", ENABLES)
def test_every_way_to_enable_a_clock_is_known(tmp_path: Path, enable: str) -> None:
    text = f'#include "board.h"\nint main(void) {{ {enable} {USE} }}'
    assert findings(tmp_path, text, files={"board.h": BOARD}) == []


def test_nothing_enables_the_clock(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "int main(void) {", "RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;", USE, "TIM12->CR1 = 1; }")
    assert (found.code, found.severity, found.category) == (CODE, Severity.ERROR, Category.CLOCK_ENABLE)
    assert "TIM12 hangs on APB1: RCC->APB1ENR bit 6 (RCC_APB1ENR_TIM12EN)" in found.message
    assert found.span.start_line == 2
    assert dict(found.data)["macro"] == "RCC_APB1ENR_TIM12EN"


@pytest.mark.parametrize(
    ("use", "style"),
    [
        ("TIM3->ARR = 9;", "cmsis"),
        ("*(volatile uint32_t *)0x4000042C = 9;", "cmsis"),
        ("LL_TIM_EnableCounter(TIM3);", "ll"),
        ("TIM_Cmd(TIM3, ENABLE);", "stdperiph"),
        ("timer_enable_counter(TIM3);", "libopencm3"),
        ("TIM_CR1(TIM3) |= 1;", "cmsis"),
        ("htim3.Instance = TIM3; HAL_TIM_PWM_Init(&htim3);", "hal"),
    ],
)
def test_every_way_to_use_a_peripheral_is_known(tmp_path: Path, use: str, style: str) -> None:
    (found,) = findings(tmp_path, f"TIM_HandleTypeDef htim3; int main(void) {{ {use} }}")
    assert "Nothing enables TIM3's clock" in found.message
    assert dict(found.data)["style"] == style


@pytest.mark.parametrize(
    "text",
    [
        "int main(void) { TIM_DeInit(TIM3); LL_TIM_DeInit(TIM3); __HAL_DBGMCU_FREEZE_TIM3(); }",
        "int main(void) { f(TIM3); if (timer == TIM3) g(); }",
        "void f(TIM_TypeDef *timer) { timer->ARR = 9; }",
        "int main(void) { SCB->VTOR = 0; NVIC->ISER[0] = 1; FLASH->ACR = 5; RCC->CR |= 1; IWDG->KR = 0xAAAA; }",
        "#if 0\nint main(void) { TIM3->ARR = 9; }\n#endif",
    ],
)
def test_what_is_no_use(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, text) == []


def test_silent_where_not_all_is_seen(tmp_path: Path) -> None:
    text = f"int main(void) {{ {USE} }}"
    assert findings(tmp_path, text, code=CODE)
    assert not findings(tmp_path, text, code=CODE, declared=False)
    assert not findings(tmp_path, text, code=CODE, objects=("/vendor/board.a",))
    assert not findings(tmp_path, text, code=CODE, libraries=("board",))
    assert not findings(tmp_path, text, code=CODE, files={"start.s": "  ldr r0, =0x40023840\n"})
    assert findings(tmp_path, text, code=CODE, files={"start.s": "  .word RCC_IRQHandler /* RCC */\n"})


def test_another_file_enables_it(tmp_path: Path) -> None:
    other = "void HAL_TIM_PWM_MspInit(T *htim) { if (htim->Instance == TIM12) __HAL_RCC_TIM12_CLK_ENABLE(); }"
    assert findings(tmp_path, f"int main(void) {{ {USE} }}", files={"msp.c": other}) == []


def test_a_function_that_nothing_calls_enables_nothing(tmp_path: Path) -> None:
    clocks = "void clocks_init(void) { RCC->APB1ENR |= RCC_APB1ENR_TIM12EN; }"
    (found,) = findings(tmp_path, clocks, f"int main(void) {{ {USE} }}")
    assert [one.message for one in found.related] == ["clocks_init enables it, but nothing calls clocks_init"]
    for caller in (
        "clocks_init();",
        "run(clocks_init);",
        "static hook table[] = {clocks_init};",
        "INIT(clocks_init)",
        'asm("bl clocks_init");',
    ):
        text = f"#define INIT(x) x();\nint main(void) {{ {caller} {USE} }}"
        assert findings(tmp_path, clocks, text) == [], caller
    for head in ("hook table[] = {clocks_init};", "void clocks_init(void) __attribute__((constructor));"):
        assert findings(tmp_path, clocks, head, f"int main(void) {{ {USE} }}") == [], head
    assert findings(tmp_path, clocks, f"int main(void) {{ {USE} }}", files={"s.s": " bl clocks_init\n"}) == []
    header = "void clocks_init(void);\n"
    assert findings(tmp_path, '#include "b.h"', clocks, f"int main(void) {{ {USE} }}", files={"b.h": header}) != []


def test_handles_of_one_name_in_several_files(tmp_path: Path) -> None:
    text = "SPI_HandleTypeDef h; int main(void) { other(); h.Instance = SPI2; HAL_SPI_Init(&h); }"
    other = "static SPI_HandleTypeDef h; void other(void) {"
    other += " __HAL_RCC_SPI1_CLK_ENABLE(); h.Instance = SPI1; HAL_SPI_Init(&h); }"
    (found,) = findings(tmp_path, text, files={"other.c": other})
    assert "Nothing enables SPI2's clock" in found.message
    assert findings(tmp_path, text, files={"other.c": other.replace("static ", "extern ")}) == []


def test_what_nothing_calls_yet_is_half_written(tmp_path: Path) -> None:
    text = f"void pwm_init(void) {{ RCC->APB1ENR |= RCC_APB1ENR_TIM12EN; {USE} }} int main(void) {{ }}"
    assert findings(tmp_path, text) == []


def test_used_before_it_is_enabled(tmp_path: Path) -> None:
    (found,) = findings(
        tmp_path,
        "static void clocks(void) { RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN; }",
        "int main(void) {",
        "GPIOA->MODER = 1;",
        "clocks(); }",
    )
    assert (found.severity, found.span.start_line) == (Severity.WARNING, 2)
    assert found.message.startswith("GPIOA is set up before its clock is enabled")
    assert found.related[0].span.start_line == 0


@pytest.mark.parametrize(
    "text",
    [
        "static void clocks(void) { RCC->AHB1ENR |= 1; } int main(void) { clocks(); GPIOA->MODER = 1; }",
        "void SystemInit(void) { RCC->AHB1ENR |= 1; } int main(void) { GPIOA->MODER = 1; }",
        "void EXTI0_IRQHandler(void) { RCC->AHB1ENR |= 1; } int main(void) { GPIOA->MODER = 1; }",
        "int main(void) { if (warm) GPIOA->MODER = 1; RCC->AHB1ENR |= 1; }",
        "int main(void) { if (x) goto off; again: RCC->AHB1ENR |= 1; off: GPIOA->MODER = 1; goto again; }",
        "int main(void) { x = GPIOA->IDR; RCC->AHB1ENR |= 1; }",
        "int main(void) { start(); GPIOA->MODER = 1; RCC->AHB1ENR |= 1; } void start(void) { RCC->AHB1ENR |= all; }",
        "TIM_HandleTypeDef h; void HAL_TIM_Base_MspInit(T *t) { RCC->APB1ENR |= 2; }"
        " int main(void) { h.Instance = TIM3; HAL_TIM_Base_Init(&h); }",
    ],
)
def test_an_order_that_is_right_or_open(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("RCC->APB2ENR |= RCC_APB1ENR_TIM12EN;", "RCC_APB1ENR_TIM12EN is a bit of RCC->APB1ENR, not of APB2ENR"),
        ("SET_BIT(RCC->AHB1ENR, RCC_APB2ENR_SYSCFGEN);", "SYSCFG hangs on APB2"),
        ("RCC->APB1RSTR |= RCC_APB2RSTR_SPI1RST;", "RCC_APB2RSTR_SPI1RST is a bit of RCC->APB2RSTR"),
        ("RCC_APB2ENR |= RCC_APB1ENR_TIM2EN;", "not of APB2ENR"),
        ("RCC_APB1PeriphClockCmd(RCC_APB2Periph_USART1, ENABLE);", "USART1 hangs on APB2"),
        ("LL_APB1_GRP1_EnableClock(LL_APB2_GRP1_PERIPH_USART1);", "USART1 hangs on APB2"),
        ("rcc_peripheral_enable_clock(&RCC_APB2ENR, RCC_APB1ENR_TIM12EN);", "TIM12 hangs on APB1"),
        ("RCC->APB2ENR |= (1 << 4) | RCC_APB1ENR_PWREN;", "PWR hangs on APB1"),
    ],
)
def test_a_bit_of_another_bus(tmp_path: Path, text: str, told: str) -> None:
    (found,) = messages(tmp_path, f"void f(void) {{ {text} }}")
    assert found.startswith("1 WrongClockRegister")
    assert told in found


@pytest.mark.parametrize(
    "text",
    [
        "RCC->APB1ENR |= RCC_APB1ENR_TIM12EN | RCC_APB1ENR_PWREN;",
        "RCC->APB1RSTR |= RCC_APB1RSTR_TIM2RST;",
        "RCC->APB1LPENR &= ~RCC_APB1LPENR_TIM2LPEN;",
        "if (RCC->APB2ENR & RCC_APB1ENR_TIM12EN) f();",
        "RCC->APB2ENR |= RCC_APB2ENR_USART1EN | RCC_APB1ENR_TIM12EN;",
        "RCC->CFGR |= RCC_CFGR_PPRE1_DIV4;",
        "rcc_periph_clock_enable(RCC_TIM12);",
    ],
)
def test_bits_of_their_own_register(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, f"void f(void) {{ {text} }}") == []
