"""Fixes that compiler and linker must accept, on a copy of the example firmware; `signoff fix`; a real editor."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from client import Client
from mcu_fix_helpers import document, fixes_for, judges, project_of

from signoff.diagnostics.fixes.offer import ProvenFix
from signoff.verifiers.mcu.build.recipe import read_recipe
from signoff.verifiers.project import Project
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier

pytestmark = pytest.mark.tool
ASYNC = pytest.mark.asyncio(loop_scope="module")

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "firmware"
SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
BUILT = "(accepted by part checks, arm-none-eabi-gcc, the linker)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "firmware"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which nothing is changed: a fault is in the text of an open document alone."""
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("clean") / "firmware"))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Verifier, ...]]:
    async with judges(tmp_path_factory.mktemp("objects")) as made:
        yield made


def project(folder: Path, name: str = "led") -> Project:
    """The project of main.c, as the recipe declares it."""
    (image,) = read_recipe(str(folder / "signoff.toml"), names=(name,)).images
    files = tuple(map(str, sorted(folder.glob("*.[ch]"))))
    made = project_of(folder / "main.c", image.units)
    return replace(made, image=image, files=files)


async def fixes(
    folder: Path,
    verifiers: tuple[Verifier, ...],
    old: str,
    new: str,
    name: str = "main.c",
    changed: Project | None = None,
) -> tuple[str, tuple[ProvenFix, ...]]:
    """The faulty text, and what is offered for it."""
    path, base = folder / name, changed or project(folder)
    unit = next(one for one in base.image.units if one.source == str(path)) if base.image else None
    clean = path.read_text("utf-8")
    assert old in clean
    snapshot, made = document(path, clean.replace(old, new), replace(base, unit=unit))
    _, found = await fixes_for(snapshot, made, verifiers)
    return snapshot.text, found


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("uart_print_number(percent)", "uart_print_nunber(percent)", "main.c"),
        ("STEP_MILLISECONDS);", "STEP_MILISECONDS);", "main.c"),
        ('#include "board.h"\n', "", "main.c"),
        ('#include "board.h"', '#include "bord.h"', "main.c"),
        ("EXTI0_IRQHandler", "EXTI0_IRQHandlr", "button.c"),
        ("int brighter = 1;", "int brighter = 1", "main.c"),
    ],
)
@ASYNC
async def test_the_text_comes_back(clean: Path, verifiers: tuple[Verifier, ...], old: str, new: str, name: str) -> None:
    faulty, found = await fixes(clean, verifiers, old, new, name)
    assert found, "nothing is offered"
    whole = (clean / name).read_text("utf-8")
    assert sorted(apply_edits(faulty, found[0].edits).split()) == sorted(whole.split())
    assert "arm-none-eabi-gcc" in found[0].title
    assert not found[0].ambiguous and not found[0].behaviour


@ASYNC
async def test_what_is_called_must_be_linked(clean: Path, verifiers: tuple[Verifier, ...]) -> None:
    _, found = await fixes(clean, verifiers, "pwm_set(percent)", "pwm_sett(percent)")
    assert [fix.title for fix in found] == [f"Replace 'pwm_sett' by 'pwm_set' {BUILT}"]
    whole = project(clean)
    assert whole.image is not None
    units = tuple(one for one in whole.image.units if not one.source.endswith("pwm.c"))
    without = replace(whole, image=replace(whole.image, units=units))
    _, found = await fixes(clean, verifiers, "pwm_set(percent)", "pwm_sett(percent)", changed=without)
    assert found == ()


@ASYNC
async def test_a_source_is_added_to_the_recipe(folder: Path, verifiers: tuple[Verifier, ...]) -> None:
    recipe = folder / "signoff.toml"
    before = recipe.read_text("utf-8")
    recipe.write_text(before.replace('"ticks.c", "uart.c", "startup', '"ticks.c", "startup', 1), "utf-8")
    _, found = await fixes(folder, verifiers, "PWM on", "PWM on")
    assert {fix.title for fix in found} == {f"Add uart.c to the sources in signoff.toml {BUILT}"}
    fix = found[0]
    assert fix.elsewhere is not None and fix.elsewhere.path == str(recipe)
    text = apply_edits(fix.elsewhere.text, fix.edits)
    assert '"ticks.c", "startup_stm32f407.c", "uart.c"]' in text
    assert (recipe.read_text("utf-8"), len(text)) == (fix.elsewhere.text, len(fix.elsewhere.text) + len(', "uart.c"'))


@ASYNC
async def test_a_misspelt_source_is_put_right(folder: Path, verifiers: tuple[Verifier, ...]) -> None:
    recipe = folder / "signoff.toml"
    recipe.write_text(recipe.read_text("utf-8").replace('"pwm.c"', '"pmw.c"', 1), "utf-8")
    _, found = await fixes(folder, verifiers, "PWM on", "PWM on")
    assert {fix.title for fix in found} == {f"Write pwm.c for pmw.c in signoff.toml {BUILT}"}
    assert [edit.text for edit in found[0].edits] == ["pwm.c"]


