"""__launch_bounds__ that fits the launches: added where registers are too many, raised where a block is larger."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.arguments import is_file_constant, split
from signoff.diagnostics.fixes.gpu.callees import named
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.included import headers
from signoff.diagnostics.fixes.gpu.usage import only_launched_here
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.gpu.facts import Kernel
from signoff.verifiers.text import Edit

CODES = frozenset(("LaunchBoundsExceeded", "RegistersExceeded"))


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Say in the kernel's bounds what its launches use."""
    if ground.finding.code not in CODES:
        return
    kernel = ground.kernel(ground.data.get("kernel", ""))
    if kernel is None or not only_launched_here(ground, kernel):
        return
    threads = [one.block.volume for one in ground.launches(kernel.name)]
    known = [count for count in threads if count]
    if not known or len(known) != len(threads):
        return
    if ground.finding.code == "LaunchBoundsExceeded":
        yield from _raised(ground, kernel, max(known))
    elif kernel.bounds is None:
        yield from _added(ground, kernel, max(known))


def _raised(ground: Ground, kernel: Kernel, threads: int) -> Iterator[FixCandidate]:
    first = _first_argument(ground, kernel)
    if not first or _rests_on(ground, kernel, [token.text for token in first]):
        return
    text = _named(ground, kernel, threads)
    title = f"Raise the launch bounds of '{kernel.name}' to the {threads} threads of its launches"
    span = ground.index.span(first[0].start, first[-1].end)
    yield ground.candidate(title, (Edit(span, text),), "bounds", [token.text for token in first])


def _first_argument(ground: Ground, kernel: Kernel) -> list[Token]:
    """The tokens of the bounds' first argument."""
    if kernel.bounds is None:
        return []
    src = ground.src
    marks = [n for n in ground.range(kernel.span) if src.word(n) == "__launch_bounds__"]
    if len(marks) != 1 or src.word(marks[0] + 1) != "(":
        return []
    arguments = split(src.tokens[marks[0] + 2 : src.closing(marks[0] + 1)])
    return arguments[0] if arguments else []


def _rests_on(ground: Ground, kernel: Kernel, bound: list[str]) -> bool:
    """Whether the kernel, or what it calls, uses what stands in its bounds: an array would be too small."""
    body = [token.text for token in ground.tokens(kernel.span)]
    sizes = {word for word in bound if word[0].isalnum() or word[0] == "_"}
    texts = (ground.src.text, *headers(ground)[0])
    return any(body.count(word) > bound.count(word) for word in sizes) or bool(sizes & named(set(body) - sizes, texts))


def _added(ground: Ground, kernel: Kernel, threads: int) -> Iterator[FixCandidate]:
    """The compiler then keeps each thread's registers to what so many threads can have."""
    start = ground.index.offsets(kernel.name_span)[0]
    title = f"Add __launch_bounds__({_named(ground, kernel, threads)}) to '{kernel.name}', as it is launched"
    behaviour = "ptxas may spill registers"
    bound = f"__launch_bounds__({_named(ground, kernel, threads)}) "
    yield ground.candidate(title, (ground.insert(start, bound),), "bounds", behaviour=behaviour)


def _named(ground: Ground, kernel: Kernel, threads: int) -> str:
    """The number of threads, by the constant's name where every launch uses the one."""
    places = {one.block_span for one in ground.launches(kernel.name)}
    names = {ground.text(place).strip() for place in places if place is not None}
    name = names.pop() if len(names) == 1 and None not in places else ""
    start = ground.index.offsets(kernel.span)[0]
    return name if name.isidentifier() and is_file_constant(ground, name, start) else str(threads)
