"""What files are called inside Yosys, and back: its scripts know no quoting that all its readers understand."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from signoff.verifiers.hdl.overlay import Sources

# Where a run's own folder appears to the WebAssembly Yosys.
GUEST_FOLDER = "/signoff"
# Neither a blank, nor a quote, nor what a Yosys script gives a meaning of its own.
PLAIN = re.compile(r"[^\s\"'`;#*?\[\]\\{}$<>|&()!~]+")
DRIVE = re.compile(r"^/([a-z])(?=/)")


@dataclass(slots=True)
class Names:
    """The names of one run. `folder` is the run's own, `native` tells a program from the WebAssembly module.

    A folder whose path is not plain goes by another name: `mounts` (name inside, folder) for the module, a link in
    `folder` for a program. A file whose own name is not plain is copied into `folder`.
    """

    sources: Sources
    folder: Path
    native: bool
    mounts: dict[str, str] = field(default_factory=dict)
    _originals: dict[str, str] = field(default_factory=dict)

    def report(self, name: str) -> str:
        """A file in the run's own folder as Yosys sees it."""
        return f"{self.folder.as_posix() if self.native else GUEST_FOLDER}/{name}"

    def folder_seen(self, path: str) -> str:
        """A folder as Yosys sees it."""
        if PLAIN.fullmatch(plain := self._seen(path)):
            return plain
        known = next((alias for alias, target in self.mounts.items() if target == path), None)
        return known or self._alias(path)

    def file_seen(self, path: str) -> str:
        """A file as Yosys sees it."""
        pure = PurePath(path)
        if not PLAIN.fullmatch(pure.name):
            return self._copy(path)
        return f"{self.folder_seen(str(pure.parent)).rstrip('/')}/{pure.name}"

    def original(self, name: str) -> str:
        """The user's path for a file as Yosys names it (slang inside it leaves out the leading slash)."""
        for candidate in (name, f"/{name}"):
            path = self._originals.get(candidate) or self._unaliased(candidate)
            if path in self.sources.originals:
                return self.sources.originals[path]
        absolute = name if PurePath(name).is_absolute() else f"/{name}"
        return self._originals.get(absolute) or self._host(self._unaliased(absolute))

    def _unaliased(self, name: str) -> str:
        for alias, target in self.mounts.items():
            if name.startswith(f"{alias}/"):
                return (PurePath(target) / name[len(alias) + 1 :]).as_posix()
        return name

    def _seen(self, path: str) -> str:
        if os.name != "nt" or self.native:
            return PurePath(path).as_posix()
        pure = PurePath(path)
        return "/".join((f"/{pure.drive[:1].lower()}", *pure.parts[1:]))

    def _host(self, name: str) -> str:
        if os.name != "nt" or self.native:
            return name
        return str(PurePath(DRIVE.sub(lambda match: f"{match[1].upper()}:", name)))

    def _alias(self, path: str) -> str:
        name = f"alias/{len(self.mounts)}"
        place = self.folder / name
        place.parent.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            if self.native:
                place.symlink_to(path, target_is_directory=True)
            else:
                place.mkdir()  # what is mounted must be there for slang, which asks for each folder on the way
        self.mounts[self.report(name)] = path
        return self.report(name)

    def _copy(self, path: str) -> str:
        name = f"copies/{len(self._originals)}{PurePath(path).suffix}"
        target = self.folder / name
        target.parent.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            shutil.copyfile(path, target)
        self._originals[self.report(name)] = path
        return self.report(name)
