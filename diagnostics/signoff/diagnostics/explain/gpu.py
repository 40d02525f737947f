"""Hover and code lens texts for GPU code: Markdown from plain facts, pure."""

from signoff.diagnostics.explain.gpu_kernel import kernel_hover, lens_title
from signoff.diagnostics.explain.gpu_launch import launch_hover
from signoff.diagnostics.explain.gpu_terms import term_hover
from signoff.diagnostics.explain.gpu_triton import triton_hover, triton_lens_title

__all__ = ["kernel_hover", "launch_hover", "lens_title", "term_hover", "triton_hover", "triton_lens_title"]
