"""Faults of CUDA and Triton code: a file a family."""
