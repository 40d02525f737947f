"""PLL, buses and wait states; buffers that the DMA does not reach or that are gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hardware_images import findings, messages

from signoff.verifiers.finding import Severity

# 8 MHz / 8 * 336 / 2 = 168 MHz, 42 and 84 MHz, five wait states.
HAL = """#define HSE_VALUE 8000000U
void SystemClock_Config(void) {
    RCC_OscInitTypeDef osc = {0};
    RCC_ClkInitTypeDef clk = {0};
    osc.OscillatorType = RCC_OSCILLATORTYPE_HSE;
    osc.HSEState = RCC_HSE_ON;
    osc.PLL.PLLState = RCC_PLL_ON;
    osc.PLL.PLLSource = RCC_PLLSOURCE_HSE;
    osc.PLL.PLLM = 8;
    osc.PLL.PLLN = 336;
    osc.PLL.PLLP = RCC_PLLP_DIV2;
    osc.PLL.PLLQ = 7;
    if (HAL_RCC_OscConfig(&osc) != HAL_OK) Error_Handler();
    clk.SYSCLKSource = RCC_SYSCLKSOURCE_PLLCLK;
    clk.AHBCLKDivider = RCC_SYSCLK_DIV1;
    clk.APB1CLKDivider = RCC_HCLK_DIV4;
    clk.APB2CLKDivider = RCC_HCLK_DIV2;
    if (HAL_RCC_ClockConfig(&clk, FLASH_LATENCY_5) != HAL_OK) Error_Handler();
}
"""
REGISTERS = """#define HSE_VALUE 8000000U
#define PLL_M 8
void SetSysClock(void) {
    FLASH->ACR = FLASH_ACR_PRFTEN | FLASH_ACR_LATENCY_5WS;
    RCC->CFGR |= RCC_CFGR_HPRE_DIV1;
    RCC->CFGR |= RCC_CFGR_PPRE2_DIV2;
    RCC->CFGR |= RCC_CFGR_PPRE1_DIV4;
    RCC->PLLCFGR = PLL_M | (336 << 6) | (((2 >> 1) - 1) << 16) | RCC_PLLCFGR_PLLSRC_HSE | (7 << 24);
    RCC->CFGR &= (uint32_t)~RCC_CFGR_SW;
    RCC->CFGR |= RCC_CFGR_SW_PLL;
}
"""
# (what is exchanged, by what, code and line of the finding, part of its message)
FAULTS = [
    ("RCC_HCLK_DIV4", "RCC_HCLK_DIV2", "16 ClockRange", "APB1 runs at 168 MHz / 2 = 84 MHz; at most 42 MHz"),
    ("clk.APB2CLKDivider = RCC_HCLK_DIV2", "clk.APB2CLKDivider = RCC_HCLK_DIV1", "17 ClockRange", "divide by 2"),
    ("FLASH_LATENCY_5", "FLASH_LATENCY_2", "18 FlashLatency", "At 168 MHz the flash needs 5 wait states"),
    ("PLLN = 336", "PLLN = 440", "10 ClockRange", "PLLN is 440; 50 to 432 are allowed"),
    ("PLLM = 8", "PLLM = 2", "9 ClockRange", "The PLL's input is 8 MHz / 2 = 4 MHz"),
    ("PLLN = 336", "PLLN = 84", "10 ClockRange", "= 84 MHz; it works from 100 MHz"),
    ("PLLN = 336", "PLLN = 400", "10 ClockRange", "SYSCLK is 200 MHz; at most 168 MHz"),
    ("8000000U", "25000000U", "9 ClockRange", "25 MHz / 8 = 3.125 MHz"),
]


def test_the_clock_tree_as_it_should_be(tmp_path: Path) -> None:
    assert findings(tmp_path, HAL) == []
    assert findings(tmp_path, REGISTERS) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_what_the_hal_gets(tmp_path: Path, fault: tuple[str, str, str, str]) -> None:
    before, after, where, told = fault
    (found,) = messages(tmp_path, HAL.replace(before, after, 1))
    assert found.startswith(f"{where}: ")
    assert told in found


@pytest.mark.parametrize(
    ("before", "after", "where", "told"),
    [
        ("5WS", "3WS", "4 FlashLatency", "needs 5 wait states (2.7 to 3.6 V), not 3"),
        ("    FLASH->ACR = FLASH_ACR_PRFTEN | FLASH_ACR_LATENCY_5WS;\n", "", "7 FlashLatency", "not 0"),
        ("PPRE1_DIV4", "PPRE1_DIV2", "7 ClockRange", "APB1 runs at 168 MHz / 2"),
        ("336 << 6", "360 << 6", "8 ClockRange", "SYSCLK is 180 MHz"),
        ("PLL_M 8", "PLL_M 25", "8 ClockRange", "8 MHz / 25 = 0.32 MHz"),
    ],
)
def test_a_fault_in_registers(tmp_path: Path, before: str, after: str, where: str, told: str) -> None:
    (found,) = messages(tmp_path, REGISTERS.replace(before, after))
    assert found.startswith(f"{where}: ")
    assert told in found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("PLLN = 336", "PLLN = factor"),
        ("#define HSE_VALUE 8000000U\n", ""),
        ("    osc.PLL.PLLM = 8;\n", "    if (slow) osc.PLL.PLLM = 16;\n"),
        ("HAL_RCC_OscConfig(&osc)", "configure(&osc)"),
    ],
)
def test_what_is_not_certain_is_not_told(tmp_path: Path, before: str, after: str) -> None:
    assert findings(tmp_path, HAL.replace(before, after).replace("FLASH_LATENCY_5", "FLASH_LATENCY_0")) == []


def test_wait_states_that_another_function_sets(tmp_path: Path) -> None:
    text = REGISTERS.replace("    FLASH->ACR = FLASH_ACR_PRFTEN | FLASH_ACR_LATENCY_5WS;\n", "")
    assert findings(tmp_path, text, "void before(void) { FLASH->ACR |= 5; }") == []


SCRIPT = """MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 1024K
  CCMRAM (rw) : ORIGIN = 0x10000000, LENGTH = 64K
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K }
SECTIONS { .data : { *(.data) *(.data*) } >RAM AT> FLASH
  .ccmram : { . = ALIGN(4); *(.ccmram) *(.ccmram*) } >CCMRAM AT> FLASH
  .fast : { *(.fast) } > RAM }
