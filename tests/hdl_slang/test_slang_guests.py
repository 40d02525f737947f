"""What a document might become is read beside it: its own tree stays, and nothing of the guest does."""

from __future__ import annotations

from pathlib import Path

import pytest
from slang_helpers import codes, snapshot

from signoff.verifiers.hdl.slang_sources import SourceState
from signoff.verifiers.project import Project

pytestmark = pytest.mark.tool

OWN = "module m(output y); assign y = {}; endmodule\n"


@pytest.fixture
def parsed(monkeypatch) -> list[str]:
    """The texts that slang was given to parse, in turn."""
    texts: list[str] = []
    real = SourceState._parse
    monkeypatch.setattr(
        SourceState, "_parse", lambda self, source, prelude: texts.append(source.text) or real(self, source, prelude)
    )
    return texts


def project(path: Path) -> Project:
    return Project(root=str(path.parent), declared=True, files=(str(path),))


def test_a_judged_text_leaves_the_tree_of_its_document(engine, tmp_path, parsed):
    path = tmp_path / "m.sv"
    own, other = OWN.format("1'b0"), OWN.format("nowhere")
    assert engine.check(snapshot(path, own), project(path)) == []
    assert codes(engine.judge(snapshot(path, other), project(path))) == ["UndeclaredIdentifier"]
    assert codes(engine.errors(snapshot(path, other + "\n"), project(path))) == ["UndeclaredIdentifier"]
    assert engine.check(snapshot(path, own), project(path)) == []
    assert parsed == [own, other, other + "\n"]


def test_a_judged_text_that_is_taken_becomes_the_document(engine, tmp_path, parsed):
    path = tmp_path / "m.sv"
    own, other = OWN.format("1'b0"), OWN.format("nowhere")
    assert engine.check(snapshot(path, own), project(path)) == []
    engine.judge(snapshot(path, other), project(path))
    for _ in range(2):
        found = engine.check(snapshot(path, other), project(path))
        assert codes(found) == ["UndeclaredIdentifier"]
        assert found[0].span.start_column == other.index("nowhere")
    assert parsed == [own, other]


def test_a_text_may_be_judged_before_its_document_was_read(engine, tmp_path):
    path = tmp_path / "m.sv"
    assert codes(engine.judge(snapshot(path, OWN.format("nowhere")), project(path))) == ["UndeclaredIdentifier"]
    assert engine.check(snapshot(path, OWN.format("1'b0")), project(path)) == []


def test_many_judged_texts_do_not_grow_what_is_known(engine, tmp_path):
    path = tmp_path / "m.sv"
    engine.check(snapshot(path, OWN.format("1'b0")), project(path))
    state = engine._loader._state
    sizes = set()
    for number in range(20):
        engine.judge(snapshot(path, OWN.format(f"nowhere{number}")), project(path))
        assert engine._loader._state is state
        sizes.add((len(state._sources), len(state._names), len(state._buffers)))
    assert len(sizes) == 1
