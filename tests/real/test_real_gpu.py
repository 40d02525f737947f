"""Two small released packages of GPU code: no error from the launch checks (`make real` does all of them)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import gpu
from sources import Source, sources, unpacked
from wheels import NotToBeHad

pytestmark = [pytest.mark.slow, pytest.mark.tool, pytest.mark.timeout(300)]


@pytest.fixture(params=["torch-scatter", "lightgbm"])
def folder(request: pytest.FixtureRequest) -> Path:
    named: dict[str, Source] = {source.name: source for source in sources("cuda")}
    try:
        return unpacked(named[request.param])
    except NotToBeHad as error:
        pytest.skip(str(error))


async def test_released_launches_have_no_error(folder: Path) -> None:
    count = (await gpu.checked(folder, gpu.files(folder, (".cu", ".cuh")), ("launch",)))["launch"]
    assert (count.errors, count.trouble, count.warnings.total()) == ([], [], 0)
    assert count.launches["fully"] + count.launches["partly"] > 10
