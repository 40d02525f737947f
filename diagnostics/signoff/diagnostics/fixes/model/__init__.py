"""Fixes that a language model proposes. None of them is offered unless the judge (prove.py) accepts it."""
