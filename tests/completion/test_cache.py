"""Typed through, gone back, come back: and never with another text behind the cursor."""

from signoff.completion.cache import CompletionCache

SCOPE = ("file:///m.v",)


def filled() -> CompletionCache:
    cache = CompletionCache(entries=2)
    cache.put(SCOPE, "assign y = ", ";\n", ("a & b", "a | b"))
    return cache


def test_typing_through() -> None:
    assert filled().get(SCOPE, "assign y = a ", ";\n") == ("& b", "| b")
    assert filled().get(SCOPE, "assign y = a &", ";\n") == (" b",)


def test_what_diverges_or_is_typed_out_is_no_hit() -> None:
    assert filled().get(SCOPE, "assign y = c", ";\n") is None
    assert filled().get(SCOPE, "assign y = a & b", ";\n") is None


def test_another_suffix_or_scope_is_no_hit() -> None:
    assert filled().get(SCOPE, "assign y = ", ";\nwire b;\n") is None
    assert filled().get(("file:///n.v",), "assign y = ", ";\n") is None


def test_that_there_is_nothing_is_known_at_this_place_only() -> None:
    cache = CompletionCache()
    cache.put(SCOPE, "wire", ";", ())
    assert cache.get(SCOPE, "wire", ";") == ()
    assert cache.get(SCOPE, "wire ", ";") is None


def test_the_oldest_goes_first() -> None:
    cache = filled()
    cache.put(SCOPE, "b", "", ("1",))
    cache.put(SCOPE, "c", "", ("2",))
    assert cache.get(SCOPE, "assign y = ", ";\n") is None
    assert cache.get(SCOPE, "c", "") == ("2",)
