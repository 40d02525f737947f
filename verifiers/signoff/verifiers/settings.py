"""The verifiers' settings: frozen data with defaults. The metadata is the settings reference and the client's form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def setting(default: Any, description: str, **schema: Any) -> Any:
    """A dataclass field with its description and, where given, JSON schema keys (enum, minimum, maximum)."""
    metadata = {"description": description, "schema": schema}
    if isinstance(default, (tuple, dict)) or callable(default):
        factory = default if callable(default) else (lambda: default)
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class SlangSettings:
    """slang: parsing, elaboration and analysis at every keystroke."""

    enabled: bool = setting(True, "Check with slang on every change.")
    strict: bool = setting(
        False,
        "Follow IEEE 1800 to the letter. Off, slang accepts what taped-out designs rely on "
        "(--compat all --timescale 1ns/1ps --single-unit).",
    )
    warnings: tuple[str, ...] = setting(
        (), "slang warning options beside Signoff's own choice, without -W: for example no-unused-net, width-trunc."
    )
    timeout: float = setting(20.0, "Seconds after which a slang run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class VerilatorSettings:
    """Verilator lint: shortly after typing stops."""

    enabled: bool = setting(True, "Check with Verilator's lint shortly after typing stops.")
    path: str = setting("", "Path of a verilator to use; empty: the one on PATH if newer, else the one Signoff brings.")
    arguments: tuple[str, ...] = setting((), "Further arguments for verilator --lint-only, for example -Wall.")
    timeout: float = setting(60.0, "Seconds after which a Verilator run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class YosysSettings:
    """Yosys: synthesis checks and costs, on save and when idle."""

    enabled: bool = setting(True, "Synthesize with Yosys on save and when idle: latches, drivers, cells, flip-flops.")
    path: str = setting("", "Path of a yosys to use; empty: the one on PATH if newer, else the one Signoff brings.")
    timeout: float = setting(120.0, "Seconds after which a Yosys run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class TestbenchSettings:
    """The testbench that a fix must keep passing; simulated in a trusted workspace only."""

    __test__ = False  # no class of tests for pytest

    files: tuple[str, ...] = setting(
        (), "Files of the testbench beside the design's own, absolute or from the folder of signoff.toml."
    )
    top: str = setting("", "The testbench's top module; empty: the only one that nothing instantiates.")
    passes: str = setting(
        "",
        "Regular expression that a simulation prints where it passes; empty: it calls $finish and prints no line that "
        "speaks of a failure, error or mismatch.",
    )
    timeout: float = setting(120.0, "Seconds after which compiling or simulating is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class CudaSettings:
    """CUDA: what its checks share."""

    architectures: tuple[str, ...] = setting(
        (),
        "GPU architectures to check for, for example sm_80 or 90; empty: those of the compile flags, of CMake's "
        "CUDA_ARCHITECTURES, or of an installed GPU. Where none is known, only what fails on every one is reported.",
    )
    toolkit: str = setting(
        "",
        "Folder of a CUDA toolkit to use (the one that holds bin/nvcc); empty: the user's own (CUDA_HOME, PATH, "
        "/usr/local/cuda), else the one that pip brought.",
    )
    include_dirs: tuple[str, ...] = setting(
        (), "Further include folders for CUDA code, absolute or from the workspace."
    )
    defines: tuple[str, ...] = setting((), "Further macros for CUDA code: NAME or NAME=VALUE.")
    arguments: tuple[str, ...] = setting((), "Further arguments for nvcc and NVRTC, for example --use_fast_math.")


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """Launch checks: geometry, shared memory and launch bounds against the hardware's limits, at every keystroke."""

    enabled: bool = setting(True, "Check CUDA kernel launches against the hardware's limits on every change.")
    hints: bool = setting(
        True,
        "Also show hints: blocks that are no multiple of a warp, launches whose errors nobody asks for, barriers that "
        "not all threads reach, bank conflicts.",
    )


