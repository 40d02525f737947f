"""What goes between the server and the process that holds Triton: plain data.

That process may be a Python of the user's, 3.10 or newer, so this module and all that triton_engine imports use the
standard library alone, and nothing newer than that version has. Places are (line, column) pairs from 0 in code points.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Place = tuple[int, int, int, int]


@dataclass(frozen=True)
class Source:
    """The text of one Python file and what of the workspace may be read for it.

    `root` is the workspace's folder: modules outside it are not followed. `buffers` are (path, text) of open documents.
    """

    path: str
    text: str
    root: str = ""
    buffers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fault:
    """What Triton refuses. `place` is in the file `path`; `related` are (path, place, message) of the calls on the way.

    `code` is ours ("TritonName"); `data` is Finding.data.
    """

    path: str
    place: Place
    code: str
    message: str
    kernel: str
    related: tuple[tuple[str, Place, str], ...] = ()
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Launch:
    """The literal part of one `kernel[grid](...)`: grid extents and options, None where not known."""

    kernel: str
    place: Place
    grid: tuple[int | None, ...] = ()
    grid_places: tuple[Place | None, ...] = ()
    num_warps: int | None = None
    num_warps_place: Place | None = None
    conditional: bool = False


@dataclass(frozen=True)
class Report:
    """What the front end said of one file.

    `compiled` are the kernels that went through it (or have a fault); `skipped` are (kernel, why) of those of which
    nothing can be said. `note` says why the file could not be read as a whole.
    """

    faults: tuple[Fault, ...] = ()
    compiled: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    launches: tuple[Launch, ...] = ()
    note: str = ""
    version: str = ""


@dataclass(frozen=True)
class Job:
    """One kernel to compile to machine code. `variant` is an index that only the engine understands.

    `label` names the specialisation ("BLOCK=1024, num_warps=8"); `certain` is False where a value that decides about
    shared memory had to be guessed; `tuned` is True for one of several configurations that Triton itself chooses from.
    """

    kernel: str
    place: Place
    variant: int
    label: str = ""
    certain: bool = False
    tuned: bool = False


@dataclass(frozen=True)
class Compiled:
    """One kernel at the stage of PTX: its text, its entry's `symbol`, `shared` bytes and threads a block.

    `ptxas` is the assembler of this Triton, `arguments` how it calls it (without input and output).
    `why` says what went wrong where `ptx` is empty.
    """

    ptx: str = ""
    symbol: str = ""
    shared: int = 0
    threads: int = 0
    ptxas: str = ""
    arguments: tuple[str, ...] = ()
    why: str = ""
    options: dict[str, Any] = field(default_factory=dict)
