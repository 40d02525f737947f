"""Which microcontroller the code is for, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable

from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project


def find(name: str, svd: str = "") -> Part | None:
    """The part of that name in any spelling ("stm32f407vg", "STM32F407xx"); None where nothing is known."""
    return None


def named(defines: Iterable[str]) -> str:
    """The part that a macro such as STM32F407xx names; "" where none does."""
    return ""


def for_project(project: Project) -> Part | None:
    """The part that a project is for; None where nothing names one that is known."""
    return None
