"""Signatures of Triton's own functions, read from the source of the package that is installed; nothing is imported."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

# What the compiler passes by itself.
HIDDEN = frozenset(("_semantic", "_generator", "_builder"))
LANGUAGE = ("core", "standard", "math", "random")
# A module's dotted name to its files below the package's folder; names found first count.
MODULES = {
    "triton.language": tuple(f"language/{name}.py" for name in LANGUAGE),
    "triton.language.math": ("language/math.py",),
    "triton.language.extra.libdevice": ("language/extra/libdevice.py",),
    "triton.language.extra.cuda.libdevice": ("language/extra/cuda/libdevice.py",),
    "triton": ("__init__.py", "runtime/autotuner.py", "runtime/jit.py"),
    "triton.testing": ("testing.py",),
}
LONGEST = 300


@lru_cache(maxsize=4)
def signatures(package: str) -> dict[str, str]:
    """Dotted name ("triton.language.load") to "(pointer, mask=None, ...)"; `package` is the folder of triton."""
    found: dict[str, str] = {}
    for module, files in MODULES.items():
        for file in files:
            for name, text in _of_file(str(Path(package, file))).items():
                found.setdefault(f"{module}.{name}", text)
    return found


@lru_cache(maxsize=64)
def _of_file(path: str) -> dict[str, str]:
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = parameters(node)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            made = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
            if made is not None:
                found[node.name] = parameters(made)
    return found


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """A function's parameters as its author wrote them, without those that others pass."""
    arguments = ast.parse(f"def f({ast.unparse(node.args)}): ...").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    inner = arguments.args
    inner.kwonlyargs, inner.kw_defaults = _without(inner.kwonlyargs, inner.kw_defaults)
    count = len(inner.args) - len(inner.defaults)
    defaults: list[ast.expr | None] = [None] * count + list(inner.defaults)
    inner.args, kept = _without(inner.args, defaults)
    inner.defaults = [one for one in kept if one is not None]
    if not inner.kwonlyargs and inner.vararg is None:
        inner.kw_defaults = []
    text = ast.unparse(inner)
    return f"({re.sub(r'^self(?:, )?', '', text)[:LONGEST]})"


def _without(arguments: list[ast.arg], defaults: list[ast.expr | None]) -> tuple[list[ast.arg], list[ast.expr | None]]:
    kept = [pair for pair in zip(arguments, defaults, strict=True) if pair[0].arg not in HIDDEN]
    return [argument for argument, _ in kept], [default for _, default in kept]
