"""Whose words on a program count, where several builds have their say."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.programs import doubted
from signoff.verifiers.project import CompileUnit, Image


def image_of(root: Path, **changes: str) -> Image:
    source = root / "Core" / "Src" / "main.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("int main(void) { return application(); }\n")
    kind = changes.get("kind", "STM32CubeIDE")
    return Image("app", str(root), kind=kind, link_declared=True, units=(CompileUnit(str(source)),))


@pytest.mark.parametrize("folder", [".", "Core", "Core/Src"])
def test_an_ides_project_beside_cmakes_is_a_guess_of_what_is_linked(tmp_path: Path, folder: str) -> None:
    found = doubted(image_of(tmp_path), [str(tmp_path / folder)])
    assert not found.link_declared and "CMakeLists.txt may build these sources" in found.guessed[-1]


def test_cmakes_for_something_else_raise_no_doubt(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    assert doubted(image, [str(tmp_path.parent), str(tmp_path / "Drivers" / "CMSIS" / "NN")]) is image
    makefile = image_of(tmp_path, kind="Makefile")
    assert doubted(makefile, [str(tmp_path)]) is makefile
