"""Fault injection: small, known faults put into clean sources by their grammar, to measure checks and fixes by."""
