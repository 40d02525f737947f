"""A kernel whose threads are more than its elements gets the test that keeps the rest of them away: `if (i < n)`.

It is written around what follows the index, and not as an early return, so that nothing is jumped over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.arguments import INTEGERS, call_arguments, unchanged
from signoff.diagnostics.fixes.gpu.coverage import TOGETHER, global_indices
from signoff.diagnostics.fixes.gpu.ground import Ground, ground
from signoff.diagnostics.fixes.gpu.hidden import hidden_use
from signoff.diagnostics.fixes.gpu.tested import grid_words
from signoff.diagnostics.fixes.gpu.usage import members
from signoff.diagnostics.fixes.source import indent_of, newline_of
from signoff.diagnostics.refactor.flatten import unit
from signoff.diagnostics.refactor.site import Site
from signoff.verifiers.finding import Category
from signoff.verifiers.gpu.facts import Kernel
from signoff.verifiers.text import Edit

NAME = "bounds-check"
COMPARED = frozenset(("<", ">=", ">", "<=", "==", "!="))
# What a parameter that counts elements is called, where no launch tells.
COUNTS = frozenset(
    ("n", "N", "size", "count", "len", "length", "numElements", "num_elements", "total", "width", "height")
)
STEP = "    "


@dataclass(frozen=True, slots=True)
class _Index:
    """A variable that numbers the threads of one axis over the whole grid; `end` is the token of its `;`."""

    name: str
    axis: str
    end: int


def propose(site: Site) -> Iterator[FixCandidate]:
    """One candidate a kernel and way to read its parameters; none where threads work together or a test is there."""
    for kernel in unit(site).kernels:
        if not kernel.defined or kernel.path not in ("", site.snapshot.path):
            continue
        start, end = site.index.offsets(kernel.span)
        if not site.wants(start, end):
            continue
        message = f"'{kernel.name}' tests no index: its threads beyond the last element work, too"
        finding = site.finding(NAME, start, end, message, Category.LAUNCH_GEOMETRY)
        stand = ground(finding, site.snapshot, site.project, site.index, site.known)
        if stand.kernel(kernel.name) is not None:
            yield from _tested(stand, kernel)


def _tested(stand: Ground, kernel: Kernel) -> Iterator[FixCandidate]:
    text = stand.text(kernel.span)
    found = _indices(stand, kernel)
    if not found or TOGETHER.search(text) or hidden_use(stand, kernel, threads=True) or "#" in text:
        return
    for bounds in _bounds(stand, kernel, found):
        test = " && ".join(f"{one.name} < {bound}" for one, bound in zip(found, bounds, strict=True))
        edits = _around(stand, kernel, max(one.end for one in found), test)
        if edits:
            title = f"Add 'if ({test})' to '{kernel.name}'"
            yield stand.candidate(title, edits, NAME, behaviour="its threads beyond that do nothing")


def _indices(stand: Ground, kernel: Kernel) -> list[_Index]:
    """`int i = blockIdx.x * blockDim.x + threadIdx.x;` a line of its own in the kernel; none where one is compared."""
    src, found = stand.src, list[_Index]()
    for axis in ("x", "y", "z"):
        # A loop in steps of the grid has its own end.
        if any(member == axis for _, member in members(stand, kernel, "gridDim")):
            return []
        for first, last in global_indices(stand, kernel, axis):
            name = src.word(first - 2)
            plain = src.word(first - 1) == "=" and src.word(first - 3) in INTEGERS | {"auto"}
            if not plain or src.word(last + 1) != ";" or _depth(stand, kernel, first) != 1:
                return []
            if any(src.word(n) == name and _compared(stand, n) for n in stand.range(kernel.span)):
                return []
            found.append(_Index(name, axis, last + 1))
    return found if len({one.axis for one in found}) == len(found) else []


def _compared(stand: Ground, number: int) -> bool:
    return stand.src.word(number + 1) in COMPARED or stand.src.word(number - 1) in COMPARED


def _depth(stand: Ground, kernel: Kernel, number: int) -> int:
    first = stand.range(kernel.span).start
    return sum({"{": 1, "}": -1}.get(stand.src.word(n), 0) for n in range(first, number))


def _bounds(stand: Ground, kernel: Kernel, found: list[_Index]) -> Iterator[tuple[str, ...]]:
    """For each index the parameter that its launches make the grid for; of a single one, else what is called so."""
    counts = _counts(stand, kernel)
    told = [_of_grid(stand, kernel, one.axis, counts) for one in found]
    if all(len(names) == 1 for names in told):
        yield tuple(names[0] for names in told)
    elif len(found) == 1:
        named = [name for name in counts if name in COUNTS] or (counts if len(counts) == 1 else [])
        yield from ((name,) for name in (told[0] or named))


def _counts(stand: Ground, kernel: Kernel) -> list[str]:
    """The kernel's parameters that are integers by value and keep their values."""
    src = stand.src
    opening = next((n for n in stand.range(kernel.span) if src.word(n) == kernel.name), -1) + 1
    head = range(opening, src.closing(opening))
    typed = {src.word(n) for n in head if src.word(n - 1) in INTEGERS and src.word(n + 1) in (",", ")")}
    return [name for name in kernel.parameters if name in typed and unchanged(stand, kernel, name)]


def _of_grid(stand: Ground, kernel: Kernel, axis: str, counts: list[str]) -> list[str]:
    """The parameters whose arguments stand in the grid's extent on an axis, at every launch."""
    agreed: list[set[str]] = []
    for launch in stand.launches(kernel.name):
        given = call_arguments(stand, launch)
        extent = grid_words(stand, launch, axis)
        if len(given) != len(kernel.parameters):
            return []
        pairs = zip(kernel.parameters, given, strict=True)
        agreed.append({name for name, words in pairs if len(words) == 1 and words[0].text in extent})
    common = set.intersection(*agreed) if agreed else set()
    return [name for name in counts if name in common]


def _around(stand: Ground, kernel: Kernel, after: int, test: str) -> list[Edit]:
    """`if (test) {` behind a token, `}` before the kernel's last bracket, and what lies between one step further in."""
    src, index = stand.src, stand.index
    last = stand.range(kernel.span).stop - 1
    start, end = index.position(src.token(after).end)[0] + 1, index.position(src.token(last).start)[0]
    if src.word(last) != "}" or after + 1 >= last or start >= end:
        return []
    # Only what stands on lines of its own can be moved in.
    if src.token(after + 1).start < index.starts[start] or index.line(end).strip() != "}":
        return []
    indent, newline = indent_of(index.line(index.position(src.token(after).start)[0])), newline_of(stand.snapshot.text)
    step = "\t" if indent.startswith("\t") else STEP
    moved = [stand.insert(index.starts[n], step) for n in range(start, end) if index.line(n).strip()]
    head = Edit(moved[0].span, f"{indent}if ({test}) {{{newline}{step}") if moved else None
    if head is None:
        return []
    return [head, *moved[1:], stand.insert(index.starts[end], f"{indent}}}{newline}")]
