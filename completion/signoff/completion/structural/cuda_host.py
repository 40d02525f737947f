"""CUDA: memory of the device with the file's own error check, kernels and their loops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from signoff.completion.structural import cuda_names
from signoff.completion.structural.c_scope import CScope, Variable, blanked, scope_at
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES
from signoff.verifiers.project import Project

SHORTEST_CALL, SHORTEST_KERNEL = 5, 3
MOST = 6
# A function longer than this is not looked through to its end.
REACH = 40_000
_SPACE = re.compile(r"__(?:global|device)__")
_INDEX = "blockIdx.x * blockDim.x + threadIdx.x"


class DeviceMemory:
    """In host code, where cudaMalloc or cudaMemcpy is being typed: for pointers of the function that ask for it."""

    languages = CUDA_LANGUAGES

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        typed = len(place.word) >= SHORTEST_CALL and place.alone
        return typed and any(one.startswith(place.word) for one in ("cudaMalloc", "cudaMemcpy"))

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        scope = scope_at(place.before)
        if not scope.function or _SPACE.search(scope.returns):
            return ()
        code = blanked(place.before[scope.start :])
        found = [*_allocations(place, scope, code), *_copies(place, scope, code)]
        return tuple(one for one in found if one.filter.startswith(place.word))[:MOST]


class KernelText:
    """At file scope a kernel with its bounds check; in a kernel the loop over all elements."""

    languages = CUDA_LANGUAGES

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        kernel = len(place.word) >= SHORTEST_KERNEL and "__global__".startswith(place.word)
        return place.alone and (kernel or place.word in ("fo", "for"))

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        scope = scope_at(place.before)
        if place.word.startswith("_"):
            return () if scope.function else tuple(_kernels(place))
        in_kernel = "__global__" in scope.returns and "blockIdx" not in blanked(place.before[scope.start :])
        return tuple(_loop(place, scope)) if in_kernel else ()


def _allocations(place: Place, scope: CScope, code: str) -> Iterator[Proposal]:
    """An allocation for each pointer of the device that has none yet: those that the function uses as such, and those
    that are named so."""
    whole = f"{code};{_rest_of_function(place)}"
    done, used = cuda_names.allocated(whole), cuda_names.of_device(whole) - cuda_names.of_host(whole)
    for one in sorted(scope.variables, key=lambda one: one.name not in used):
        named = re.match(r"(?:d|dev|device|gpu)_|d[A-Z]", one.name) or re.search(r"_(?:d|dev|device)\Z", one.name)
        pointer = one.type.endswith("*") and not one.type.endswith("**") and one.name not in scope.given
        if not pointer or not (named or one.name in used) or one.name in done:
            continue
        count = _count(scope)
        size: Body = (count, f" * sizeof({one.type[:-1]})")
        yield _checked(place, f"cudaMalloc(&{one.name}, ...)", (f"cudaMalloc(&{one.name}, ", *size, ")"), "cudaMalloc")


def _rest_of_function(place: Place) -> str:
    """What follows in the function: memory is allocated before it is used."""
    code = blanked(place.after[:REACH])
    # A function ends at the margin, also in a text whose braces are not in pairs now.
    end = re.search(r"^\}", code, re.MULTILINE)
    return code[: end.start()] if end is not None else code


def _copies(place: Place, scope: CScope, code: str) -> Iterator[Proposal]:
    """Copies to and from memory that was allocated here, and the host's array of the same name and type."""
    sizes = cuda_names.allocated(code)
    for name, size in sizes.items():
        device = scope.variable(name)
        host = next((one for one in scope.variables if device and _counterpart(device, one, sizes)), None)
        if host is None:
            continue
        bytes_: Body = (size,) if size else (Stop("bytes", "0"),)
        for to, source, way in ((name, host.name, "HostToDevice"), (host.name, name, "DeviceToHost")):
            text = f"cudaMemcpy({to}, {source}, "
            yield _checked(place, text + "...)", (text, *bytes_, f", cudaMemcpy{way})"), "cudaMemcpy")


def _counterpart(device: Variable, one: Variable, allocated: dict[str, str]) -> bool:
    bare = re.sub(r"^(?:d|dev|device|gpu)_|_(?:d|dev|device|gpu)$|^d(?=[A-Z])", "", device.name).lower()
    other = re.sub(r"^(?:h|host|cpu)_|_(?:h|host|cpu)$|^h(?=[A-Z])", "", one.name).lower()
    return one.name not in allocated and one.type == device.type and one.name != device.name and bare == other


def _count(scope: CScope) -> str | Stop:
    """How many elements: the one number of the function that counts something."""
    numbers = [
        one.name for one in scope.variables if one.type in ("int", "size_t", "std::size_t", "unsigned", "int64_t")
    ]
    usual = [
        name
        for name in numbers
        if name.lower() in ("n", "size", "count", "num_elements", "numelements", "len", "length")
    ]
    found = usual or (numbers if len(numbers) == 1 else [])
    return Stop(found[0]) if len(found) == 1 else Stop("n", "1", "n")


def _checked(place: Place, label: str, call: Body, name: str) -> Proposal:
    """A call of the runtime within what this file checks errors with."""
    check = cuda_names.wrapper(place.before + place.after)
    body: Body = (f"{check}(", *call, ");") if check else (*call, ";")
    told = f"Checked as everywhere in this file, by {check}." if check else "This file has no error check of its own."
    return Proposal(label, body, place.start, place.offset, Kind.FUNCTION, "memory of the device", told, filter=name)


def _kernels(place: Place) -> Iterator[Proposal]:
    unit = place.unit
    head: Body = (
        "__global__ void ",
        Stop("kernel"),
        "(",
        Stop("const float* in, float* out"),
        f", int n) {{\n{unit}",
    )
    end = f"\n{unit}}}\n}}"
    bounded: Body = (*head, f"int i = {_INDEX};\n{unit}if (i < n) {{\n{unit * 2}", Stop(), end)
    step = f"for (int i = {_INDEX}; i < n; i += gridDim.x * blockDim.x) {{\n{unit * 2}"
    looped: Body = (*head, step, Stop(), end)
    why = "An element a thread; threads beyond the last do nothing."
    yield Proposal("__global__ kernel", bounded, place.start, place.offset, Kind.FUNCTION, "with bounds check", why)
    why = "Any grid serves any number of elements: each thread takes every so many-th."
    yield Proposal("__global__ kernel, grid-stride", looped, place.start, place.offset, Kind.FUNCTION, "a loop", why)


def _loop(place: Place, scope: CScope) -> Iterator[Proposal]:
    numbers = [
        one.name for one in scope.variables if one.type in ("int", "size_t", "unsigned", "int64_t", "unsignedint")
    ]
    if not numbers or scope.variable("i") is not None:
        return
    limit = next((name for name in numbers if name.lower() in ("n", "size", "count")), numbers[-1])
    kind = next(one.type for one in scope.variables if one.name == limit)
    head = f"for ({kind} i = {_INDEX}; i < "
    inner = place.indent + place.unit
    body: Body = (head, Stop(limit), f"; i += gridDim.x * blockDim.x) {{\n{inner}", Stop(), f"\n{place.indent}}}")
    yield Proposal(
        f"for over {limit}, grid-stride", body, place.start, place.offset, Kind.SNIPPET, "grid-stride loop",
        "Any grid serves any number of elements.", filter="for",
    )  # fmt: skip