"""
BUFFER = 'static uint8_t buffer[64] __attribute__((section("{}")));'
SEND = "void send(void) { HAL_UART_Transmit_DMA(&huart2, buffer, 64); }"


@pytest.mark.parametrize(
    "use",
    [
        SEND,
        "void f(void) { HAL_ADC_Start_DMA(&hadc1, (uint32_t *)buffer, 64); }",
        "void f(void) { DMA1_Stream6->M0AR = (uint32_t)buffer; }",
        "void f(void) { DMA1_Stream6->M0AR = (uint32_t)&buffer[0]; }",
        "void f(void) { dma_set_memory_address(DMA1, DMA_STREAM6, (uint32_t)buffer); }",
        "void f(void) { init.DMA_Memory0BaseAddr = (uint32_t)buffer; }",
    ],
)
def test_a_buffer_in_ccm(tmp_path: Path, use: str) -> None:
    clocks = "static void clocks(void) { RCC->AHB1ENR |= RCC_AHB1ENR_DMA1EN; }"
    for section, expected in ((".ccmram", 1), (".ccmram.buffers", 1), (".fast", 0)):
        found = findings(tmp_path, clocks, BUFFER.format(section), use, files={"f407.ld": SCRIPT})
        assert [one.code for one in found] == ["DmaBuffer"] * expected
        assert all("CCM (0x10000000" in one.message and one.severity is Severity.ERROR for one in found)


def test_an_unknown_section_is_not_told(tmp_path: Path) -> None:
    assert findings(tmp_path, BUFFER.format(".mystery"), SEND, files={"f407.ld": SCRIPT}) == []
    assert findings(tmp_path, "static uint8_t buffer[64];", SEND, files={"f407.ld": SCRIPT}) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("void f(void) { uint8_t b[8]; HAL_UART_Transmit_DMA(&h, b, 8); }", 1),
        ("void f(void) { uint8_t x; HAL_UART_Receive_DMA(&h, &x, 1); HAL_GPIO_WritePin(GPIOA, 1, 1); }", 1),
        ("void f(void) { static uint8_t b[8]; HAL_UART_Transmit_DMA(&h, b, 8); }", 0),
        ("int main(void) { uint8_t b[8]; HAL_UART_Transmit_DMA(&h, b, 8); for (;;) ; }", 0),
        ("void f(void) { uint8_t b[8]; HAL_UART_Transmit_DMA(&h, b, 8); while (busy) ; }", 0),
        ("void f(void) { uint8_t b[8]; HAL_UART_Transmit_DMA(&h, b, 8); wait(); }", 0),
        ("void f(uint8_t *b) { HAL_UART_Transmit_DMA(&h, b, 8); }", 0),
        ("void f(void) { uint8_t *b = get(); HAL_UART_Transmit_DMA(&h, b, 8); }", 0),
    ],
)
def test_a_buffer_on_the_stack(tmp_path: Path, text: str, count: int) -> None:
    clocks = "static void clocks(void) { __HAL_RCC_GPIOA_CLK_ENABLE(); }"
    found = findings(tmp_path, clocks, text)
    assert [(one.code, one.severity) for one in found] == [("DmaBuffer", Severity.WARNING)] * count
