"""A mended kernel computes what the faulty one would on a GPU without limits: both run on the processor and agree."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from gpu_fix_helpers import fixes_for, text_of

from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.text import apply_edits
from signoff.verifiers.workers import WorkerPool

EMULATION = Path(__file__).parent / "emulate.h"
RANGE = re.compile(r"= \d+;( +// (\d+)\.\.(\d+))")
LAUNCH = re.compile(r"(\w+)<<<(.+?)>>>\((.*?)\);")
# The rules whose fixes each case must get, at least.
CASES = {
    "long_grid_y": ("grid", "grid"),
    "long_grid_z": ("grid", "grid"),
    "long_grid_y_of_two_launches": ("grid", "grid"),
    "long_grid_y_with_test": ("grid", "grid", "stride"),
    "block_constant": ("block",),
    "block_macro": ("block",),
    "block_literal": ("block",),
    "block_two_dimensions": ("block",),
    "block_of_grid_stride_loop": ("block",),
}
MAIN = """
int main()
{{
    float *before = outcome(original::run, original::SIZE);
{checks}
    return 0;
}}
"""
CHECK = """    limited = true;
    if (std::memcmp(before, outcome(mended_{n}::run, original::SIZE), original::SIZE * sizeof(float))) {{
        std::puts("fix {n} computes something else");
        return 1;
    }}"""

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++"),
]


def sized(text: str, chance: random.Random) -> str:
    """The text with sizes by chance, within the bounds that it names."""
    return RANGE.sub(lambda m: f"= {chance.randint(int(m[2]), int(m[3]))};{m[1]}", text)


def emulated(text: str, namespace: str) -> str:
    """The text for a C++ compiler; macros end with it, as every namespace defines them anew."""
    ends = "".join(f"#undef {name}\n" for name in re.findall(r"#define (\w+)", text))
    body = LAUNCH.sub(r"emulate([&] { \1(\3); }, \2);", text)
    return f"namespace {namespace} {{\n{body}\n}}\n{ends}"


async def proven(text: str) -> list[tuple[str, str]]:
    """(rule, mended text) of every fix that the launch checks accept."""
    pool = WorkerPool()
    try:
        _, fixes = await fixes_for(text, (Launch(pool, "proof"),))
    finally:
        await pool.close()
    return [(fix.rule, apply_edits(text, fix.edits)) for fix in fixes]


@pytest.mark.parametrize("name", CASES)
def test_every_fix_computes_the_same(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    text = sized(text_of(f"{name}.cu"), chance)
    mended = asyncio.run(proven(text))
    assert [rule for rule, _ in mended] == [*CASES[name]], text
    parts = [emulated(text, "original"), *(emulated(new, f"mended_{n}") for n, (_, new) in enumerate(mended))]
    checks = "\n".join(CHECK.format(n=n) for n in range(len(mended)))
    program = tmp_path / "program.cpp"
    program.write_text(f'#include "{EMULATION}"\n' + "".join(parts) + MAIN.format(checks=checks))
    binary = tmp_path / "program"
    compiled = subprocess.run(["g++", "-O1", "-o", binary, program], capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr[:2000]
    done = subprocess.run([binary], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + "\n".join(new for _, new in mended)


def test_the_comparison_sees_a_wrong_fix(tmp_path: Path) -> None:
    """A control: one blockIdx.x that stays as it was must not pass."""
    text, right = text_of("long_grid_y.cu"), text_of("long_grid_y.expected.cu")
    wrong = right.replace("1000.0f * blockIdx.y", "1000.0f * blockIdx.x")
    assert wrong != right
    program, binary = tmp_path / "program.cpp", tmp_path / "program"
    parts = emulated(text, "original") + emulated(wrong, "mended_0") + MAIN.format(checks=CHECK.format(n=0))
    program.write_text(f'#include "{EMULATION}"\n' + parts)
    subprocess.run(["g++", "-O1", "-o", binary, program], check=True)
    assert subprocess.run([binary], capture_output=True, check=False, timeout=60).returncode == 1
