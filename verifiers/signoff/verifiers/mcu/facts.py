"""What is known of a firmware image: memory, symbols, stack. Plain data, shared by verifiers, hovers and fixes.

Sizes and addresses are in bytes. None always means "not known": whoever reads it says nothing about that value.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.verifiers.finding import Span

# LSP language ids of firmware's sources.
C_LANGUAGES = frozenset({"c", "cpp"})

# How C and C++ files that are compiled by themselves end, and headers.
C_SUFFIXES = frozenset({".c", ".cpp", ".cc", ".cxx"})
C_HEADER_SUFFIXES = frozenset({".h", ".hpp", ".hh", ".hxx"})

# Verifiers' names, under which findings and facts are kept.
PART, GCC, LINK = "part", "gcc", "link"
# A C compiler that reads files of no image, for candidates only.
GUESSED = "gcc guessed"
# The key, in an outcome's facts, of what a compiler is called and whose flags it was given.
CALLED = "called"
# The code of errors that a flag which nobody has declared may explain.
MAY_BE_FLAGS = "MayBeFlags"


@dataclass(frozen=True, slots=True)
class RegionUse:
    """One memory region of the linker script and how much of it the image takes; `used` may be over `size`."""

    name: str
    origin: int
    size: int
    used: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol of the linked image. `file` is the object's source where the link map or debug data tell, else ""."""

    name: str
    address: int
    size: int
    section: str
    region: str = ""
    file: str = ""
    function: bool = False


@dataclass(frozen=True, slots=True)
class StackUse:
    """The stack frame of one function as gcc's -fstack-usage tells: `bytes` without its callees.

    `bounded` is False for a frame whose size only the run decides (alloca, variable-length arrays).
    """

    function: str
    path: str
    line: int
    bytes: int
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class CallDepth:
    """The deepest stack from one root (main, a handler). `bytes` is None where the call graph is not closed below it:
    `open_at` then says why (recursion, a call through a pointer, a function without a known frame).
    `chain` are the functions on the deepest path, root first.
    """

    root: str
    bytes: int | None
    chain: tuple[str, ...] = ()
    open_at: str = ""


@dataclass(frozen=True, slots=True)
class LinkedImage:
    """What the last link of an image told. `change` is bytes more (or fewer) by region than at the link before.

    `linked` is False where the link failed: regions are then as far as the linker told them.
    """

    image: str
    linked: bool = False
    regions: tuple[RegionUse, ...] = ()
    change: tuple[tuple[str, int], ...] = ()
    symbols: tuple[Symbol, ...] = ()
    stack: tuple[StackUse, ...] = ()
    depths: tuple[CallDepth, ...] = ()
    elf: str = ""
    seconds: float = 0.0
    compiled: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """One function defined in a source file; `span` is all of it, `name_span` its name."""

    name: str
    span: Span
    name_span: Span
    path: str = ""
    handler: bool = False


@dataclass(frozen=True, slots=True)
class FirmwareFacts:
    """What the part checks learnt of one document beside their findings, for lenses and hovers.

    `part` is the name of the part it was checked for, "" where none is known.
    """

    functions: tuple[Function, ...] = field(default_factory=tuple)
    part: str = ""
