"""What a model says of a finding, in a few sentences: it reads the facts that the user reads, and nothing else."""

from __future__ import annotations

from signoff.completion.model.chat import Chat, Talk, Turn, whole
from signoff.diagnostics.explain.finding import Asked, explained

# Tokens and characters of an answer: a paragraph, not an essay.
TOKENS, CHARACTERS = 260, 2_000
# Characters of facts that it is told; a table of a register file is of no use to it.
FACTS = 6_000
TASK = (
    "You explain one finding of a tool to an engineer who writes hardware-near code. You get what the tools say and "
    "the code at that place. In at most five plain sentences: say what is wrong at this place, and why that matters. "
    "Name the names in the code. Claim nothing that is not in what you get. No heading, no list, no code."
)


async def words(chat: Chat, asked: Asked) -> str:
    """The model's sentences; "" where it has none. Raises ModelUnavailable; cancelling it ends the model's work."""
    turns = (Turn("system", TASK), Turn("user", explained(asked)[:FACTS]))
    said = await whole(chat, Talk(turns, TOKENS), CHARACTERS)
    text = said.text.strip()
    if said.finish in ("length", "long", "cut"):
        # The last sentence is not whole.
        text = text[: text.rfind(".") + 1]
    return text.strip()
