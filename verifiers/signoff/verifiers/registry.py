"""All verifiers there are: one explicit tuple. A new one is a file, a line here and a folder of golden samples."""

from __future__ import annotations

from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool


def build(pool: WorkerPool, *, staged: bool = False) -> tuple[Verifier, ...]:
    """The verifiers, quickest first; their engines live in `pool`.

    `staged`: slang's two halves each for itself, for an editor; on the command line nobody waits for the first.
    """
    from signoff.verifiers.gpu.checks.launch import Launch
    from signoff.verifiers.gpu.compile.nvcc import Nvcc
    from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
    from signoff.verifiers.gpu.triton.triton import Triton
    from signoff.verifiers.gpu.triton.triton_resources import TritonResources
    from signoff.verifiers.hdl.slang import Slang
    from signoff.verifiers.hdl.verilator import Verilator
    from signoff.verifiers.hdl.yosys import Yosys
    from signoff.verifiers.mcu.checks.part import Part
    from signoff.verifiers.mcu.compile.gcc import Gcc
    from signoff.verifiers.mcu.link.link import Link

    slang = Slang(pool, lane="live")
    rest = (
        Launch(pool),
        Part(pool),
        Verilator(referee=slang),
        Triton(pool),
        Gcc(pool),
        Nvrtc(pool),
        Yosys(pool),
        Nvcc(pool),
        Link(pool),
        TritonResources(pool),
    )
    if not staged:
        return (slang, *rest)
    return (Slang(pool, stage="elaborate"), Slang(pool, stage="analyse"), *rest)
