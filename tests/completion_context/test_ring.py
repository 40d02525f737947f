"""The ring: what it holds, what it never holds, and what it gives."""

from __future__ import annotations

import pytest
from completion_holes import hole

from signoff.completion.ring import CHUNKS, WAITING, Ring
from signoff.verifiers.snapshot import Snapshot

ROOTS = ("/work/design",)


def document(name: str, text: str, language: str = "verilog", root: str = "/work/design") -> Snapshot:
    return Snapshot(f"file://{root}/{name}", f"{root}/{name}", language, 1, text)


def about(*words: str, lines: int = 10) -> str:
    return "".join(
        f"  assign {word}_{number} = {word}_in & {word}_enable;\n" for number in range(lines) for word in words
    )


def held(*documents: Snapshot) -> Ring:
    ring = Ring(ROOTS)
    for one in documents:
        ring.opened(one)
    ring.settle()
    return ring


def test_the_most_similar_region_comes_first() -> None:
    ring = held(
        document("uart.v", about("uart")), document("fifo.v", about("fifo")), document("mix.v", about("uart", "fifo"))
    )
    found = ring.nearest(hole(about("uart") + "  |\n"), 2)
    assert [one.path for one in found] == ["uart.v", "mix.v"]
    assert not found[0].exact
    assert found[0].weight > found[1].weight


def test_a_line_being_typed_changes_nothing() -> None:
    ring = held(document("uart.v", about("uart")), document("mix.v", about("uart", "fifo")))
    text = about("uart") + "  assign fifo_in = fifo_enable;"
    given = {ring.nearest(hole(text[:end] + "|\n"), 2) for end in range(len(about("uart")), len(text))}
    assert len(given) == 1


def test_what_is_not_related_is_not_given() -> None:
    assert held(document("fifo.v", about("fifo"))).nearest(hole(about("uart") + "|"), 4) == ()


def test_only_languages_that_help_one_another() -> None:
    ring = held(document("a.py", about("uart"), "python"), document("a.h", about("uart"), "c"))
    assert ring.nearest(hole(about("uart") + "|"), 4) == ()
    assert [one.path for one in ring.nearest(hole(about("uart") + "|", "cuda-cpp"), 4)] == ["a.h"]


def test_the_region_that_the_cursor_is_in_is_not_given() -> None:
    text = about("uart")
    ring = held(document("uart.v", text))
    assert ring.nearest(hole(text + "|"), 4, "file:///work/design/uart.v") == ()


def test_regions_that_are_nearly_the_same_are_held_once() -> None:
    ring = held(document("a.v", about("uart")), document("copy.v", about("uart") + "  wire more;\n"))
    assert [chunk.path for chunk in ring.chunks] == ["/work/design/copy.v"]


def test_it_is_bounded() -> None:
    ring = Ring(ROOTS)
    for number in range(100):
        ring.edited(document(f"f{number}.v", about(f"word{number}")), 3)
    assert len(ring._waiting) <= WAITING
    ring.settle()
    assert len(ring.chunks) == CHUNKS
    assert ring.chunks[-1].path.endswith("f99.v")


def test_edits_in_one_region_are_one_chunk_with_the_newest_text() -> None:
    ring = Ring(ROOTS)
    for number in range(5):
        ring.edited(document("a.v", about("uart") + f"  wire newest_{number};\n"), 5)
    ring.settle()
    assert len(ring.chunks) == 1
    assert "newest_4" in ring.chunks[0].text


def test_a_long_document_gives_the_lines_around_the_place() -> None:
    text = "".join(f"  wire name_{number} = other_{number};\n" for number in range(1000))
    ring = Ring(ROOTS)
    ring.left(document("long.v", text), 500)
    ring.settle()
    assert ring.chunks[0].text.splitlines()[0] == "  wire name_468 = other_468;"
    assert len(ring.chunks[0].text.splitlines()) == 64


@pytest.mark.parametrize(
    "secret",
    [
        document("a.v", about("uart"), root="/elsewhere"),
        document("a.v", about("uart"), root="/work/design-of-others"),
        document("../other/a.v", about("uart")),
        Snapshot("untitled:1", "", "verilog", 1, about("uart")),
        document("secrets.py", about("uart"), "python"),
        document(".env", about("uart"), "python"),
        document("server.key", about("uart"), "c"),
        document("keys.c", about("uart") + "-----BEGIN RSA PRIVATE KEY-----\n", "c"),
        document("a.py", about("uart") + 'API_KEY = "0123456789abcdef"\n', "python"),
        document("wifi.h", about("uart") + 'const char password[] = "correct horse";\n', "c"),
        document("cloud.py", about("uart") + 'key = "AKIAIOSFODNN7EXAMPLE"\n', "python"),
        document("notes.txt", about("uart"), "plaintext"),
    ],
    ids=lambda one: one.path or "untitled",
)
def test_what_is_never_held(secret: Snapshot) -> None:
    assert held(secret).chunks == ()


def test_code_about_keys_is_no_secret() -> None:
    assert held(document("aes.v", about("key_expand") + "  assign secret_key = key_in;\n")).chunks


def test_other_folders_and_deleted_files_are_forgotten() -> None:
    one, other = document("a.v", about("uart")), document("b.v", about("fifo"))
    ring = held(one, other)
    ring.forget(one.uri)
    assert [chunk.uri for chunk in ring.chunks] == [other.uri]
    ring.configure(["/work/another"])
    assert ring.chunks == ()
