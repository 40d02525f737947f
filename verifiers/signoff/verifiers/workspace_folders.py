"""The folders that a workspace model knows, and which of them a file is in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from signoff.verifiers.hdl.design import Declarations
from signoff.verifiers.survey import MAX_FILES, Survey

# A document outside every folder is seen with the files beside it, not with all that lies below.
LOOSE_FILES = 500


@dataclass(slots=True)
class Folder:
    """What is known of one workspace folder, or (not `recursive`) of the folder of a document outside all of them."""

    path: str
    recursive: bool = True
    survey: Survey = field(default_factory=Survey)
    declarations: Declarations = field(default_factory=Declarations)

    @property
    def limit(self) -> int:
        """How many files of it are read."""
        return MAX_FILES if self.recursive else LOOSE_FILES


def folder_of(path: str, folders: Sequence[Folder], loose: Mapping[str, Folder]) -> Folder | None:
    """The nearest of the workspace's folders that a file is in, else its own where that is one of `loose`."""
    holding = (folder for folder in folders if path.startswith(folder.path.rstrip(os.sep) + os.sep))
    nearest = max(holding, key=lambda folder: len(folder.path), default=None)
    return nearest or loose.get(os.path.dirname(path))


def normal(path: str) -> str:
    """The path without ".." and doubled separators."""
    return os.path.normpath(path)


def roots(folders: Iterable[str]) -> tuple[str, ...]:
    """Folders as absolute paths, each once."""
    return tuple(dict.fromkeys(os.path.abspath(folder) for folder in folders))
