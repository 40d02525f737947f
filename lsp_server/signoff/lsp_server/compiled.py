"""A faster import of lsprotocol: what attrs compiles for its 554 classes is kept between starts.

attrs writes the source of every class' methods and compiles it anew in each process: a quarter of the time to the
answer to `initialize`. Python keeps compiled modules in __pycache__; this keeps those snippets in the same spirit in
the user's cache folder, under their own source, so that they cannot be out of date. Where anything is not as expected
(another attrs, a folder that cannot be written), the import is merely as slow as it was.
"""

from __future__ import annotations

import builtins
import contextlib
import marshal
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

Snippets = dict[tuple[str, str], CodeType]


@contextlib.contextmanager
def kept(path: Path | None = None) -> Iterator[None]:
    """Within it, snippets that attrs compiles are taken from the file `path`, and new ones are added to it."""
    import attr._make as make

    file = path or _default()
    snippets = _load(file)
    before = len(snippets)

    def compile_once(source: str, filename: str, mode: str) -> CodeType:
        code = snippets.get((source, filename))
        if code is None:
            code = snippets[source, filename] = builtins.compile(source, filename, mode)
        return code

    module: Any = make
    module.compile = compile_once
    try:
        yield
    finally:
        del module.compile
        if len(snippets) > before:
            _save(file, snippets)


def _default() -> Path:
    from platformdirs import user_cache_dir

    # marshal's format is the interpreter's own.
    return Path(user_cache_dir("signoff")) / f"attrs.{sys.implementation.cache_tag}.marshal"


def _load(file: Path) -> Snippets:
    try:
        snippets = marshal.loads(file.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return snippets if isinstance(snippets, dict) else {}


def _save(file: Path, snippets: Snippets) -> None:
    with contextlib.suppress(OSError, ValueError):
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}")
        part.write_bytes(marshal.dumps(snippets))
        part.replace(file)
