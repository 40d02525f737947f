"""What the tests of the hovers share: parts, a linked image, a source text."""

from __future__ import annotations

from signoff.verifiers.mcu.facts import CallDepth, LinkedImage, RegionUse, StackUse, Symbol
from signoff.verifiers.mcu.parts.own import own_part
from signoff.verifiers.mcu.parts.part import Field, Interrupt, Part, Peripheral, Region, Register
from signoff.verifiers.snapshot import Snapshot

F407 = own_part("stm32f4", "407", "G", "STM32F407")

HOSTILE = "a | b ![x](http://e/) `c`\\"
# As an SVD file gives it: with texts, without clocks, pins and names of handlers.
FOREIGN = Part(
    "ACME32X100",
    source="x100.svd",
    core="Cortex-M4",
    priority_bits=3,
    peripherals={
        "PORTA": Peripheral(
            "PORTA",
            0x50000000,
            0x100,
            "PORT",
            registers=(
                Register("CFG0", 0x10, 32, 5, "rw", (Field("MODE", 0, 2, "rw", HOSTILE),), text="Pin 0"),
                Register("ST", 0x80, 16, None, "", ()),
            ),
            interrupts=("PORTA",),
            text=HOSTILE,
        )
    },
    interrupts=(Interrupt("PORTA", 7, "", "Any pin"),),
)

LINKED = LinkedImage(
    "blink",
    linked=True,
    regions=(RegionUse("FLASH", 0x08000000, 0x100000, 5000), RegionUse("CCMRAM", 0x10000000, 0x10000, 512)),
    symbols=(
        Symbol("main", 0x08000200, 84, ".text", "FLASH", "/w/main.c", True),
        Symbol("TIM2_IRQHandler", 0x08000300, 40, ".text", "FLASH", "/w/main.c", True),
        Symbol("samples", 0x10000000, 512, ".ccmram", "CCMRAM", "/w/main.c"),
        Symbol("state", 0x20000004, 4, ".bss", "RAM", "/w/a.c"),
        Symbol("state", 0x20000008, 1, ".data", "RAM", "/w/b.c"),
        Symbol("_estack", 0x20020000, 0, "*ABS*"),
        Symbol("walk", 0x08000400, 60, ".text", "FLASH", "/w/walk.c", True),
    ),
    stack=(
        StackUse("main", "/w/main.c", 10, 24),
        StackUse("TIM2_IRQHandler", "/w/main.c", 30, 8),
        StackUse("walk", "/w/walk.c", 3, 40, bounded=False),
    ),
    depths=(
        CallDepth("main", 184, ("main", "measure", "HAL_ADC_Start")),
        CallDepth("TIM2_IRQHandler", 8, ("TIM2_IRQHandler",)),
        CallDepth("walk", None, open_at="walk calls itself"),
    ),
)

SCRIPT = (Region("FLASH", 0x08000000, 0x100000, "flash"), Region("RAM", 0x20000000, 0x20000))

SOURCE = """\
#include "stm32f4xx.h"
/* GPIOC */ static int samples[128] __attribute__((section(".ccmram")));
void f(unsigned n) {
  TIM12->CCR1 = 0; GPIOA->AFR[1] |= 1; NVIC->ISER[n >> 5] = 1; SCB -> AIRCR = 0;
  RCC->APB1ENR |= RCC_APB1ENR_TIM12EN; // GPIOA
  GPIO_InitStruct.Pin = GPIO_PIN_14;
  GPIO_InitStruct.Alternate = GPIO_AF9_TIM12;
  HAL_GPIO_Init(GPIOB, &GPIO_InitStruct);
  GPIO_InitStruct.Pin = GPIO_PIN_0;
  GPIO_InitStruct.Pin = GPIO_PIN_13; GPIO_InitStruct.Alternate = GPIO_AF9_TIM12;
  HAL_GPIO_Init(GPIOC, &GPIO_InitStruct);
  GPIO_MODER(GPIOD) = GPIO_MODER_MODER5_0; gpio_set(GPIOD, GPIO12); RCC_AHB1ENR = 1;
  HAL_GPIO_WritePin(GPIOD, GPIO_PIN_12, x); swap(GPIOA, GPIOB, GPIO_PIN_3);
  htim->Instance->CCR1 = 5; puts("TIM2 ->CR1"); CAN1->sTxMailBox[0].TIR = 'R'; CAN1->sTxMailBox[0x1U].TDLR = 1;
  NVIC_SetPriority(TIM2_IRQn, 3); TIM2->NOTHERE = 1; GPIOA->; DMA2_Stream7->CR = DMA_SxCR_EN;
}
void TIM2_IRQHandler(void) {}
"""


def snapshot(text: str = SOURCE) -> Snapshot:
    return Snapshot("file:///w/main.c", "/w/main.c", "c", 1, text)


def place(needle: str, within: str = "", text: str = SOURCE) -> tuple[int, int]:
    """The place of `needle` (of `within` its part `needle`), which the text holds once."""
    around = within or needle
    assert text.count(around) == 1, around
    offset = text.index(around) + around.index(needle) + 1
    return text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1
