"""One slang engine in this process, and a way to ask it about short texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from slang_helpers import snapshot

from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl.slang_engine import SlangEngine
from signoff.verifiers.project import Project


@pytest.fixture
def engine() -> SlangEngine:
    return SlangEngine()


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """project({name: text}, **fields): writes the files and declares them in that order."""

    def make(files: dict[str, str], **fields: object) -> Project:
        for name, content in files.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, "utf-8")
        listed = tuple(str(tmp_path / name) for name in files if not name.endswith((".vh", ".svh")))
        return replace(Project(root=str(tmp_path), files=listed, declared=True), **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def check(engine: SlangEngine, tmp_path: Path, project: Callable[..., Project]) -> Callable[..., list[Finding]]:
    """check(text, {name: text of another file}, **fields of the project): the findings for focus.sv."""

    def run(text: str, files: dict[str, str] | None = None, **fields: object) -> list[Finding]:
        made = project(files or {}, **fields)
        path = str(tmp_path / "focus.sv")
        return engine.check(snapshot(path, text), replace(made, files=(*made.files, path)))

    return run
