"""Accesses to registers in every spelling that firmware uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_units import function_of

from signoff.verifiers.mcu.source.facts import Access

# (statement, peripheral, register, index, access, operator, value)
SPELLINGS = [
    ("TIM12->CCR1 = 250U;", "TIM12", "CCR1", None, Access.WRITE, "=", 250),
    ("RCC->APB1ENR |= 1UL << 6;", "RCC", "APB1ENR", None, Access.MODIFY, "|=", 64),
    ("GPIOB->AFR[1] &= ~(0xFU << 24);", "GPIOB", "AFR", 1, Access.MODIFY, "&=", 0xF0FFFFFF),
    ("(*GPIOA).ODR ^= GPIO_PIN_5;", "GPIOA", "ODR", None, Access.MODIFY, "^=", 32),
    ("SET_BIT(RCC->CR, 1);", "RCC", "CR", None, Access.MODIFY, "|=", 1),
    ("CLEAR_BIT(USART2->CR1, 0x2000);", "USART2", "CR1", None, Access.MODIFY, "&=", 0xFFFFDFFF),
    ("MODIFY_REG(FLASH->ACR, 7, FLASH_ACR_LATENCY_5WS);", "FLASH", "ACR", None, Access.MODIFY, "modify", 5),
    ("WRITE_REG(TIM2->ARR, 999);", "TIM2", "ARR", None, Access.WRITE, "=", 999),
    ("GPIO_ODR(GPIOD) ^= GPIO12;", "GPIOD", "ODR", None, Access.MODIFY, "^=", 1 << 12),
    ("RCC_AHB1ENR |= 8;", "RCC", "AHB1ENR", None, Access.MODIFY, "|=", 8),
    ("LED_PORT->BSRR = LED_PIN;", "GPIOD", "BSRR", None, Access.WRITE, "=", 1 << 14),
    ("LED_ON();", "GPIOD", "BSRR", None, Access.WRITE, "=", 1 << 14),
    ("OWN_REGISTER = 1;", "", "", None, Access.WRITE, "=", 1),
    ("handle->Instance->SR = 0;", "", "SR", None, Access.WRITE, "=", 0),
    ("DMA1_Stream5->M0AR = (uint32_t)buffer;", "DMA1_Stream5", "M0AR", None, Access.WRITE, "=", None),
    ("TIM3->CNT++;", "TIM3", "CNT", None, Access.MODIFY, "++", None),
]
BOARD = """
#define LED_PORT GPIOD
#define LED_PIN (1U << 14)
#define LED_ON() do { LED_PORT->BSRR = LED_PIN; } while (0)
#define OWN_REGISTER (*(volatile uint32_t *)0x40023830UL)
"""


@pytest.mark.parametrize("row", SPELLINGS, ids=[row[0] for row in SPELLINGS])
def test_a_spelling(tmp_path: Path, row: tuple[object, ...]) -> None:
    text = f'#include "board.h"\nvoid f(T *handle)\n{{\n    {row[0]}\n}}\n'
    (access,) = function_of(tmp_path, text, board=BOARD).body.registers
    value = access.value.value if access.value is not None else None
    assert (access.peripheral, access.register, access.index, access.access, access.operator, value) == row[1:]
    assert access.where.span.start_line == 2


def test_an_address(tmp_path: Path) -> None:
    (access,) = function_of(tmp_path, "void f(void) { *(volatile uint32_t *)0x40020014 = 1; }").body.registers
    assert access.address == 0x40020014


def test_modify_names_what_it_clears(tmp_path: Path) -> None:
    (access,) = function_of(tmp_path, "void f(void) { MODIFY_REG(GPIOA->MODER, 3 << 10, 1 << 10); }").body.registers
    assert access.mask is not None
    assert access.mask.value == 3 << 10


def test_a_pointer_to_a_port_is_followed_until_it_changes(tmp_path: Path) -> None:
    text = "void f(void) { GPIO_TypeDef *port = GPIOC; port->ODR = 1; port = next(); port->ODR = 2; }"
    assert [one.peripheral for one in function_of(tmp_path, text).body.registers] == ["GPIOC", ""]


def test_reads_and_writes_of_one_statement_are_in_order(tmp_path: Path) -> None:
    body = function_of(tmp_path, "void f(void) { TIM2->CCR1 = TIM2->CNT + 5; }").body
    assert [(one.register, one.access) for one in body.registers] == [("CNT", Access.READ), ("CCR1", Access.WRITE)]


def test_a_peripheral_of_our_own_header_keeps_its_name(tmp_path: Path) -> None:
    header = "#define GPIOA_BASE 0x40020000UL\n#define GPIOA ((GPIO_TypeDef *)GPIOA_BASE)\n"
    text = '#include "device.h"\nvoid f(void) { GPIOA->ODR = 1; }'
    (access,) = function_of(tmp_path, text, device=header).body.registers
    assert access.peripheral == "GPIOA"


def test_structures_are_no_registers(tmp_path: Path) -> None:
    body = function_of(tmp_path, "void f(struct s *p) { p->count = 1; q.ID = 2; }").body
    assert body.registers == ()
    assert [(one.variable, one.member, one.arrow) for one in body.fields] == [("p", "count", True), ("q", "ID", False)]
