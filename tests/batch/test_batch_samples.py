"""Datasets: what a sample may say, and that each bad line is told, by its number and in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import dataset, verilog
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.batch.samples import LONGEST_NAME, BadLine, Sample, parsed, samples


def one(said: Any) -> Sample | BadLine:
    return parsed(said if isinstance(said, bytes) else json.dumps(said).encode(), 3)


def test_a_sample_says_what_it_must_and_no_more() -> None:
    assert one({"code": "x", "language": "verilog"}) == Sample("line 3", 3, "top.v", (("top.v", "x"),))
    assert one({"id": 7, "code": "", "language": "Triton"}) == Sample("7", 3, "top.py", (("top.py", ""),))
    said = one({"id": "a", "code": "x", "file": "rtl/t.sv", "files": {"inc/d.svh": "y"}, "other": 1})
    assert said == Sample("a", 3, "rtl/t.sv", (("rtl/t.sv", "x"), ("inc/d.svh", "y")))
    assert isinstance(said, Sample) and said.code == "x"
    assert isinstance(one({"code": "x", "file": "a.v", "language": "systemverilog"}), Sample)
    assert isinstance(one({"code": "x", "file": "a.h", "language": "cpp"}), Sample)


BAD: dict[str, tuple[Any, str]] = {
    "not JSON": (b"{'code': 1}", "no JSON"),
    "cut off": (b'{"code": "x', "no JSON"),
    "not UTF-8": (b'{"code": "\xff"}', "not UTF-8 (byte 11)"),
    "nested": (b"[" * 100_000, "nested too deep"),
    "a list": ([1], "is a list, not an object"),
    "a number": (b"12", "is a number"),
    "null": (b"null", "is null"),
    "a huge number": (b'{"code": "x", "id": ' + b"9" * 5000 + b"}", ""),
    "no code": ({"language": "verilog"}, 'has no "code"'),
    "code is no text": ({"code": 1, "language": "c"}, '"code" is a number'),
    "no language": ({"code": "x"}, "nothing says what its code is"),
    "unknown language": ({"code": "x", "language": "vhdl"}, 'is "vhdl"; known are verilog'),
    "language is no text": ({"code": "x", "language": ["c"]}, "is a list"),
    "unknown ending": ({"code": "x", "file": "a.vhd"}, "ends in none of"),
    "both, at odds": ({"code": "x", "file": "a.py", "language": "c"}, "no such file"),
    "id is no text": ({"code": "x", "language": "c", "id": True}, '"id" is true or false'),
    "id is blank": ({"code": "x", "language": "c", "id": " "}, '"id" is a text'),
    "files is a list": ({"code": "x", "language": "c", "files": ["a"]}, '"files" is a list'),
    "a file is no text": ({"code": "x", "language": "c", "files": {"a.h": None}}, '"a.h" is null'),
    "the same file twice": ({"code": "x", "file": "a.v", "files": {"A.v": "y"}}, "two of its files"),
    "a file below a file": ({"code": "x", "file": "a.v", "files": {"a.v/b.v": "y"}}, "lies below a name"),
    "half a pair": (b'{"code": "\\ud800", "language": "c"}', "half a surrogate pair"),
    "too large": ({"code": "x", "language": "c", "files": {f"{n}.h": "" for n in range(3000)}}, "too large"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(name: str) -> None:
    said, why = BAD[name]
    found = one(said)
    assert isinstance(found, BadLine) and found.line == 3 and why in found.why and len(found.why) < 400


OUTSIDE = [
    "/etc/passwd.v",
    "../a.v",
    "a/../../b.v",
    "a//b.v",
    "./a.v",
    "a/./b.v",
    "C:/a.v",
    "C:a.v",
    "a\\b.v",
    "\\\\h\\a.v",
]
OUTSIDE += [
    "~/\0a.v",
    "a\n.v",
    " a.v",
    "a/ .v/b.v",
    ".../a.v",
    "",
    "/",
    "nul\x7f.v",
    "con|.v",
    f"{'a' * LONGEST_NAME}.v",
    "a /b.v",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_out_of_the_samples_folder(name: str) -> None:
    for said in ({"code": "x", "file": name}, {"code": "x", "file": "a.v", "files": {name: "y"}}):
        assert isinstance(one(said), BadLine), said


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda deep: (
            st.lists(deep, max_size=3)
            | st.dictionaries(st.sampled_from(["code", "file", "files", "id", "language", "a.v"]), deep, max_size=5)
        ),
        max_leaves=12,
    )
)
@settings(deadline=None)
def test_no_value_is_too_odd(said: Any) -> None:
    assert isinstance(one(said), Sample | BadLine)


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_no_bytes_are_too_odd(line: bytes) -> None:
    assert isinstance(parsed(line, 1), Sample | BadLine)


def test_a_dataset_is_read_line_by_line(tmp_path: Path) -> None:
    path = dataset(
        tmp_path / "d.jsonl", verilog("a"), "", "  ", "oops", verilog("b"), verilog("a"), verilog("c") | {"id": None}
    )
    found = list(samples(path))
    assert [(type(one), one.line) for one in found] == [
        (Sample, 1),
        (BadLine, 4),
        (Sample, 5),
        (BadLine, 6),
        (Sample, 7),
    ]
    assert isinstance(found[3], BadLine) and found[3].why == 'its id "a" is that of line 1'
    crlf = tmp_path / "crlf.jsonl"
    crlf.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert [type(one) for one in samples(crlf)] == [type(one) for one in found]


def test_the_digest_is_of_all_that_a_sample_is_but_its_line() -> None:
    base = {"id": "a", "code": "x", "file": "a.v", "files": {"b.v": "y", "c.v": "z"}}
    first, again = one(base), parsed(json.dumps(dict(reversed(base.items()))).encode(), 9)
    assert isinstance(first, Sample) and isinstance(again, Sample) and first.digest == again.digest
    changed = [{**base, "code": "w"}, {**base, "id": "b"}, {**base, "files": {"b.v": "y"}}, {**base, "file": "d.v"}]
    assert len({first.digest, *(said.digest for said in map(one, changed) if isinstance(said, Sample))}) == 5
