"""The file of results: appended to, taken up again after any end, and never mixed with anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_helpers import told

from signoff.diagnostics.batch.results import NotResults, Results
from signoff.diagnostics.batch.samples import Sample

ONE = Sample("a", 1, "top.v", (("top.v", "x"),))
TWO = Sample("b", 2, "top.v", (("top.v", "y"),))
EDITED = Sample("a", 1, "top.v", (("top.v", "z"),))


def written(path: Path, *found: Sample) -> bytes:
    with Results(path, "o1") as results:
        for sample in found:
            results.add(told(sample))
    return path.read_bytes()


def test_what_is_done_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    written(path, ONE)
    data = written(path, TWO)
    assert [json.loads(line)["id"] for line in data.splitlines()] == ["a", "b"]
    with Results(path, "o1") as results:
        assert results.status("a", ONE.digest) == "clean" and results.status("b", TWO.digest) == "clean"
        assert results.status("a", EDITED.digest) == "", "an edited sample is another one"
        assert results.counts({(ONE.id, ONE.digest), (EDITED.id, EDITED.digest)}) == {"clean": 1}
    assert path.read_bytes() == data


def test_a_line_that_was_cut_off_is_dropped_wherever_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    whole = written(path, ONE, TWO)
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        with Results(path, "o1") as results:
            assert results.status("a", ONE.digest) and not results.status("b", TWO.digest)
            results.add(told(TWO))
        assert path.read_bytes() == whole


def test_other_options_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    data = written(path, ONE)
    with pytest.raises(NotResults, match="made with other options"):
        Results(path, "o2")
    assert path.read_bytes() == data
    with Results(path, "o2", restart=True) as results:
        assert not results.status("a", ONE.digest)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("data", [b"my notes", b"my notes\n", b'{"id": 1}\n', b"[]\n", b"\xff\n", b"null\n", b'"id"\n'])
def test_what_is_none_of_ours_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(data)
    with pytest.raises(NotResults, match="choose another --output"):
        Results(path, "o1")
    assert path.read_bytes() == data


def test_half_a_pair_is_no_reason_to_fail(tmp_path: Path) -> None:
    with Results(tmp_path / "r.jsonl", "o1") as results:
        results.add({**told(ONE), "code": "\ud800"})
    with Results(tmp_path / "r.jsonl", "o1") as results:
        assert results.status("a", ONE.digest)
