"""Templates for C and CUDA on small faults: the first edit that the real compilers accept is the expected one."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from template_helpers import proven

from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

HEAD = """#include <stdint.h>
struct reg { volatile uint32_t ctrl; uint32_t status; };
extern struct reg *const dev;
extern uint32_t table[8];
int fill(uint8_t *buf, int n);
void take(uint32_t *p);
"""
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-O2")


@dataclass(frozen=True)
class CCase:
    name: str
    fault: str
    mended: str
    cuda: bool = False

    def text(self, code: str) -> str:
        return f"{'' if self.cuda else HEAD}{code}\n"


TABLE = tomllib.loads((Path(__file__).parent / "c_templates.toml").read_text(encoding="utf-8"))
CASES = [CCase(**row) for row in TABLE["case"]]

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[dict[bool, tuple[Verifier, ...]]]:
    pool = WorkerPool()
    yield {False: (Gcc(pool, "proof"),), True: (Nvrtc(pool),)}
    await pool.close()


def document(text: str, folder: Path, *, cuda: bool) -> tuple[Snapshot, Project]:
    path = folder / ("kernel.cu" if cuda else "main.c")
    snapshot = Snapshot(path.as_uri(), str(path), "cuda-cpp" if cuda else "c", 3, text)
    if cuda:
        return snapshot, Project(str(folder), declared=True, files=(str(path),), buffers=(snapshot,))
    unit = CompileUnit(str(path), str(folder), "arm-none-eabi-gcc", (), standard="c11", flags=FLAGS, declared=True)
    image = Image("image", str(folder), declared=True, units=(unit,))
    return snapshot, Project(str(folder), files=(str(path),), unit=unit, image=image, buffers=(snapshot,))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_expected_edit_is_proven_in_c(
    case: CCase, verifiers: dict[bool, tuple[Verifier, ...]], tmp_path: Path
) -> None:
    tools = verifiers[case.cuda]
    snapshot, project = document(case.text(case.fault), tmp_path, cuda=case.cuda)
    if not tools[0].available(project.settings).available:
        pytest.skip(f"{tools[0].name} is not here")
    found = await proven(snapshot, project, tools)
    assert any(case.text(case.mended) == texts[0] for texts in found.values()), list(found.items())
