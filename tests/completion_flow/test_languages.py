"""Completions in every language through the parts that the server is made of: what its own tools accept is offered."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from flow_fakes import SETTINGS, ToldModel

from signoff.completion.engine import CompletionEngine
from signoff.completion.facts import registry as facts
from signoff.lsp_server.documents import Documents
from signoff.lsp_server.parts import Parts
from signoff.lsp_server.settings import Settings
from signoff.verifiers.text import line_index

pytestmark = pytest.mark.tool
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
# A file, its language, what is taken out of it and right, what is put there and wrong, and who must have said so.
CASES = [
    ("counter.v", "verilog", "value - 1'b1;", "valu - 1'b1;", "slang"),
    ("rmsnorm.cu", "cuda-cpp", "value * value;", "valeu * value;", "nvcc front end"),
    ("rmsnorm.cu", "cuda-cpp", "size_t(BATCH) * CHANNELS * SPATIAL * sizeof(float);", "BATHC * 4;", "nvcc front end"),
    ("softmax.py", "python", "tl.exp(values - tl.max(values, axis=0))", "tl.expp(values)", "triton"),
    ("firmware/ticks.c", "c", "CORE_CLOCK_HZ / 1000U - 1U;", "CORE_CLOCK / 1000U;", "gcc"),
]


@contextlib.asynccontextmanager
async def parts_of(folder: Path, model: ToldModel) -> AsyncIterator[tuple[Parts, Documents]]:
    """The server's parts with the model in place of a real one."""
    documents = Documents()
    settings = Settings(completion=replace(SETTINGS, check_timeout=30.0, candidates=1))
    parts = Parts(documents, settings, [str(folder)], lambda _: None, lambda _: None)

    async def opener(*_: object) -> ToldModel:
        return model

    parts.__dict__["engine"] = CompletionEngine(
        parts.pool, parts.completion_verifiers, settings.completion, facts.build(parts.pool, parts.slang), opener=opener
    )
    try:
        await parts.scan(lambda *_: None)
        yield parts, documents
    finally:
        await parts.close()


@pytest.mark.parametrize(("name", "language", "right", "wrong", "tool"), CASES)
async def test_what_a_language_s_tools_accept_is_offered_and_what_they_refuse_is_not(
    name: str, language: str, right: str, wrong: str, tool: str, tmp_path: Path
) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    path = tmp_path / name
    # Without the faults that they have on purpose.
    text = path.read_text(encoding="utf-8").replace("tl.arrange", "tl.arange").replace("@(value)", "@(*)")
    offset = text.index(right)
    model = ToldModel()
    async with parts_of(tmp_path, model) as (parts, documents):
        masked = text[:offset] + text[offset + len(right) :]
        document = documents.open(path.as_uri(), str(path), language, 1, masked)
        parts.opened(document)
        await parts.workspace.find_firmware([str(path)])
        snapshot, project = parts.checking.look(document.uri) or pytest.fail("the document is not looked at")
        able = {row.name for row in parts.completion_verifiers if row.available(project.settings).available}
        if tool not in able:
            pytest.skip(f"needs {tool}")
        place = line_index(snapshot.text).position(offset)
        model._answer = [wrong, "\n"]
        assert await parts.suggest(document.uri, place, automatic=True) == ()
        assert len(model.streams) == 1
        parts.engine.forget()
        model._answer = [right, "\n"]
        (found,) = await parts.suggest(document.uri, place, automatic=True)
        assert found.text == right
        assert tool in found.verdict.tools
