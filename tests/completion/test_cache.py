"""Typed through, gone back, come back: and never with another text around the cursor than the model has read."""

from completion_holes import hole

from signoff.completion.cache import CompletionCache, Entry, Known, Reach
from signoff.completion.place import Place, Since

URI = "file:///m.v"
HOLE = hole("assign y = |;")


def entry(*texts: str) -> Entry:
    return Entry(tuple(Known(text) for text in texts), HOLE)


def filled() -> CompletionCache:
    cache = CompletionCache(entries=2)
    cache.put(URI, "assign y = ", ";\n", entry("a & b", "a | b"))
    return cache


def get(cache: CompletionCache, prefix: str, suffix: str, uri: str = URI) -> tuple[str, ...] | None:
    hit = cache.get(uri, Place(prefix, suffix, 0, len(prefix)))
    return None if hit is None else tuple(one.text for one in hit.rests)


def test_typing_through_and_back() -> None:
    cache = filled()
    assert get(cache, "assign y = a ", ";\n") == ("& b", "| b")
    assert get(cache, "assign y = a &", ";\n") == (" b",)
    assert get(cache, "assign y = a", ";\n") == (" & b", " | b")


def test_what_diverges_or_is_typed_out_is_no_hit() -> None:
    assert get(filled(), "assign y = c", ";\n") is None
    assert get(filled(), "assign y = a & b", ";\n") is None
    assert get(filled(), "assign y =", ";\n") is None


def test_another_suffix_or_document_is_no_hit() -> None:
    assert get(filled(), "assign y = ", ";\nwire b;\n") is None
    assert get(filled(), "assign y = ", ";\n", "file:///n.v") is None


def test_what_the_model_did_not_read_does_not_matter() -> None:
    cache = CompletionCache(reach=Reach(before=4, after=3))
    cache.put(URI, "wire old;\nabc\nassign y = ", ";\n\nwire old;", entry("a"))
    assert get(cache, "wire new;\nabc\nassign y = ", ";\n\nwire newer;") == ("a",)
    assert get(cache, "wire old;\nabd\nassign y = ", ";\n\nwire old;") is None
    assert get(cache, "wire old;\nabc\nassign y = ", ";\nx") is None


def test_typing_over_several_lines() -> None:
    cache = CompletionCache()
    cache.put(URI, "m\n  ", "\nend", entry("if (a)\n    b;\n  c"))
    assert get(cache, "m\n  if (a)\n    b", "\nend") == (";\n  c",)
    assert get(cache, "m\n  if (a)\n    b;\n  ", "\nend") == ("c",)
    assert get(cache, "m\n  if (a)\n   b", "\nend") is None


def test_brackets_that_the_editor_closed() -> None:
    cache = CompletionCache()
    cache.put(URI, "f", "\nx", entry("(a, b);"))
    hit = cache.get(URI, Place("f(", ")\nx", 0, 2))
    assert hit is not None
    assert hit.since == Since("(", ")")
    assert [one.text for one in hit.rests] == ["a, b);"]
    # What does not bring the bracket along would lose it.
    cache.put(URI, "g", "\nx", entry("(a, b"))
    assert cache.get(URI, Place("g(", ")\nx", 0, 2)) is None


def test_the_nearest_place_comes_first() -> None:
    cache = filled()
    cache.put(URI, "assign y = a", ";\n", entry(" ^ b"))
    assert get(cache, "assign y = a", ";\n") == (" ^ b",)
    assert get(cache, "assign y = a &", ";\n") == (" b",)


def test_that_there_is_nothing_is_known_at_this_place_only() -> None:
    cache = CompletionCache()
    cache.put(URI, "wire", ";", entry())
    assert get(cache, "wire", ";") == ()
    assert get(cache, "wire ", ";") is None


def test_the_oldest_goes_first_and_memory_is_bounded() -> None:
    cache = filled()
    cache.put(URI, "b", "", entry("1"))
    cache.put(URI, "c", "", entry("2"))
    assert get(cache, "assign y = ", ";\n") is None
    assert get(cache, "c", "") == ("2",)
    assert len(cache) == 2
    cache.clear()
    assert get(cache, "c", "") is None
