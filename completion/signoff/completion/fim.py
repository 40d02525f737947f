"""Fill-in-the-middle templates, one row a model family, and which family a model belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of models is asked to fill in: `template` holds {prefix} and {suffix} in its own order.

    `marker` is the special token by which a tokenizer shows that it knows the family. `stop` ends a
    completion. `names` are parts of model names, lower case; the earlier family wins. Source of the rows:
    the models' own cards and tokenizer files.
    """

    name: str
    template: str
    marker: str
    stop: tuple[str, ...]
    names: tuple[str, ...]


FAMILIES: tuple[Family, ...] = (
    Family(
        "deepseek",
        "<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
        "<｜fim▁begin｜>",
        ("<｜end▁of▁sentence｜>",),
        ("deepseek-coder", "deepseek-v2", "deepseek-v3"),
    ),
    # Before the families whose names end in "coder": the suffix comes first here.
    Family(
        "seed-coder",
        "<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>",
        "<[fim-prefix]>",
        ("<[end▁of▁sentence]>",),
        ("seed-coder",),
    ),
    Family("codellama", "<PRE> {prefix} <SUF>{suffix} <MID>", "▁<PRE>", ("<EOT>",), ("codellama", "code-llama")),
    Family(
        "codestral", "[SUFFIX]{suffix}[PREFIX]{prefix}", "[PREFIX]", ("</s>",), ("codestral", "devstral", "leanstral")
    ),
    Family(
        "glm",
        "<|code_prefix|>{prefix}<|code_suffix|>{suffix}<|code_middle|>",
        "<|code_prefix|>",
        ("<|endoftext|>",),
        ("codegeex", "glm-4"),
    ),
    Family(
        "starcoder",
        "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>",
        "<fim_prefix>",
        ("<file_sep>", "<|endoftext|>"),
        (
            "starcoder",
            "stable-code",
            "granite-3",
            "granite3",
            "granite-8b-code",
            "granite-3b-code",
            "refact",
            "santacoder",
        ),
    ),
    Family(
        "codegemma",
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        "",
        ("<|file_separator|>", "<eos>"),
        ("codegemma",),
    ),
    Family(
        "qwen",
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        "<|fim_prefix|>",
        ("<|fim_pad|>", "<|file_sep|>", "<|endoftext|>", "<|im_end|>"),
        ("qwen2.5-coder", "qwen2.5coder", "qwen3-coder", "qwen25-coder"),
    ),
    Family(
        "granite4",
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        "",
        ("<|fim_pad|>", "<|end_of_text|>"),
        ("granite-4", "granite4"),
    ),
)

# No completion contains one of these: where a model writes one as plain text, its answer has ended.
SPECIAL = (
    "<|fim_", "<|file_sep", "<|repo_name", "<|endoftext", "<|im_end", "<|im_start", "<fim_", "<file_sep>",
    "<｜fim", "<｜end▁of", "<[fim-", "<|code_prefix", "<|code_suffix", "<|code_middle", "<|file_separator",
    "<EOT>", " <MID>",
)  # fmt: skip


def by_name(name: str) -> Family | None:
    """The family of a model name or path, None where it is not known."""
    name = name.lower().replace("_", "-")
    return next((family for family in FAMILIES if any(part in name for part in family.names)), None)


def get(name: str) -> Family | None:
    """The family called `name`, None for "" or an unknown name."""
    return next((family for family in FAMILIES if family.name == name), None)


def render(family: str, prefix: str, suffix: str) -> tuple[str, tuple[str, ...]]:
    """(prompt, stop strings). Without a family the text is continued from left to right."""
    row = get(family)
    if row is None:
        return prefix, ()
    parts = {"prefix": prefix, "suffix": suffix}
    # In one pass: the document's own text may hold the word {suffix}.
    return re.sub(r"\{(prefix|suffix)\}", lambda place: parts[place[1]], row.template), row.stop
