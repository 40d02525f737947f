"""What Verilator's messages are called and how grave they are: its own name where it has one, else a stable one."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from signoff.verifiers.finding import Severity

# "Exiting due to 3 error(s)" and the like are about the run, not the code.
SUMMARY = re.compile(r"^(Exiting due to|Command Failed|Cannot continue|Too many errors)")
# Said under --no-timing of what only a testbench has; such code is run again under --timing.
NEEDS_TIMING = frozenset({"NOTIMING", "NEEDTIMINGOPT"})
DELAY = "STMTDLY"
# What Verilator cannot do is no fault of the user's.
LIMITATION = re.compile(r"^(Unsupported|Internal Error)|internal fault")
# IEEE 1800 allows mixing assignments to one variable; most often it is a fault all the same.
MIXED_ASSIGNMENTS = "BLKANDNBLK"
# Names that another file may give: with a guessed project that file may just not have been found.
CROSS_FILE = frozenset({"MODMISSING", "PKGNODECL", "INCLUDE", "UNDEFINEDMACRO", "UNDEFINED"})


@cache
def _unnamed() -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = resources.files("signoff.verifiers.hdl").joinpath("verilator_codes.toml").read_text("utf-8")
    return tuple((row["code"], re.compile(row["pattern"])) for row in tomllib.loads(data)["unnamed"])


def code_of(text: str) -> str:
    """A stable code for a message that Verilator gives none; "ERROR" where nothing better is known."""
    return next((code for code, pattern in _unnamed() if pattern.search(text)), "ERROR")


def is_summary(text: str) -> bool:
    """True for a message about the run as a whole."""
    return SUMMARY.match(text) is not None


def severity_of(code: str, text: str, error: bool) -> Severity:
    """How grave a message is for the user; `error` tells what Verilator takes it for."""
    if code == MIXED_ASSIGNMENTS:
        return Severity.WARNING
    if code in (DELAY, "UNSUPPORTED") or LIMITATION.search(text):
        return Severity.INFORMATION
    return Severity.ERROR if error else Severity.WARNING
