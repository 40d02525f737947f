"""Fixes for firmware: what is proposed for findings of the part checks, the compiler and the linker."""
