"""What is certain about a kernel's uses: who launches it, and what in it knows the number of its block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from signoff.diagnostics.fixes.gpu.callees import called, callees, reach
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.tokens import source, words
from signoff.diagnostics.fixes.source import Token
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
HEADERS = (".cuh", ".h", ".hpp", ".hh", ".inl", ".hxx")
QUOTED_INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*"([^"\r\n]+)"')
# Of a project's headers so many are read, and none longer than this (characters).
MOST_HEADERS, LONGEST_HEADER = 64, 1_000_000


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
        if token.text != kernel.name or (token.start, token.end) == defined:
            continue
        if not any(start <= token.start < end for start, end in launched) and not _harmless(ground, number):
            return False
    return not _named_elsewhere(ground, kernel.name)


def block_number_is_plain(ground: Ground, kernel: Kernel) -> bool:
    """Whether blockIdx and gridDim reach the kernel's code only as members written out in it."""
    src, inside = ground.src, ground.range(kernel.span)
    tokens = src.tokens[inside.start : inside.stop]
    for number in inside:
        token = src.token(number)
        if token.text in INDICES and not (src.word(number + 1) == "." and src.word(number + 2) in ("x", "y", "z")):
            return False
        if token.kind == "directive" and _looks(token):
            return False
    if any(token.text in GROUPS or (token.kind == "string" and "ctaid" in token.text) for token in tokens):
        return False
    return not _reaches_hidden_use(ground, kernel)


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


def _named_elsewhere(ground: Ground, name: str) -> bool:
    """Whether the project's headers, other open documents or the Python code around the text name the kernel."""
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    # An extension's own name launches nothing.
    document = re.sub(rf"\bname\s*=\s*([\"']){re.escape(name)}\1", "", ground.snapshot.text)
    if len(pattern.findall(document)) != len(pattern.findall(ground.src.text)):
        return True
    others = [one.text for one in ground.project.buffers if one.path != ground.snapshot.path]
    return any(pattern.search(text) for text in (*others, *headers(ground)[0]))


def _reaches_hidden_use(ground: Ground, kernel: Kernel) -> bool:
    """Whether a function or macro that the kernel calls may use blockIdx or gridDim itself."""
    texts, all_read = headers(ground)
    start, end = ground.index.offsets(kernel.span)
    around = ground.src.text[:start] + "\n" + ground.src.text[end:]
    names = called(ground.tokens(kernel.span)) - {kernel.name}
    here = {callee.name for text in (around, *texts) for callee in callees(text)}
    return (not all_read and not names <= here) or reach(names, (around, *texts), INDICES)


def _looks(token: Token) -> bool:
    return re.search("blockIdx|gridDim", token.text) is not None


def headers(ground: Ground) -> tuple[list[str], bool]:
    """The texts of the project's headers that the document includes, and whether all of them could be read."""
    found: dict[str, str] = {}
    pending = [(ground.src.text, ground.snapshot.path)]
    complete = True
    while pending:
        text, path = pending.pop()
        for token in source(text).tokens:
            match = QUOTED_INCLUDE.match(token.text) if token.kind == "directive" else None
            if match is None:
                continue
            place = _resolved(ground, match[1], path)
            if place is None or len(found) >= MOST_HEADERS:
                complete = False
            elif str(place) not in found:
                header = _read(ground, place)
                complete = complete and header is not None
                found[str(place)] = header or ""
                pending.append((header or "", str(place)))
    return list(found.values()), complete


def _resolved(ground: Ground, name: str, origin: str) -> Path | None:
    unit = ground.project.unit
    folders = (str(Path(origin).parent), *(unit.include_dirs if unit else ()), *ground.project.include_dirs)
    return next((place for folder in folders if (place := Path(folder) / name).is_file()), None)


def _read(ground: Ground, place: Path) -> str | None:
    for buffer in ground.project.buffers:
        if buffer.path == str(place):
            return buffer.text
    try:
        if place.stat().st_size > LONGEST_HEADER:
            return None
        return place.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
