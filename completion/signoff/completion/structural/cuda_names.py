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
_LAUNCHED = re.compile(r"<<<[^;{}]*?>>>\s*\(")
_COPIED = re.compile(r"\bcudaMemcpy(?:Async)?\s*\(")
_WAY = re.compile(r"\bcudaMemcpy(?P<from>Host|Device)To(?P<to>Host|Device)\b")
_OWNED = re.compile(r"\bcuda(?:Memset(?:Async)?|Free(?:Async)?)\s*\(\s*(\w+)\s*[,)]")
# An argument that is one variable, whatever it is cast to.
_BARE = re.compile(r"(?:\([\w\s*:]+\)\s*)?(\w+)")
_NO_WRAPPER = frozenset({"if", "while", "for", "return", "switch", "assert", "sizeof", "defined", "printf"})
LONGEST_CALL = 2_000
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
    return {match[1]: next(iter(_arguments(code, match.end())), "") for match in _ALLOCATED.finditer(code)}


def of_device(code: str) -> frozenset[str]:
    """The names that host code uses as memory of the device: passed to a launch, to or from it with cudaMemcpy (by the
    direction it names), or to cudaMemset and cudaFree. A number that is passed is among them."""
    passed = [one for match in _LAUNCHED.finditer(code) for one in _arguments(code, match.end())]
    for match in _COPIED.finditer(code):
        ends = _arguments(code, match.end())
        way = next((way for one in ends if (way := _WAY.search(one))), None)
        sides = (way["to"], way["from"]) if way is not None else ()
        passed += [one for one, side in zip(ends, sides, strict=False) if side == "Device"]
    named = (_BARE.fullmatch(one) for one in passed)
    owned = (match[1] for match in _OWNED.finditer(code))
    return frozenset((*(match[1] for match in named if match), *owned))


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


def _arguments(code: str, start: int) -> list[str]:
    """The arguments of a call whose bracket opens just before `start`; those that are written out."""
    depth, found, last = 0, list[str](), start
    for at in range(start, min(len(code), start + LONGEST_CALL)):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if depth < 0 or (depth == 0 and code[at] == ","):
            found.append(" ".join(code[last:at].split()))
            last = at + 1
        if depth < 0 or code[at] == ";":
            break
    return found
