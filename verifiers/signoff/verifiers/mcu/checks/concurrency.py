"""The checks of handlers and of what they share with the rest of the program, for the verifier "part"."""

from __future__ import annotations

from signoff.verifiers.mcu.checks.check import Check
from signoff.verifiers.mcu.checks.flags import never_cleared
from signoff.verifiers.mcu.checks.handlers import missing_handlers, unknown_handlers
from signoff.verifiers.mcu.checks.handlers_calls import forbidden_calls
from signoff.verifiers.mcu.checks.handlers_waits import endless_waits
from signoff.verifiers.mcu.checks.priorities import too_urgent
from signoff.verifiers.mcu.checks.shared_data import missing_volatile
from signoff.verifiers.mcu.checks.shared_registers import shared_registers

CHECKS: tuple[Check, ...] = (
    unknown_handlers,
    missing_handlers,
    too_urgent,
    forbidden_calls,
    endless_waits,
    missing_volatile,
    never_cleared,
    shared_registers,
)