@pytest.mark.parametrize(
    ("list_", "expected"),
    [
        ('[\n    "main.c",\n    "ticks.c", # last\n]', '[\n    "main.c",\n    "ticks.c", # last\n    "uart.c",\n]'),
        ('[\n    "main.c",\n    "ticks.c"\n]', '[\n    "main.c",\n    "ticks.c",\n    "uart.c"\n]'),
        ('["main.c", "tic*.c",]', '["main.c", "tic*.c", "uart.c",]'),
        ('["main.c", "urat.c"]', '["main.c", "uart.c"]'),
        ('["*.c", "!uart.c"]', ""),
        ('"*s.c"', ""),
    ],
)
def test_a_recipe_keeps_its_form(folder: Path, list_: str, expected: str) -> None:
    """Where a list is of another form than an array, or the new source would come elsewhere, nothing is proposed."""
    from signoff.diagnostics.fixes.mcu.recipe_sources import _added, _image_after

    path = folder / "signoff.toml"
    path.write_text(f'[[firmware]]\nname = "led"\nsources = {list_}\npart = "stm32f407vg"\n', "utf-8")
    (image,) = read_recipe(str(path)).images
    text = path.read_text("utf-8")
    edit, _ = _added(text, image, str(folder / "uart.c"))
    after = apply_edits(text, [edit]) if edit else ""
    if expected:
        assert f"sources = {expected}\n" in after
        made = _image_after(image, after)
        assert made is not None and made.units[-1].source == str(folder / "uart.c")
    elif edit:
        made = _image_after(image, after)
        assert made is not None
        assert [one.source for one in made.units] != [*(one.source for one in image.units), str(folder / "uart.c")] or (
            list_.startswith('["*.c"')
        )


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "signoff.lsp_server", "fix", *arguments]
    return subprocess.run(argv, cwd=cwd, capture_output=True, check=False, timeout=100, text=True)


def test_all_seven_faults_of_the_example_are_mended(folder: Path) -> None:
    done = run("--apply", "faulty.c", cwd=folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "faulty.c").read_text("utf-8")
    for line in (
        "void ticks_wait(uint32_t milliseconds);",
        "static volatile int pressed;",
        "EXTI->PR = EXTI_PR_PR0;",
        "void TIM2_IRQHandler(void)",
        "RCC->APB1ENR |= RCC_APB1ENR_TIM12EN;",
        "GPIOB->AFR[1] |= 9UL << ((14U - 8U) * 4U);",
        "ticks_wait(100U);",
    ):
        assert line in text
    assert "the linker" in done.stderr


def test_the_recipe_is_mended_with_the_file(folder: Path) -> None:
    recipe = folder / "signoff.toml"
    clean = recipe.read_text("utf-8")
    recipe.write_text(clean.replace('"pwm.c", "ticks.c"', '"ticks.c"', 1), "utf-8")
    assert run("--apply", "main.c", cwd=folder).returncode == 0
    assert '"startup_stm32f407.c", "pwm.c"]' in recipe.read_text("utf-8")
    assert recipe.read_text("utf-8").count("pwm.c") == clean.count("pwm.c")


@pytest.fixture
def editor(folder: Path) -> Iterator[Client]:
    with Client(SERVE, folder) as client:
        root = {"uri": folder.as_uri(), "name": "w"}
        capabilities = {
            "workspace": {"workspaceEdit": {"documentChanges": True}},
            "textDocument": {
                "publishDiagnostics": {"versionSupport": True},
                "codeAction": {"resolveSupport": {"properties": ["edit"]}},
            },
        }
        about = {"processId": None, "rootUri": root["uri"], "workspaceFolders": [root], "capabilities": capabilities}
        client.ask("initialize", about)
        client.notify("initialized", {})
        yield client


def actions(editor: Client, uri: str, line: int) -> list[dict[str, Any]]:
    place = {"line": line, "character": 4}
    context: dict[str, Any] = {"diagnostics": []}
    asked = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": context}
    return editor.ask("textDocument/codeAction", asked, timeout=60) or []


def test_an_editor_offers_what_is_proven(editor: Client, folder: Path) -> None:
    uri = editor.open(folder / "faulty.c", "c")
    editor.diagnostics(uri, lambda found: "WrongClockRegister" in {one["code"] for one in found}, 1, timeout=60)
    lines = (folder / "faulty.c").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(lines) if "APB2ENR" in text)
    (action,) = actions(editor, uri, line)
    assert action["title"] == "Enable TIM12 in RCC->APB1ENR (accepted by part checks, arm-none-eabi-gcc)"
    assert action["isPreferred"] and action["data"]["tools"] == ["part", "gcc"]
    (change,) = editor.ask("codeAction/resolve", action, timeout=60)["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    assert [edit["newText"] for edit in change["edits"]] == ["APB1ENR"]


def test_an_editor_is_given_the_edit_of_the_recipe(editor: Client, folder: Path) -> None:
    recipe = folder / "signoff.toml"
    recipe.write_text(recipe.read_text("utf-8").replace('"pwm.c", "ticks.c"', '"ticks.c"', 1), "utf-8")
    changed = [{"uri": recipe.as_uri(), "type": 2}]
    editor.notify("workspace/didChangeWatchedFiles", {"changes": changed})
    uri = editor.open(folder / "main.c", "c")
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    found = editor.diagnostics(uri, lambda some: "UndefinedReference" in {one["code"] for one in some}, 1, timeout=60)[
        1
    ]
    line = next(one["range"]["start"]["line"] for one in found if one["code"] == "UndefinedReference")
    action = next(one for one in actions(editor, uri, line) if "signoff.toml" in one["title"])
    (change,) = editor.ask("codeAction/resolve", action, timeout=60)["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": recipe.as_uri(), "version": None}
    assert [edit["newText"] for edit in change["edits"]] == [', "pwm.c"']
    # The recipe has changed since: the edit does not fit it any more.
    recipe.write_text(f"# changed\n{recipe.read_text('utf-8')}", "utf-8")
    with pytest.raises(Exception, match="changed since"):
        editor.ask("codeAction/resolve", action, timeout=60)
