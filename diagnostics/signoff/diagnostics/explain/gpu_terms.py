"""What matters at a word of CUDA or Triton, with the numbers of the target. The texts are gpu_terms.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from signoff.diagnostics.explain.gpu_text import by_target, size, targets_text
from signoff.verifiers.gpu.hardware.limits import Limits
from signoff.verifiers.project import Project

PLACEHOLDER = re.compile(r"\{(?P<field>\w+)(?::(?P<form>size))?\}")
DERIVED: dict[str, Callable[[Limits], int]] = {
    "registers_each": lambda of: of.regs_per_block // of.threads_per_block,
}


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the table: Markdown with placeholders, and the page that says so."""

    title: str
    text: str
    source: str


@cache
def terms() -> dict[str, Term]:
    """Every word that has a text."""
    data = resources.files("signoff.diagnostics.explain").joinpath("gpu_terms.toml").read_text("utf-8")
    entries = tomllib.loads(data)["term"]
    return {
        word: Term(entry["title"], entry["text"].strip(), entry["source"])
        for entry in entries
        for word in entry["words"]
    }


def term_hover(word: str, project: Project) -> str | None:
    """Markdown for a word such as "dim3", "__shared__", "extern __shared__" or "tl.dot"; None for any other."""
    term = terms().get(word)
    if term is None:
        return None
    text = PLACEHOLDER.sub(lambda match: _filled(match, project), term.text)
    return f"**{term.title}**\n\n{text}\n\n{targets_text(project)} [Source]({term.source})"


def _filled(match: re.Match[str], project: Project) -> str:
    field = match["field"]
    value = DERIVED.get(field) or (lambda of: int(getattr(of, field)))
    return by_target(project, value, size if match["form"] else str)
