"""What the model on this machine says before it is loaded, and that a runtime which does not stop is stopped."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from signoff.completion.model import describe, local
from signoff.completion.model.gguf import Metadata
from signoff.completion.model.local import LocalModel
from signoff.completion.model.protocol import Budget, Description, ModelUnavailable, NotInstalled, Request
from signoff.completion.passage import Passage
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import EngineError, WorkerCrashed, WorkerTimeout

KNOWN = Description("m", "openai", "qwen")
QWEN = frozenset({"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>"})


class FakePool:
    """Counts what is released."""

    def __init__(self) -> None:
        self.released: list[str] = []

    async def release(self, engine: Any, key: str) -> None:
        self.released.append(key)


def model(tokens: frozenset[str] = QWEN, context: int = 32768, **settings: Any) -> tuple[LocalModel, FakePool]:
    pool = FakePool()
    path = Path("/models/tiny-coder.gguf")
    return LocalModel(pool, path, CompletionSettings(**settings), Metadata("t", tokens, context)), pool  # type: ignore[arg-type]


async def test_what_it_is_is_known_before_it_is_loaded() -> None:
    known = model()[0].description
    assert (known.name, known.family, known.local, known.candidates) == ("tiny-coder", "qwen", True, 4)
    assert known.context_tokens == local.CONTEXT_TOKENS
    assert "whether the model was trained" in known.note
    assert model(frozenset())[0].description.family == ""
    assert "no token <fim_prefix>" in model(family="starcoder")[0].description.note
    assert await model()[0].count_tokens("a") is None


def test_a_small_context_bounds_the_budget() -> None:
    known = model(context=512)[0].description
    assert known.context_tokens == 512
    assert known.budget.prefix + known.budget.suffix + known.budget.passages < 512 - 96


async def test_a_file_that_is_no_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    file = tmp_path / "odd.gguf"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(NotInstalled, match=r"odd\.gguf cannot be used: it is no GGUF file"):
        await local.connect(CompletionSettings(local_model=str(file)), FakePool())  # type: ignore[arg-type]


@pytest.mark.parametrize(("used", "released"), [(itertools.count(0.0, 1.0), 1), (itertools.repeat(3.0), 0)])
async def test_a_runtime_that_works_on_for_nobody_is_ended(
    used: Any, released: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_processor_seconds", lambda process: next(used))
    monkeypatch.setattr(local, "GIVEN_UP_SECONDS", 0.05)
    monkeypatch.setattr(local, "LOOK_SECONDS", 0.01)
    running, pool = model()
    await running._end_if_busy()
    assert len(pool.released) == released


async def test_a_runtime_that_works_for_another_request_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    used = itertools.count(0.0, 1.0)
    monkeypatch.setattr(local, "_processor_seconds", lambda process: next(used))
    monkeypatch.setattr(local, "LOOK_SECONDS", 0.01)
    running, pool = model()
    running._streams = 1
    await running._end_if_busy()
    assert pool.released == []


def test_the_settings_bound_the_budget_and_the_context_bounds_both() -> None:
    wish = CompletionSettings(prefix_tokens=900, suffix_tokens=90, context_tokens=0)
    assert describe.budget_for(wish) == Budget(900, 90, 0)
    assert describe.budget_for(CompletionSettings(), Budget(1, 2, 3)) == Budget(1, 2, 3)
    small = describe.budget_for(wish, None, 256)
    assert 0 < small.prefix + small.suffix <= 256 - 96
    assert describe.budget_for(wish, None, 8).prefix > 0


def test_a_prompt_loses_other_files_first_and_then_what_is_far_from_the_cursor() -> None:
    prefix = "".join(f"p{number};\n" for number in range(40))
    request = Request("", prefix, "s" * 200, (Passage("a.v", "x"),))
    first = describe.shorter(request, KNOWN)
    assert first is not None
    assert (first.prefix, first.suffix, first.passages) == (prefix, "s" * 200, ())
    second = describe.shorter(first, KNOWN)
    assert second is not None
    assert prefix.endswith(second.prefix)
    assert len(second.prefix) < len(prefix)
    assert second.suffix == "s" * 100
    assert second.prompt == f"<|fim_prefix|>{second.prefix}<|fim_suffix|>{second.suffix}<|fim_middle|>"
    less: Request | None = second
    for _ in range(20):
        less = describe.shorter(less, KNOWN) if less else None
    assert less is None


def test_a_limit_that_the_server_names_becomes_part_of_the_description() -> None:
    known = Description("m", "openai", "qwen")
    assert describe.limited(known, CompletionSettings(), 0) == known
    limited = describe.limited(known, CompletionSettings(), 1000)
    assert limited.context_tokens == 1000
    assert limited.budget.prefix < known.budget.prefix


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            WorkerCrashed(f"{local.LLAMA.target}: ended by signal SIGKILL"),
            r"the system ended its process\. .* needs about 2\.5 GB",
        ),
        (
            WorkerCrashed("loading\nended by signal SIGABRT"),
            r"its process ended \(ended by signal SIGABRT\)\. .*smaller one",
        ),
        (
            WorkerTimeout(f"{local.LLAMA.target} gave no answer to start in 120 s"),
            r"not loaded within 120 s: .* needs about 2\.5 GB",
        ),
        (EngineError("Traceback\nValueError: no such tensor"), r"could not be loaded: ValueError: no such tensor"),
    ],
)
async def test_why_it_could_not_be_loaded_is_said_without_our_own_names(
    fault: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(FakePool):
        async def call(self, *arguments: object, timeout: float) -> object:
            raise fault

    monkeypatch.setattr("signoff.completion.model.weights.size_of", lambda path: 2_000_000_000)
    broken, _ = model()
    broken._pool = Failing()  # type: ignore[assignment]
    with pytest.raises(ModelUnavailable, match=words) as caught:
        await broken.prepare()
    assert "signoff." not in str(caught.value) and "engine" not in str(caught.value)
