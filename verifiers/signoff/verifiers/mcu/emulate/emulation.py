"""What a run in an emulator gives: plain data, the same for QEMU, Unicorn and Renode."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.finding import Finding

QEMU, UNICORN, RENODE = "qemu", "unicorn", "renode"
ENGINES = (QEMU, UNICORN, RENODE)

# How a run ended, as Emulation.ended has it.
RETURNED = "returned"
TIME_LIMIT = "time limit"
OUTPUT_LIMIT = "output limit"
FAULT = "fault"
WAITING = "waiting"
CANCELLED = "cancelled"
STEADY = "steady state"
LACKING = "it used what the emulator does not have"
NOT_RUN = "not run"

# Firmware that prints without end must not fill an editor: so many bytes of text are kept of a run.
OUTPUT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One place of the program: the code address, and its function and source line (from 0) where debug data tell.

    `path` is "" and `line` -1 where they do not.
    """

    address: int
    function: str = ""
    path: str = ""
    line: int = -1

    def __str__(self) -> str:
        where = f"{self.path.replace(chr(92), '/').rpartition('/')[2]}:{self.line + 1}" if self.path else ""
        return f"{self.function or hex(self.address)}{f' ({where})' if where else ''}"


@dataclass(frozen=True, slots=True)
class Fault:
    """The processor stopped doing what the program says. `address` is that of the instruction, `line` counts from 0
    (-1: unknown, then `path` is ""). `frames` are the calls that led there, innermost first.
    """

    kind: str
    address: int
    path: str
    line: int
    message: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Emulation:
    """One run. `output` is what the firmware printed, `ended` one of the words above, `seconds` wall time.

    `notes` are sentences on what the emulator did not do as the part would (a device it lacks, a function it answered
    itself), and where the program was at the end; `message` says why there was no run (`ended` is then NOT_RUN).
    `first_output` is after how many seconds something was printed, None where nothing was.
    """

    engine: str
    output: str = ""
    faults: tuple[Fault, ...] = ()
    findings: tuple[Finding, ...] = ()
    ended: str = NOT_RUN
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    message: str = ""
    first_output: float | None = None

    @property
    def ran(self) -> bool:
        """Whether the image was run at all."""
        return self.ended != NOT_RUN


def not_run(engine: str, message: str) -> Emulation:
    """There was no run, and why."""
    return Emulation(engine, message=message)
