"""`# signoff: x_ptr: *fp16, n: i32, BLOCK: 1024` above a kernel: its types and sizes, and what cannot be read there.

Standard library only (triton_data).
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from signoff.verifiers.gpu.triton import triton_values
from signoff.verifiers.gpu.triton.triton_data import Fault
from signoff.verifiers.gpu.triton.triton_extract import Constexpr, Dtype, Function, Module, environment
from signoff.verifiers.gpu.triton.triton_places import Places
from signoff.verifiers.gpu.triton.triton_values import Unknown

COMMENT = re.compile(r"[ \t]*#\s*signoff:[ \t]*(.*?)\s*$")
ENTRY = re.compile(r"\s*(\w+)\s*:\s*([^,]+?)\s*(?:,|$)")
TYPE = re.compile(
    r"\*{0,2}k?(?:i1|u1|i8|i16|i32|i64|u8|u16|u32|u64|fp16|bf16|fp32|fp64|fp8(?:e4nv|e5|e4b8|e4b15|e5b16))"
)
TYPE_NAMES = {
    **{f"{kind}int{bits}": f"{sign}{bits}" for kind, sign in (("", "i"), ("u", "u")) for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"fp{bits}" for bits in (16, 32, 64)},
    "bfloat16": "bf16",
    "float": "fp32",
    "bool": "i1",
    "int1": "i1",
    "int": "i32",
}
CODE = "TritonComment"
FORM = "write name: type or name: value, with commas between (x_ptr: *fp16, n: i32, BLOCK: 1024)"


@dataclass(frozen=True)
class Entry:
    """One part of a comment between commas, at `start` to `end` in a line (from 0); no `name` where it has no form."""

    name: str
    text: str
    line: int
    start: int
    end: int


def entries(function: Function, rows: list[str]) -> Iterator[Entry]:
    """What the comments directly above a kernel hold, the lowest line first."""
    first = min([function.node.lineno, *(item.lineno for item in function.node.decorator_list)])
    for number in range(first - 2, -1, -1):
        row = rows[number] if number < len(rows) else ""
        if not row.strip().startswith("#"):
            break
        match = COMMENT.match(row)
        if match:
            yield from _parts(match, number)


def _parts(match: re.Match[str], line: int) -> Iterator[Entry]:
    at = match.start(1)
    while at < match.end(1):
        found = ENTRY.match(match.string, at, match.end(1))
        if found is None:
            cut = match.string.find(",", at, match.end(1))
            end = cut if cut >= 0 else match.end(1)
            if match.string[at:end].strip():
                yield Entry("", match.string[at:end].strip(), line, at, end)
            at = end + 1
        else:
            yield Entry(found[1], found[2], line, found.start(1), found.end(2))
            at = found.end()


def said(function: Function, rows: list[str]) -> dict[str, str]:
    """The type or value that the comments give for each name; of two, the one nearer to the kernel counts."""
    found: dict[str, str] = {}
    for entry in entries(function, rows):
        if entry.name:
            found.setdefault(entry.name, entry.text)
    return found


def faults(function: Function, module: Module, rows: list[str], places: Places) -> Iterator[Fault]:
    """What nobody can use of the comments."""
    scope = {**environment(module.triton_names()), **module.constants}
    for entry in entries(function, rows):
        why = _why(entry, function, scope)
        if why:
            place = (entry.line, entry.start, entry.line, entry.end)
            data = (("kernel", function.name),)
            yield Fault(module.path, place, CODE, why, function.name, (), data, warning=True)


def _why(entry: Entry, function: Function, scope: dict[str, Any]) -> str:
    """Why an entry cannot be used, "" where it can."""
    if not entry.name:
        return f"this is not read: {FORM}"
    parameter = next((item for item in function.parameters if item.arg == entry.name), None)
    if parameter is None:
        near = difflib.get_close_matches(entry.name, [item.arg for item in function.parameters], 1)
        return f"{function.name} has no parameter {entry.name}" + (f": is {near[0]} meant?" if near else "")
    constexpr = is_constexpr(parameter)
    if not constexpr and TYPE.fullmatch(TYPE_NAMES.get(entry.text, entry.text)):
        return ""
    value = read(entry.text, scope)
    if constexpr:
        return f"{entry.text} is no value that can be read here: {entry.name} is a constexpr" if value is None else ""
    if value is None or isinstance(value.value, (Constexpr, Dtype, str)):
        return f"{entry.text} is no type of Triton's (*fp16, i32) and no number"
    return ""


def read(text: str, scope: dict[str, Any]) -> Constexpr | None:
    """The value that a text names, wrapped; None where it cannot be told."""
    try:
        return Constexpr(triton_values.evaluate(ast.parse(text, mode="eval").body, scope))
    except (SyntaxError, ValueError, RecursionError, MemoryError, Unknown):
        return None


def is_constexpr(parameter: ast.arg) -> bool:
    """Whether a parameter is one by its annotation."""
    return parameter.annotation is not None and "constexpr" in ast.unparse(parameter.annotation)
