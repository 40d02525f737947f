"""CUDA: a kernel's name in host code: its launch with geometry, arguments and error check."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.completion.structural import cuda_names
from signoff.completion.structural.c_scope import CScope, blanked, scope_at
from signoff.completion.structural.cuda_shape import Axis, KernelShape, shape_of
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop, joined
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, Kernel
from signoff.verifiers.gpu.hardware.limits import limits
from signoff.verifiers.gpu.hardware.occupancy import suggest
from signoff.verifiers.gpu.hardware.targets import judged
from signoff.verifiers.project import Project
from signoff.verifiers.text import LineIndex

# (document, kernel) to the registers a thread of it takes, where a compiler has said so.
Registers = Callable[[str, str], int | None]

SHORTEST_WORD = 3
MOST = 4
_TEMPLATE = re.compile(r"\btemplate\s*<[^;{}]*>\s*\Z")
LONGEST_TEMPLATE = 1_000
_TYPE_PARAMETER = re.compile(r"typename\b|class\b")
# What stands for a type that nobody knows while a launch is judged.
ANY_TYPE = "float"
# Block sizes to choose from, the usual one first; threads a dimension of two-dimensional blocks.
SIZES = (256, 128, 512, 1024)
SQUARE = 16
LARGEST_HEADER = 2_000_000


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a launch is written of: the host function, what its code says of pointers, and the file's own words."""

    scope: CScope
    device: Collection[str]
    host: Collection[str]
    text: str


class KernelLaunch:
    """Where a kernel's name is being typed as a statement of its own."""

    languages = CUDA_LANGUAGES

    def __init__(self, launch: Launch, registers: Registers = lambda uri, kernel: None) -> None:
        self._launch, self._registers = launch, registers

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        return place.alone and len(place.word) >= SHORTEST_WORD

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        scope = scope_at(place.before)
        if not scope.function or re.search(r"__(?:global|device)__", scope.returns):
            return ()
        text = place.before + place.after
        unit = await self._launch.unit(replace(place.snapshot, text=text), project)
        named = [one for one in unit.kernels if one.name.startswith(place.word)] if unit else []
        named.sort(key=lambda one: (one.name != place.word, not one.defined, len(one.name), one.name))
        kernels = list({one.name: one for one in reversed(named)}.values())[::-1][:MOST]
        code = blanked(place.before[scope.start :])
        scene = _Scene(scope, cuda_names.allocated(code), cuda_names.of_host(code), text)
        found = [await self._of(place, project, kernel, scene) for kernel in kernels]
        return tuple(one for one in found if one is not None)

    async def _of(self, place: Place, project: Project, kernel: Kernel, scene: _Scene) -> Proposal | None:
        shape = await _shape(place, kernel, scene.text)
        if shape is None:
            return None
        threads, why = _threads(kernel, shape, self._registers(place.snapshot.uri, kernel.name), project)
        return _proposal(place, shape, scene, threads, why)


async def _shape(place: Place, kernel: Kernel, text: str) -> KernelShape | None:
    """The kernel as its definition has it, in this text or in a header."""
    if kernel.path not in ("", place.snapshot.path):
        text = await asyncio.to_thread(_read, kernel.path)
    start, end = LineIndex(text).offsets(kernel.span)
    if kernel.templated and (head := _TEMPLATE.search(text, max(start - LONGEST_TEMPLATE, 0), start)) is not None:
        start = head.start()
    found = shape_of(text[start:end] if kernel.defined else f"{text[start:end].rstrip().rstrip(';')} {{}}")
    return found if found is not None and found.name == kernel.name else None


def _read(path: str) -> str:
    try:
        file = Path(path)
        return file.read_bytes().decode(errors="replace") if file.stat().st_size <= LARGEST_HEADER else ""
    except OSError:
        return ""


def _threads(kernel: Kernel, shape: KernelShape, registers: int | None, project: Project) -> tuple[list[str], str]:
    """(the block's size along each axis, why it is that)."""
    bound = kernel.bounds.max_threads if kernel.bounds is not None else None
    tiles = [axis.threads for axis in shape.axes]
    if any(tiles):
        return [one or "1" for one in tiles], "as its shared arrays have it"
    if len(shape.axes) > 1:
        side = SQUARE if bound is None or bound >= SQUARE * SQUARE else max(int(bound**0.5), 1)
        return [str(side), str(side), *["1"] * (len(shape.axes) - 2)], "a usual choice"
    if bound is not None:
        return [str(bound)], "its __launch_bounds__"
    if registers is not None:
        one = limits(judged(project)[-1])
        best = suggest(one, registers=registers, static_shared=kernel.static_shared or 0, dynamic_shared=0, sizes=SIZES)
        size = max(best, key=lambda pair: (pair[1].fraction, -SIZES.index(pair[0])))
        return [str(size[0])], f"{size[1].fraction:.0%} occupancy with {registers} registers on {one.sm}"
    return [str(SIZES[0])], "a usual choice"


