"""What is not certain is not proposed, and no text makes the rules stumble."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from mcu_fix_helpers import DEFECTS, document, fixes_for, judges, project_of, unit

from signoff.diagnostics.fixes.mcu.names import _is_slip
from signoff.diagnostics.fixes.offer import ProvenFix
from signoff.diagnostics.fixes.rules import candidates
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, apply_edits
from signoff.verifiers.verifier import Verifier

HEAD = '#include "stm32f407xx.h"\n'
LOOP = "    for (;;)\n        __WFI();\n}\n"
PORT = "int main(void)\n{\n    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;\n    RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;\n"
TIMER = (
    "static volatile int n;\nvoid TIM2_IRQHandler(void)\n{\n    n++;\n}\nint main(void)\n{\n"
    "    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN | RCC_APB1ENR_TIM3EN;\n"
)


ASYNC = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    async with judges() as made:
        yield made


async def offered(
    text: str, verifiers: tuple[Verifier, ...], codes: tuple[str, ...] = ()
) -> tuple[list[Finding], tuple[ProvenFix, ...], list[str]]:
    path = DEFECTS / "doubt.c"
    snapshot, project = document(path, text, project_of(path, [unit(path, DEFECTS / "include")]))
    findings, fixes = await fixes_for(snapshot, project, verifiers, codes)
    return findings, fixes, [apply_edits(text, fix.edits) for fix in fixes]


UNCERTAIN = {
    "a register's whole value": (
        f"{HEAD}{PORT}    GPIOB->AFR[1] = 0x02000000U;\n    GPIOB->MODER |= 2UL << 28;\n    TIM12->CR1 = 1U;\n{LOOP}",
        "AlternateFunction",
    ),
    "the request of another timer": (
        f"{HEAD}{TIMER}    TIM3->DIER = TIM_DIER_UIE;\n    TIM2->CR1 = TIM_CR1_CEN;\n"
        f"    NVIC_EnableIRQ(TIM2_IRQn);\n{LOOP}",
        "PendingFlag",
    ),
    "two requests of the timer": (
        f"{HEAD}{TIMER}    TIM2->DIER = TIM_DIER_UIE | TIM_DIER_CC1IE;\n    TIM2->CR1 = TIM_CR1_CEN;\n"
        f"    NVIC_EnableIRQ(TIM2_IRQn);\n{LOOP}",
        "PendingFlag",
    ),
}


@pytest.mark.tool
@pytest.mark.parametrize("name", UNCERTAIN)
@ASYNC
async def test_what_is_not_certain_is_not_offered(name: str, verifiers: tuple[Verifier, ...]) -> None:
    text, code = UNCERTAIN[name]
    findings, fixes, _ = await offered(text, verifiers, (code,))
    assert code in {one.code for one in findings}, "nothing to mend: the case says nothing"
    assert fixes == (), [fix.title for fix in fixes]


@pytest.mark.tool
@ASYNC
async def test_without_a_compiler_nothing_is_offered(verifiers: tuple[Verifier, ...]) -> None:
    text = (DEFECTS / "unclocked" / "pwm_port.c").read_text("utf-8")
    assert (await offered(text, verifiers))[1]
    assert (await offered(text, verifiers[:1]))[1] == ()


@pytest.mark.tool
@ASYNC
async def test_a_use_in_a_condition_gets_its_clock_before_it(verifiers: tuple[Verifier, ...]) -> None:
    lines = "    if (n)\n        GPIOB->ODR = 1U;\n    else\n        GPIOB->ODR = 2U;\n"
    text = f"{HEAD}static volatile int n;\nint main(void)\n{{\n{lines}{LOOP}"
    _, fixes, texts = await offered(text, verifiers, ("UnclockedPeripheral",))
    assert len(fixes) == 1
    assert f"{{\n    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOBEN;\n{lines}" in texts[0]


@pytest.mark.tool
@ASYNC
async def test_the_bits_beside_the_wait_states_stay(verifiers: tuple[Verifier, ...]) -> None:
    text = (DEFECTS / "clock_tree" / "register_wait_states.c").read_text("utf-8")
    text = re.sub(r"FLASH->ACR = [^;]*;", "FLASH->ACR = 0x702;", text)
    _, _, texts = await offered(text, verifiers, ("FlashLatency",))
    assert texts and "FLASH->ACR = 0x705;" in texts[0]


@pytest.mark.tool
@ASYNC
async def test_a_pointer_itself_becomes_volatile(verifiers: tuple[Verifier, ...]) -> None:
    text = (DEFECTS / "missing_volatile" / "button_flag.c").read_text("utf-8")
    text = text.replace("static int pressed;", "static int one, *pressed;").replace("pressed = 1", "pressed = &one")
    _, _, texts = await offered(text, verifiers, ("MissingVolatile",))
    assert texts == [] or "*volatile pressed;" in texts[0]


@pytest.mark.parametrize(
    ("wrong", "word", "slip"),
    [
        ("HAL_GPIO_TogglePinn", "HAL_GPIO_TogglePin", True),
        ("HAL_Dealy", "HAL_Delay", True),
        ("uartPrint", "uart_print", True),
        ("TIM2_IRQHandlr", "TIM2_IRQHandler", True),
        ("TIM2_IRQHandler", "TIM3_IRQHandler", False),
        ("GPIOA", "GPIOB", False),
        ("RCC_AHB1ENR_GPIOAEN", "RCC_AHB1ENR_GPIOBEN", False),
        ("__HAL_RCC_GPIOA_CLK_ENABLE", "__HAL_RCC_GPIOC_CLK_ENABLE", False),
        ("HAL_GPIO_ReadPin", "HAL_GPIO_WritePin", False),
        ("cnt", "count", False),
    ],
)
def test_what_is_a_slip_of_the_pen(wrong: str, word: str, slip: bool) -> None:
    assert _is_slip(wrong, word) is slip


CODES = (
    "UnclockedPeripheral",
    "WrongClockRegister",
    "AlternateFunction",
    "PinShift",
    "InterruptPriority",
    "NotFromIsr",
    "MissingVolatile",
    "UnknownHandler",
    "MissingHandler",
    "PendingFlag",
    "SharedRegister",
    "FlashLatency",
    "ClockRange",
    "DmaBuffer",
    "implicit-function-declaration",
    "UndefinedReference",
    "error",
)
DATA = {
    "name": "xQueueSend",
    "near": "xQueueSendFromISR",
    "peripheral": "TIM2",
    "register": "APB1ENR",
    "wrong": "APB2ENR",
    "macro": "RCC_APB1ENR_TIM2EN",
    "bus": "APB1",
    "pin": "PB14",
    "right": "AFR[1]",
    "limit": "5",
    "latency": "5",
    "divider": "4",
    "section": ".ccmram",
}
TEXT = "".join(
    (DEFECTS / name).read_text("utf-8")
    for name in ("blocking_in_handler/send_from_handler.c", "shared_register/two_leds.c", "dma_buffer/in_ccm.c")
)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_any_text_is_borne(data: st.DataObject) -> None:
    """Pieces of programs, cut anywhere: whatever the rules propose is an edit of this very text."""
    start = data.draw(st.integers(0, len(TEXT) - 1))
    text = TEXT[start : data.draw(st.integers(start, len(TEXT)))] + data.draw(
        st.sampled_from(["", "(", "{", '"', "/*"])
    )
    index = LineIndex(text)
    at = data.draw(st.integers(0, len(text)))
    code = data.draw(st.sampled_from(CODES))
    message = data.draw(st.sampled_from(["'xQueueSend' undeclared", "expected ';' before 'x'", "m"]))
    span = index.span(at, min(at + 5, len(text)))
    finding = Finding("/f.c", span, Severity.ERROR, code, message, "signoff", data=tuple(DATA.items()))
    snapshot = Snapshot("file:///f.c", "/f.c", "c", 1, text)
    path = Path("/f.c")
    project = replace(project_of(path, [unit(path)]), root="/nowhere/at/all")
    assert isinstance(project, Project)
    for candidate in candidates(finding, snapshot, project):
        apply_edits(text, candidate.edits)
