"""All kinds of structural completion: one explicit tuple. A new one is a file and a line here."""

from __future__ import annotations

from signoff.completion.structural.c_facts import CHeaders
from signoff.completion.structural.c_handlers import HandlerNames
from signoff.completion.structural.c_registers import RegisterBits
from signoff.completion.structural.clocked import ClockedBlock
from signoff.completion.structural.cuda_host import DeviceMemory, KernelText
from signoff.completion.structural.cuda_launch import KernelLaunch, Registers
from signoff.completion.structural.enum_case import EnumCase
from signoff.completion.structural.hal_init import HalInit
from signoff.completion.structural.hdl_members import Members, PackageImport
from signoff.completion.structural.instance import InstancePorts, Library, WholeInstance
from signoff.completion.structural.kind import StructuralKind
from signoff.completion.structural.testbench import Testbench
from signoff.completion.structural.triton_launch import TritonKernelText, TritonLaunch
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.workers import WorkerPool


def build(
    pool: WorkerPool, slang: Slang, library: Library, packages: Library, launch: Launch, registers: Registers
) -> tuple[StructuralKind, ...]:
    """The kinds. `slang` and `launch` answer what is in scope; `library` and `packages` give what the workspace
    has under a prefix, `registers` what a compiler has said of a kernel. Headers are read in a process of `pool`."""
    headers = CHeaders(pool)
    return (
        InstancePorts(slang, library),
        WholeInstance(slang, library),
        EnumCase(slang),
        Members(slang),
        PackageImport(slang, packages),
        ClockedBlock(slang),
        Testbench(slang, library),
        KernelLaunch(launch, registers),
        DeviceMemory(),
        KernelText(),
        TritonLaunch(),
        TritonKernelText(),
        HandlerNames(headers),
        RegisterBits(headers),
        HalInit(headers),
    )
