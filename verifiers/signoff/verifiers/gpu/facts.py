"""What is known of GPU code: kernels, launches and what they cost. Plain data, shared by checks, hovers and fixes.

Sizes are in bytes, extents in blocks (grid, cluster) or threads (block). None always means "not known": whoever reads
it says nothing about that value.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from signoff.verifiers.finding import Span
from signoff.verifiers.pickling import quick

# LSP language ids of CUDA C++: VS Code's and Vim's.
CUDA_LANGUAGES = frozenset({"cuda-cpp", "cuda"})
PYTHON = "python"
# The key, in an outcome's facts, of the document's lines (from 0) that a compiler has read: no condition hides them.
LINES_READ = "lines_read"
# The same of a unit that lacks files: the stretches (first and last line, from 0) of functions for the device in which
# a compiler has found every name, so that they need nothing of what is missing. A condition may hide them.
WHOLE_FUNCTIONS = "whole_functions"


@quick
@dataclass(frozen=True, slots=True)
class Extent:
    """The three dimensions of a grid, block or cluster."""

    x: int | None = None
    y: int | None = None
    z: int | None = None

    @property
    def volume(self) -> int | None:
        """The product, where all three are known."""
        if self.x is None or self.y is None or self.z is None:
            return None
        return self.x * self.y * self.z


ONE = Extent(1, 1, 1)


class Form(enum.StrEnum):
    """How a kernel is launched."""

    CHEVRON = "<<<>>>"
    RUNTIME = "cudaLaunchKernel"
    EXTENDED = "cudaLaunchKernelEx"
    COOPERATIVE = "cudaLaunchCooperativeKernel"
    DRIVER = "cuLaunchKernel"


@quick
@dataclass(frozen=True, slots=True)
class Note:
    """A place in some file that explains a value ("N is 262144 here", "called with n = 4096 here")."""

    path: str
    span: Span
    message: str


@quick
@dataclass(frozen=True, slots=True)
class OptIn:
    """A call of cudaFuncSetAttribute that raises a kernel's limit of dynamic shared memory to `bytes`."""

    span: Span
    bytes: int | None = None
    bytes_span: Span | None = None


@quick
@dataclass(frozen=True, slots=True)
class Launch:
    """One launch, with what its configuration evaluates to.

    `kernel` is the callee's bare name, "" where the callee is no name of a kernel (a function pointer, a macro's
    argument). `shared` is dynamic shared memory, 0 where the launch gives none. `opt_in` is None where no call in the
    unit raises the kernel's limit; `opt_in_unknown` is True where one might (a function pointer, a wrapper, a header
    that was not read). `conditional`: reached only under a condition that cannot be evaluated, so a limit that only
    some architectures have says nothing. `notes` explain where values come from. `axes` are the places of the
    expressions of a dim3's members, (grid x, y, z, block x, y, z), None where a member has none of its own.
    `evaluated` is False where its function took too much to evaluate: what is not known might have been found.
    """

    form: Form
    span: Span
    kernel: str
    kernel_span: Span
    function: str = ""
    grid: Extent = field(default_factory=Extent)
    block: Extent = field(default_factory=Extent)
    shared: int | None = None
    cluster: Extent | None = None
    cooperative: bool = False
    template_arguments: tuple[str, ...] = ()
    grid_span: Span | None = None
    block_span: Span | None = None
    shared_span: Span | None = None
    axes: tuple[Span | None, ...] = (None,) * 6
    opt_in: OptIn | None = None
    opt_in_unknown: bool = False
    conditional: bool = False
    notes: tuple[Note, ...] = ()
    evaluated: bool = True


@quick
@dataclass(frozen=True, slots=True)
class Bounds:
    """__launch_bounds__(max_threads, min_blocks, max_cluster); None where not given or not known.

    `parameter` says which template parameter max_threads is (from 0), where it is just that.
    """

    span: Span
    max_threads: int | None = None
    min_blocks: int | None = None
    max_cluster: int | None = None
    parameter: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class Kernel:
    """One __global__ function. `static_shared` counts its own __shared__ variables, None where a size is not known."""

    name: str
    span: Span
    name_span: Span
    parameters: tuple[str, ...] = ()
    templated: bool = False
    bounds: Bounds | None = None
    cluster: Extent | None = None
    static_shared: int | None = 0
    dynamic_shared: bool = False
    defined: bool = True
    path: str = ""


@quick
@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the text of one translation unit (and the headers of the project that it includes) says.

    `truncated` says why not everything was looked at, "" where it was.
    """

    kernels: tuple[Kernel, ...] = ()
    launches: tuple[Launch, ...] = ()
    truncated: str = ""


@quick
@dataclass(frozen=True, slots=True)
class KernelCost:
    """What one compiled kernel takes on one architecture, as ptxas reports it.

    `kernel` is the bare name, `instance` the demangled one ("scale<float, 4>"), `symbol` the mangled one;
    `architecture` as in "sm_80". Registers a thread; everything else in bytes (spills and stack a thread).
    `threads` is the block size where the compiler fixes it (Triton: num_warps times 32), else None.
    """

    kernel: str
    architecture: str
    registers: int
    instance: str = ""
    symbol: str = ""
    stack: int = 0
    spill_stores: int = 0
    spill_loads: int = 0
    static_shared: int = 0
    constant: int = 0
    dynamic_shared: int | None = None
    threads: int | None = None
