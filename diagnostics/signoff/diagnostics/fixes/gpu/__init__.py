"""Fixes for CUDA and Triton."""
