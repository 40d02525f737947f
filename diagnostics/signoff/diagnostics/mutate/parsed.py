"""A text as the mutators of its language take it."""

from __future__ import annotations

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.python_code import PythonCode
from signoff.verifiers.gpu.facts import PYTHON


def parsed(text: str, language: str) -> Code | PythonCode:
    """The text and its tree. Raises ValueError for a language without a grammar here."""
    return PythonCode(text) if language == PYTHON else Code(text, language)
