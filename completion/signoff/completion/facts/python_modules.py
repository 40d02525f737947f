"""What the names of a Python file mean that are functions: its own, the workspace's, Triton's. Nothing is run."""

from __future__ import annotations

import ast
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from signoff.completion.facts.triton_api import parameters, signatures
from signoff.verifiers.gpu.triton import triton_extract
from signoff.verifiers.gpu.triton.triton_data import Source
from signoff.verifiers.gpu.triton.triton_extract import Import, Module
from signoff.verifiers.gpu.triton.triton_modules import Modules

DEEPEST = 6
KEPT = 400
# Names of meta-parameters in triton.Config({"BLOCK": 64}, num_warps=4): the tuner passes them, a launch must not.
CONFIG = re.compile(r"\bConfig\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A function's signature as a prompt has it. `path` is its file's ("" for Triton's own); `kernel`: @triton.jit."""

    name: str
    text: str
    path: str = ""
    kernel: bool = False


def stamp(path: str) -> tuple[int, int] | None:
    """What tells one state of a file from another; None where there is none."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


class _Kept(Modules):
    """Modules that are read again only where their file has changed."""

    def __init__(self, source: Source, first: Module, store: Store) -> None:
        self._store = store
        super().__init__(Source(source.path, "", source.root, source.buffers))
        self.first = first
        self._read[source.path] = first

    def paths(self) -> tuple[str, ...]:
        """The files that were read, the document's own not among them."""
        return tuple(path for path in self._read if path != self.first.path)

    def _load(self, path: str) -> Module | None:
        buffer = self._texts.get(path)
        return self._store.buffer(path, buffer) if buffer is not None else self._store.module(path, super()._load)


class Store:
    """The modules of a workspace, by file. One for a worker process."""

    def __init__(self) -> None:
        self._modules: OrderedDict[str, tuple[object, Module | None]] = OrderedDict()

    def module(self, path: str, load: Callable[[str], Module | None]) -> Module | None:
        """A file's module."""
        return self._keep(path, stamp(path), lambda: load(path))

    def buffer(self, path: str, text: str) -> Module | None:
        """The module of an open document."""
        return self._keep(path, text, lambda: triton_extract.read(path, text))

    def _keep(self, path: str, stamp: object, load: Callable[[], Module | None]) -> Module | None:
        kept = self._modules.pop(path, None)
        if kept is None or kept[0] != stamp:
            kept = stamp, load()
        self._modules[path] = kept
        while len(self._modules) > KEPT:
            self._modules.popitem(last=False)
        return kept[1]


class Meanings:
    """Look-ups for one document: `outside` is it without the definition at the cursor, `package` Triton's folder."""

    def __init__(self, source: Source, outside: str, package: str, store: Store) -> None:
        self._first = store.buffer(f"{source.path}\0outside", outside) or Module(source.path, outside)
        self._first.path = source.path
        self._modules = _Kept(source, self._first, store)
        self._api = signatures(package) if package else {}
        self._triton = self._first.triton_names()
        self._told: dict[str, Told | None] = {}
        self._defined: dict[str, dict[str, ast.AST]] = {}
        self._stamps = {path: stamp(path) for path in self._modules.paths()}

    def unchanged(self) -> bool:
        """Whether all files that were read are as they were."""
        paths = self._modules.paths()
        now = {path: stamp(path) for path in paths}
        before, self._stamps = self._stamps, now
        return all(before.get(path, now[path]) == now[path] for path in paths)

    def told(self, name: str) -> Told | None:
        """The signature that a dotted name of the document has; None for what is no known function."""
        if name not in self._told:
            self._told[name] = self._look(name)
        return self._told[name]

    def _look(self, name: str) -> Told | None:
        triton = self.triton(name)
        if triton:
            text = self._api.get(triton)
            return Told(name, f"{name}{text}") if text else None
        parts = name.split(".")
        found = self._function(self._first, parts, 0)
        return _told(name, *found) if found is not None else None

    def triton(self, name: str) -> str:
        """The name within Triton that a dotted name stands for; "" for others."""
        first, _, rest = name.partition(".")
        targets = self._triton.get(first, ())
        return next((f"{target}.{rest}" if rest else target for target in targets), "")

    def own(self, name: str) -> bool:
        """Whether the document binds a name itself, not by an import."""
        return name.partition(".")[0] not in self._first.imports

    def beginning(self, half: str, most: int) -> list[str]:
        """Triton's functions whose name begins with a half-typed dotted one; none where there are more than `most`."""
        dotted = self.triton(half)
        if not dotted or "." not in half:
            return []
        front = half[: half.rfind(".") + 1]
        inner = dotted[: dotted.rfind(".") + 1]
        found = [
            front + one[len(inner) :] for one in self._api if one.startswith(dotted) and "." not in one[len(inner) :]
        ]
        return sorted(found) if len(found) <= most else []

    def _function(self, module: Module, parts: list[str], depth: int) -> tuple[ast.AST, str] | None:
        own = self._own(module).get(parts[0]) if len(parts) == 1 else None
        if own is not None or depth > DEEPEST:
            return (own, module.path) if own is not None else None
        for item in module.imports.get(parts[0], ()):
            found = self._imported(module, item, parts[1:], depth)
            if found is not None:
                return found
        for star in module.stars:
            other = self._modules.resolve(module, Import(star.module, level=star.level))
            found = self._function(other, parts, depth + 1) if other is not None and other is not module else None
            if found is not None:
                return found
        return None

    def _own(self, module: Module) -> dict[str, ast.AST]:
        """The functions and classes that a module defines; of several of a name the first."""
        if module.path not in self._defined:
            found: dict[str, ast.AST] = {}
            for one in triton_extract.outermost(module.body):
                if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    found.setdefault(one.name, one)
            self._defined[module.path] = found
        return self._defined[module.path]

    def _imported(self, module: Module, item: Import, rest: list[str], depth: int) -> tuple[ast.AST, str] | None:
        whole = ".".join(filter(None, (item.module, item.attribute)))
        ways = [(item.module, [item.attribute, *rest])] if item.attribute else []
        ways += [(".".join([whole, *rest[:cut]]), rest[cut:]) for cut in range(len(rest)) if rest]
        for name, left in ways:
            other = self._modules.resolve(module, Import(name, level=item.level)) if left else None
            found = self._function(other, left, depth + 1) if other is not None and other is not module else None
            if found is not None:
                return found
        return None


def _told(name: str, node: ast.AST, path: str) -> Told | None:
    if isinstance(node, ast.ClassDef):
        made = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
        return Told(name, f"class {node.name}{parameters(made) if made else ''}: ...", path)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    kernel = any("jit" in ast.unparse(one).split("(")[0].split(".")[-1] for one in node.decorator_list)
    tuned = sorted(set(_tuned(node)))
    lines = ["@triton.jit"] if kernel else []
    lines.append(f"def {node.name}{parameters(node)}: ..." + (f"  # tuned: {', '.join(tuned)}" if tuned else ""))
    return Told(name, "\n".join(lines), path, kernel)


def _tuned(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        for call in ast.walk(decorator):
            if isinstance(call, ast.Call) and CONFIG.search(ast.unparse(call.func)) and call.args:
                keys = call.args[0].keys if isinstance(call.args[0], ast.Dict) else ()
                yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
