"""How a CUDA file speaks: how it checks errors, which pointers are of the device, which variable is meant. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from signoff.completion.structural.c_scope import Variable, blanked

_WRAPPED = re.compile(r"\b([A-Za-z_]\w*)\s*\(\s*(?:cuda[A-Z]\w*|cublas[A-Z]\w*)\s*\(")
_DEFINED = re.compile(r"#\s*define\s+(\w+)\s*\(\s*\w+\s*\)(?:\\\r?\n|[^\n])*?cuda(?:Error_t|GetErrorString|Success)")
_ALLOCATED = re.compile(r"\bcudaMalloc\w*\s*(?:<[^>]*>)?\s*\(\s*(?:\([^)]*\)\s*)*&\s*(\w+)\s*,\s*")
_HOST = re.compile(r"\b(\w+)\s*=\s*(?:\([^)]*\)\s*)?(?:malloc|calloc|new\b|mallocCheck|std::malloc|aligned_alloc)")
_NO_WRAPPER = frozenset({"if", "while", "for", "return", "switch", "assert", "sizeof", "defined", "printf"})
TORCH = "C10_CUDA_KERNEL_LAUNCH_CHECK"


def wrapper(text: str) -> str:
    """The macro or function that the file puts around calls of the runtime; "" where it has none."""
    code = blanked(text)
    used = Counter(match[1] for match in _WRAPPED.finditer(code) if match[1] not in _NO_WRAPPER)
    used = Counter(
        {name: count for name, count in used.items() if not name.startswith(("cuda", "cublas")) or count > 1}
    )
    defined = {match[1] for match in _DEFINED.finditer(text)}
    if used:
        return max(used, key=lambda name: (name in defined, used[name]))
    return min(defined, default="")


def allocated(code: str) -> dict[str, str]:
    """The pointers that memory of the device was allocated for, each with the size in bytes as it stands there."""
    return {match[1]: _argument(code, match.end()) for match in _ALLOCATED.finditer(code)}


def of_host(code: str) -> frozenset[str]:
    """The pointers that got memory of the host."""
    return frozenset(match[1] for match in _HOST.finditer(code))


def arguments(
    wanted: Sequence[Variable], there: Sequence[Variable], device: Collection[str], host: Collection[str]
) -> dict[str, str]:
    """The variable that is meant for each of a kernel's parameters; those without a certain one are left out.

    By name; else by type, where one parameter and one variable of it are left, of the device if they are addresses.
    """
    possible = {one.name: [there for there in there if _fits(one, there) and there.name not in host] for one in wanted}
    found: dict[str, str] = {}
    for one in wanted:
        named = [fit.name for fit in possible[one.name] if _same_name(one.name, fit.name)]
        named.sort(key=lambda name: name not in device)
        if named:
            found[one.name] = named[0]
    left = [one for one in wanted if one.name not in found]
    for one in left:
        rest = [fit.name for fit in possible[one.name] if fit.type == one.type and fit.name not in found.values()]
        rest = [name for name in rest if name in device or not one.is_pointer]
        if len(rest) == 1 and sum(other.type == one.type for other in left) == 1:
            found[one.name] = rest[0]
    return found


def _fits(wanted: Variable, one: Variable) -> bool:
    if wanted.is_pointer or one.is_pointer:
        return wanted.type == one.type
    return wanted.type == one.type or {wanted.type, one.type} <= _NUMBERS


_NUMBERS = frozenset(
    {"int", "unsigned", "long", "longlong", "unsignedlong", "unsignedlonglong", "size_t", "std::size_t",
     "int64_t", "int32_t", "uint32_t", "uint64_t", "short"}
)  # fmt: skip


def _same_name(wanted: str, name: str) -> bool:
    return _bare(wanted) == _bare(name)


def _bare(name: str) -> str:
    plain = re.sub(r"^(?:d|dev|device|gpu|cu)_|_(?:d|dev|device|gpu)$", "", name)
    return re.sub(r"^(?:d|dev)(?=[A-Z])", "", plain).lower()


def _argument(code: str, start: int) -> str:
    depth = 0
    for at in range(start, min(len(code), start + 400)):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if depth < 0 or (depth == 0 and code[at] == ","):
            return " ".join(code[start:at].split())
    return ""