@dataclass(frozen=True, slots=True)
class NvrtcSettings:
    """NVRTC: device code is compiled shortly after typing stops."""

    enabled: bool = setting(True, "Compile CUDA device code with NVRTC shortly after typing stops.")
    timeout: float = setting(30.0, "Seconds after which an NVRTC run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class NvccSettings:
    """nvcc: device code is compiled to machine code on save, for registers, spills and shared memory."""

    enabled: bool = setting(
        True, "Compile CUDA files with nvcc on save and when idle: registers, spills, shared memory."
    )
    timeout: float = setting(120.0, "Seconds after which an nvcc run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class TritonSettings:
    """Triton: kernels go through the compiler's front end after a pause, to machine code on save."""

    enabled: bool = setting(True, "Compile Triton kernels: front end shortly after typing stops, machine code on save.")
    python: str = setting(
        "", "Python interpreter whose Triton is used; empty: that of a trusted workspace's .venv, else Signoff's own."
    )
    timeout: float = setting(120.0, "Seconds after which compiling a file's Triton kernels is given up.", minimum=0.1)
    save_timeout: float = setting(
        20.0,
        "Seconds that compiling a file's Triton kernels to machine code may take on save; the kernels that it was not "
        "enough for are named.",
        minimum=0.1,
    )


@dataclass(frozen=True, slots=True)
class McuSettings:
    """Embedded C: what its checks share."""

    toolchain: str = setting(
        "",
        "Folder of an Arm GNU toolchain to use (the one that holds bin/arm-none-eabi-gcc), or the compiler itself; "
        "empty: the one on PATH, else one in the usual places.",
    )
    part: str = setting(
        "", "The microcontroller, for example stm32f407vg; empty: as the build's macros or linker script name it."
    )
    svd: str = setting(
        "",
        "A CMSIS-SVD file that describes the microcontroller, absolute or from the workspace; empty: Signoff's own "
        "facts (STM32F407), else the one SVD file of the workspace.",
    )
    include_dirs: tuple[str, ...] = setting((), "Further include folders for firmware, absolute or from the workspace.")
    defines: tuple[str, ...] = setting((), "Further macros for firmware: NAME or NAME=VALUE.")
    arguments: tuple[str, ...] = setting((), "Further arguments for the compiler, for example -fshort-enums.")


@dataclass(frozen=True, slots=True)
class GccSettings:
    """gcc: each file of the firmware is compiled shortly after typing stops."""

    enabled: bool = setting(True, "Compile firmware with arm-none-eabi-gcc shortly after typing stops.")
    warnings: tuple[str, ...] = setting(
        (), "gcc warning options beside Signoff's own choice, without -W: for example conversion, no-unused-parameter."
    )
    timeout: float = setting(30.0, "Seconds after which a compilation is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """The linker: the whole image is linked on save and when idle."""

    enabled: bool = setting(
        True, "Link the firmware image on save and when idle: undefined names, memory use, stack depth."
    )
    timeout: float = setting(120.0, "Seconds after which compiling and linking an image is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class PartSettings:
    """Part checks: clocks, pins, interrupts and memory of the microcontroller, at every keystroke."""

    enabled: bool = setting(True, "Check firmware against its microcontroller on every change.")
    hints: bool = setting(True, "Also show what is likely, but not certain, to be a fault.")


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """Emulators: the image is run on demand."""

    qemu: str = setting("", "Path of qemu-system-arm; empty: the one on PATH.")
    renode: str = setting("", "Path of renode; empty: the one on PATH.")
    machine: str = setting("netduinoplus2", "The machine that QEMU emulates (STM32F405: near to an STM32F407).")
    seconds: float = setting(10.0, "Seconds after which an emulated run is ended.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class VeribleSettings:
    """Verible: its linter is asked for fixes of what the other tools report, and reports nothing itself."""

    enabled: bool = setting(True, "Propose the fixes of Verible's linter, where it is installed.")
    path: str = setting("", "Path of a verible-verilog-lint to use; empty: the one on PATH, else the one of pip.")


@dataclass(frozen=True, slots=True)
class ClangTidySettings:
    """clang-tidy: it is asked for fixes of what the compiler reports, and reports nothing itself."""

    enabled: bool = setting(True, "Propose the fixes of clang-tidy, where it is installed.")
    path: str = setting("", "Path of a clang-tidy to use; empty: the one on PATH, else the one of pip.")


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """The settings of all verifiers."""

    slang: SlangSettings = field(default_factory=SlangSettings)
    verilator: VerilatorSettings = field(default_factory=VerilatorSettings)
    yosys: YosysSettings = field(default_factory=YosysSettings)
    testbench: TestbenchSettings = field(default_factory=TestbenchSettings)
    cuda: CudaSettings = field(default_factory=CudaSettings)
    launch: LaunchSettings = field(default_factory=LaunchSettings)
    nvrtc: NvrtcSettings = field(default_factory=NvrtcSettings)
    nvcc: NvccSettings = field(default_factory=NvccSettings)
    triton: TritonSettings = field(default_factory=TritonSettings)
    mcu: McuSettings = field(default_factory=McuSettings)
    gcc: GccSettings = field(default_factory=GccSettings)
    link: LinkSettings = field(default_factory=LinkSettings)
    part: PartSettings = field(default_factory=PartSettings)
    emulator: EmulatorSettings = field(default_factory=EmulatorSettings)
    verible: VeribleSettings = field(default_factory=VeribleSettings)
    clang_tidy: ClangTidySettings = field(default_factory=ClangTidySettings)
    memory_limit_mb: int = setting(4096, "Memory limit of one tool process, in MiB.", minimum=256)
    disabled_codes: tuple[str, ...] = setting((), "Codes of findings never to show, for example UNUSEDSIGNAL.")
