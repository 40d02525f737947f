"""Hover texts: Markdown from plain facts, pure. `hover` is all that others need."""

from signoff.diagnostics.explain.symbol import hover

__all__ = ["hover"]
