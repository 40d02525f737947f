"""Alternate functions that a pin does not have, and shifts that miss its field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hardware_images import findings, messages

from signoff.verifiers.finding import Category, Severity

CLOCKS = "static void clocks(void) { RCC->AHB1ENR |= 0x1FF; }"


def _pin(pin: str, alternate: str, port: str = "GPIOB", start: str = "GPIO_InitTypeDef s = {0};") -> str:
    set_alternate = f"s.Alternate = {alternate};" if alternate else ""
    return f"""void f(void) {{ {start} s.Pin = {pin}; s.Mode = GPIO_MODE_AF_PP;
        {set_alternate}
        HAL_GPIO_Init({port}, &s); }}"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_pin("GPIO_PIN_14", "GPIO_AF2_TIM3"), "PB14 has no alternate function 2: it can be TIM1_CH2N (1)"),
        (_pin("GPIO_PIN_0", "GPIO_AF9_TIM12", "GPIOA"), "PA0 has no alternate function 9"),
        (_pin("GPIO_PIN_5", "GPIO_AF1_TIM1", "GPIOA"), "PA5 cannot be a pin of TIM1: it can be TIM2_CH1/TIM2_ETR (1)"),
        (_pin("GPIO_PIN_14", "GPIO_AF7_TIM12"), "PB14's alternate function 7 is USART3_RTS, not TIM12"),
        (_pin("GPIO_PIN_14", "GPIO_AF7_TIM12"), "TIM12 is alternate function 9 there"),
        (_pin("GPIO_PIN_9 | GPIO_PIN_10", "8", "GPIOA"), "PA9 has no alternate function 8"),
        ("void f(void) { gpio_set_af(GPIOD, GPIO_AF1, GPIO12); }", "PD12 has no alternate function 1"),
        ("void f(void) { LL_GPIO_SetAFPin_8_15(GPIOB, LL_GPIO_PIN_14, LL_GPIO_AF_2); }", "PB14 has no alternate"),
        ("void f(void) { GPIO_PinAFConfig(GPIOB, GPIO_PinSource14, GPIO_AF_TIM3); }", "PB14 cannot be a pin of TIM3"),
        ("void f(void) { GPIOB->AFR[1] |= 2U << 24; }", "PB14 has no alternate function 2"),
        ("void f(void) { GPIOB->AFR[1] = (GPIOB->AFR[1] & ~(0xFU << 24)) | (2U << 24); }", "PB14 has no alternate"),
        ("void f(void) { MODIFY_REG(GPIOB->AFR[1], 0xFU << 24, 2U << 24); }", "PB14 has no alternate function 2"),
        ("void f(void) { GPIO_AFRH(GPIOB) |= 2 << 24; }", "PB14 has no alternate function 2"),
    ],
)
def test_an_alternate_function_that_the_pin_lacks(tmp_path: Path, text: str, told: str) -> None:
    found = findings(tmp_path, CLOCKS, text)
    assert [(one.code, one.severity, one.category) for one in found] == [
        ("AlternateFunction", Severity.ERROR, Category.PIN_FUNCTION)
    ]
    assert told in found[0].message


