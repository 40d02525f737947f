"""Which documents a GPU check could say anything about: most Python files have nothing to do with a GPU."""

from __future__ import annotations

import re

from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.gpu.strings.python_sources import worth_parsing

# Projects hand Triton on under its own name: from vllm.triton_utils import tl, triton.
TRITON = re.compile(
    r"^[ \t]*(?:(?:import|from)[ \t]+triton\b|@triton\.(?:jit|autotune|heuristics)\b"
    r"|from[ \t]+[\w.]+[ \t]+import[ \t(]+[^#\n]*\btriton\b)",
    re.MULTILINE,
)


def has_gpu_code(text: str) -> bool:
    """Whether a Python text imports Triton, from wherever, or hands CUDA to a loader; microseconds for most."""
    return ("triton" in text and TRITON.search(text) is not None) or worth_parsing(text)


def concerns(language: str, text: str) -> bool:
    """Whether a document of a language that we know is one to look at."""
    return language != PYTHON or has_gpu_code(text)
