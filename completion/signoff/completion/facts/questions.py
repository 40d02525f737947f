"""What the worker processes of facts are asked and answer: kept apart, as the server loads no engine."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.declarations.facts import Declaration
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.gpu.triton.triton_data import Source


@dataclass(frozen=True, slots=True)
class Question:
    """A document and the place in it: `path` is absolute, `name` below the root; `buffers` are (path, text).

    `hardware` are (kernel, comment): what is known of a kernel, or with "" of any GPU that it may run on.
    """

    path: str
    name: str
    prefix: str
    suffix: str
    way: Way
    buffers: tuple[tuple[str, str], ...] = ()
    root: str = ""
    hardware: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up in headers: names, all that begin with a stem, the constants of documentation groups."""

    names: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What headers declare of it, as (name, declaration) and (group, its constants)."""

    names: tuple[tuple[str, Declaration], ...] = ()
    groups: tuple[tuple[str, tuple[Declaration, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TritonQuestion:
    """A Python document and the place in it: `source` holds what may be read, `package` is the Triton's folder."""

    source: Source
    prefix: str
    suffix: str
    package: str = ""
