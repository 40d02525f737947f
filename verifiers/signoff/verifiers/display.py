"""What tools are called where people read of them; data and settings have the verifiers' own names."""

from __future__ import annotations

from signoff.verifiers.mcu.facts import GCC, GUESSED, LINK, PART

DISPLAY = {
    "verilator": "Verilator",
    "yosys": "Yosys",
    "icarus": "Icarus Verilog",
    "verible": "Verible",
    "launch": "launch checks",
    "nvrtc": "NVRTC",
    "nvcc": "nvcc",
    "nvcc front end": "nvcc's front end",
    "triton": "Triton",
    "triton resources": "Triton's machine code",
    PART: "part checks",
    GCC: "arm-none-eabi-gcc",
    GUESSED: "C compiler with guessed flags",
    LINK: "the linker",
}


def display(name: str) -> str:
    """How a verifier, or the tool of a finding, is called in a sentence."""
    return DISPLAY.get(name, name)
