"""What the cache and a request on its way say, beside plain definitions of when they may (hypothesis)."""

from __future__ import annotations

import itertools

from completion_holes import hole
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from signoff.completion.cache import LINES, CompletionCache, Entry, Known, Reach
from signoff.completion.model.protocol import Piece
from signoff.completion.place import CLOSERS, MOST_CLOSERS, Place, Since, since
from signoff.completion.stream import Drafts, agrees

HOLE = hole("assign y = |;")
FEW = st.text(alphabet="ab\n()", max_size=4)
URIS = ("file:///a.v", "file:///b.v")
REACH = Reach(before=6, after=4)


class Editing(RuleBasedStateMachine):
    """Two documents, typed in anywhere; the cache beside a list of all that was ever put into it."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = CompletionCache(entries=1000, reach=REACH)
        self.put: list[tuple[str, str, str, tuple[str, ...]]] = []
        self.texts = dict.fromkeys(URIS, "ab\n")
        self.uri, self.at = URIS[0], 0

    @property
    def place(self) -> Place:
        text = self.texts[self.uri]
        return Place(text[: self.at], text[self.at :], 0, 0)

    @rule(keys=FEW)
    def type(self, keys: str) -> None:
        place = self.place
        self.texts[self.uri], self.at = place.prefix + keys + place.suffix, self.at + len(keys)

    @rule()
    def open_a_bracket_that_the_editor_closes(self) -> None:
        place = self.place
        self.texts[self.uri], self.at = place.prefix + "()" + place.suffix, self.at + 1

    @rule()
    def backspace(self) -> None:
        place = self.place
        self.texts[self.uri] = place.prefix[:-1] + place.suffix
        self.at = max(self.at - 1, 0)

    @rule(uri=st.sampled_from(URIS), part=st.floats(0, 1))
    def move(self, uri: str, part: float) -> None:
        self.uri, self.at = uri, int(part * len(self.texts[uri]))

    @rule(part=st.floats(0, 1), text=FEW, cut=st.integers(0, 3))
    def edit_elsewhere(self, part: float, text: str, cut: int) -> None:
        whole = self.texts[self.uri]
        start = int(part * len(whole))
        self.texts[self.uri] = whole[:start] + text + whole[start + cut :]
        self.at = min(self.at, len(self.texts[self.uri]))

    @rule(texts=st.lists(FEW.filter(bool) | st.just("(a)b"), max_size=3, unique=True))
    def remember(self, texts: list[str]) -> None:
        place = self.place
        self.cache.put(self.uri, place.prefix, place.suffix, Entry(tuple(map(Known, texts)), HOLE))
        self.put.append((self.uri, place.prefix, place.suffix, tuple(texts)))

    @rule(length=st.integers(1, 4))
    def type_what_is_known(self, length: int) -> None:
        hit = self.cache.get(self.uri, self.place)
        if hit is not None and hit.rests:
            self.type(hit.rests[0].text[:length])

    @invariant()
    def says_what_was_put_and_goes_with_the_document(self) -> None:
        hit = self.cache.get(self.uri, self.place)
        known = self.oracle()
        if hit is None:
            assert not known
        else:
            assert tuple(one.text for one in hit.rests) in known

    def oracle(self) -> set[tuple[str, ...]]:
        """The answers that may be given: of each entry what fits, the latest where two are of one place."""
        place, found, seen = self.place, set(), set()
        for uri, prefix, suffix, texts in reversed(self.put):
            if uri != self.uri:
                continue
            for back, covered in itertools.product(range(len(place.prefix) + 1), range(MOST_CLOSERS + 1)):
                rests = self.fits(place, prefix, suffix, texts, back, covered)
                key = (back, covered)
                if rests is not None and key not in seen:
                    seen.add(key)
                    if rests or (not texts and not back and not covered):
                        found.add(rests)
        return found

    def fits(
        self, place: Place, prefix: str, suffix: str, texts: tuple[str, ...], back: int, covered: int
    ) -> tuple[str, ...] | None:
        """The rests of an entry's texts where `back` characters were typed since; None where it is another place's."""
        start = len(place.prefix) - back
        line = place.prefix.rfind("\n", 0, start) + 1
        own = prefix.rfind("\n") + 1
        if place.prefix[line:start] != prefix[own:] or place.prefix[start:].count("\n") >= LINES:
            return None
        if place.prefix[:line][-REACH.before :] != prefix[:own][-REACH.before :]:
            return None
        if len(place.suffix) < covered or not CLOSERS.issuperset(place.suffix[:covered]):
            return None
        if place.suffix[covered : covered + REACH.after] != suffix[: REACH.after]:
            return None
        typed = Since(place.prefix[start:], place.suffix[:covered])
        return tuple(rest for text in texts if (rest := typed.rest(text)))


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.text(alphabet="ab ();\n", min_size=1, max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_what_the_model_has_said_so_far_agrees_with_every_beginning_of_what_it_will_say(
    text: str, said: int, typed: int
) -> None:
    assert agrees(text[:said].rstrip(), Since(text[:typed]), final=False)
    rest = Since(text[:typed]).rest(text)
    assert agrees(text, Since(text[:typed]), final=True) == bool(rest)
    assert rest == text[typed:]


@given(st.text(alphabet="ab(", max_size=6), st.text(alphabet="ab)", max_size=6), st.text(alphabet="ab)(", max_size=4))
def test_what_was_typed_is_what_the_document_has_more(prefix: str, suffix: str, typed: str) -> None:
    found = since(prefix, suffix, Place(prefix + typed, suffix, 0, 0))
    assert found == Since(typed)
    closed = since(prefix, suffix, Place(prefix + typed, ")" + suffix, 0, 0))
    # A closer before the old suffix is the editor's; but `))` behind nothing typed is somebody's edit.
    assert closed == (Since(typed, ")") if typed else None)


@given(st.text(alphabet="xyz", min_size=1, max_size=3))
def test_another_text_before_or_after_the_cursor_is_no_typing(other: str) -> None:
    assert since("ab", "cd", Place("a" + other, "cd", 0, 0)) is None
    assert since("ab", "cd", Place("ab", other + "cd", 0, 0)) is None
    assert since("ab", "cd", Place("ab", "c" + other, 0, 0)) is None


def test_what_may_still_become_what_is_typed() -> None:
    table = [
        # said so far, typed, at its end, agrees
        ("", "anything", False, True),
        ("a", "a", False, True),
        ("a", "a & b", False, True),
        ("a & b", "a", False, True),
        ("a & b", "a & b", False, True),
        ("a", "b", False, False),
        ("a & b", "a |", False, False),
        ("a & b", "a", True, True),
        ("a & b", "a & b", True, False),
        ("a", "a & b", True, False),
        ("", "", True, False),
    ]
    for said, typed, final, expected in table:
        assert agrees(said, Since(typed), final=final) is expected, (said, typed, final)


def test_closers_that_the_text_does_not_bring_along_would_be_lost() -> None:
    assert Since("(", ")").rest("(a);") == "a);"
    assert Since("(", ")").rest("(a;") == ""
    assert Since("f([", "])").rest("f([a]);") == "a]);"
    assert Since("f([", "])").rest("f([a);") == ""


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", " & b", ";", "\n", "x"])), max_size=24))
def test_candidates_that_come_in_any_order_come_to_the_texts_that_they_come_to_alone(
    pieces: list[tuple[int, str]],
) -> None:
    together = Drafts(HOLE, 3)
    alone = [Drafts(HOLE) for _ in range(3)]
    for at, text in pieces:
        together.take(Piece(text, at))
        if at < 3:
            alone[at].take(Piece(text))
    together.end(whole=True)
    for one in alone:
        one.end(whole=True)
    assert together.settled
    assert sorted(together.texts) == sorted(text for one in alone for text in one.texts)
