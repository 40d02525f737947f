"""The request to the model: a pure function of what it reads, so that equal surroundings give equal bytes."""

from __future__ import annotations

from dataclasses import replace

from signoff.completion import fim, window
from signoff.completion.budget import limits
from signoff.completion.context import Hole
from signoff.completion.model import heal
from signoff.completion.model.protocol import Description, Request
from signoff.completion.notes import Note
from signoff.completion.passage import Passage
from signoff.completion.window import Window

# What a document is called in a prompt where nobody says: the ending tells the model the language.
NAMES = {"c": "main.c", "cpp": "main.cpp", "cuda-cpp": "main.cu", "cuda": "main.cu", "python": "main.py"}
HDL_NAMES = {"verilog": "top.v", "systemverilog": "top.sv"}


def build(
    hole: Hole,
    description: Description,
    passages: tuple[Passage, ...],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
    n: int = 1,
    path: str = "",
    read: Window | None = None,
) -> Request:
    """The request for `n` candidates. Stop strings are the family's, and the line's end where one line is wanted.

    `read` is the window of the document (see gather.Reader), by default one without a past; `path` the document's
    name below the workspace's root. The passages must fit the budget already.
    """
    seen = read if read is not None else window.read(None, hole, limits(description, max_tokens))
    path = path or NAMES.get(hole.language) or HDL_NAMES.get(hole.language, "")
    far = tuple(one for one in passages if not one.near)
    near = tuple(one for one in passages if one.near)
    seen = replace(seen, notes=(*seen.notes, Note(seen.line, near))) if near else seen
    prefix = seen.told(hole.language)
    typed = heal.end_of(prefix) if description.spm else ""
    prompt, stop = render(description, prefix.removesuffix(typed), seen.suffix, far, path)
    line_end = () if hole.block else ("\n",)
    return Request(prompt, prefix, seen.suffix, far, (*line_end, *stop)[:4], max_tokens, temperature, seed, n, typed)


def render(
    description: Description, prefix: str, suffix: str, passages: tuple[Passage, ...], path: str
) -> tuple[str, tuple[str, ...]]:
    """(prompt, stop strings) with the passages in the form that does best for the model."""
    if not repository(description):
        prefix, passages = fim.as_comments(passages, path) + prefix, ()
    return fim.render(description.family, prefix, suffix, passages, path, spm=description.spm)


def repository(description: Description) -> bool:
    """Whether other files come in the family's own form for several files, rather than as comments."""
    return fim.repo_level(description.family)
