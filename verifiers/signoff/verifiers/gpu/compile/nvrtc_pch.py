"""Heavy headers of the toolkit, read once for many compilations: cooperative_groups.h alone takes a second at each."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from signoff.verifiers.gpu.compile.nvrtc_library import Compiled, Library, LibraryFault
from signoff.verifiers.scratch import session_folder

# cub's block algorithms need 400 MiB, cooperative groups 240; the file is as large.
HEAP_BYTES = 512 << 20
# Never fill the user's disk for speed.
FREE_BYTES = 4 << 30
# A compilation quicker than this is not worth a file of that size.
SLOW_SECONDS = 0.25
# Nor is one for a file that is looked at once: somebody types in those that come again.
OFTEN = 3


class Precompiled:
    """At most one precompiled header at a time, in the server's own temporary folder. One for a worker process."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._key: object = None
        self._file = ""
        self._slow: dict[object, int] = {}

    def compile(
        self,
        library: Library,
        name: str,
        text: bytes,
        headers: Mapping[str, bytes],
        options: Sequence[str],
        includes: Sequence[str],
        seconds: float,
    ) -> Compiled:
        """Library.compile(), quicker the second time where `includes` (names of the toolkit's headers) are heavy."""
        key = (tuple(includes), tuple(options))
        end = time.monotonic() + seconds
        if self._key == key:
            line = f'#line 1 "{_quoted(name)}"\n'.encode()
            used = (*options, f"--use-pch={self._file}", "--pch-messages=false")
            return library.compile(name, _prefix(includes) + line + text, headers, used, seconds)
        start = time.monotonic()
        compiled = library.compile(name, text, headers, options, seconds)
        slow = time.monotonic() - start > SLOW_SECONDS and not compiled.gave_up
        if slow and includes:
            self._slow[key] = self._slow.get(key, 0) + 1
            if self._slow[key] == OFTEN:
                self._create(library, key, options, includes, end - time.monotonic())
        return compiled

    def _create(
        self, library: Library, key: object, options: Sequence[str], includes: Sequence[str], seconds: float
    ) -> None:
        self._key = None
        if not library.reserve_pch(HEAP_BYTES) or shutil.disk_usage(session_folder()).free < FREE_BYTES:
            return
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="pch-", dir=session_folder()))
        file = self._folder / "toolkit.pch"
        file.unlink(missing_ok=True)
        try:
            given = (*options, f"--create-pch={file}", "--pch-messages=false")
            done = library.compile("prefix.cu", _prefix(includes), {}, given, max(seconds, 0.1))
        except LibraryFault:
            done = Compiled(False, "")
        if done.ok and file.is_file():
            self._key, self._file = key, str(file)
        else:
            file.unlink(missing_ok=True)


def _prefix(includes: Sequence[str]) -> bytes:
    return ("".join(f"#include <{name}>\n" for name in includes) + "#pragma nv_hdrstop\n").encode()


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
