"""Embedded C constructs, judged by the real gcc and the part checks, on a small library of our own in ST's manner."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from structural_places import MARK, Bench, bench, spliced

from signoff.completion.structural.judge import Offer
from signoff.verifiers.mcu.checks.part import Part
from signoff.verifiers.mcu.compile.gcc import Gcc

pytestmark = [
    pytest.mark.tool,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]

LIBRARY = """#pragma once
#include <stdint.h>
typedef struct { volatile uint32_t CR1; } USART_TypeDef;
typedef struct { volatile uint32_t MODER; } GPIO_TypeDef;
typedef struct { volatile uint32_t AHB1ENR; } RCC_TypeDef;
#define USART2 ((USART_TypeDef *)0x40004400UL)
#define GPIOA ((GPIO_TypeDef *)0x40020000UL)
#define RCC ((RCC_TypeDef *)0x40023800UL)
#define RCC_AHB1ENR_GPIOAEN (1UL << 0)
#define RCC_AHB1ENR_GPIOBEN (1UL << 1)
#define __HAL_RCC_USART2_CLK_ENABLE() do { } while (0)
#define __HAL_RCC_GPIOA_CLK_ENABLE() do { } while (0)
#define GPIO_PIN_2 (1U << 2)
#define GPIO_PIN_3 (1U << 3)
#define GPIO_MODE_AF_PP 2U
#define GPIO_PULLUP 1U
#define GPIO_SPEED_FREQ_VERY_HIGH 3U
#define GPIO_AF7_USART2 7U
typedef struct { uint32_t Pin, Mode, Pull, Speed, Alternate; } GPIO_InitTypeDef;
void HAL_GPIO_Init(GPIO_TypeDef *port, GPIO_InitTypeDef *init);
typedef enum { HAL_OK, HAL_ERROR } HAL_StatusTypeDef;
/** @defgroup UART_Parity parity
  * @{ */
#define UART_PARITY_NONE 0U
#define UART_PARITY_EVEN 1U
/** @} */
/** @defgroup UART_Extra extra
  * @{ */
#define UART_EXTRA_FIRST 0U
#define UART_EXTRA_SECOND 1U
/** @} */
typedef struct
{
  uint32_t BaudRate; /*!< The rate */
  uint32_t Parity;   /*!< This parameter can be a value of @ref UART_Parity */
  uint32_t Extra;    /*!< This parameter can be a value of @ref UART_Extra */
} UART_InitTypeDef;
typedef struct __UART_HandleTypeDef { USART_TypeDef *Instance; UART_InitTypeDef Init; } UART_HandleTypeDef;
HAL_StatusTypeDef HAL_UART_Init(UART_HandleTypeDef *huart);
void HAL_UART_IRQHandler(UART_HandleTypeDef *huart);
void HAL_UART_RxCpltCallback(UART_HandleTypeDef *huart);
"""
MAIN = '#include "hal.h"\n\nUART_HandleTypeDef huart2;\n\n{}\n'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def firmware(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("firmware")
    (folder / "hal.h").write_text(LIBRARY)
    (folder / "main.c").write_text(MAIN.format("int main(void) { for (;;) { } }"))
    arguments = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-DSTM32F407xx", "-Wall", "-c", "main.c"]
    command = {"directory": str(folder), "file": "main.c", "arguments": arguments}
    (folder / "compile_commands.json").write_text(json.dumps([command]))
    async with bench(folder, Part, Gcc) as made:
        await made.workspace.find_firmware([str(folder / "main.c")])
        yield made


async def offers(made: Bench, text: str) -> tuple[Offer, ...]:
    """The offers in the firmware's file."""
    return await made.offers(text, "main.c", "c")


async def test_a_handle_is_initialised_with_what_the_headers_allow(firmware: Bench) -> None:
    (found,) = await offers(firmware, MAIN.format(f"MX_{MARK}"))
    text = found.proposal.text
    assert text.startswith("static void MX_USART2_UART_Init(void)\n{")
    assert "gpio.Pin = GPIO_PIN_2 | GPIO_PIN_3;" in text and "gpio.Alternate = GPIO_AF7_USART2;" in text
    assert "huart2.Init.Parity = UART_PARITY_NONE;" in text and "huart2.Init.Extra = UART_EXTRA_FIRST;" in text
    assert "UART_EXTRA_SECOND" in found.proposal.documentation and "PD5" in text, "a choice is said to be one"
    assert set(found.verdict.tools) == {"part", "gcc"}


async def test_no_second_initialisation(firmware: Bench) -> None:
    done = "void f(void) { huart2.Instance = USART2; }\n"
    assert not await offers(firmware, MAIN.format(f"{done}MX_{MARK}"))


async def test_handlers_are_those_of_the_vector_table(firmware: Bench) -> None:
    setup = "void f(void) { huart2.Instance = USART2; }\n"
    text = MAIN.format(f"{setup}void USART2_{MARK}")
    (found,) = await offers(firmware, text)
    assert "void USART2_IRQHandler(void)" in spliced(text, found)
    assert "HAL_UART_IRQHandler(&huart2);" in found.proposal.text and set(found.verdict.tools) == {"part", "gcc"}
    assert not await offers(firmware, MAIN.format(f"void USART9_{MARK}"))
    assert not await offers(firmware, MAIN.format(f"int f(void)\n{{\n  void USART2_{MARK}\n}}"))


async def test_callbacks_have_the_librarys_prototype(firmware: Bench) -> None:
    text = MAIN.format(f"void HAL_UART_Rx{MARK}")
    (found,) = await offers(firmware, text)
    assert "void HAL_UART_RxCpltCallback(UART_HandleTypeDef *huart)" in spliced(text, found)


async def test_the_clock_of_what_is_used_comes_first(firmware: Bench) -> None:
    text = MAIN.format(f"void f(void)\n{{\n  GPIOA->MODER = 0;\n  RCC->AHB1ENR |= {MARK}\n}}")
    found = await offers(firmware, text)
    assert [one.proposal.label for one in found] == ["RCC_AHB1ENR_GPIOAEN", "RCC_AHB1ENR_GPIOBEN"], (
        "no more than the header"
    )
    assert "used here" in found[0].proposal.detail and not found[1].proposal.documentation
