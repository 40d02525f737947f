"""Faults of firmware in C: a file a family."""
