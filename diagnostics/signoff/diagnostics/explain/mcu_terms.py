"""What matters at a word of embedded C, with the numbers of the part. The texts are mcu_terms.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from signoff.diagnostics.explain.mcu_text import frequency, levels, paragraphs, size, source
from signoff.verifiers.mcu.parts.part import Part, Region

PLACEHOLDER = re.compile(r"\{(?P<field>\w+)\}")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the table: Markdown with placeholders, and the page that says so.

    `attribute`: the word means this only within an attribute.
    """

    title: str
    text: str
    source: str
    attribute: bool = False


@cache
def terms() -> dict[str, Term]:
    """Every word that has a text."""
    data = resources.files("signoff.diagnostics.explain").joinpath("mcu_terms.toml").read_text("utf-8")
    return {
        word: Term(entry["title"], entry["text"].strip(), entry["source"], word in entry.get("attributes", ()))
        for entry in tomllib.loads(data)["term"]
        for word in entry["words"]
    }


def word_text(word: str, part: Part | None, *, attribute: bool = True) -> str | None:
    """Markdown for a word such as "volatile" or "__DSB"; None for any other.

    `attribute`: the word stands within an attribute. A line that needs a number which is not known of the part is left
    out.
    """
    term = terms().get(word)
    if term is None or (term.attribute and not attribute):
        return None
    lines = [filled for line in term.text.splitlines() if (filled := _filled(line, part)) is not None]
    told = source(part) if part is not None and PLACEHOLDER.search(term.text) else ""
    page = f"[Source]({term.source})" if term.source.startswith("http") else f"*{term.source}*"
    return paragraphs(f"**{term.title}**", "\n".join(lines).strip(), " ".join(filter(None, (told, page))))


def _filled(line: str, part: Part | None) -> str | None:
    values = {match["field"]: _value(match["field"], part) for match in PLACEHOLDER.finditer(line)}
    if any(value is None for value in values.values()):
        return None
    return PLACEHOLDER.sub(lambda match: values[match["field"]] or "", line)


def _value(field: str, part: Part | None) -> str | None:
    return VALUES[field](part) if part is not None else None


def _hertz(name: str) -> Callable[[Part], str | None]:
    return lambda part: frequency(value) if (value := getattr(part.clocks, name)) else None


def _hertz_range(name: str) -> Callable[[Part], str | None]:
    def text(part: Part) -> str | None:
        low, high = getattr(part.clocks, name)
        return f"{frequency(low)} to {frequency(high)}" if high else None

    return text


def _range(name: str) -> Callable[[Part], str | None]:
    def text(part: Part) -> str | None:
        values: tuple[int, ...] = getattr(part.clocks, name)
        if not any(values):
            return None
        return f"{values[0]} to {values[1]}" if len(values) == 2 else ", ".join(map(str, values))

    return text


def _latencies(part: Part) -> str | None:
    steps = (f"{states} to {frequency(limit)}" for limit, states in part.clocks.flash_latency)
    return ", ".join(steps) or None


def _region_text(kind: str) -> Callable[[Part], str | None]:
    def text(part: Part) -> str | None:
        found: list[Region] = [one for one in part.regions if one.kind == kind]
        return ", ".join(f"{one.name} {size(one.size)} at `0x{one.origin:08X}`" for one in found) or None

    return text


VALUES: dict[str, Callable[[Part], str | None]] = {
    "priority_bits": lambda part: str(part.priority_bits) if part.priority_bits else None,
    "priority_levels": lambda part: str(levels(part.priority_bits)) if part.priority_bits else None,
    "priority_lowest": lambda part: str(levels(part.priority_bits) - 1) if part.priority_bits else None,
    "sysclk_max": _hertz("sysclk_max"),
    "apb1_max": _hertz("apb1_max"),
    "apb2_max": _hertz("apb2_max"),
    "pll48": _hertz("pll48_max"),
    "hsi": _hertz("hsi"),
    "hse": _hertz_range("hse"),
    "vco_in": _hertz_range("vco_in"),
    "vco_out": _hertz_range("vco_out"),
    "pll_m": _range("pll_m"),
    "pll_n": _range("pll_n"),
    "pll_p": _range("pll_p"),
    "pll_q": _range("pll_q"),
    "flash_latency": _latencies,
    "flash": _region_text("flash"),
    "ram": _region_text("ram"),
    "ccm": _region_text("ccm"),
}
