"""Seeded defects through the real tools: what comes of a fix of each kind. All of them: defects_table.py."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from mcu_fix_helpers import DEFECTS, code_alone, document, fixes_for, judges, project_of, unit

from signoff.diagnostics.fixes.offer import ProvenFix
from signoff.verifiers.finding import Finding
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]

# The first fix makes the code of the clean twin.
CLEAN = (
    "alternate_function/tim12_on_pb14",
    "blocking_in_handler/send_from_handler",
    "clock_tree/register_wait_states",
    "interrupt_priority/hal_callback",
    "missing_volatile/callback_flag",
    "pending_flag/button_line",
    "pin_shift/moder_two_bits",
    "unclocked/too_late",
    "vector_table/misspelt_handler",
    "wrong_clock_register/tim12_on_apb2",
)
# The tools accept a fix, and it is not written as the twin is: (the line that it makes).
OTHERWISE = {
    "dma_buffer/on_the_stack": "static uint8_t line[16];",
    "interrupt_priority/never_set": "NVIC_SetPriority(USART2_IRQn, 5);",
    "shared_register/two_leds": "GPIOD->BSRR = GPIOD->ODR & (1UL << 13) ? (uint32_t)(1UL << 13) << 16 : 1UL << 13;",
}
# What only a person can mend: another pin, another way to wait, another PLL, a handler that nobody has written.
PERSON = (
    "alternate_function/hal_wrong_pin",
    "blocking_in_handler/hal_delay",
    "vector_table/missing_handler",
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    async with judges() as made:
        yield made


async def mended(name: str, verifiers: tuple[Verifier, ...]) -> tuple[list[Finding], tuple[ProvenFix, ...], list[str]]:
    path = DEFECTS / f"{name}.c"
    snapshot, project = document(path, path.read_text("utf-8"), project_of(path, [unit(path, DEFECTS / "include")]))
    findings, fixes = await fixes_for(snapshot, project, verifiers)
    return findings, fixes, [apply_edits(snapshot.text, fix.edits) for fix in fixes]


@pytest.mark.parametrize("name", CLEAN)
async def test_the_first_fix_makes_the_clean_twin(name: str, verifiers: tuple[Verifier, ...]) -> None:
    _, fixes, texts = await mended(name, verifiers)
    assert texts, "nothing is offered"
    assert code_alone(texts[0]) == code_alone((DEFECTS / f"{name}_clean.c").read_text("utf-8"))
    assert fixes[0].proof.tools == ("part", "gcc")
    assert fixes[0].title.endswith("(accepted by part checks, arm-none-eabi-gcc)")


@pytest.mark.parametrize("name", OTHERWISE)
async def test_a_fix_that_is_written_otherwise(name: str, verifiers: tuple[Verifier, ...]) -> None:
    _, _, texts = await mended(name, verifiers)
    assert OTHERWISE[name] in texts[0]


@pytest.mark.parametrize("name", PERSON)
async def test_what_only_a_person_can_mend_is_left(name: str, verifiers: tuple[Verifier, ...]) -> None:
    findings, fixes, _ = await mended(name, verifiers)
    assert findings and fixes == ()


async def test_what_changes_more_than_the_fault_says_so(verifiers: tuple[Verifier, ...]) -> None:
    """`signoff fix` leaves these without --behaviour."""
    for name, word in (("dma_buffer/on_the_stack", "all the time"), ("dma_buffer/in_ccm", "ordinary RAM")):
        _, fixes, _ = await mended(name, verifiers)
        assert word in fixes[0].behaviour and word in fixes[0].title
