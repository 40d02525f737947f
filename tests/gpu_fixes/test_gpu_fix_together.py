"""Several fixes of a CUDA file at once, with the real compiler."""

from __future__ import annotations

import pytest
from gpu_fix_helpers import document, fixes_for

from signoff.diagnostics.fixes.together import together
from signoff.diagnostics.prove import baselines
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.text import apply_edits
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool
TEXT = """__global__ void scale(float *out, const float *in, int count)
{
    int number = blockIdx.x * blockDim.x + threadIdx.x;
    if (number < cuont)
        out[number] = 2.0f * in[number];
}

__global__ void shift(float *out, const float *in, int count)
{
    int number = blockIdx.x * blockDim.x + threadIdx.x;
    if (number < count)
        out[nmuber] = 1.0f + in[number];
}
"""


async def test_what_is_misspelt_in_several_kernels_is_mended_in_one_edit() -> None:
    pool = WorkerPool()
    try:
        verifiers = (Launch(pool), Nvrtc(pool))
        _, fixes = await fixes_for(TEXT, verifiers)
        snapshot, project = document(TEXT)
        known = await baselines(snapshot, project, verifiers)
        found = await together(fixes, snapshot, project, verifiers, known)
    finally:
        await pool.close()
    assert found is not None and len(found.fixes) == 2, [fix.title for fix in fixes]
    assert apply_edits(TEXT, found.edits) == TEXT.replace("cuont", "count").replace("nmuber", "number")
    assert "nvrtc" in found.proof.tools
