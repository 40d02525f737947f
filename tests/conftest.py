"""What holds for every test: in CI a test that needs a tool and is skipped has failed."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

# A GPU cannot be installed, so `gpu` is not among them.
NEEDED_IN_CI = ("tool", "model", "vscode")

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("signoff", deadline=None)
settings.load_profile("signoff")

# A shell starts what runs in its background with Ctrl-C ignored, and so would every process of ours be that the tests
# interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    needs = [name for name in NEEDED_IN_CI if item.get_closest_marker(name)]
    skipped = report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("gpu")
    if os.environ.get("CI") == "true" and skipped and needs:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} is marked {', '.join(needs)} and may not be skipped where CI=true: {reason}"
    return report


def _quiet_exit() -> None:
    """pyslang's bindings list a screenful of objects that are alive at exit, below the tests' own summary."""
    if "pyslang" in sys.modules:
        sys.stderr.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


# Not in a hook of pytest's: it gives standard error back after the last of them.
atexit.register(_quiet_exit)
