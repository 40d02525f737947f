"""Refactorings: edits that nobody's finding asks for, proven like fixes before they are offered."""
