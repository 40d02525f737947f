"""All verifiers there are: one explicit tuple. A new one is a file, a line here and a folder of golden samples."""

from __future__ import annotations

from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool


def build(pool: WorkerPool) -> tuple[Verifier, ...]:
    """The verifiers, quickest first; their engines live in `pool`."""
    from signoff.verifiers.hdl.slang import Slang
    from signoff.verifiers.hdl.verilator import Verilator
    from signoff.verifiers.hdl.yosys import Yosys

    slang = Slang(pool, lane="live")
    return (slang, Verilator(referee=slang), Yosys(pool))
