"""Check 12: a DMA buffer in memory that the DMA does not reach, or that is gone while the transfer runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.mcu.checks.check import TOOL, by_function
from signoff.verifiers.mcu.checks.dma_sections import address_of
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part, Region
from signoff.verifiers.mcu.source.facts import (
    Access,
    Call,
    FieldWrite,
    Function,
    ImageFacts,
    Local,
    Operand,
    RegisterAccess,
    Variable,
)
from signoff.verifiers.project import Project

CODE = "DmaBuffer"
# &buffer[0], buffer, buffer + 4: the name of the memory that an address is in.
BUFFER = re.compile(r"&?\s*\(?\s*([A-Za-z_]\w*)\s*\)?(?:\s*\[[^\]]*\])?(?:\s*\+\s*\w+)?")


@dataclass(frozen=True, slots=True)
class Handed:
    """A buffer that is handed to a DMA stream."""

    function: Function
    item: Call | RegisterAccess | FieldWrite
    name: str
    address: bool  # by & or as an array


def dma_buffers(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterable[Finding]:
    """Buffers that a DMA stream cannot reach, or that do not outlive the transfer."""
    source = image.sources.get(path)
    for function in source.functions if source is not None else ():
        seen: set[str] = set()
        for handed in _handed(function):
            local = next((one for one in function.body.locals if one.name == handed.name), None)
            finding = _unreachable(handed, image, part) if local is None else _gone(handed, local)
            if finding is not None and handed.name not in seen:
                seen.add(handed.name)
                yield finding


@by_function
def _handed(function: Function) -> Iterator[Handed]:
    facts = table("dma")
    for call in function.body.calls:
        for number in facts["calls"].get(call.callee, ()):
            if number < len(call.arguments):
                yield from _named(function, call, call.arguments[number])
    for access in function.body.registers:
        if access.access is Access.WRITE and re.fullmatch(facts["registers"]["names"], access.register):
            yield from _named(function, access, access.value)
    for write in function.body.fields:
        if write.member in facts["members"]["names"]:
            yield from _named(function, write, write.value)


def _named(function: Function, item: Call | RegisterAccess | FieldWrite, operand: Operand | None) -> Iterator[Handed]:
    match = BUFFER.fullmatch(operand.resolved) if operand is not None else None
    if match is not None and operand is not None:
        yield Handed(function, item, match[1], operand.resolved.startswith("&"))


def _unreachable(handed: Handed, image: ImageFacts, part: Part | None) -> Finding | None:
    """A buffer in a memory region without a way to the DMA controllers."""
    variable = _variable(handed, image)
    if part is None or variable is None or not variable.section or (variable.pointer and not handed.address):
        return None
    region = _region(variable.section, image, part)
    if region is None or region.dma:
        return None
    message = (
        f"{variable.name} lies in {region.name} ({region.origin:#010x}, section {variable.section}), "
        "which no DMA controller of this part reaches: the transfer ends with an error."
    )
    related = (Related(variable.path, variable.span, f"{variable.name} is put into {variable.section} here"),)
    return _finding(handed, Severity.ERROR, message, related, (("section", variable.section),))


def _variable(handed: Handed, image: ImageFacts) -> Variable | None:
    found = [one for one in image.variables.get(handed.name, ()) if not one.extern]
    own = [one for one in found if one.path == handed.function.path]
    shared = own or [one for one in found if not one.static]
    return shared[0] if len(shared) == 1 else None


def _region(section: str, image: ImageFacts, part: Part) -> Region | None:
    if image.scripts:
        address = address_of(section, tuple(image.scripts.values()))
        return part.region(address) if address is not None else None
    if image.image.link_declared or not re.fullmatch(table("dma")["sections"]["ccm"], section):
        return None
    return next((one for one in part.regions if one.kind == "ccm"), None)


def _gone(handed: Handed, local: Local) -> Finding | None:
    """A buffer on the stack of a function that returns without waiting for the end of the transfer."""
    function, item = handed.function, handed.item
    if local.static or (local.pointer and not handed.address) or not (local.array or handed.address):
        return None
    if function.name == "main" or function.body.jumps or isinstance(item, FieldWrite):
        return None
    if item.where.loops or any(one.where.order > item.where.order for one in function.body.loops):
        return None
    passing = table("dma")["passing"]["names"]
    later = [one for one in function.body.calls if one.where.order > item.where.order]
    if any(one.pointer or not re.fullmatch(passing, one.callee) for one in later):
        return None
    message = (
        f"{local.name} lies on the stack of {function.name}, which returns while the DMA still uses it: "
        "by then the memory is another function's. Make it static, or wait for the end of the transfer."
    )
    related = (Related(function.path, function.place(local), f"{local.name} is a local variable"),)
    return _finding(handed, Severity.WARNING, message, related, ())


def _finding(
    handed: Handed,
    severity: Severity,
    message: str,
    related: tuple[Related, ...],
    data: tuple[tuple[str, str], ...],
) -> Finding:
    span: Span = handed.function.place(handed.item)
    return Finding(
        handed.function.path,
        span,
        severity,
        CODE,
        message,
        TOOL,
        Category.DMA,
        "",
        related,
        (("name", handed.name), *data),
    )