@pytest.mark.parametrize(
    "text",
    [
        _pin("GPIO_PIN_14", "GPIO_AF9_TIM12"),
        _pin("GPIO_PIN_14", "GPIO_AF15_EVENTOUT"),
        _pin("GPIO_PIN_13", "GPIO_AF0_SWJ", "GPIOA"),
        _pin("GPIO_PIN_12", "GPIO_AF5_SPI2"),
        _pin("GPIO_PIN_14", "which"),
        _pin("pins", "GPIO_AF2_TIM3"),
        _pin("GPIO_PIN_14", "GPIO_AF2_TIM3", "port"),
        _pin("GPIO_PIN_14", "GPIO_AF2_TIM3").replace("GPIO_MODE_AF_PP", "GPIO_MODE_OUTPUT_PP"),
        _pin("GPIO_PIN_14", "GPIO_AF2_TIM3").replace("s.Alternate", "if (x) s.Alternate"),
        _pin("GPIO_PIN_14", "GPIO_AF2_TIM3").replace("HAL_GPIO_Init", "choose(&s); HAL_GPIO_Init"),
        "void f(void) { gpio_set_af(GPIOD, GPIO_AF2, GPIO12 | GPIO13); }",
        "void f(void) { GPIO_PinAFConfig(GPIOB, GPIO_PinSource14, GPIO_AF_TIM12); }",
        "void f(void) { GPIOB->AFR[1] |= 1U << 24; GPIOB->AFR[1] |= 8U << 24; }",
        "void f(void) { GPIOB->AFR[1] |= GPIO_AFRH_AFSEL14_0 | GPIO_AFRH_AFSEL14_3; }",
        "void f(void) { GPIOB->AFR[1] |= 2U << 24; GPIOB->AFR[1] |= more; }",
        "void f(void) { GPIOB->AFR[1] &= ~(0xFU << 24); }",
        "void f(int n) { GPIOB->AFR[n] |= 2U << 24; }",
        "void f(void) { if (x) GPIOB->AFR[1] |= 1U << 24; else GPIOB->AFR[1] |= 2U << 24; }",
    ],
)
def test_right_or_uncertain_alternate_functions(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, CLOCKS, text) == []


def test_one_pin_too_many_is_a_warning(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, CLOCKS, _pin("GPIO_PIN_7 | GPIO_PIN_8", "GPIO_AF11_ETH", "GPIOA"))
    assert (found.severity, found.message[:33]) == (Severity.WARNING, "PA8 has no alternate function 11:")


def test_an_alternate_function_that_nobody_chose(tmp_path: Path) -> None:
    assert messages(tmp_path, CLOCKS, _pin("GPIO_PIN_13", "", "GPIOA")) == []
    (zeroed,) = messages(tmp_path, CLOCKS, _pin("GPIO_PIN_14", ""))
    assert "PB14 becomes an alternate-function pin, but s.Alternate stays 0" in zeroed
    (unset,) = messages(tmp_path, CLOCKS, _pin("GPIO_PIN_14", "", start="GPIO_InitTypeDef s;"))
    assert "is never set" in unset
    assert messages(tmp_path, CLOCKS, _pin("GPIO_PIN_14", "", start="static GPIO_InitTypeDef s;")) == []
    assert messages(tmp_path, CLOCKS, _pin("GPIO_PIN_14", "", start="GPIO_InitTypeDef s = defaults();")) == []


def test_pins_that_share_a_setting_are_told_at_the_pin(tmp_path: Path) -> None:
    text = """void f(void) { GPIO_InitTypeDef s; s.Mode = GPIO_MODE_AF_PP; s.Alternate = GPIO_AF1_TIM2;
    s.Pin = GPIO_PIN_3; HAL_GPIO_Init(GPIOA, &s);
    s.Pin = GPIO_PIN_4; HAL_GPIO_Init(GPIOA, &s); }"""
    (found,) = findings(tmp_path, CLOCKS, text)
    assert found.span.start_line == 3


@pytest.mark.parametrize(
    ("text", "told", "severity"),
    [
        ("GPIOB->AFR[0] |= 9U << (14 * 4);", "Pin 14 is in AFR[1] at bit (14 - 8) * 4 = 24", Severity.ERROR),
        ("GPIOB->AFR[1] |= 9U << (14 * 4);", "AFR[1] holds pins 8 to 15 in 32 bits", Severity.ERROR),
        ("GPIOB->AFR[1] |= 9U << 25;", "lies across pins 14 and 15", Severity.WARNING),
        ("GPIOB->MODER |= 3U << 13;", "lies across pins 6 and 7", Severity.WARNING),
        ("GPIOB->MODER &= ~(3U << 13);", "lies across pins 6 and 7", Severity.WARNING),
        ("GPIOB->MODER |= 2U << (4 * 14);", "a shift by 56 leaves nothing", Severity.ERROR),
        ("MODIFY_REG(GPIOB->PUPDR, 3U << 5, 1U << 6);", "lies across pins 2 and 3", Severity.WARNING),
        ("LL_GPIO_SetAFPin_0_7(GPIOB, LL_GPIO_PIN_14, LL_GPIO_AF_9);", "LL_GPIO_SetAFPin_8_15", Severity.ERROR),
        (
            "GPIOB->MODER |= 2U << 28; GPIOB->AFR[0] |= 1U << 24;",
            "PB14 becomes an alternate-function pin",
            Severity.WARNING,
        ),
    ],
)
def test_shifts_that_miss(tmp_path: Path, text: str, told: str, severity: Severity) -> None:
    found = findings(tmp_path, CLOCKS, f"void f(void) {{ {text} }}", code="PinShift")
    assert [one.severity for one in found] == [severity]
    assert told in found[0].message


