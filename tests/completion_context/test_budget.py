"""Lengths in tokens: counted while nobody waits, guessed until then, never above the model's context."""

from __future__ import annotations

from signoff.completion.budget import Tokens, limits
from signoff.completion.model.protocol import Budget, Description, ModelUnavailable
from signoff.completion.window import CHARACTERS

TEXT = "assign y = a & b;\n" * 20


class Counter:
    """Four characters a token; `there` is whether the server can count."""

    def __init__(self, there: bool = True) -> None:
        self.there = there
        self.asked: list[str] = []

    async def __call__(self, text: str) -> int | None:
        self.asked.append(text)
        return len(text) // 4 if self.there else None


async def test_a_text_is_counted_once_and_its_language_s_density_is_learned() -> None:
    count = Counter()
    tokens = Tokens(count)
    assert tokens.length(TEXT, "verilog") == -(-len(TEXT) * 100 // int(CHARACTERS * 100))
    await tokens.learn([TEXT, TEXT, ""], "verilog")
    assert tokens.length(TEXT, "verilog") == len(TEXT) // 4
    assert tokens.characters("verilog") == 4.0
    assert tokens.characters("c") == CHARACTERS
    assert tokens.length("wire x = 1;\n", "verilog") == 3
    assert count.asked == [TEXT]


async def test_a_model_that_cannot_count_is_asked_once() -> None:
    count = Counter(there=False)
    tokens = Tokens(count)
    await tokens.learn([TEXT, "other text"], "verilog")
    await tokens.learn(["third text"], "verilog")
    assert len(count.asked) == 1


async def test_a_server_that_is_gone_is_no_trouble() -> None:
    async def gone(text: str) -> int | None:
        raise ModelUnavailable("gone")

    tokens = Tokens(gone)
    await tokens.learn([TEXT], "verilog")
    assert tokens.characters("verilog") == CHARACTERS


async def test_what_is_kept_is_bounded() -> None:
    tokens = Tokens(Counter())
    await tokens.learn([f"net_{number} " * 20 for number in range(3000)], "verilog")
    assert len(tokens._known) <= 1024


def test_text_beyond_ascii_is_not_taken_for_short() -> None:
    assert Tokens().length("漢" * 100, "c") >= 150


def test_a_budget_that_the_context_holds_stays() -> None:
    known = Description("m", "b", "qwen", Budget(1000, 200, 300), context_tokens=4096)
    assert limits(known, 96) == known.budget
    assert limits(Description("m", "b", "qwen"), 96) == Budget()


def test_no_budget_exceeds_the_context() -> None:
    for context in (64, 128, 512, 1024, 2048, 4096):
        for answer in (16, 96, 512):
            known = Description("m", "b", "qwen", Budget(3000, 750, 1500), context_tokens=context)
            budget = limits(known, answer)
            assert min(budget.prefix, budget.suffix, budget.passages) >= 0
            assert budget.prefix + budget.suffix + budget.passages + answer <= max(context, answer)
