"""Invariant 1: the server's text equals the client's text after any sequence of edits, in every position encoding."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signoff.lsp_server.documents import Documents
from signoff.lsp_server.encoding import UTF8, UTF16, UTF32, column_from_units, units_from_column
from signoff.verifiers.text import LineIndex, apply_edits, difference

# What real files hold: all line endings, tabs, what only Python takes for a line end, surrogate pairs.
PIECES = [
    "\n",
    "\r\n",
    "\r",
    "\t",
    "a",
    "module x;",
    "é",
    "∂",
    "😋",
    "\u2028",
    "\f",
    "\x0b",
    "\x85",
    "\x00",
    " ",
    "end",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


class Client:
    """An editor: a list of lines' code units, spliced as the protocol says."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self.encoding = encoding

    def lines(self) -> list[tuple[int, str]]:
        """(offset, content without its ending) of each line, found character by character."""
        found, start, at = [], 0, 0
        while at < len(self.text):
            if self.text[at] in "\r\n":
                found.append((start, self.text[start:at]))
                at += 2 if self.text[at : at + 2] == "\r\n" else 1
                start = at
            else:
                at += 1
        return [*found, (start, self.text[start:])]

    def units(self, piece: str) -> int:
        """The length of `piece` in this client's units, by the codec itself."""
        width = {UTF8: 1, UTF16: 2, UTF32: 4}[self.encoding]
        codec = {UTF8: "utf-8", UTF16: "utf-16-le", UTF32: "utf-32-le"}[self.encoding]
        return len(piece.encode(codec)) // width

    def positions(self) -> list[tuple[int, tuple[int, int]]]:
        """Every (offset, position) at which an editor can edit."""
        places = []
        for number, (start, content) in enumerate(self.lines()):
            places += [(start + i, (number, self.units(content[:i]))) for i in range(len(content) + 1)]
        return places


@given(TEXT, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), TEXT), max_size=12))
@settings(max_examples=150, deadline=None)
@example("a\r", [(1, 1, "\n")])
def test_text_equals_the_clients_text_after_any_edits(text: str, edits: list[tuple[int, int, str]]) -> None:
    for encoding in (UTF8, UTF16, UTF32):
        client = Client(text, encoding)
        document = Documents().open("file:///t.v", "/t.v", "verilog", 1, text)
        for first, second, new in edits:
            places = client.positions()
            (start, from_), (end, to) = sorted((places[first % len(places)], places[second % len(places)]))
            document.replace(from_, to, new, encoding)
            client.text = client.text[:start] + new + client.text[end:]
            assert document.text == client.text
            assert document.index.starts == [start for start, _ in client.lines()]


@given(TEXT)
@settings(max_examples=100, deadline=None)
def test_columns_survive_the_round_trip(text: str) -> None:
    for line in text.splitlines():
        for encoding in (UTF8, UTF16, UTF32):
            for column in range(len(line) + 1):
                assert column_from_units(line, units_from_column(line, column, encoding), encoding) == column


@given(TEXT, TEXT)
@settings(max_examples=200, deadline=None)
def test_the_smallest_edit_between_two_texts_turns_one_into_the_other(before: str, after: str) -> None:
    edit = difference(before, after)
    assert apply_edits(before, [edit]) == after


@pytest.mark.parametrize("encoding", [UTF8, UTF16, UTF32])
def test_positions_beyond_the_line_or_the_text_are_moved_to_their_end(encoding: str) -> None:
    document = Documents().open("file:///t.v", "/t.v", "verilog", 1, "ab\r\ncd")
    document.replace((0, 99), (0, 99), "!", encoding)
    assert document.text == "ab!\r\ncd"
    document.replace((99, 0), (99, 5), "?", encoding)
    assert document.text == "ab!\r\ncd?"


def test_an_edit_inside_a_surrogate_pair_does_not_split_it() -> None:
    document = Documents().open("file:///t.v", "/t.v", "verilog", 1, "x😋y")
    document.replace((0, 2), (0, 2), "-", UTF16)
    assert document.text == "x-😋y"


def test_a_huge_line_and_an_empty_file() -> None:
    huge = "a" * 5_000_000
    document = Documents().open("file:///t.v", "/t.v", "verilog", 1, huge)
    document.replace((0, 4_999_999), (0, 5_000_000), "\n", UTF16)
    assert len(document.index.starts) == 2
    empty = Documents().open("file:///e.v", "/e.v", "verilog", 1, "")
    empty.replace((0, 0), (0, 0), "wire w;\n", UTF8)
    assert empty.text == "wire w;\n" and LineIndex("").position(0) == (0, 0)


def test_the_files_ending_decides_where_the_client_says_plaintext() -> None:
    documents = Documents()
    assert documents.open("u1", "/a.SV", "plaintext", 1, "").language == "systemverilog"
    assert documents.open("u2", "/a.v", "verilog", 1, "").language == "verilog"
    assert documents.close("u1") is not None and documents.get("u1") is None and documents.at_path("/a.SV") is None
