"""What a verifier says: plain frozen data, the same for every tool and language."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from signoff.verifiers.pickling import quick


class Severity(enum.IntEnum):
    """How grave a finding is; the numbers are those of the Language Server Protocol."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 3
    HINT = 4


class Category(enum.StrEnum):
    """The kind of fault: the 20 kinds of VeriRepair's taxonomy for HDL, those of GPU code and firmware, OTHER."""

    MISSING_SEMICOLON = "missing-semicolon"
    MISSING_END = "missing-end"
    MISSING_BRACKET = "missing-bracket"
    ILLEGAL_KEYWORD = "illegal-keyword"
    INVALID_LITERAL = "invalid-literal"
    BIT_WIDTH = "bit-width"
    INDEXING = "indexing"
    TYPE = "type"
    UNDEFINED_MODULE = "undefined-module"
    MODULE_CONNECTION = "module-connection"
    SENSITIVITY_LIST = "sensitivity-list"
    BLOCKING = "blocking-assignment"
    RESET = "reset"
    STATE_MACHINE = "state-machine"
    MULTIPLE_DRIVERS = "multiple-drivers"
    NON_SYNTHESIZABLE = "non-synthesizable"
    ALGORITHM = "algorithm"
    GATE_LOGIC = "gate-logic"
    CONDITION = "condition"
    LATCH = "latch"
    LAUNCH_GEOMETRY = "launch-geometry"
    SHARED_MEMORY = "shared-memory"
    REGISTERS = "registers"
    LAUNCH_ERROR = "launch-error"
    SYNCHRONIZATION = "synchronization"
    BANK_CONFLICT = "bank-conflict"
    GPU_SYNTAX = "gpu-syntax"
    GPU_NAME = "gpu-name"
    GPU_TYPE = "gpu-type"
    TRITON_API = "triton-api"
    C_SYNTAX = "c-syntax"
    C_NAME = "c-name"
    C_TYPE = "c-type"
    LINK = "link"
    MEMORY_REGION = "memory-region"
    VECTOR_TABLE = "vector-table"
    CLOCK_ENABLE = "clock-enable"
    CLOCK_TREE = "clock-tree"
    PIN_FUNCTION = "pin-function"
    INTERRUPT = "interrupt"
    SHARED_DATA = "shared-data"
    DMA = "dma"
    OTHER = "other"


# The kinds that only GPU code can have (ours: no published taxonomy has them).
GPU_CATEGORIES = frozenset(
    {
        Category.LAUNCH_GEOMETRY,
        Category.SHARED_MEMORY,
        Category.REGISTERS,
        Category.LAUNCH_ERROR,
        Category.SYNCHRONIZATION,
        Category.BANK_CONFLICT,
        Category.GPU_SYNTAX,
        Category.GPU_NAME,
        Category.GPU_TYPE,
        Category.TRITON_API,
    }
)

# The kinds that only firmware can have (ours as well).
MCU_CATEGORIES = frozenset(
    {
        Category.C_SYNTAX,
        Category.C_NAME,
        Category.C_TYPE,
        Category.LINK,
        Category.MEMORY_REGION,
        Category.VECTOR_TABLE,
        Category.CLOCK_ENABLE,
        Category.CLOCK_TREE,
        Category.PIN_FUNCTION,
        Category.INTERRUPT,
        Category.SHARED_DATA,
        Category.DMA,
    }
)


@quick
@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of text. Lines and columns count from 0; columns are Unicode code points."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


@quick
@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains a finding (an earlier declaration, the other driver)."""

    path: str
    span: Span
    message: str


@quick
@dataclass(frozen=True, slots=True)
class Finding:
    """One fault that a tool reported at one place.

    `code` is the tool's own stable name ("ExpectedToken", "WIDTHTRUNC"); `tool` the tool that said it;
    `tools` every tool that said it once findings are merged. `data` holds the tool's own arguments
    (names, widths) as (key, value) pairs, for fixes: it is never shown.
    """

    path: str
    span: Span
    severity: Severity
    code: str
    message: str
    tool: str
    category: Category = Category.OTHER
    help_url: str = ""
    related: tuple[Related, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    tools: tuple[str, ...] = ()


class Status(enum.StrEnum):
    """How a verifier's run ended. Only FINDINGS says anything about the code."""

    FINDINGS = "findings"
    MISSING = "tool missing"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"


# Outcome.facts: ((name, why), ...) of the parts of a file, as kernels, of which a tool that ran can say nothing.
NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one run of one verifier. `message` says, for a person, why there are no findings.

    `seconds` is wall time. `facts` is what the run learnt beside findings (cell counts, latches),
    as plain data under the verifier's own keys. `complete` is False where the tool ended before it had seen
    everything (a language it does not know, a file that is missing): then no findings means nothing.
    `notice` is what the user should hear of though the tool ran (a setting that names no program).
    """

    tool: str
    status: Status = Status.FINDINGS
    findings: tuple[Finding, ...] = ()
    message: str = ""
    seconds: float = 0.0
    facts: dict[str, object] = field(default_factory=dict)
    complete: bool = True
    notice: str = ""

    @property
    def judged(self) -> bool:
        """True where the tool saw everything: then what it did not report, it accepted."""
        return self.ran and self.complete

    @property
    def ran(self) -> bool:
        """True where the tool ran and its findings can be shown; see `judged` for what it did not report."""
        return self.status is Status.FINDINGS
