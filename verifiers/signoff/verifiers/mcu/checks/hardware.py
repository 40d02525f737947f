"""The checks of clocks, pins, the clock tree and memory, in one tuple."""

from __future__ import annotations

from signoff.verifiers.mcu.checks.check import Check
from signoff.verifiers.mcu.checks.clocks import unclocked
from signoff.verifiers.mcu.checks.clocks_registers import wrong_registers
from signoff.verifiers.mcu.checks.dma import dma_buffers
from signoff.verifiers.mcu.checks.pins import alternates
from signoff.verifiers.mcu.checks.pins_shifts import shifts
from signoff.verifiers.mcu.checks.tree import clock_tree

CHECKS: tuple[Check, ...] = (unclocked, wrong_registers, alternates, shifts, clock_tree, dma_buffers)
