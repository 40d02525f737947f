"""What a kernel's own text says of the geometry it is written for: its dimensions, its bounds, its tiles. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.completion.structural.c_scope import Variable, blanked, parameters

_HEAD = re.compile(
    r"(?:template\s*<(?P<template>[^{};]*?)>\s*)?(?P<before>[^;{}]*?)\b(?P<name>\w+)\s*\((?P<parameters>[^{}]*)\)\s*\{",
    re.DOTALL,
)
_GLOBAL = re.compile(r"__launch_bounds__\s*\([^)]*\)|__cluster_dims__\s*\([^)]*\)")
_BOUND = r"(?P<bound>[\w\s*+./()-]+?)\s*(?:\)|&&|\|\||;)"
_TILE = re.compile(r"__shared__\s+(?P<type>[\w:]+)\s+(?P<name>\w+)\s*(?P<sizes>(?:\[[^\]]+\])+)")
_DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:__align__\s*\([^)]*\)\s*)?(?P<type>[\w\s]+?)\s+\w+\s*\[\s*\]")


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension. `bound` is how many elements there are along it, in the kernel's own words ("" unknown).

    `blocks`: a block, not a thread, has an element. `threads` is the block's size where a tile says it.
    """

    bound: str = ""
    blocks: bool = False
    threads: str = ""


@dataclass(frozen=True, slots=True)
class KernelShape:
    """A kernel's signature and geometry; `template` are its template parameters as they stand there."""

    name: str
    parameters: tuple[Variable, ...] = ()
    template: tuple[str, ...] = ()
    axes: tuple[Axis, ...] = (Axis(),)
    dynamic: str = ""


def shape_of(text: str) -> KernelShape | None:
    """The shape of the kernel whose definition `text` is; None where it is not read."""
    code = _GLOBAL.sub(lambda match: " " * len(match[0]), blanked(text))
    head = _HEAD.search(code)
    if head is None:
        return None
    body = code[head.end() :]
    letters = [axis for axis in "xyz" if re.search(rf"\b(?:threadIdx|blockIdx)\.{axis}\b", body)]
    count = "xyz".index(letters[-1]) + 1 if letters else 1
    known = parameters(head["parameters"])
    axes = tuple(_axis(body, axis, known) for axis in "xyz"[:count])
    dynamic = _DYNAMIC.search(body)
    template = tuple(one.strip() for one in (head["template"] or "").split(",") if one.strip())
    return KernelShape(head["name"], tuple(known), template, axes, " ".join(dynamic["type"].split()) if dynamic else "")


def _axis(body: str, axis: str, known: list[Variable]) -> Axis:
    threads = _tile(body, axis)
    index = rf"\b(\w+)\s*=\s*(?=[^;]*\bblockIdx\.{axis}\b)(?=[^;]*\bthreadIdx\.{axis}\b)[^;]*;"
    for match in re.finditer(index, body):
        if bound := _bound(body, match[1], known):
            return Axis(bound, threads=threads)
    for match in re.finditer(rf"\b(\w+)\s*=\s*(?:\(\w+\)\s*)?blockIdx\.{axis}\s*[;,]", body):
        if bound := _bound(body, match[1], known):
            return Axis(bound, blocks=True, threads=threads)
    if not re.search(rf"\bblockIdx\.{axis}\b", body):
        return Axis("1", blocks=True, threads=threads)
    return Axis(threads=threads)


def _bound(body: str, name: str, known: list[Variable]) -> str:
    """What `name` is compared with, where that is made of the kernel's own numbers or of constants."""
    numbers = {one.name for one in known if not one.is_pointer}
    for match in re.finditer(rf"\b{re.escape(name)}\s*(?:<|>=)\s*{_BOUND}", body):
        bound = match["bound"].strip()
        while bound.count("(") < bound.count(")"):
            bound = bound.rstrip(")").rstrip()
        words = re.findall(r"[A-Za-z_]\w*", bound)
        if bound.count("(") == bound.count(")") and words and all(one in numbers or one.isupper() for one in words):
            return " ".join(bound.split())
    return ""


def _tile(body: str, axis: str) -> str:
    """The extent of a shared array that a thread's own index reaches into."""
    for match in _TILE.finditer(body):
        sizes = re.findall(r"\[([^\]]+)\]", match["sizes"])
        for use in re.finditer(rf"\b{match['name']}\s*((?:\[[^\]]+\])+)", body[match.end() :]):
            indices = re.findall(r"\[([^\]]+)\]", use[1])
            for size, at in zip(sizes, indices, strict=False):
                if re.fullmatch(rf"\s*threadIdx\.{axis}\s*", at) and re.fullmatch(r"\s*\w+\s*", size):
                    return str(size).strip()
    return ""
