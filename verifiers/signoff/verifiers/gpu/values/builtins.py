"""Functions of the standard library and of CUDA that launch configurations are computed with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from signoff.verifiers.gpu.values.arithmetic import FLOAT, REAL, SINGLE, Value, common, convert, promoted, unary


def library(name: str) -> Callable[[Sequence[Value]], Value | None] | None:
    """What computes a function of the libraries, None for one that is not known here."""
    return FUNCTIONS.get(name)


def _extreme(choose: Callable[[float, float], float]) -> Callable[[Sequence[Value]], Value | None]:
    def compute(values: Sequence[Value]) -> Value | None:
        if len(values) != 2:
            return None
        first, second = promoted(values[0]), promoted(values[1])
        shared = common(first.type, second.type)
        left, right = convert(first, shared), convert(second, shared)
        if left is None or right is None:
            return None
        return left if choose(left.number, right.number) == left.number else right

    return compute


def _rounded(step: Callable[[float], float], single: bool) -> Callable[[Sequence[Value]], Value | None]:
    def compute(values: Sequence[Value]) -> Value | None:
        if len(values) != 1:
            return None
        narrow = single or (values[0].type.kind == FLOAT and values[0].type.bytes == SINGLE.bytes)
        given = convert(values[0], SINGLE if narrow else REAL)
        return Value(float(step(given.number)), given.type) if given is not None else None

    return compute


def _absolute(values: Sequence[Value]) -> Value | None:
    if len(values) != 1:
        return None
    value = promoted(values[0])
    return unary("-", value) if value.number < 0 else value


FUNCTIONS: dict[str, Callable[[Sequence[Value]], Value | None]] = {
    "min": _extreme(min),
    "max": _extreme(max),
    "fmin": _extreme(min),
    "fmax": _extreme(max),
    "ceil": _rounded(math.ceil, False),
    "ceilf": _rounded(math.ceil, True),
    "floor": _rounded(math.floor, False),
    "floorf": _rounded(math.floor, True),
    "abs": _absolute,
}
