"""The parsers of what nvcc, its front end and ptxas print, on samples of what they really printed (CUDA 13.0)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.gpu.compile import cudafe_text, ptxas
from signoff.verifiers.gpu.compile.compile_job import Job
from signoff.verifiers.gpu.compile.compile_reader import HOST_MISSING, complaint_findings, read, spill_findings
from signoff.verifiers.gpu.compile.front_end import Placer
from signoff.verifiers.gpu.compile.mangled import KernelName, kernel_name
from signoff.verifiers.gpu.compile.some_targets import of_some
from signoff.verifiers.gpu.compile.unit_files import Files
from signoff.verifiers.project import CompileUnit, Project

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


def work(name: str, path: str) -> Job:
    text = golden(name)
    unit = CompileUnit(path, declared=True)
    return Job(path, path, unit, Files({path: text}, unit), {path: text})


def marked(name: str, output: str, path: str) -> list[tuple[int, str, str, str]]:
    """(line from 1, marked text, code, message) of each finding in the file."""
    source = golden(name).split("\n")
    placer = Placer("nvcc", path, lambda file: file == path, lambda file: golden(name) if file == path else "")
    found = []
    for finding in placer.findings(cudafe_text.diagnostics(output)):
        span = finding.span
        text = source[span.start_line][span.start_column : span.end_column]
        found.append((span.start_line + 1, text, finding.code, finding.message))
    return found


def test_errors_and_warnings_are_marked_in_the_users_text() -> None:
    found = marked("errors.cu", golden("errors.txt"), "b.cu")
    assert (4, "undef1", "UndefinedIdentifier", 'identifier "undef1" is undefined') in found
    # Behind a tab, an umlaut in a comment and one in a string, in a line that the preprocessor has shortened.
    assert (4, "undef2", "UndefinedIdentifier", 'identifier "undef2" is undefined') in found
    assert (4, "é", "#177", 'variable "é" was declared but never referenced') in found
    # A macro's fault is where the macro is used, or what was given to it.
    assert (5, "UNDEF", "UndefinedIdentifier", 'identifier "zzz" is undefined') in found
    assert (10, "int", "Expected", 'expected a ";"') in found
    assert (17, "__global__", "KernelRule", "a __global__ function must have a void return type") in found
    assert (18, "k1", "KernelRule", "a __global__ function call must be configured") in found


def test_every_message_is_read_once_with_its_kind() -> None:
    found = cudafe_text.diagnostics(golden("errors.txt"))
    assert sum(one.severity is Severity.ERROR for one in found) == 12  # as the tool's own last line says
    assert sum(one.severity is Severity.WARNING for one in found) == golden("errors.txt").count("warning #") == 9
    placer = Placer("nvcc", "b.cu", lambda file: file == "b.cu", lambda _: golden("errors.cu"))
    kinds = {finding.code: finding.category for finding in placer.findings(found)}
    assert kinds["UndefinedIdentifier"] is Category.GPU_NAME
    assert kinds["Expected"] is Category.GPU_SYNTAX
    assert kinds["IncompatibleType"] is Category.GPU_TYPE


def test_details_notes_and_instantiations_belong_to_their_message() -> None:
    found = cudafe_text.diagnostics(golden("templates.txt"))
    over = found[0]
    assert over.message.endswith("matches the argument list; argument types are: (const char [2])")
    assert [note.number for note in over.notes] == ["3326", "3326"]
    header = next(one for one in found if one.file == "inc/h.cuh")
    assert [(context.file, context.line) for context in header.contexts] == [("", 3), ("t.cu", 3)]


def test_the_end_of_the_source_is_a_place() -> None:
    text = "__global__ void k(float *a) {\n  a[0] = 2;\n\n"
    said = (
        'At end of source: error: expected a "}"\nk.cu(1): note #3196-D: to match this "{"\n'
        "  __attribute__((global)) void k(float *a) {\n                                           ^\n\n"
    )
    (one,) = cudafe_text.diagnostics(said)
    placer = Placer("nvcc", "k.cu", lambda file: file == "k.cu", lambda _: text)
    (found,) = placer.findings([one])
    assert (found.message, found.path, found.span.start_line, found.span.end_column) == (
        'expected a "}"',
        "k.cu",
        1,
        len("  a[0] = 2;"),
    )
    assert [(note.line, text[note.column]) for note in one.notes] == [(1, "{")]


def test_an_error_of_some_targets_is_a_warning_that_names_them() -> None:
    of_all, of_one = (
        Finding("a.cu", Span(line, 0, line, 1), Severity.ERROR, "E", f"fault {line}", "nvcc") for line in (1, 2)
    )
    told = of_some({"sm_75": (of_all, of_one), "sm_90a": (of_all,)}, ("sm_75", "sm_90a"))
    assert told == (
        of_all,
        replace(
            of_one,
            severity=Severity.WARNING,
            message="fault 2 (on sm_75 but not on sm_90a)",
            data=(("architectures", "sm_75"),),
        ),
    )


def test_a_fault_in_a_header_of_others_is_told_where_the_users_code_led_there() -> None:
    found = marked("templates.cu", golden("templates.txt"), "t.cu")
    assert found[-1][:3] == (3, golden("templates.cu").split("\n")[2].strip(), "Type")


def test_warnings_about_the_headers_of_others_are_left_out() -> None:
    output = 'inc/h.cuh(2): warning #177-D: variable "x" was declared but never referenced\n  int x;\n      ^\n\n'
    assert marked("templates.cu", output, "t.cu") == []


def test_a_missing_include_carries_the_preprocessors_column() -> None:
    found = cudafe_text.diagnostics(golden("host.txt"))
    assert [(one.line, one.column, one.fatal, one.host) for one in found] == [(19, 9, True, True)]


def test_a_missing_host_compiler_is_no_fault_of_the_code() -> None:
    assert HOST_MISSING.search(golden("nohost.txt"))
    reading = read(work("asm.cu", "/code/asm.cu"), Project("/code"), golden("nohost.txt"), failed=True)
    assert reading.host_missing
    assert reading.findings == ()


@pytest.mark.parametrize("garbage", ["", "\0\x7f(((", "x.cu(5): error", "a(1): error: \n  \n ^", "Segmentation fault"])
def test_garbage_gives_no_finding_and_no_crash(garbage: str) -> None:
    reading = read(work("asm.cu", "/code/asm.cu"), Project("/code"), garbage, failed=True)
    assert all(finding.path == "/code/asm.cu" for finding in reading.findings)
    assert reading.failure or reading.findings


def test_costs_are_those_of_the_kernels_and_not_of_functions_they_call() -> None:
    output = golden("resources.txt")
    costs = {cost.kernel: cost for cost in ptxas.costs(output)}
    assert set(costs) == {"big", "bigt", "spill"}
    assert costs["bigt"].instance == "bigt<float, 1000>"
    assert (costs["bigt"].static_shared, costs["bigt"].registers, costs["bigt"].architecture) == (4000, 10, "sm_80")
    spill = costs["spill"]
    assert (spill.registers, spill.stack, spill.spill_stores, spill.spill_loads) == (24, 128, 160, 160)
    called = output.replace("Function properties for _Z3bigPf", "Function properties for _Z5innerf")
    assert next(cost for cost in ptxas.costs(called) if cost.kernel == "big").stack == 0


def test_too_much_static_shared_memory_is_told_at_the_kernels_name() -> None:
    job = work("resources.cu", "/code/c.cu")
    (found,) = complaint_findings(job, ptxas.complaints(golden("resources.txt")))
    assert (found.span, found.code, found.severity) == (Span(0, 16, 0, 19), "StaticSharedMemory", Severity.ERROR)
    assert dict(found.data) == {"kernel": "big", "value": "400000", "limit": "49152"}


def test_spills_are_told_once_a_kernel_with_figures() -> None:
    job = work("resources.cu", "/code/c.cu")
    (found,) = spill_findings(job, ptxas.costs(golden("resources.txt")) * 2)
    assert (found.span, found.code, found.severity) == (Span(9, 42, 9, 47), "Spills", Severity.INFORMATION)
    assert "160 bytes of stores and 160 of loads a thread, with 24 registers" in found.message
    assert dict(found.data)["architectures"] == "sm_80"


def test_spills_of_a_librarys_kernels_are_not_told() -> None:
    costs = [replace(cost, kernel="DeviceSelectSweepKernel") for cost in ptxas.costs(golden("resources.txt"))]
    assert spill_findings(work("resources.cu", "/code/c.cu"), costs) == ()


def test_a_long_instance_is_called_by_its_kernel() -> None:
    costs = [replace(cost, instance=f"spill<{'x' * 500}>") for cost in ptxas.costs(golden("resources.txt"))]
    (found,) = spill_findings(work("resources.cu", "/code/c.cu"), costs)
    assert found.message.startswith("Kernel 'spill' spills")


def test_a_line_of_the_ptx_leads_to_the_line_of_the_source() -> None:
    job = work("asm.cu", "/code/asm.cu")
    # nvcc printed line 26 of a text made without -lineinfo; with it the instruction stands on line 28.
    (complaint,) = ptxas.complaints(golden("asm.txt").replace("line 26", "line 28"))
    (found,) = complaint_findings(job, [complaint], {"asm.ptx": golden("asm.ptx")})
    assert (found.span.start_line, found.span.start_column) == (2, 4)
    (blind,) = complaint_findings(job, [complaint])
    assert blind.span == Span(0, 0, 0, len(golden("asm.cu").split("\n")[0]))


@pytest.mark.parametrize(
    ("symbol", "bare", "instance"),
    [
        ("_Z5scalePfi", "scale", "scale"),
        ("_Z4bigtIfLi1000EEvPT_", "bigt", "bigt<float, 1000>"),
        ("_Z6kernelIN2ns3FooIiEELb1ELin3EEvT_", "kernel", "kernel<ns::Foo<int>, true, -3>"),
        ("_ZN12_GLOBAL__N_11kEPi", "k", "(anonymous namespace)::k"),
        ("_Z1kIPKfJidEEvT_DpT0_", "k", "k<float const *, int, double>"),
        ("_Z1kI6__halfLj4EEvPT_", "k", "k<__half, 4u>"),
        ("plain", "plain", "plain"),
        ("_Z", "_Z", "_Z"),
        ("_Z99k", "_Z99k", "_Z99k"),
        ("_Z1kI" + "P" * 500 + "fEvv", "k", "k"),
        ("_ZN2ns1kIS9_EEvv", "k", "k"),
    ],
)
def test_names_of_kernels(symbol: str, bare: str, instance: str) -> None:
    assert kernel_name(symbol) == KernelName(bare, instance)
