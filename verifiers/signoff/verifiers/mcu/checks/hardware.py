"""The checks of clocks, pins, the clock tree and memory, in one tuple."""

from __future__ import annotations

from signoff.verifiers.mcu.checks.check import Check

CHECKS: tuple[Check, ...] = ()
