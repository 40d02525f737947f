"""The clock tree of STM32F4 as one function sets it; what is None is not certain (RM0090, 7.2)."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.finding import Span
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.source.facts import SourceFacts
from signoff.verifiers.mcu.source.values import from_macros
from signoff.verifiers.mcu.source.vocabulary import known_value


@dataclass(frozen=True, slots=True)
class Value:
    """A number and where the program says it."""

    value: int
    span: Span


@dataclass(slots=True)
class Tree:
    """Frequencies in Hz. `source` is what the PLL is fed with; `by_pll` whether SYSCLK comes from the PLL.

    `fixed` is SYSCLK where it does not; `ahb`, `apb1` and `apb2` are dividers, `latency` the flash's wait states.
    """

    source: int | None = None
    m: Value | None = None
    n: Value | None = None
    p: Value | None = None
    by_pll: bool = False
    fixed: int | None = None
    ahb: Value | None = None
    apb1: Value | None = None
    apb2: Value | None = None
    latency: Value | None = None

    @property
    def vco_in(self) -> float | None:
        """The PLL's input after PLLM."""
        return self.source / self.m.value if self.source and self.m is not None and self.m.value else None

    @property
    def vco_out(self) -> float | None:
        """The PLL's oscillator."""
        return self.vco_in * self.n.value if self.vco_in is not None and self.n is not None else None

    @property
    def system(self) -> float | None:
        """SYSCLK."""
        if not self.by_pll:
            return self.fixed
        return self.vco_out / self.p.value if self.vco_out is not None and self.p is not None and self.p.value else None

    @property
    def hclk(self) -> float | None:
        """HCLK."""
        return self.system / self.ahb.value if self.system is not None and self.ahb is not None else None

    @property
    def blame(self) -> Value | None:
        """What decides SYSCLK, as one place."""
        return self.n if self.by_pll else None


def crystal(source: SourceFacts) -> int | None:
    """The frequency of the external oscillator as the build's macros give it; None where they do not."""
    return from_macros(source.macros, known_value)(table("tree")["crystal"]["macro"])
