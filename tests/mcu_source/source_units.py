"""Sources of texts, for the tests of what is read from them."""

from __future__ import annotations

from pathlib import Path

from signoff.verifiers.mcu.source.facts import Function, SourceFacts
from signoff.verifiers.mcu.source.reader import SourceReader
from signoff.verifiers.project import CompileUnit


def unit_of(path: Path, *defines: str, declared: bool = True) -> CompileUnit:
    """How a file in a folder of headers is compiled."""
    return CompileUnit(str(path), include_dirs=(str(path.parent),), defines=defines, declared=declared)


def facts_of(folder: Path, text: str, *defines: str, name: str = "main.c", **headers: str) -> SourceFacts:
    """The facts of a text; `headers` by name without ending."""
    for header, content in headers.items():
        (folder / f"{header}.h").write_text(content, "utf-8")
    path = folder / name
    path.write_text(text, "utf-8")
    reader = SourceReader()
    reader.files.begin({})
    facts = reader.facts(str(path), unit_of(path, *defines))
    assert facts is not None
    return facts


def function_of(folder: Path, text: str, *defines: str, **headers: str) -> Function:
    """The only function of a text."""
    (function,) = facts_of(folder, text, *defines, **headers).functions
    return function
