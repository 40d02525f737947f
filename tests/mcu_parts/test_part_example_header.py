"""The example firmware's own register header and our tables say the same: asked of the compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from signoff.verifiers.mcu.parts.own import own_part

HEADER = Path(__file__).parents[2] / "docs" / "examples" / "firmware" / "stm32f407.h"
MEMBERS = {
    "GPIOA": ("GPIO_TypeDef", ("MODER", "OTYPER", "PUPDR", "IDR", "ODR", "BSRR", "LCKR", "AFR[0]", "AFR[1]")),
    "RCC": (
        "RCC_TypeDef",
        ("CR", "PLLCFGR", "CFGR", "AHB1RSTR", "APB2RSTR", "AHB1ENR", "AHB3ENR", "APB1ENR", "APB2ENR"),
    ),
    "TIM1": ("TIM_TypeDef", ("CR1", "SR", "CCMR1", "ARR", "RCR", "CCR1", "CCR4", "BDTR", "DMAR")),
    "USART2": ("USART_TypeDef", ("SR", "DR", "BRR", "CR1", "CR3", "GTPR")),
    "EXTI": ("EXTI_TypeDef", ("IMR", "RTSR", "PR")),
    "SYSCFG": ("SYSCFG_TypeDef", ("MEMRMP", "EXTICR[0]", "EXTICR[3]", "CMPCR")),
}


def checks() -> list[str]:
    part = own_part("stm32f4", "407")
    lines = [f'#include "{HEADER}"', "#include <stddef.h>"]
    for name, (kind, members) in MEMBERS.items():
        peripheral = part.peripherals[name]
        for member in members:
            register = peripheral.register(member)
            assert register is not None
            text = f'_Static_assert(offsetof({kind}, {member}) == {register.offset}, "{name} {member}");'
            lines.append(text)
    for name in ("EXTI0", "TIM2", "USART2", "TIM8_BRK_TIM12"):
        interrupt = part.interrupt(name)
        assert interrupt is not None
        lines.append(f'_Static_assert({name}_IRQn == {interrupt.number}, "{name}");')
    return lines


@pytest.mark.tool
def test_offsets_and_numbers(tmp_path: Path) -> None:
    compiler = shutil.which("arm-none-eabi-gcc")
    if compiler is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    source = tmp_path / "facts.c"
    source.write_text("\n".join(checks()) + "\n")
    done = subprocess.run([compiler, "-mcpu=cortex-m4", "-fsyntax-only", str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wrong = source.read_text().replace("== 36,", "== 35,", 1)
    assert wrong != source.read_text()
    source.write_text(wrong)
    again = subprocess.run([compiler, "-mcpu=cortex-m4", "-fsyntax-only", str(source)], capture_output=True, text=True)
    assert again.returncode != 0
