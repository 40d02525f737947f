"""What is certain about a kernel's uses: who launches it, and what in it knows the number of its block."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.gpu.elsewhere import named_elsewhere
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.hidden import BLOCKS, REGISTERS, hidden_use
from signoff.diagnostics.fixes.gpu.tokens import words
from signoff.verifiers.gpu.facts import Form, Kernel, Launch

INDICES = frozenset(("blockIdx", "gridDim"))
# What hands out the number of the block or the size of the grid under another name.
_GROUPS = """
cooperative_groups cg this_grid this_cluster this_thread_block grid_group thread_block cluster_group group_index
grid_dim cub asm __asm__ __cluster_dims__
"""
GROUPS = frozenset(_GROUPS.split())
# Calls that only ask or say something about a kernel.
ABOUT_KERNELS = re.compile(r"(cuda|hip|cu)(Func[A-Z]\w*|Occupancy\w*)$")
_DEFINES = re.compile(r"[ \t]*#[ \t]*(?:define|undef|include|pragma[ \t]+p[a-z]+_macro)")
HEADERS = (".cuh", ".h", ".hpp", ".hh", ".inl", ".hxx")
# What a string that names a kernel for a loader may hold: no blanks, and nothing that printf puts a value in place of.
LOADED = re.compile(r"[\w:<>,&*]+")


def only_launched_here(ground: Ground, kernel: Kernel) -> bool:
    """Whether every launch of the kernel is a chevron of this document that the facts hold: none can be elsewhere."""
    if ground.snapshot.path.lower().endswith(HEADERS):
        return False
    launched = {ground.index.offsets(one.kernel_span) for one in ground.launches(kernel.name)}
    if any(one.form is not Form.CHEVRON or one.cooperative for one in ground.launches(kernel.name)):
        return False
    src = ground.src
    defined = ground.index.offsets(kernel.name_span)
    for number, token in enumerate(src.tokens):
        if token.kind == "directive" and kernel.name in words(token.text.lstrip(" \t#")):
            return False
        if token.kind == "string" and kernel.name in token.text and LOADED.fullmatch(token.text.strip('"')):
            return False
        if token.text != kernel.name or (token.start, token.end) == defined:
            continue
        if not any(start <= token.start < end for start, end in launched) and not _harmless(ground, number):
            return False
    return not named_elsewhere(ground, kernel.name)


def block_number_is_plain(ground: Ground, kernel: Kernel, *, threads: bool = False) -> bool:
    """Whether blockIdx and gridDim reach the kernel's code only as members written out in it.

    With `threads`, threadIdx and blockDim too, and no code that it calls lets threads meet.
    """
    src, inside = ground.src, ground.range(kernel.span)
    for number in inside:
        token = src.token(number)
        if token.text in INDICES and not (src.word(number + 1) == "." and src.word(number + 2) in ("x", "y", "z")):
            return False
        if token.text in GROUPS or token.text == "<<<" or (token.kind == "directive" and _DEFINES.match(token.text)):
            return False
        hidden = REGISTERS if token.kind == "string" else BLOCKS
        if token.text not in INDICES and hidden.search(token.text):
            return False
    return not hidden_use(ground, kernel, threads=threads)


def members(ground: Ground, kernel: Kernel, variable: str) -> Iterator[tuple[int, str]]:
    """(index of the member's token, member) of every `variable.x` in the kernel."""
    for number in ground.range(kernel.span):
        if ground.src.word(number) == variable and ground.src.word(number + 1) == ".":
            yield number + 2, ground.src.word(number + 2)


def sites(launches: tuple[Launch, ...]) -> list[Launch]:
    """One launch for each place in the text."""
    return list({launch.span: launch for launch in launches}.values())


def _harmless(ground: Ground, number: int) -> bool:
    """A declaration without a body, or an argument of a call that asks or says something about the kernel."""
    src = ground.src
    if src.word(number + 1) == "(" and src.word(src.closing(number + 1) + 1) == ";":
        before = src.token(number - 1)
        return before.text == "void" or (before.text == ")" and "__launch_bounds__" in words(_line_of(ground, number)))
    depth = 0
    for place in range(number - 1, max(number - 40, -1), -1):
        word = src.word(place)
        depth += {")": 1, "(": -1}.get(word, 0)
        if word in (";", "{", "}"):
            return False
        if depth < 0:
            if ABOUT_KERNELS.match(src.word(place - 1)):
                return True
            # A cast around the kernel's name: go on outwards.
            depth = 0
    return False


def _line_of(ground: Ground, number: int) -> str:
    return ground.index.line(ground.index.position(ground.src.token(number).start)[0])
