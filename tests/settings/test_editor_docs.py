"""The settings in the editors' examples are settings that exist."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from signoff.lsp_server.settings import DEFAULTS, parse

DOCS = Path(__file__).resolve().parents[2] / "docs" / "editors.md"


def examples(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", examples("json"))
def test_vs_code(text: str) -> None:
    settings, messages = parse(json.loads(text))
    assert messages == ()
    assert settings != DEFAULTS


def test_helix() -> None:
    (text,) = examples("toml")
    settings, messages = parse(tomllib.loads(text)["language-server"]["signoff"]["config"])
    assert messages == ()
    assert settings.verifiers.verilator.arguments == ("-Wall",)


def test_every_example_that_starts_the_server_names_the_command() -> None:
    assert len(examples("json")) == 1
    for text in (examples("lua")[0], *examples("toml"), *examples("elisp")):
        assert re.search(r"""['"]signoff['"],? ?['"]?""", text)
        assert re.search(r"""['"]serve['"]""", text)
