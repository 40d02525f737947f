"""What Makefiles and a torch extension's setup.py say literally of how CUDA is compiled. Neither is ever run."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.compile_flags import parse, split
from signoff.verifiers.gpu.units.cmake_targets import Said
from signoff.verifiers.project import CompileUnit

READ_LIMIT = 1024 * 1024
ARCH_LIST = "TORCH_CUDA_ARCH_LIST"
# What the setup.py of a torch extension names, and no other.
EXTENSION = re.compile(r"CUDAExtension|cpp_extension")
_TARGET_FLAG = re.compile(
    r"(?:--generate-code|-gencode|--gpu-architecture|-arch|--gpu-code|-code)[=\s]+(?:\"[^\"\n]*\"|[^\s\"'\\]+)"
)
# The other standards that a Makefile names (c99, gnu++98) are those of its host files: nvcc refuses them.
_PLAIN_FLAG = re.compile(r"(?<![\w-])(?:-I\s*[^\s\"'\\$]+(?!\$)|--?std=c\+\+(?:03|1[147]|2[03])(?![\w$]))")
_SMS = re.compile(r"^\s*SMS\s*[?:]?=\s*([\d\s]+)$", re.MULTILINE)
_COMMENT = re.compile(r"(?<!\\)#.*")


def makefile(path: str) -> Said | None:
    """What a Makefile says of the .cu files of its folder and below; None where it says nothing of CUDA.

    Only words without variables count, architectures only where no conditional may decide between several.
    """
    text = _COMMENT.sub("", _text(path))
    if "nvcc" not in text.lower():
        return None
    folder = os.path.dirname(path)
    targets = [word for word in _TARGET_FLAG.findall(text) if "$" not in word]
    flags = parse([part for word in targets for part in _flag_words(word)], folder).architectures
    found = {tuple(one.split()) for one in _SMS.findall(text)} | ({flags} if flags else set())
    contradictory = len(found) > 1 or (
        bool(flags) and re.search(r"^\s*if(n?eq|n?def)\b", text, re.MULTILINE) is not None
    )
    unit = parse([part for word in _PLAIN_FLAG.findall(text) for part in _flag_words(word)], folder)
    # Macros of a Makefile are often those of one rule; folders do no harm.
    unit = replace(unit, origin=path, architectures=(), defines=())
    named = () if contradictory else next(iter(found), ())
    return Said(unit, named, contradictory, named_by=path if named else "")


def _flag_words(word: str) -> list[str]:
    if word.startswith("-I"):
        return ["-I", word[2:].strip()]
    return split(word.replace("=", " ", 1)) if word.startswith(("-gencode=", "-arch=", "-code=")) else split(word)


def setup(path: str, environment: Mapping[str, str]) -> Said | None:
    """What the setup.py of a torch extension says literally; None where it builds no such thing or cannot be read."""
    text = _text(path)
    if not EXTENSION.search(text):
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    folder = os.path.dirname(path)
    lists, complete = _nvcc_flags(tree)
    unit = parse([*lists, *(f"-I{path}" for path in _include_dirs(tree))], folder)
    named = unit.architectures if complete else ()
    assigned = {tuple(_arch_list(one)) for one in _assigned(tree)}
    given = _arch_list(environment.get(ARCH_LIST, ""))
    said = replace(unit, origin=path, architectures=())
    if given:
        return Said(said, tuple(given), named_by=ARCH_LIST)
    possible = assigned | ({named} if named else set())
    sure = next(iter(possible)) if len(possible) == 1 and (complete or assigned) else ()
    return Said(said, sure, not sure and (bool(possible) or not complete), named_by=path if sure else "")


def _nvcc_flags(tree: ast.AST) -> tuple[list[str], bool]:
    """(literal words of extra_compile_args["nvcc"], whether they are all there is)."""
    words: list[str] = []
    complete = True
    for value in _values_of(tree, "nvcc"):
        items = value.elts if isinstance(value, ast.List) else []
        texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        complete = complete and isinstance(value, ast.List) and len(texts) == len(items)
        words += texts
    return words, complete


def _values_of(tree: ast.AST, key: str) -> Iterable[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (value for name, value in pairs if isinstance(name, ast.Constant) and name.value == key)


def _include_dirs(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "include_dirs" and isinstance(node.value, ast.List):
            for item in node.value.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item.value


def _assigned(tree: ast.AST) -> Iterable[str]:
    """The literals that os.environ["TORCH_CUDA_ARCH_LIST"] is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                slice_ = target.slice if isinstance(target, ast.Subscript) else None
                if isinstance(slice_, ast.Constant) and slice_.value == ARCH_LIST:
                    yield node.value.value


def _arch_list(value: str) -> list[str]:
    """The entries of torch's list: separated by blanks or semicolons ("8.0;9.0+PTX"), names of families left out."""
    return [one for one in re.split(r"[;\s]+", value) if one[:1].isdigit()]


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(READ_LIMIT).decode("utf-8", errors="replace")
    except OSError:
        return ""


def nearest(folder: str, known: Mapping[str, Said]) -> Said | None:
    """What is said for the folder itself, else for the nearest one above it. `known` is by folder."""
    while folder not in known:
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return known[folder]


def merged(parts: Iterable[Said | None], source: str) -> Said:
    """Several build files' words on one source: folders of all, everything else of the first that has it."""
    said = [one for one in parts if one is not None]
    units = [one.unit for one in said]
    naming = next((one for one in said if one.architectures or one.contradictory), None)
    unit = CompileUnit(
        source,
        directory=next((one.directory for one in units), os.path.dirname(source)),
        include_dirs=tuple(dict.fromkeys(path for one in units for path in one.include_dirs)),
        system_include_dirs=tuple(dict.fromkeys(path for one in units for path in one.system_include_dirs)),
        defines=next((one.defines for one in units if one.defines), ()),
        undefines=next((one.undefines for one in units if one.undefines), ()),
        forced_includes=next((one.forced_includes for one in units if one.forced_includes), ()),
        standard=next((one.standard for one in units if one.standard), ""),
        flags=next((one.flags for one in units if one.flags), ()),
        origin=next((one.origin for one in units), ""),
    )
    listed = any(one.listed for one in said)
    if naming is None:
        return Said(unit, listed=listed)
    return replace(naming, unit=unit, listed=listed)
