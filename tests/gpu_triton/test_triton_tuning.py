"""@triton.autotune against its kernel and its launches, and the comments that name types and sizes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from triton_helpers import HEAD, marked, needs_triton, project, snapshot

from signoff.verifiers.finding import NOT_JUDGED, Severity
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.gpu.triton.triton_extract import read
from signoff.verifiers.gpu.triton.triton_tuning import covering, tuning
from signoff.verifiers.workers import WorkerPool

KERNEL = """
@triton.autotune(configs=[{configs}], key={key})
@triton.jit
def kernel(x_ptr, n, BLOCK: tl.constexpr):
    tl.store(x_ptr + tl.program_id(0) * BLOCK + {body}, n)


def launch(x, n):
    {launch}
"""
ONE, OTHER = "triton.Config({'BLOCK': 128})", "triton.Config({'BLOCK': 64}, num_warps=8)"
RANGE = "tl.arange(0, BLOCK)"


def tuned(*configs: str, key: str = "['n']", launch: str = "kernel[(1,)](x, n)", body: str = RANGE) -> str:
    return HEAD + KERNEL.format(configs=", ".join(configs or (ONE, OTHER)), key=key, launch=launch, body=body)


def asserting(least: int) -> str:
    return tuned().replace("    tl.store", f"    tl.static_assert(BLOCK > {least})\n    tl.store")


@pytest.fixture
async def triton():
    pool = WorkerPool()
    yield Triton(pool)
    await pool.close()


FAULTS = {
    "a size in the second configuration": (
        tuned(ONE, "triton.Config({'BLOCK': 1000})", body="«tl.arange(0, BLOCK)»"),
        "TritonValue",
        "(with BLOCK=1000, as @triton.autotune has it)",
    ),
    "warps that are no power of two": (tuned(ONE, "triton.Config({'BLOCK': 64}, num_warps=«3»)"), "TritonValue", "3"),
    "warps by position": (tuned("triton.Config({'BLOCK': 64}, «3»)"), "TritonValue", "3"),
    "a name in key": (tuned(key="['n', «'nn'»]"), "TritonArgument", "key names nn, which is no parameter of kernel"),
    "a name in a configuration": (
        tuned(ONE, "triton.Config({«'BLCK'»: 64})"),
        "TritonArgument",
        "kernel has no parameter BLCK: is BLOCK meant?",
    ),
    "a value that a configuration lacks": (
        tuned(ONE, "«triton.Config({}, num_warps=8)»"),
        "TritonArgument",
        "gives no value for BLOCK",
    ),
    "a value given twice": (
        tuned(launch="kernel[(1,)](x, n, «BLOCK»=64)"),
        "TritonArgument",
        "BLOCK is set by the configurations",
    ),
    "a value given twice, by position": (tuned(launch="kernel[(1,)](x, n, «64»)"), "TritonArgument", "BLOCK is set"),
    "warps given twice": (tuned(launch="kernel[(1,)](x, n, «num_warps»=4)"), "TritonArgument", "num_warps is set"),
    "a loop over a list": (
        HEAD + "@triton.jit\ndef kernel(x_ptr):\n    «for i in [1, 2]:»\n        tl.store(x_ptr, i)\n",
        "TritonUnsupported",
        "runs over range(), tl.range() or tl.static_range()",
    ),
}
LEGAL = {
    "one configuration that fails its assertion is passed over": asserting(100),
    "which are tried is computed": tuned(
        ONE, "triton.Config({'BLOCK': 1000}, num_warps=3)", key="['n'], prune_configs_by={'early_config_prune': f}"
    ),
    "options of another maker": tuned("triton.Config({'BLOCK': 64, 'waves_per_eu': 2, 'grf_mode': 'large'})"),
    "what heuristics supply": tuned().replace("@triton.jit", "@triton.heuristics({'E': lambda a: 1})\n@triton.jit"),
    "a list from elsewhere": tuned("*others()", launch="kernel[(1,)](x, n, BLOCK=64)"),
    "a decorator between": tuned(key="['other']").replace("@triton.jit", "@wrapped\n@triton.jit"),
    "options that the launch gives, without autotune": HEAD
    + "@triton.jit\ndef kernel(x_ptr, n):\n    tl.store(x_ptr, n)\n\n\nkernel[(1,)](x, 2, num_warps=4)\n",
}


@pytest.mark.tool
@needs_triton
async def test_faults_of_a_tuned_kernel(triton):
    for name, (source, code, said) in FAULTS.items():
        text, place = marked(source)
        (finding,) = (await triton.run(snapshot(text), project())).findings
        span = finding.span
        assert (finding.code, finding.severity) == (code, Severity.ERROR), name
        assert said in finding.message
        assert (span.start_line, span.start_column, span.end_line, span.end_column) == place, name


@pytest.mark.tool
@needs_triton
async def test_what_autotune_allows_says_nothing(triton):
    for name, text in LEGAL.items():
        outcome = await triton.run(snapshot(text), project())
        assert outcome.judged and not outcome.findings, name


@pytest.mark.tool
@needs_triton
async def test_an_assertion_that_no_configuration_passes(triton):
    (finding,) = (await triton.run(snapshot(asserting(1000)), project())).findings
    assert finding.code == "TritonAssertion"


@pytest.mark.tool
@needs_triton
async def test_too_many_warps_in_one_of_several_are_only_passed_over(triton):
    many = "triton.Config({'BLOCK': 64}, num_warps=64)"
    for configs, severity in ((ONE, many), Severity.WARNING), ((many,), Severity.ERROR):
        (finding,) = (await triton.run(snapshot(tuned(*configs)), project())).findings
        assert (finding.code, finding.severity) == ("TooManyThreads", severity)


COMMENTS = {
    "«Q: 5»": "kernel has no parameter Q",
    "«BLCK: 5», BLOCK: 64": "kernel has no parameter BLCK: is BLOCK meant?",
    "«x_ptr: *fp3», n: i32": "*fp3 is no type of Triton's",
    "x_ptr: *fp16, «BLOCK: fp16»": "fp16 is no value that can be read here",
    "«BLOCK=64»": "this is not read: write name: type",
}


@pytest.mark.tool
@needs_triton
async def test_comments_that_cannot_be_read(triton):
    kernel = "@triton.jit\ndef kernel(x_ptr, n, BLOCK: tl.constexpr):\n    tl.store(x_ptr, n)\n"
    for comment, said in COMMENTS.items():
        text, place = marked(f"{HEAD}# signoff: {comment}\n{kernel}")
        (finding,) = (await triton.run(snapshot(text), project())).findings
        span = finding.span
        assert (finding.code, finding.severity, finding.tool) == ("TritonComment", Severity.WARNING, "signoff")
        assert finding.message.startswith(said)
        assert (span.start_line, span.start_column, span.end_line, span.end_column) == place
    good = f"{HEAD}# signoff: x_ptr: *fp16, n: 16\n# signoff: BLOCK: 2 * 64\n{kernel}"
    assert not (await triton.run(snapshot(good), project())).findings


@pytest.mark.tool
@needs_triton
async def test_kernels_that_were_not_judged_are_named(triton):
    text = f"{HEAD}@triton.jit\ndef kernel(x_ptr, F: tl.constexpr):\n    tl.store(x_ptr, F(1))\n"
    outcome = await triton.run(snapshot(text), project())
    assert outcome.facts[NOT_JUDGED] == (("kernel", "F is a function that the launch hands in"),)
    assert not outcome.complete


@pytest.mark.tool
@needs_triton
def test_the_command_line_says_what_was_not_judged(tmp_path: Path):
    kernel = "@triton.jit\ndef {}(x_ptr, F: tl.constexpr):\n    tl.store(x_ptr, F(1))\n\n\n"
    text = HEAD + "".join(kernel.format(f"kernel{number}") for number in range(7))
    (tmp_path / "kernels.py").write_text(text)
    program = (sys.executable, "-m", "signoff.lsp_server.cli", "check", "kernels.py")
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert (
        "kernels.py: not judged by Triton: kernel0: F is a function that the launch hands in; kernel1:" in done.stderr
    )
    assert done.stderr.rstrip().endswith("; and 2 more")


def test_of_many_configurations_those_worth_a_try():
    listed = "[triton.Config({'BLOCK': b, 'FLAG': f}) for b in (16, 32, 64, 128, 48) for f in (True, False)]"
    text = HEAD + f"@triton.autotune(configs={listed}, key=[])\n@triton.jit\ndef k(x, BLOCK, FLAG):\n    pass\n"
    module = read("/w/k.py", text)
    configs = tuning(module.functions[0], module).configs
    chosen = covering(configs, 5)
    assert len(configs) == 10 and chosen[0] is configs[0]
    assert {(item.values["BLOCK"]) for item in chosen} == {16, 128, 48}
    assert {(item.values["FLAG"]) for item in chosen} == {True, False}
    assert len(covering(configs, 2)) == 2 and covering((), 5) == []
