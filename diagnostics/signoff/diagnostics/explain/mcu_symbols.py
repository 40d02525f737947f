"""Hover texts on what was linked: functions, variables, the linker script's own symbols, sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Protocol

from signoff.diagnostics.explain.markdown import code, plural
from signoff.diagnostics.explain.mcu_text import address, joined, paragraphs, size
from signoff.verifiers.mcu.facts import CallDepth, LinkedImage, StackUse, Symbol
from signoff.verifiers.mcu.parts.part import Part

CHAIN_SHOWN = 6
NO_DMA = "No DMA controller reaches it: a buffer for DMA must lie elsewhere. No code runs from it."


class Memory(Protocol):
    """A memory of the linker script, or one as the link used it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def origin(self) -> int: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102


def symbol_hover(name: str, linked: LinkedImage | None, part: Part | None = None) -> str | None:
    """Where the last link put a symbol, its size, and a function's stack; None where it has no such symbol.

    Several symbols of one name (static ones of several files) are each told, with their file.
    """
    if linked is None:
        return None
    found = [one for one in linked.symbols if one.name == name]
    texts = [_symbol(one, linked, part, several=len(found) > 1) for one in found]
    return "\n\n".join(texts) or None


def _symbol(of: Symbol, linked: LinkedImage, part: Part | None, *, several: bool) -> str:
    where = joined((code(of.section) if of.section else "", _region(of, part)), " in ")
    kind = "function" if of.function else "object" if of.size else "symbol"
    file = PurePath(of.file).name if several and of.file else ""
    head = joined((f"**{of.name}**", kind, size(of.size) if of.size else "", where, address(of.address), file))
    return paragraphs(head, _stack(of, linked) if of.function else "", _reach(of.address, part))


def _region(of: Symbol, part: Part | None) -> str:
    known = part.region(of.address) if part else None
    return of.region or (known.name if known else "")


def _reach(at: int, part: Part | None) -> str:
    region = part.region(at) if part else None
    return NO_DMA if region is not None and not region.dma else ""


def _stack(of: Symbol, linked: LinkedImage) -> str:
    frames = [one for one in linked.stack if one.function == of.name and _same_file(one, of)]
    depth = next((one for one in linked.depths if one.root == of.name), None)
    frame = f"Stack: {_frame(frames[0])} of its own" if len(frames) == 1 else ""
    return joined((frame, _depth(depth) if depth else ""), "; ") + ("." if frame or depth else "")


def _same_file(stack: StackUse, symbol: Symbol) -> bool:
    return not symbol.file or not stack.path or PurePath(stack.path).name == PurePath(symbol.file).name


def _frame(of: StackUse) -> str:
    return f"{of.bytes:,} B" if of.bounded else f"at least {of.bytes:,} B (only the run decides)"


def _depth(of: CallDepth) -> str:
    if of.bytes is None:
        return (
            f"how deep its calls go is not known ({of.open_at})" if of.open_at else "how deep its calls go is not known"
        )
    shown = " → ".join(map(code, of.chain[:CHAIN_SHOWN])) + (" → ..." if len(of.chain) > CHAIN_SHOWN else "")
    return f"at most {of.bytes:,} B with all that it calls" + (f" ({shown})" if len(of.chain) > 1 else "")


def section_text(name: str, part: Part | None, linked: LinkedImage | None, regions: Sequence[Memory]) -> str | None:
    """What a section attribute does here: in which memory the section is, and whether DMA reaches it."""
    inside = [one for one in linked.symbols if one.section == name] if linked else []
    head = f"**Section {code(name)}**"
    if inside:
        first = min(one.address for one in inside)
        known = part.region(first) if part else None
        region = inside[0].region or (known.name if known else "")
        held = f"{plural(len(inside), 'symbol')}, {size(sum(one.size for one in inside))}, from {address(first)}"
        return paragraphs(joined((head, region)), f"In the linked image: {held}.", _reach(first, part))
    if "ccm" not in name.lower() or part is None:
        return None
    ccm = next((one for one in part.regions if one.kind == "ccm"), None)
    if ccm is None:
        return paragraphs(head, f"{part.name} has no core-coupled memory.")
    lies = f"{ccm.name}: {size(ccm.size)} at {address(ccm.origin)} on {part.name}."
    return paragraphs(head, lies, NO_DMA if not ccm.dma else "", _absent(ccm.origin, ccm.size, regions))


def _absent(origin: int, length: int, regions: Iterable[Memory]) -> str:
    """That the linker script has no memory there; "" where it has, or no script is known."""
    known = list(regions)
    if not known or any(one.origin < origin + length and origin < one.origin + max(one.size, 1) for one in known):
        return ""
    names = ", ".join(code(one.name) for one in known)
    return (
        f"**The linker script has no memory there** (only {names}): the section lands wherever the linker puts orphans."
    )
