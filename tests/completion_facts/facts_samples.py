"""A small firmware workspace and a small CUDA one, written as vendors write theirs."""

from __future__ import annotations

from pathlib import Path

from signoff.completion.facts.c_engine import FactsEngine
from signoff.completion.facts.questions import Question
from signoff.completion.passage import Passage
from signoff.verifiers.declarations.scope import Way

DEVICE = """
#ifndef DEVICE_H
#define DEVICE_H
#ifdef __cplusplus
 extern "C" {
#endif
#define __IO volatile
typedef struct
{
  __IO uint32_t SR;         /*!< USART Status register,   Address offset: 0x00 */
  __IO uint32_t CR1;        /*!< USART Control register 1 */
} USART_TypeDef;
typedef enum { USART1_IRQn = 37, USART2_IRQn = 38 } IRQn_Type;
#define USART2 ((USART_TypeDef *) USART2_BASE)
#define USART_CR1_UE_Pos (13U)
#define USART_CR1_UE_Msk (0x1UL << USART_CR1_UE_Pos)
#define USART_CR1_UE USART_CR1_UE_Msk /*!<USART Enable */
#define USART_CR1_RE (0x1UL << 2)
#ifdef __cplusplus
}
#endif
#endif
"""

HAL = """
#ifndef HAL_UART_H
#define HAL_UART_H
#include "device.h"
/** @defgroup UART_Exported_Types UART Exported Types
  * @{
  */
typedef enum
{
  HAL_OK       = 0x00U,
  HAL_ERROR    = 0x01U
} HAL_StatusTypeDef;
typedef struct
{
  uint32_t BaudRate;   /*!< This member configures the UART communication baud rate. */
  uint32_t WordLength; /*!< Specifies the number of data bits.
                            This parameter can be a value of @ref UART_Word_Length */
  uint32_t Parity;     /*!< This parameter can be a value of @ref UART_Parity */
} UART_InitTypeDef;
typedef struct __UART_HandleTypeDef
{
  USART_TypeDef                 *Instance;
  UART_InitTypeDef              Init;
} UART_HandleTypeDef;
/**
  * @}
  */
/** @defgroup UART_Word_Length UART Word Length
  * @{
  */
#define UART_WORDLENGTH_8B                  0x00000000U
#define UART_WORDLENGTH_9B                  ((uint32_t)USART_CR1_M)
/**
  * @}
  */
/** @defgroup UART_Parity UART Parity
  * @{
  */
#define UART_PARITY_NONE 0x00000000U
#define UART_PARITY_EVEN 0x00000400U
/**
  * @}
  */
#define __HAL_UART_ENABLE(__HANDLE__) ((__HANDLE__)->Instance->CR1 |= USART_CR1_UE)
HAL_StatusTypeDef HAL_UART_Init(UART_HandleTypeDef *huart);
HAL_StatusTypeDef HAL_UART_Transmit(UART_HandleTypeDef *huart, const uint8_t *pData, uint16_t Size, uint32_t Timeout);
void HAL_SetStatus(UART_HandleTypeDef *huart, HAL_StatusTypeDef status);
void HAL_NVIC_EnableIRQ(IRQn_Type IRQn);
#if defined(OTHER_CHIP)
void HAL_UART_Init(int other);
#endif
#endif
"""

MAIN = """#include "hal_uart.h"
#include "app.h"

UART_HandleTypeDef huart2;

static void start(void)
{
  huart2.Instance = USART2;
  if (HAL_UART_Init(&huart2) != HAL_OK) { fault(); }
}

int main(void)
{
  start();
@
  return 0;
}
"""

APP = "void app_step(int ticks);\nextern int app_state;\nstruct app_limits { int low, high; };\n"


def firmware(folder: Path) -> Way:
    """Write the headers; how they are found."""
    inc = folder / "inc"
    inc.mkdir()
    for name, text in (("device.h", DEVICE), ("hal_uart.h", HAL), ("app.h", APP)):
        (inc / name).write_text(text)
    return Way((str(inc),), ("__GNUC__=12",))


def asked(folder: Path, way: Way, text: str, engine: FactsEngine | None = None) -> tuple[Passage, ...]:
    """The passages at the @ of a text."""
    engine = engine or FactsEngine()
    prefix, _, suffix = text.partition("@")
    question = Question(str(folder / "main.c"), "main.c", prefix, suffix, way, (), str(folder))
    found = engine.passages(question)
    if found is None:
        engine.prepare(question)
        found = engine.passages(question)
    assert isinstance(found, tuple)
    return found


def near(found: tuple[Passage, ...]) -> str:
    """What goes with the statement."""
    return "\n".join(one.text for one in found if one.near)


def far(found: tuple[Passage, ...]) -> str:
    """What stands before the document."""
    return "\n".join(one.text for one in found if not one.near)