@pytest.mark.parametrize(
    "text",
    [
        "GPIOB->MODER |= 2U << (14 * 2);",
        "GPIOB->MODER |= 1U << 13;",
        "GPIOB->OTYPER |= 1U << 13;",
        "GPIOB->ODR ^= 3U << 13;",
        "GPIOB->MODER |= 2U << shift;",
        "GPIOB->AFR[1] |= 9U << ((14 - 8) * 4);",
        "GPIOB->AFR[pin / 8] |= 9U << (pin % 8 * 4);",
        "GPIOB->MODER |= (2U << 28) | (2U << 12); GPIOB->AFR[0] |= 1U << 24; GPIOB->AFR[1] |= 9U << 24;",
        "TIM2->CCMR1 |= 3U << 5;",
    ],
)
def test_shifts_that_are_right_or_uncertain(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, CLOCKS, f"void f(void) {{ {text} }}", code="PinShift") == []


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (
            "GPIOB->MODER = (GPIOB->MODER & ~(3UL << (PIN * 2U))) | (2UL << PIN);",
            "pin 14's bits are cleared, but pin 7",
        ),
        (
            "GPIOB->MODER = (2UL << PIN) | (GPIOB->MODER & ~(3UL << (PIN * 2U)));",
            "pin 14's bits are cleared, but pin 7",
        ),
        ("GPIOB->MODER &= ~(3UL << (PIN * 2U)); GPIOB->MODER |= 2UL << PIN;", "pin 14's bits are cleared, but pin 7"),
        ("MODIFY_REG(GPIOB->MODER, 3UL << (PIN * 2U), 2UL << PIN);", "pin 14's bits are cleared, but pin 7"),
        ("GPIOB->AFR[1] = (GPIOB->AFR[1] & ~(15U << ((PIN - 8U) * 4U))) | (1U << (PIN * 2U - 16U));", ""),
        ("GPIOB->AFR[0] = (GPIOB->AFR[0] & ~(15U << (LOW * 4U))) | (7U << (LOW * 8U));", "pin 2's bits are cleared"),
        ("GPIOB->MODER = (GPIOB->MODER & ~(3UL << (PIN * 2U))) | (2UL << (LOW * 2U));", ""),
        ("GPIOB->MODER = (GPIOB->MODER & ~(3UL << (LOW * 2U))) | (2UL << ((LOW + 1U) * 2U));", ""),
        ("GPIOB->MODER = (GPIOB->MODER & ~(3UL << 28)) | (2UL << 14);", ""),
        ("GPIOB->MODER &= ~(3UL << (PIN * 2U)); if (x) GPIOB->MODER |= 2UL << PIN;", ""),
        ("GPIOB->MODER &= ~(3UL << (PIN * 2U)); GPIOC->MODER |= 2UL << PIN;", ""),
        ("GPIOB->MODER = (GPIOB->MODER & ~(3UL << (PIN * 2U))) | (2UL << (PIN * 2U));", ""),
        ("GPIOB->AFR[1] = (GPIOB->AFR[1] & ~(15U << ((PIN - 8U) * 4U))) | (9U << (PIN % 8U * 4U));", ""),
    ],
)
def test_a_field_is_cleared_and_another_one_of_the_same_pin_set(tmp_path: Path, statements: str, told: str) -> None:
    text = f"#define PIN 14U\n#define LOW 2U\nvoid f(void) {{ {statements} }}"
    found = findings(tmp_path, CLOCKS, text, code="PinShift")
    assert [one.severity for one in found] == ([Severity.WARNING] if told else [])
    assert not told or told in found[0].message
