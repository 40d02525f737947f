"""Which family a model belongs to, and that a document's text is no template."""

import pytest

from signoff.completion import fim


def test_text_that_looks_like_a_template_is_text() -> None:
    assert fim.render("qwen", "{suffix}", "S")[0] == "<|fim_prefix|>{suffix}<|fim_suffix|>S<|fim_middle|>"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen"),
        ("qwen2.5-coder:7b-base", "qwen"),
        ("bigcode/starcoder2-3b", "starcoder2"),
        ("deepseek-ai/deepseek-coder-1.3b-base", "deepseek"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("codellama/CodeLlama-7b-hf", "codellama"),
        ("ibm-granite/granite-4.0-micro", "granite4"),
        ("google/codegemma-2b", "codegemma"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
        ("meta-llama/Llama-3.1-8B", None),
    ],
)
def test_the_family_of_a_model(name: str, family: str | None) -> None:
    found = fim.by_name(name)
    assert (found.name if found else None) == family


def test_every_template_holds_both_parts_and_few_stops() -> None:
    for row in fim.FAMILIES:
        assert row.template.count("{prefix}") == row.template.count("{suffix}") == 1
        assert len(row.stop) <= 4
        assert not any(stop.startswith(("//", "/")) for stop in row.stop)
