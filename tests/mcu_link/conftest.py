"""Fixtures of the linker's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from link_firmware import Firmware


@pytest.fixture
def firmware(tmp_path: Path) -> Firmware:
    return Firmware(tmp_path)
