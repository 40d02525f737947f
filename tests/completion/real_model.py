"""The real 0.5B model for tests: whether it is here, and the marks of a test that asks it."""

from __future__ import annotations

import importlib.util

import pytest

from signoff.completion.model import weights

MODEL = weights.catalogue()[0]
THERE = importlib.util.find_spec("xllamacpp") is not None and weights.path_of(MODEL).is_file()
NEEDS_MODEL = [
    pytest.mark.model,
    pytest.mark.tool,
    pytest.mark.skipif(not THERE, reason="needs `signoff model pull` and the [local-model] extra"),
]
