"""The texts on firmware as they are shown: golden/*.md, written anew where GOLDEN=write is in the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from mcu_texts import F407, FOREIGN, LINKED, SCRIPT, SOURCE, place, snapshot

from signoff.diagnostics.explain.mcu import hover, symbol_hover, term_hover
from signoff.diagnostics.explain.mcu_symbols import section_text

GOLDEN = Path(__file__).parent / "golden"


def at(needle: str, within: str = "") -> str | None:
    found = hover(snapshot(), place(needle, within), part=F407, linked=None)
    return found[0] if found else None


SAMPLES: dict[str, Callable[[], str | None]] = {
    "peripheral": lambda: at("TIM12", "TIM12->CCR1"),
    "peripheral_long": lambda: term_hover("RCC", F407),
    "peripheral_foreign": lambda: term_hover("PORTA", FOREIGN),
    "register": lambda: at("CCR1", "TIM12->CCR1"),
    "register_array": lambda: at("AFR", "GPIOA->AFR[1]"),
    "register_any_index": lambda: at("ISER"),
    "register_flags": lambda: term_hover("USART1_SR", F407),
    "register_modes": lambda: term_hover("TIM2_CCMR1", F407),
    "register_core": lambda: at("AIRCR"),
    "register_foreign": lambda: term_hover("PORTA_CFG0", FOREIGN),
    "field_clock": lambda: at("RCC_APB1ENR_TIM12EN"),
    "field_reset": lambda: term_hover("RCC_APB2RSTR_ADCRST", F407),
    "field_of_many": lambda: term_hover("TIM_CR1_CEN", F407),
    "field_of_two_widths": lambda: term_hover("TIM_CNT_CNT", F407),
    "field_bit": lambda: at("GPIO_MODER_MODER5_0"),
    "field_position": lambda: term_hover("USART_SR_RXNE_Pos", F407),
    "pin": lambda: at("GPIO_PIN_14"),
    "pin_without_port": lambda: term_hover("GPIO_PIN_3", F407),
    "function": lambda: at("GPIO_AF9_TIM12", "GPIO_AF9_TIM12;\n  HAL_GPIO_Init(GPIOB"),
    "function_wrong_pin": lambda: at("GPIO_AF9_TIM12", "GPIO_AF9_TIM12;\n  HAL_GPIO_Init(GPIOC"),
    "interrupt": lambda: term_hover("TIM8_BRK_TIM12_IRQn", F407),
    "interrupt_core": lambda: term_hover("SysTick_Handler", F407),
    "interrupt_fixed": lambda: term_hover("HardFault_Handler", F407),
    "interrupt_foreign": lambda: term_hover("PORTA_IRQn", FOREIGN),
    "handler_linked": lambda: term_hover("TIM2_IRQHandler", F407, LINKED),
    "section": lambda: section_text(".ccmram", F407, LINKED, ()),
    "section_without_memory": lambda: section_text(".ccmram", F407, None, SCRIPT),
    "symbol_function": lambda: symbol_hover("main", LINKED, F407),
    "symbol_open": lambda: symbol_hover("walk", LINKED, F407),
    "symbol_without_dma": lambda: symbol_hover("samples", LINKED, F407),
    "symbol_twice": lambda: symbol_hover("state", LINKED, F407),
    "symbol_of_the_script": lambda: term_hover("_estack", F407, LINKED),
    "term_volatile": lambda: term_hover("volatile", None),
    "term_latency": lambda: term_hover("FLASH_LATENCY_5", F407),
    "term_pll": lambda: term_hover("PLLM", F407),
    "term_priority_unknown": lambda: term_hover("NVIC_SetPriority", None),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_golden(name: str) -> None:
    text = SAMPLES[name]()
    assert text is not None
    file = GOLDEN / f"{name}.md"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text + "\n", "utf-8")
    assert text + "\n" == file.read_text("utf-8")


def test_every_golden_file_is_compared() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(SAMPLES)


def test_no_text_of_a_file_becomes_markup() -> None:
    """An SVD file's descriptions are shown as they are: no image is fetched, no table breaks."""
    for name in ("PORTA", "PORTA_CFG0"):
        text = term_hover(name, FOREIGN)
        assert text is not None
        assert "](http" not in text.replace("``a | b ![x](http://e/) `c`\\``", "").replace(
            "``a \\| b ![x](http://e/) `c`\\``", ""
        )


def test_tables_are_whole() -> None:
    for make in SAMPLES.values():
        rows = [line for line in (make() or "").splitlines() if line.startswith("|")]
        widths = {line.replace("\\|", "").count("|") for line in rows}
        assert len(widths) <= 1


def test_the_source_is_as_assumed() -> None:
    assert SOURCE.count("GPIO_AF9_TIM12") == 2
