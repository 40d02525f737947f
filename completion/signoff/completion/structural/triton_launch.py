"""Triton: a kernel's launch from its signature, a kernel with its mask, loads and stores with one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop, joined
from signoff.completion.structural.triton_text import Parameter, TritonKernel, function_at, kernels
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.gpu.strings.triggers import TRITON
from signoff.verifiers.project import Project

SHORTEST = 3
MOST = 4
_POINTER = re.compile(r"_?ptrs?\Z|_pointer\Z", re.IGNORECASE)
_USUAL = {"BLOCK": "1024", "num_warps": "4", "num_stages": "2"}
_SIDE = "32"


class TritonLaunch:
    """Outside of kernels, where a kernel's name is being typed as a statement of its own."""

    languages = frozenset({PYTHON})

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        return place.alone and len(place.word) >= SHORTEST and TRITON.search(place.snapshot.text) is not None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        name, above, names = function_at(place.before)
        if not name or "jit" in above:
            return ()
        found = [one for one in kernels(place.before + "\n" + place.after) if one.name.startswith(place.word)]
        return tuple(_launch(place, one, names) for one in found[:MOST])


class TritonKernelText:
    """At file scope `@triton.jit`: a kernel with a mask; in a kernel a load or store with the mask that is there."""

    languages = frozenset({PYTHON})

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        typed = place.line_before.strip() + place.word
        head = len(typed) >= SHORTEST and "@triton.jit".startswith(typed) and not place.line_after.strip()
        access = re.search(r"\btl\.\Z", place.line_before) is not None
        return (head or access) and TRITON.search(place.snapshot.text) is not None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        name, above, names = function_at(place.before)
        if place.line_before.rstrip().endswith("tl."):
            return tuple(_accesses(place, names)) if "jit" in above else ()
        return (_kernel(place),) if not name else ()


def _launch(place: Place, kernel: TritonKernel, names: Sequence[str]) -> Proposal:
    free = [one for one in kernel.parameters if not one.constexpr and not one.default]
    fixed = [one for one in kernel.parameters if one.constexpr and one.name not in kernel.tuned and not one.default]
    arguments: list[Body] = [_argument(one, names) for one in free]
    arguments += [(f"{one.name}=", Stop(_constant(one, names))) for one in fixed]
    indent = place.indent
    grid = "grid" if "grid" not in names else f"grid_{kernel.name}"
    counts = _counts(kernel, free, names)
    body: Body = (
        f"{grid} = lambda meta: (",
        *joined([(*_blocks(size, block),) for size, block in counts], ", "),
        "," if len(counts) == 1 else "",
        f")\n{indent}{kernel.name}[{grid}](",
        *joined(arguments, ", "),
        ")",
    )
    told = "One program for each block of elements; `meta` holds what the launch or the autotuner sets."
    label = f"{kernel.name}[{grid}](...)"
    return Proposal(label, body, place.start, place.offset, Kind.FUNCTION, "launch", told, filter=kernel.name)


def _blocks(size: Body, block: str) -> Body:
    return ("triton.cdiv(", *size, f', meta["{block}"])') if block else (Stop("programs", "1", "programs"),)


def _counts(kernel: TritonKernel, free: Sequence[Parameter], names: Sequence[str]) -> list[tuple[Body, str]]:
    """For each dimension of the grid what is divided, and the block that divides it."""
    blocks = [one.name for one in kernel.parameters if one.constexpr and "BLOCK" in one.name.upper()]
    sizes = [one for one in free if not _POINTER.search(one.name) and not one.name.startswith("stride")]
    found: list[tuple[Body, str]] = []
    for axis in range(kernel.axes):
        block = _block_of(kernel, axis, blocks)
        letter = block.rpartition("_")[2].lower()
        size = next((one for one in sizes if one.name.lower() == letter), None)
        limit = re.search(r"<\s*(\w+)", kernel.body)
        size = size or next((one for one in sizes if limit and one.name == limit[1]), None)
        found.append((_argument(size, names), block) if size is not None and block else ((), ""))
    return found


def _block_of(kernel: TritonKernel, axis: int, blocks: Sequence[str]) -> str:
    """The block that a program's number along an axis is multiplied by."""
    given = re.search(rf"(\w+)\s*=\s*tl\.program_id\s*\(\s*(?:axis\s*=\s*)?{axis}\s*\)", kernel.body)
    if given is None:
        return ""
    used = re.search(rf"\b{given[1]}\s*\*\s*(\w+)", kernel.body)
    return used[1] if used and used[1] in blocks else ""


def _argument(one: Parameter, names: Sequence[str]) -> Body:
    bare = _POINTER.sub("", one.name).lower()
    wanted = [name for name in names if name.lower() == one.name.lower() or name.lower() == bare]
    return (wanted[0],) if wanted else (Stop(one.name, "None", one.name),)


def _constant(one: Parameter, names: Sequence[str]) -> str:
    if one.name in names:
        return one.name
    return _USUAL["BLOCK"] if re.fullmatch(r"BLOCK(?:_?SIZE)?", one.name) else _SIDE


def _kernel(place: Place) -> Proposal:
    unit = place.unit
    head = "" if place.line_before.strip().startswith("@") else "@triton.jit"
    start = place.start
    if not head:
        # What is typed of the decorator is written anew, with all that belongs to it.
        start, head = place.start - len(place.line_before.lstrip()), "@triton.jit"
    body: Body = (
        f"{head}\ndef ",
        Stop("kernel"),
        f"(x_ptr, out_ptr, n, BLOCK: tl.constexpr):\n{unit}pid = tl.program_id(axis=0)\n"
        f"{unit}offsets = pid * BLOCK + tl.arange(0, BLOCK)\n{unit}mask = offsets < n\n"
        f"{unit}x = tl.load(x_ptr + offsets, mask=mask)\n{unit}",
        Stop(),
        f"\n{unit}tl.store(out_ptr + offsets, x, mask=mask)\n",
    )
    told = "A block of elements a program; the mask keeps the last one from reading and writing beyond the end."
    return Proposal(
        "@triton.jit kernel", body, start, place.offset, Kind.FUNCTION, "with a mask", told, filter="@triton.jit"
    )


def _accesses(place: Place, names: Sequence[str]) -> Iterator[Proposal]:
    """Loads and stores at the pointers, offsets and masks that the kernel has."""
    masks = [name for name in names if "mask" in name.lower()]
    offsets = [name for name in names if re.search(r"off(?:s|sets?)?", name.lower())]
    pointers = [name for name in names if _POINTER.search(name)]
    if not masks or not offsets or not pointers:
        return
    # The whole line is replaced, as a tool can make nothing of a document in which it stands half typed.
    typed = place.line_before.lstrip()
    start = place.start - len(typed)
    # What is loaded goes somewhere, and what is stored does not.
    stored: tuple[str, Body] = "store", (", ", Stop("value", "0.0"))
    for word, value in (stored if typed == "tl." else ("load", ()),):
        if word.startswith(place.word):
            at: Body = (f"{typed}{word}(", Stop(pointers[0]), " + ", Stop(offsets[-1]))
            body: Body = (*at, *value, f", mask={masks[-1]})")
            label = f"{word}(..., mask={masks[-1]})"
            yield Proposal(label, body, start, place.offset, Kind.FUNCTION, "with the mask", filter=typed + word)
