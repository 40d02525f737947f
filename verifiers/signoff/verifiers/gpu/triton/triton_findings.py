"""Findings from what Triton's process reports, and from the literal parts of launches. Pure."""

from __future__ import annotations

import re

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.gpu.triton.triton_data import Fault, Place

TOOL = "triton"
CATEGORIES = {
    "TritonName": Category.GPU_NAME,
    "TritonGlobal": Category.GPU_NAME,
    "TritonAttribute": Category.TRITON_API,
    "TritonArgument": Category.TRITON_API,
    "TritonConstexpr": Category.TRITON_API,
    "TritonValue": Category.GPU_TYPE,
    "TritonType": Category.GPU_TYPE,
    "TritonAssertion": Category.GPU_TYPE,
    "TritonUnsupported": Category.GPU_SYNTAX,
    "TritonSyntax": Category.GPU_SYNTAX,
}
# What Triton itself knows nothing of.
OURS = {"TritonComment": "signoff"}
# A file that can hold a kernel names Triton and decorates something with jit.
NAMED = re.compile(r"\btriton")
DECORATED = re.compile(r"^[ \t]*@.*\bjit\b", re.MULTILINE)


def concerned(text: str) -> bool:
    """Whether a Python file may hold Triton kernels; quick, and never no for one that does."""
    return bool(NAMED.search(text) and DECORATED.search(text))


def span(place: Place) -> Span:
    """A place as a Span."""
    return Span(*place)


def finding(fault: Fault) -> Finding:
    """One fault as it is shown."""
    return Finding(
        path=fault.path,
        span=span(fault.place),
        severity=Severity.WARNING if fault.warning else Severity.ERROR,
        code=fault.code,
        message=fault.message,
        tool=OURS.get(fault.code, TOOL),
        category=CATEGORIES.get(fault.code, Category.OTHER),
        related=tuple(Related(path, span(place), message) for path, place, message in fault.related),
        data=fault.data,
    )
