"""What goes between the server and the process that holds Triton: plain data.

That process may be a Python of the user's, 3.10 or newer, so this module and all that triton_engine imports use the
standard library alone, and nothing newer than that version has. Places are (line, column) pairs from 0 in code points.
"""

from __future__ import annotations

from dataclasses import dataclass

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

    `code` is ours ("TritonName"); `data` is Finding.data. `warning`: it runs, but not as its author thinks.
    """

    path: str
    place: Place
    code: str
    message: str
    kernel: str
    related: tuple[tuple[str, Place, str], ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    warning: bool = False


@dataclass(frozen=True)
class Extent:
    """A literal in a launch. `axis` is "grid.x" to "grid.z" or "num_warps"; `conditional`: perhaps not reached."""

    kernel: str
    axis: str
    value: int
    place: Place
    conditional: bool = False


@dataclass(frozen=True)
class Report:
    """What the front end said of one file.

    `compiled` are the kernels that went through it (or have a fault); `skipped` are (kernel, why) of those of which
    nothing can be said; `extents` what launches say in numbers. `note` says why the file could not be read as a whole.
    """

    faults: tuple[Fault, ...] = ()
    compiled: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    extents: tuple[Extent, ...] = ()
    note: str = ""
    version: str = ""


@dataclass(frozen=True)
class Job:
    """One way to compile one kernel to machine code. `number` is what the engine knows it by, for the same text.

    `label` names the specialisation ("BLOCK=1024, num_warps=8"); `sizes` are the constants and options in it. `certain`
    is False where a value had to be guessed that shared memory may hang on, `typed` where the type of a pointer had to.
    `tuned` tells one of several configurations that Triton chooses among: (its place, how many there are).
    """

    kernel: str
    place: Place
    number: int
    label: str = ""
    certain: bool = False
    typed: bool = False
    tuned: tuple[int, int] = (0, 1)
    sizes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Jobs:
    """All jobs of a file, and (kernel, why) of the kernels that there is none for."""

    jobs: tuple[Job, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Compiled:
    """One kernel as machine code: what `ptxas -v` said, dynamic `shared` memory in bytes, threads a block.

    `narrow` is the shared memory with the narrowest elements that the kernel accepts, where their type was guessed and
    `shared` was too much (None: not asked). `why` says what went wrong, "" where nothing did.
    """

    log: str = ""
    shared: int = 0
    threads: int = 0
    stages: int = 0
    narrow: int | None = None
    why: str = ""
