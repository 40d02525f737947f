"""What `signoff doctor` says of CUDA and Triton: the toolkit, the GPU of this machine, the targets of the files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from signoff.lsp_server.commands.session import Session
from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES
from signoff.verifiers.gpu.hardware.targets import installed_gpu

# What a user goes without where a tool is off, by the verifier's name.
LOSSES = {
    "launch": "kernel launches are not checked",
    "nvrtc": "CUDA device code is not compiled while you type",
    "nvcc": "no errors of the whole CUDA file, no registers, spills and occupancy of its kernels",
    "triton": "Triton kernels are not compiled while you type",
    "triton resources": "no shared memory, registers and spills of Triton kernels",
}
GPU_LANGUAGES = CUDA_LANGUAGES | {PYTHON}
NO_TARGET = f"none named: reported is what fails on every GPU from {ARCHITECTURES[0]} to {ARCHITECTURES[-1]}"
HOW_TO_NAME = 'name yours in the setting cuda.architectures or in signoff.toml: [cuda] architectures = ["sm_80"]'

# Name, whether it is there, state, path, advice.
Row = tuple[str, bool, str, str, str]


async def rows(session: Session, files: Sequence[str]) -> list[Row]:
    """The rows on CUDA; starts nvcc and nvidia-smi at most once each, for their versions."""
    tools = await asyncio.to_thread(toolkit, session.settings)
    state = f"{tools.version} ({tools.origin})" if tools.nvcc else ""
    found = await installed_gpu()
    gpu = ", ".join(found) or "none (none is needed: nothing is run on it)"
    return [
        ("CUDA toolkit", bool(tools.nvcc), state, tools.root if tools.nvcc else "", tools.note),
        ("installed GPU", True, gpu, "", ""),
        *_targets(session, files),
    ]


def _targets(session: Session, files: Sequence[str]) -> Iterator[Row]:
    """For which GPUs the files are checked, and who says so; nothing where there is no GPU code."""
    said: dict[str, bool] = {}
    for file in files:
        if _language(file) not in GPU_LANGUAGES:
            continue
        project = session.workspace.project_for(file)
        named = bool(project.architectures)
        said[f"{', '.join(project.architectures)} ({project.architectures_origin})" if named else NO_TARGET] = named
    for state, named in said.items():
        yield "GPU targets", named, state, "", "" if named else HOW_TO_NAME


def _language(file: str) -> str:
    return next((language for suffix, language in LANGUAGES.items() if file.lower().endswith(suffix)), "")