def _proposal(place: Place, shape: KernelShape, scene: _Scene, threads: list[str], why: str) -> Proposal:
    taken = {one.name for one in scene.scope.variables}
    block, grid = _free("block", taken), _free("grid", taken)
    arguments = _arguments(shape, scene)
    indent = "\n" + place.indent
    blocks = [_blocks(axis, f"{block}.{letter}", arguments) for axis, letter in zip(shape.axes, "xyz", strict=False)]
    shared = f", {block}.x * sizeof({shape.dynamic})" if shape.dynamic else ""
    body: Body = (
        f"dim3 {block}(",
        *joined([(Stop(one),) for one in threads], ", "),
        f");{indent}dim3 {grid}(",
        *joined(blocks, ", "),
        f");{indent}{shape.name}",
        *_template(shape),
        f"<<<{grid}, {block}{shared}>>>(",
        *joined([arguments[one.name] for one in shape.parameters], ", "),
        f");{indent}",
        *_error_check(place, shape, scene),
    )
    told = f"Blocks of {' by '.join(threads)} threads: {why}."
    if shape.dynamic:
        told += " One element of shared memory a thread is a choice: give what the kernel needs."
    return Proposal(
        f"{shape.name}<<<{grid}, {block}>>>(...)",
        body,
        place.start,
        place.offset,
        Kind.FUNCTION,
        "launch with error check",
        told,
        filter=shape.name,
    )


def _arguments(shape: KernelShape, scene: _Scene) -> dict[str, Body]:
    """What is passed for each parameter: a variable in scope, or a place to fill in."""
    found: dict[str, Body] = {}
    known = cuda_names.arguments(shape.parameters, scene.scope.variables, scene.device, scene.host)
    types = {_template_name(one) for one in shape.template if _TYPE_PARAMETER.match(one)}
    for one in shape.parameters:
        name = known.get(one.name, "")
        kind = re.sub(r"\w+", lambda match: ANY_TYPE if match[0] in types else match[0], one.type)
        neutral = f"({kind})nullptr" if one.is_pointer else f"{kind}{{}}"
        found[one.name] = (name,) if name else (Stop(one.name, neutral, one.name),)
    return found


def _blocks(axis: Axis, size: str, arguments: dict[str, Body]) -> Body:
    """How many blocks an axis takes: enough for all its elements."""
    if not axis.bound:
        return (Stop("blocks", "1", f"blocks of {size}"),)
    if axis.bound == "1":
        return ("1",)
    bound = tuple(piece for word in re.split(r"(\w+)", axis.bound) if word for piece in arguments.get(word, (word,)))
    if axis.blocks:
        return bound
    whole = bound if re.fullmatch(r"\w+", axis.bound) else ("(", *bound, ")")
    return ("(", *whole, f" + {size} - 1) / {size}")


def _template(shape: KernelShape) -> Body:
    """Template arguments where the call does not tell them."""
    deduced = " ".join(one.type for one in shape.parameters)
    names = [_template_name(one) for one in shape.template]
    if not names or all(re.search(rf"\b{re.escape(name)}\b", deduced) for name in names):
        return ()
    stops: list[Body] = [
        (Stop(name, ANY_TYPE if _TYPE_PARAMETER.match(one) else "1", name),)
        for name, one in zip(names, shape.template, strict=True)
    ]
    return ("<", *joined(stops, ", "), ">")


def _template_name(parameter: str) -> str:
    return str(([*re.findall(r"\w+", parameter.partition("=")[0])] or [""])[-1])


def _error_check(place: Place, shape: KernelShape, scene: _Scene) -> Body:
    if cuda_names.TORCH in scene.text:
        return (f"{cuda_names.TORCH}();",)
    if name := cuda_names.wrapper(scene.text):
        return (f"{name}(cudaGetLastError());",)
    status = _free("status", {one.name for one in scene.scope.variables})
    deep = f"\n{place.indent}{place.unit}"
    if re.search(r"\bcudaError_t\b", scene.scope.returns):
        return ("return cudaGetLastError();",)
    head = f"cudaError_t {status} = cudaGetLastError();\n{place.indent}if ({status} != cudaSuccess) {{{deep}"
    told = f"cudaGetErrorString({status})"
    if re.search(r"#\s*include\s*<(?:cstdio|stdio\.h)>", scene.text):
        return (f'{head}fprintf(stderr, "{shape.name}: %s\\n", {told});\n{place.indent}}}',)
    if re.search(r"#\s*include\s*<iostream>", scene.text):
        return (f'{head}std::cerr << "{shape.name}: " << {told} << std::endl;\n{place.indent}}}',)
    return (head, Stop(), f"\n{place.indent}}}")


def _free(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    return next(free for number in range(2, 1_000_000) if (free := f"{name}{number}") not in taken)
