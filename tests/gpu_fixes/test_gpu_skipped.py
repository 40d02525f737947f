"""A missing mark hides what else is wrong in its statement: it is inserted all the same, but never at a wrong place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from gpu_fix_helpers import fixes_for

from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]

KERNEL = "__global__ void k(float *p, int n)\n{{\n    {}\n}}\n"
FIXES = {
    "p[0] = threadIdx.x\n    p[1] = blockdim.x;": ["Insert ';' at the end of line 3"],
    "if (n < 3 { p[n] = sqrtff(p[n]); }": ["Insert ')'"],
}
# A mark would cut a name off from what declares it.
NONE = [
    "int a\n    b = 3;",
    "int a b, c;",
    "for (int i = 0; i < n; i++) int j = 0\n    p[i] = j;",
    "float total\n    total_of_rows = n;",
    "for (int i = 0; i < n; i++) p[n] = 3 + [i];",
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def nvrtc() -> AsyncIterator[Nvrtc]:
    pool = WorkerPool()
    yield Nvrtc(pool)
    await pool.close()


@pytest.mark.parametrize("body", FIXES)
async def test_the_first_of_two_faults_is_mended(body: str, nvrtc: Nvrtc) -> None:
    _, fixes = await fixes_for(KERNEL.format(body), (nvrtc,))
    assert [fix.title.split(" (accepted")[0] for fix in fixes] == FIXES[body]


@pytest.mark.parametrize("body", NONE)
async def test_a_mark_that_makes_a_name_unknown_is_refused(body: str, nvrtc: Nvrtc) -> None:
    findings, fixes = await fixes_for(KERNEL.format(body), (nvrtc,))
    assert findings
    assert [fix.title for fix in fixes if fix.rule == "punctuation"] == []
