"""CMSIS-DSP as one firmware image: nothing is said of it, and it links. `make real` checks all of that library."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import mcu
from mcu_packages import dsp
from wheels import NotToBeHad

from signoff.verifiers.finding import Finding, Severity, Span

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tool,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        return dsp("test", 20)
    except NotToBeHad as error:
        pytest.skip(str(error))


async def test_a_librarys_firmware_has_no_error(folder: Path) -> None:
    count = await mcu.checked(folder, ("part", "gcc", "link"), 10, 1, trusted=False)
    assert (count.images, count.linked, count.guessed) == (1, 1, 0)
    assert [one for one in count.said if one.severity <= Severity.WARNING] == []
    assert not count.trouble


def test_a_judged_error_is_known_by_place_and_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Finding(str(folder / "src" / "a.c"), Span(0, 0, 0, 1), Severity.ERROR, "PinShift", "...", "signoff")
    assert mcu.right(told, folder) == ""
    judged = {"path": f"{folder.name}/src/*.c", "code": "PinShift", "why": "it does"}
    monkeypatch.setattr(mcu, "TRUE", [judged])
    assert mcu.right(told, folder) == "it does"
