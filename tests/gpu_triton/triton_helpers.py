"""Kernels as texts, and the verifiers on them."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.settings import TritonSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

HEAD = "import torch\nimport triton\nimport triton.language as tl\n\n\n"
needs_triton = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


def snapshot(text: str, path: str = "/w/kernels.py") -> Snapshot:
    return Snapshot(Path(path).as_uri(), path, "python", 1, text)


def project(root: str = "/w", *architectures: str, **fields: object) -> Project:
    settings = VerifierSettings(triton=replace(TritonSettings(), **fields))
    return Project(root=root, architectures=architectures, settings=settings)


def places(findings: tuple[Finding, ...]) -> list[tuple[str, int, int, str]]:
    """(code, line from 1, column from 1, the text in the span) of each finding."""
    return [(item.code, item.span.start_line + 1, item.span.start_column + 1, item.message) for item in findings]


def marked(text: str) -> tuple[str, tuple[int, int, int, int]]:
    """The text without its «marks», and the place that they stand around (line and column from 0)."""
    before, _, rest = text.partition("«")
    inside, _, after = rest.partition("»")
    line = before.count("\n")
    column = len(before.rpartition("\n")[2])
    assert "\n" not in inside
    return before + inside + after, (line, column, line, column + len(inside))
