"""Which module of the workspace an import means, and what each name of a module stands for. Standard library only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signoff.verifiers.gpu.triton import triton_extract
from signoff.verifiers.gpu.triton.triton_data import Source
from signoff.verifiers.gpu.triton.triton_extract import Function, Import, Module

MOST_MODULES = 24
LARGEST_FILE = 1_000_000
DEEPEST = 5
# Folders below the workspace's root that packages commonly lie in.
ROOTS = ("", "src", "python", "lib")


@dataclass(frozen=True)
class Binding:
    """What a name stands for: names within Triton to try in order, a jit function, a constant's value, a module.

    `doubtful`: the file binds it in several ways, and this is one of them.
    """

    triton: tuple[str, ...] = ()
    function: Function | None = None
    module: Module | None = None
    value: Any = None
    doubtful: bool = False
    namespace: Module | None = None


class Modules:
    """The modules that one file leads to: read once, at most MOST_MODULES, none outside the workspace."""

    def __init__(self, source: Source) -> None:
        self._root = source.root
        self._texts = {**dict(source.buffers), source.path: source.text}
        self._read: dict[str, Module | None] = {}
        self.first = triton_extract.read(source.path, source.text)
        self._read[source.path] = self.first

    def lookup(self, module: Module, name: str, depth: int = 0) -> Binding | None:
        """What a name of a module stands for, None where that cannot be told."""
        own = self._own(module, name)
        if own is not None or depth > DEEPEST:
            return own
        found = [self._imported(module, item, depth) for item in module.imports.get(name, ())]
        known = [item for item in found if item is not None]
        if known:
            return known[0] if len(known) == len(found) or known[0].triton else None
        stars = (self._through(module, star, name, depth) for star in module.stars)
        return next((item for item in stars if item is not None), None)

    def _own(self, module: Module, name: str) -> Binding | None:
        targets = module.triton_names().get(name)
        if targets:
            return Binding(triton=tuple(targets))
        function, doubtful = module.named(name), name in module.doubtful
        if function is not None:
            return Binding(function=function, module=module, doubtful=doubtful)
        if name in module.constants:
            return Binding(value=module.constants[name], module=module, doubtful=doubtful)
        return None

    def _imported(self, module: Module, item: Import, depth: int) -> Binding | None:
        found = self._through(module, item, item.attribute, depth) if item.attribute else None
        if found is not None:
            return found
        whole = Import(".".join(filter(None, (item.module, item.attribute))), level=item.level)
        other = self.resolve(module, whole)
        return Binding(namespace=other) if other is not None else None

    def _through(self, module: Module, item: Import, name: str, depth: int) -> Binding | None:
        if item.module == "triton.language" and item.attribute == "*":
            return Binding(triton=(f"triton.language.{name}",)) if name.isidentifier() else None
        other = self.resolve(module, item)
        return self.lookup(other, name, depth + 1) if other is not None and other is not module else None

    def resolve(self, module: Module, item: Import) -> Module | None:
        """The workspace's file that an import reads from, None where there is none."""
        for path in self._candidates(module, item):
            if path in self._read:
                return self._read[path]
            if len(self._read) < MOST_MODULES and self._inside(path) and (path in self._texts or _is_file(path)):
                self._read[path] = self._load(path)
                return self._read[path]
        return None

    def resolved(self, path: str) -> Module | None:
        """A module that was read, by its path."""
        return self._read.get(path)

    def _candidates(self, module: Module, item: Import) -> Iterator[str]:
        parts = [part for part in item.module.split(".") if part]
        for folder in self._folders(module, item):
            base = str(Path(folder, *parts))
            yield from (f"{base}.py", str(Path(base, "__init__.py")))

    def _folders(self, module: Module, item: Import) -> Iterator[str]:
        folders = [str(folder) for folder in Path(module.path).parents]
        if item.level:
            yield from folders[item.level - 1 : item.level]
            return
        yield from filter(self._inside, folders)
        yield from (str(Path(self._root, name)) for name in ROOTS if self._root)

    def _inside(self, path: str) -> bool:
        return bool(self._root) and Path(path).is_relative_to(self._root)

    def _load(self, path: str) -> Module | None:
        text = self._texts.get(path)
        if text is None:
            try:
                if Path(path).stat().st_size > LARGEST_FILE:
                    return None
                text = Path(path).read_text(encoding="utf-8", errors="replace")
            except OSError:
                return None
        return triton_extract.read(path, text)


def _is_file(path: str) -> bool:
    return Path(path).is_file()
