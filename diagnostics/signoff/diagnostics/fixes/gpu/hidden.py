"""Whether something outside a kernel's own text can bring the number of a block or thread into it, or let threads meet.

C++ has too many ways to do that for following them: functions, macros of every kind, methods, lambdas, references,
inline assembly. So nothing but a kernel may speak of these variables at all; only what lets threads meet is followed
by name, as most projects have such helpers in some header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from signoff.diagnostics.fixes.gpu.arguments import in_angles
from signoff.diagnostics.fixes.gpu.callees import called, callees, heads, macros, reach
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.included import INCLUDE, headers
from signoff.diagnostics.fixes.gpu.names import listed
from signoff.diagnostics.fixes.gpu.tokens import KEYWORDS, CudaSource, source
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.gpu.facts import Kernel

# The number of the block and the size of the grid, as CUDA C++, PTX, the compilers and cooperative groups call them.
BLOCKS = re.compile(
    r"blockIdx|gridDim|ctaid|ctarank|clusterid|this_(?:multi_)?grid|this_cluster|\bthread_block\b|this_thread_block"
    r"|grid_group|cluster_group|group_index"
)
THREADS = re.compile(BLOCKS.pattern + r"|threadIdx|blockDim|%n?tid\b|sreg_n?tid|thread_rank|coalesced|laneid|lanemask")
# In a string only the assembler reads such names; a person is told of blockIdx there, too.
REGISTERS = re.compile(r"ctaid|ctarank|clusterid|%n?tid\b|%laneid|%lanemask")
# As variables of a host function these are mere names, and common ones.
SIZES = frozenset(("gridDim", "blockDim"))
ON_DEVICES = frozenset(("__device__", "__global__", "constexpr"))
TOGETHER = re.compile(
    r"__shared__|__sync|__shfl|__ballot|__any|__all|__reduce|__activemask|__match|warpSize|cub$|asm$|__asm|tiled_partition"
)
PASTED = re.compile("##|%:%:")
# A macro of such a name makes the kernel's text mean something else.
BUILT_IN = KEYWORDS | {"blockIdx", "gridDim", "blockDim", "threadIdx", "x", "y", "z", "dim3", "__global__"}


def hidden_use(ground: Ground, kernel: Kernel, *, threads: bool = False) -> bool:
    """Whether the kernel may know its block (with `threads` also its thread, or others) by more than its own text."""
    included, all_read = headers(ground)
    texts = (ground.src.text, *included)
    pattern = THREADS if threads else BLOCKS
    if not all_read or any(_spliced(source(text)) or _speaks(source(text), pattern) for text in texts):
        return True
    if any(pattern.search(flag) or re.split("[=(]", flag)[0] in BUILT_IN for flag in _flags(ground)):
        return True
    if any(name in BUILT_IN for text in texts for name in macros(text)) or _unknown(ground, kernel, texts):
        return True
    names = {token.text for token in ground.tokens(kernel.span) if token.kind == "word"} - {kernel.name}
    around = _around(ground, kernel, texts)
    return reach(names, around, PASTED) or (threads and reach(names, around, TOGETHER))


def _around(ground: Ground, kernel: Kernel, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts without the kernel itself."""
    start, end = ground.index.offsets(kernel.span)
    return (texts[0][:start] + "\n" + texts[0][end:], *texts[1:])


def _flags(ground: Ground) -> tuple[str, ...]:
    unit = ground.project.unit
    return (*(unit.defines if unit else ()), *ground.project.defines)


def _spliced(src: CudaSource) -> bool:
    """Whether a name may be written over two lines, or in codes of its letters."""
    return any(token.text == "\\" for token in src.tokens)


def _unknown(ground: Ground, kernel: Kernel, texts: tuple[str, ...]) -> bool:
    """Whether the kernel calls what neither the texts define nor CUDA C++: a library's, with what it likes in it."""
    known = {callee.name for text in texts for callee in callees(text)} | _types(ground, kernel) | {kernel.name}
    return any(not _device_function().fullmatch(name) for name in called(ground.tokens(kernel.span)) - known)


def _types(ground: Ground, kernel: Kernel) -> set[str]:
    """The kernel's template parameters: `T(1)` calls nothing that a text of the project would not show."""
    src = ground.src
    number = src.from_(ground.index.offsets(kernel.name_span)[0])
    while number > 0 and src.word(number) not in ("template", ";", "}"):
        number -= 1
    parameters = in_angles(src, number + 1) if src.word(number) == "template" else []
    return {token.text for one in parameters for token in one}


@cache
def _device_function() -> re.Pattern[str]:
    """The library's device functions, by the list that the launch checks go by."""
    text = files("signoff.verifiers.gpu.values").joinpath("device_functions.txt").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return re.compile("|".join((*lines, *map(re.escape, listed("cuda_names.txt")))))


def _speaks(src: CudaSource, pattern: re.Pattern[str]) -> bool:
    """Whether a text names one of the variables anywhere but in kernels, comments, and as a host function's own."""
    hits = [number for number, token in enumerate(src.tokens) if _names(token, pattern)]
    directives = [number for number in hits if src.token(number).kind == "directive"]
    kernels = [] if directives or not hits else [*_kernels(src)]
    outside = [number for number in hits if not any(number in kernel for kernel in kernels)]
    return bool(directives) or any(not (src.word(one) in SIZES and _of_host(src, one)) for one in outside)


def _names(token: Token, pattern: re.Pattern[str]) -> bool:
    if token.kind == "directive":
        # A macro's name may be written over two lines, and what it holds may go to the assembler.
        return pattern.search(re.sub(r"\\\r?\n", "", _macro_text(token))) is not None
    return (REGISTERS if token.kind == "string" else pattern).search(token.text) is not None


def _macro_text(directive: Token) -> str:
    """The directive where it defines a macro or says what is one; "" of others: an include's name is no code."""
    return "" if INCLUDE.match(directive.text) else directive.text


def _kernels(src: CudaSource) -> Iterator[range]:
    """The tokens of every kernel: from `__global__` to the end of its body, or of its declaration."""
    for number, token in enumerate(src.tokens):
        if token.text == "__global__":
            place = number + 1
            while place < len(src.tokens) and src.word(place) not in ("{", ";"):
                place = src.closing(place) + 1 if src.word(place) == "(" else place + 1
            yield range(number, src.closing(place) + 1 if src.word(place) == "{" else place)


def _of_host(src: CudaSource, number: int) -> bool:
    """Whether a token stands in a function that no part of can run on a device."""
    opened: list[int] = []
    for place in range(number):
        if src.word(place) == "{":
            opened.append(place)
        elif src.word(place) == "}" and opened:
            opened.pop()
    opening = next((place for place in opened if heads(src, place)), None)
    if opening is None:
        return False
    start = next((n for n in range(opening, 0, -1) if src.word(n - 1) in (";", "{", "}")), 0)
    return not ON_DEVICES & {src.word(n) for n in range(start, src.closing(opening))}
