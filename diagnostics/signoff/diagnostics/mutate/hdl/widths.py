"""Widths that do not fit, and indices outside what they index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

DECLARATIONS = ("net_declaration", "data_declaration", "ansi_port_declaration", "port_declaration")
RANGE = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*\]")
# A vector that is used at more places would make any line the right one.
FEW = 6
NAMES = ("net_decl_assignment", "variable_decl_assignment")


def declared_width(code: Code) -> Iterator[Mutation]:
    """A vector is declared a bit too narrow or too wide, so that what it is joined with no longer fits."""
    for node in code.of(*DECLARATIONS):
        for packed in code.below(node, "packed_dimension")[:1]:
            found = RANGE.fullmatch(code.words(packed))
            if found is None or int(found[1]) < 2:
                continue
            at = code.start(packed)
            also = tuple(_uses(code, node))
            if len(also) > FEW:
                continue
            for msb in (int(found[1]) - 1, int(found[1]) + 1):
                yield one(at + found.start(1), at + found.end(1), str(msb), also)


def selected_width(code: Code) -> Iterator[Mutation]:
    """A part-select with a bit less, as `[6:0]` for `[7:0]`."""
    for select in code.of("select"):
        for bounds in code.below(select, "constant_range"):
            found = re.fullmatch(r"(\d+)\s*:\s*(\d+)", code.words(bounds))
            if found is not None and int(found[1]) > int(found[2]):
                yield one(code.start(bounds), code.start(bounds) + len(found[1]), str(int(found[1]) - 1))


def concatenation(code: Code) -> Iterator[Mutation]:
    """A part less of a concatenation."""
    for node in code.of("concatenation"):
        parts = [child for child in node.named_children if child.type == "expression"]
        if len(parts) > 1:
            yield one(code.end(parts[-2]), code.end(parts[-1]))
            yield one(code.start(parts[0]), code.start(parts[1]))


def literal_width(code: Code) -> Iterator[Mutation]:
    """A sized literal with more bits, on the right-hand side of an assignment."""
    for side in code.of("net_assignment", "nonblocking_assignment", "blocking_assignment"):
        whole = code.below(side, "integral_number")
        for node in whole[-1:]:
            found = re.match(r"(\d+)\s*'", code.words(node))
            if found is not None and node.end_byte == side.end_byte:
                yield one(code.start(node), code.start(node) + len(found[1]), str(int(found[1]) + 4))


def past_the_end(code: Code) -> Iterator[Mutation]:
    """A bit-select by a number one beyond the vector, where its bounds are numbers."""
    bounds = _bounds(code)
    for select in code.of("select"):
        name = _name_of(code, select)
        for bit in code.below(select, "bit_select")[:1]:
            number = next(iter(code.below(bit, "unsigned_number")), None)
            if number is not None and code.words(bit).strip("[] ").isdigit() and name in bounds:
                yield one(code.start(number), code.end(number), str(bounds[name] + 1))


def range_past_the_end(code: Code) -> Iterator[Mutation]:
    """A part-select that is shifted beyond the vector."""
    bounds = _bounds(code)
    for select in code.of("select"):
        name = _name_of(code, select)
        for node in code.below(select, "constant_range"):
            found = re.fullmatch(r"(\d+)\s*:\s*(\d+)", code.words(node))
            if found is not None and name in bounds and int(found[1]) >= int(found[2]):
                low = bounds[name] + 1 - (int(found[1]) - int(found[2])) // 2
                text = f"{low + int(found[1]) - int(found[2])}:{low}"
                yield one(code.start(node), code.end(node), text)


def reversed_range(code: Code) -> Iterator[Mutation]:
    """A part-select whose bounds stand the other way round than those of its vector."""
    for select in code.of("select"):
        for node in code.below(select, "constant_range"):
            found = re.fullmatch(r"(\d+)\s*:\s*(\d+)", code.words(node))
            if found is not None and found[1] != found[2]:
                yield one(code.start(node), code.end(node), f"{found[2]}:{found[1]}")


def _name_of(code: Code, select: Any) -> str:
    before = select.prev_sibling
    return code.words(before) if before is not None else ""


def _bounds(code: Code) -> dict[str, int]:
    """The highest index of each vector whose range is two numbers, the lower one 0, and that is declared once."""
    found: dict[str, set[int]] = {}
    for node in code.of(*DECLARATIONS):
        match = next((RANGE.fullmatch(code.words(packed)) for packed in code.below(node, "packed_dimension")), None)
        for name in _declared(code, node):
            high = int(match[1]) if match is not None and match[2] == "0" else -1
            found.setdefault(name, set()).add(high)
    return {name: next(iter(highs)) for name, highs in found.items() if len(highs) == 1 and -1 not in highs}


def _declared(code: Code, node: Any) -> Iterator[str]:
    if node.type == "ansi_port_declaration":
        yield from (code.words(child) for child in node.named_children if child.type == "simple_identifier")
        return
    for entry in code.below(node, *NAMES, "list_of_port_identifiers", "list_of_variable_port_identifiers"):
        if entry.type in NAMES:
            unpacked = code.below(entry, "unpacked_dimension")
            yield from (code.words(child) for child in entry.named_children[:1] if not unpacked)
        else:
            yield from (code.words(child) for child in entry.named_children if child.type == "simple_identifier")


def _uses(code: Code, node: Any) -> Iterator[int]:
    """Where the names of a declaration are used: what does not fit is reported there."""
    names = set(_declared(code, node))
    for use in code.of("hierarchical_identifier", "net_lvalue", "variable_lvalue"):
        if code.words(use).partition("[")[0].strip() in names:
            yield code.start(use)


MUTATORS = (
    Mutator("declared-width", Category.BIT_WIDTH, declared_width),
    Mutator("selected-width", Category.BIT_WIDTH, selected_width),
    Mutator("concatenated-width", Category.BIT_WIDTH, concatenation),
    Mutator("literal-width", Category.BIT_WIDTH, literal_width),
    Mutator("index-past-the-end", Category.INDEXING, past_the_end),
    Mutator("range-past-the-end", Category.INDEXING, range_past_the_end),
    Mutator("reversed-range", Category.INDEXING, reversed_range),
)
