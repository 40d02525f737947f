"""Clean sources with room for every fault, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from signoff.diagnostics.mutate.draw import sound
from signoff.diagnostics.mutate.mutation import Mutant, Mutator, mutant
from signoff.diagnostics.mutate.parsed import parsed
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

SAMPLES = Path(__file__).parent / "samples"
LANGUAGES = {".sv": "systemverilog", ".v": "verilog", ".cu": "cuda-cpp", ".c": "c", ".py": "python"}
PROJECT = Project("/project", declared=True)


def sample(name: str) -> Snapshot:
    path = SAMPLES / name
    return document(path.read_text(encoding="utf-8"), LANGUAGES[path.suffix], f"/project/{name}")


def document(text: str, language: str = "systemverilog", path: str = "/project/text.sv") -> Snapshot:
    return Snapshot(f"file://{path}", path, language, 3, text)


def mutants(snapshot: Snapshot, mutator: Mutator) -> Iterator[Mutant]:
    """All that one way of going wrong makes of a text, sound or not."""
    code = parsed(snapshot.text, snapshot.language)
    yield from (mutant(snapshot, mutator, mutation) for mutation in mutator.find(code))


def sound_ones(snapshot: Snapshot, mutator: Mutator) -> list[Mutant]:
    return [made for made in mutants(snapshot, mutator) if sound(made, mutator.parses, PROJECT)]


def changed(made: Mutant) -> tuple[str, str]:
    """The lines that differ, before and after, without blanks around them."""
    before, after = made.clean.text.split("\n"), made.faulty.text.split("\n")
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return " ".join(" ".join(before).split()), " ".join(" ".join(after).split())
