"""Which hover a place gets: found in text alone, that may be half typed; nothing where nothing is known."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcu_texts import F407, FOREIGN, LINKED, SCRIPT, SOURCE, place, snapshot

from signoff.diagnostics.explain.mcu import hover, symbol_hover, term_hover
from signoff.verifiers.finding import Span


def head(needle: str, within: str = "") -> str | None:
    found = hover(snapshot(), place(needle, within), part=F407, linked=LINKED, regions=SCRIPT)
    return found[0].splitlines()[0] if found else None


@pytest.mark.parametrize(
    ("needle", "within", "starts"),
    [
        ("TIM12", "TIM12->CCR1", "**TIM12** ·"),
        ("CCR1", "TIM12->CCR1", "**TIM12->CCR1** · `0x40001834`"),
        ("AFR", "GPIOA->AFR[1]", "**GPIOA->AFR[1] (AFRH)** · `0x40020024`"),
        ("ISER", "", "**NVIC->ISER[0]** to **ISER[2]**"),
        ("AIRCR", "", "**SCB->AIRCR** · `0xE000ED0C`"),
        ("TIR", "", "**CAN1->sTxMailBox[0].TIR (TI0R)** · `0x40006580`"),
        ("TDLR", "", "**CAN1->sTxMailBox[1].TDLR (TDL1R)** · `0x40006598`"),
        ("GPIO_MODER", "GPIO_MODER(GPIOD)", "**GPIOD->MODER** · `0x40020C00`"),
        ("RCC_AHB1ENR", "RCC_AHB1ENR = 1", "**RCC->AHB1ENR** · `0x40023830`"),
        ("CR", "DMA2_Stream7->CR", "**DMA2_Stream7->CR** · `0x400264B8`"),
        ("DMA_SxCR_EN", "", "**DMA_SxCR_EN** · field `EN`"),
        ("GPIO_PIN_14", "", "**PB14** ·"),
        ("GPIO_PIN_13", "", "**PC13** ·"),
        ("GPIO_PIN_12", "", "**PD12** ·"),
        ("GPIO12", "", "**PD12** ·"),
        ("GPIO_PIN_0", "", "**Pin 0 of a port** ·"),  # another setting comes before the initialisation
        ("GPIO_PIN_3", "", "**Pin 3 of a port** ·"),  # two ports
        ("TIM2_IRQn", "", "**TIM2_IRQHandler** · `TIM2_IRQn` = 28"),
        ("TIM2_IRQHandler", "", "**TIM2_IRQHandler** · `TIM2_IRQn` = 28"),
        (".ccmram", "", "**Section `.ccmram`** · CCMRAM"),
        ("section", "", "**Section `.ccmram`** · CCMRAM"),
        ("samples", "", "**samples** · object · 512 B · `.ccmram` in CCMRAM"),
        ("NVIC_SetPriority", "", "**Priority of an interrupt"),
    ],
)
def test_places(needle: str, within: str, starts: str) -> None:
    found = head(needle, within)
    assert found is not None
    assert found.startswith(starts)


@pytest.mark.parametrize(
    ("needle", "within"),
    [
        ("GPIOC", "/* GPIOC */"),
        ("GPIOA", "// GPIOA"),
        ("TIM2", '"TIM2 ->CR1"'),
        ("R", "'R'"),
        ("CCR1", "Instance->CCR1"),  # which timer it is, only the run knows
        ("NOTHERE", ""),
        ("GPIO_InitStruct", "GPIO_InitStruct.Pin = GPIO_PIN_0"),
        ("128", ""),
        ("stm32f4xx", ""),
    ],
)
def test_nothing_is_said_where_nothing_is_known(needle: str, within: str) -> None:
    assert head(needle, within) is None


def test_words_of_attributes_are_ordinary_names_elsewhere() -> None:
    text = "int used, weak, interrupt;\nvoid __attribute__((weak, used)) f(void);\n__weak void g(void);\n"
    heads = [hover(snapshot(text), place, part=F407) for place in ((0, 5), (0, 11), (0, 17), (1, 21), (1, 27), (2, 3))]
    assert [one[0].splitlines()[0][2:6] if one else None for one in heads] == [None, None, None, "Weak", "Kept", "Weak"]


def test_the_span_is_the_word() -> None:
    found = hover(snapshot(), place("CCR1", "TIM12->CCR1"), part=F407)
    assert found is not None
    assert found[1] == Span(3, 9, 3, 13)


def test_columns_are_code_points() -> None:
    text = "int a = 0; /* 🙂é */ TIM2->CR1 = 1;\n"
    found = hover(snapshot(text), (0, text.index("CR1")), part=F407)
    assert found is not None
    assert found[1] == Span(0, text.index("CR1"), 0, text.index("CR1") + 3)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("__HAL_RCC_GPIOA_CLK_ENABLE", "RCC_AHB1ENR_GPIOAEN"),
        ("__HAL_RCC_USB_OTG_FS_CLK_ENABLE", "RCC_AHB2ENR_OTGFSEN"),
        ("LL_AHB1_GRP1_PERIPH_GPIOA", "RCC_AHB1ENR_GPIOAEN"),
        ("LL_APB1_GRP1_PERIPH_TIM12", "RCC_APB1ENR_TIM12EN"),
        ("RCC_APB1Periph_TIM12", "RCC_APB1ENR_TIM12EN"),
        ("RCC_GPIOD", "RCC_AHB1ENR_GPIODEN"),
        ("tim2_isr", "TIM2_IRQHandler"),
        ("NVIC_TIM2_IRQ", "TIM2_IRQHandler"),
        ("GPIO_AF_TIM12", "Alternate function 9: TIM12"),
        ("GPIO_MODER_MODE5", "bits 11:10"),
        ("GPIO_OSPEEDER_OSPEEDR5_1", "bit 11"),
        ("GPIO_IDR_IDR_5", "bit 5"),
        ("LL_GPIO_PIN_7", "Pin 7"),
        ("GPIO_Pin_7", "Pin 7"),
        ("PB14", "`TIM12_CH1`"),
        ("RCC_PLLCFGR_PLLN_Msk", "`0x00007FC0`"),
        ("DAC1", "**DAC**"),
        ("HASH_RNG_IRQn", "HASH_RNG_IRQHandler"),
    ],
)
def test_spellings_of_four_libraries(word: str, says: str) -> None:
    text = term_hover(word, F407)
    assert text is not None
    assert says in text


@pytest.mark.parametrize(
    "word",
    [
        "", "foo", "GPIOZ", "GPIO_PIN_16", "GPIO_PIN_All", "PB99", "TIM2_IRQHandlr", "TIM99_IRQn", "GPIO_AF9_TIM2",
        "RCC_NONSENSE", "TIM_CR1_CEN_5", "TIM_CR1_NONE", "GPIO_AF15_EVENTOUT_X", "x_isr", "NVIC_XX_IRQ", "RCC_",
        "__HAL_RCC_XYZ_CLK_ENABLE", "I2C1_IRQHandler", "ETH_PTPTSSR_TSSO",
    ],
)  # fmt: skip
def test_unknown_words(word: str) -> None:
    assert term_hover(word, F407) is None


def test_without_a_part_only_words_and_symbols_are_known() -> None:
    assert term_hover("TIM2", None) is None
    assert term_hover("TIM2_IRQHandler", None) is None
    assert (term_hover("main", None, LINKED) or "").startswith("**main** · function · 84 B")
    assert "{" not in (term_hover("NVIC_SetPriority", None) or "{")


def test_a_part_of_an_svd_file_says_what_the_file_says() -> None:
    assert "**PORTA->CFG0** · `0x50000010`" in (term_hover("PORTA_CFG0", FOREIGN) or "")
    assert term_hover("PORTA_IRQHandler", FOREIGN) is not None
    assert term_hover("PB14", FOREIGN) is None
    assert term_hover("GPIO_PIN_3", FOREIGN) is None


def test_symbols() -> None:
    assert symbol_hover("main", None) is None
    assert symbol_hover("nothing", LINKED) is None
    both = symbol_hover("state", LINKED) or ""
    assert "a.c" in both
    assert "b.c" in both


def test_a_long_text_is_quick() -> None:
    text = SOURCE.replace("}\nvoid TIM2", '  x = 1; /* y */ puts("z");\n' * 20_000 + "  TIM3->CR1 = 1;\n}\nvoid TIM2")
    line = text[: text.index("TIM3->CR1")].count("\n")
    started = time.process_time()
    assert hover(snapshot(text), (line, 9), part=F407) is not None
    assert time.process_time() - started < 1.0


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from("TIM12->CR[0]{}();\"/*'\\\n\r GPIOA_PIN=.&Pin9é\ufeff"), max_size=60),
    st.integers(-1, 5),
    st.integers(-1, 70),
)
def test_half_typed_text_never_raises(text: str, line: int, column: int) -> None:
    hover(snapshot(text), (line, column), part=F407, linked=LINKED, regions=SCRIPT)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SOURCE)))
def test_a_text_cut_anywhere_never_raises(end: int) -> None:
    text = SOURCE[:end]
    line = text.count("\n")
    hover(snapshot(text), (line, max(end - text.rfind("\n") - 2, 0)), part=F407)
