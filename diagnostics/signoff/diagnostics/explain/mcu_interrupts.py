"""Hover texts on interrupts and their handlers."""

from __future__ import annotations

from signoff.diagnostics.explain.markdown import code
from signoff.diagnostics.explain.mcu_text import address, joined, levels, paragraphs, source
from signoff.verifiers.mcu.parts.part import PRIORITY_FIELD_BITS, Interrupt, Part

FREERTOS = (
    "Under FreeRTOS a handler that calls a ...FromISR function needs a priority number not below "
    "`configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY`."
)
# Reset, NMI and HardFault have priorities of their own that nothing changes (Armv7-M, B1.5.4).
FIXED = {-15: -3, -14: -2, -13: -1}
BITS_OF_A_WORD = 32


def interrupt_text(of: Interrupt, part: Part) -> str:
    """The vector, what raises it, how it is enabled and the rules of its priority."""
    name = code(f"{of.name}_IRQn") + f" = {of.number}" if of.number not in FIXED else of.name
    head = joined((f"**{of.handler or of.name}**", name, f"vector {of.vector} at table offset `0x{of.offset:03X}`"))
    raised = f"Raised by: {of.trigger}." if of.trigger else ""
    shared = "Other names: " + ", ".join(map(code, of.aliases)) + "." if of.aliases else ""
    return paragraphs(head, joined((raised, shared), " "), _enabled(of, part), _priority(of, part), source(part))


def _enabled(of: Interrupt, part: Part) -> str:
    nvic = part.peripheral("NVIC")
    register = nvic.register(f"ISER[{of.number // BITS_OF_A_WORD}]") if nvic and of.number >= 0 else None
    if nvic is None or register is None:
        return ""
    bit = of.number % BITS_OF_A_WORD
    return f"Enabled by {code(f'NVIC->{register.member}')} bit {bit} ({address(nvic.base + register.offset)})."


def _priority(of: Interrupt, part: Part) -> str:
    if of.number in FIXED:
        return f"Priority {FIXED[of.number]}, which nothing changes: more urgent than every other."
    bits = part.priority_bits
    if not bits:
        return "Priority: a lower number is more urgent."
    least = levels(bits) - 1
    low = PRIORITY_FIELD_BITS - bits
    where = f"{code(f'NVIC->IP[{of.number}]')} bits 7:{low}" if of.number >= 0 else "SCB->SHP"
    rule = f"Priority: 0 (the most urgent, and after reset) to {least}, {bits} bits, in {where}."
    return f"{rule} {FREERTOS}" if of.number >= 0 else rule
