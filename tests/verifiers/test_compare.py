"""Invariant 5's first half: an edit is judged by the findings that were not there before it."""

from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.compare import new_findings
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.text import Edit, LineIndex, apply_edits

TEXT = "module m;\n  assign y = ;\n  wire z;\nendmodule\n"


def at(text: str, needle: str, code: str = "E", message: str = "bad", path: str = "m.v") -> Finding:
    index = LineIndex(text)
    offset = text.index(needle)
    return Finding(path, index.span(offset, offset + len(needle)), Severity.ERROR, code, message, "slang")


def insertion(text: str, needle: str, new: str) -> Edit:
    index = LineIndex(text)
    offset = text.index(needle)
    return Edit(index.span(offset, offset), new)


def test_a_finding_below_the_edit_moves_with_it() -> None:
    edit = insertion(TEXT, ";\n  wire", "a\n  & b")
    after = apply_edits(TEXT, [edit])
    assert new_findings([at(TEXT, "wire z")], [at(after, "wire z")], [edit], TEXT) == ()


def test_a_finding_that_stays_where_its_text_has_left_is_new() -> None:
    edit = insertion(TEXT, "module m", "// a line\n")
    finding = at(TEXT, "wire z")
    assert new_findings([finding], [finding], [edit], TEXT) == (finding,)


def test_another_code_at_the_same_place_is_new() -> None:
    edit = insertion(TEXT, ";\n  wire", "a")
    after = apply_edits(TEXT, [edit])
    other = at(after, "wire z", code="F")
    assert new_findings([at(TEXT, "wire z")], [other], [edit], TEXT) == (other,)


def test_one_finding_excuses_only_one() -> None:
    finding = at(TEXT, "wire z")
    assert new_findings([finding], [finding, finding], [], TEXT) == (finding,)


def test_the_fault_of_the_hole_itself_may_stay_at_either_end_of_what_was_inserted() -> None:
    edit = insertion(TEXT, ";\n  wire", "a &")
    after = apply_edits(TEXT, [edit])
    hole = at(TEXT, ";\n  wire", code="ExpectedExpression")
    assert new_findings([hole], [at(after, ";\n  wire", code="ExpectedExpression")], [edit], TEXT) == ()
    other_words = at(after, ";\n  wire", code="ExpectedExpression", message="worse")
    assert new_findings([hole], [other_words], [edit], TEXT) == (other_words,)


def test_the_fault_of_the_hole_does_not_excuse_one_in_the_middle_of_what_was_inserted() -> None:
    edit = insertion(TEXT, ";\n  wire", "a & ) + b")
    after = apply_edits(TEXT, [edit])
    hole = at(TEXT, ";\n  wire", code="ExpectedExpression")
    middle = at(after, ") + b", code="ExpectedExpression")
    assert new_findings([hole], [middle], [edit], TEXT) == (middle,)


def test_other_files_do_not_move_with_the_document() -> None:
    edit = insertion(TEXT, "module m", "\n")
    elsewhere = Finding("n.v", Span(2, 2, 2, 4), Severity.ERROR, "E", "bad", "slang")
    assert new_findings([elsewhere], [elsewhere], [edit], TEXT, path="m.v") == ()
    moved = Finding("n.v", Span(3, 2, 3, 4), Severity.ERROR, "E", "bad", "slang")
    assert new_findings([elsewhere], [moved], [edit], TEXT, path="m.v") == (moved,)


def test_an_edit_is_taken_at_its_smallest() -> None:
    """A whole-document edit that changes one token moves findings as the one-token edit does."""
    after = TEXT.replace("= ;", "= a;")
    whole = Edit(LineIndex(TEXT).span(0, len(TEXT)), after)
    assert new_findings([at(TEXT, "wire z")], [at(after, "wire z")], [whole], TEXT) == ()


@given(st.text("ab \n\r", max_size=30), st.integers(0, 30), st.integers(0, 30), st.text("xy\n", max_size=8), st.data())
def test_every_finding_clear_of_the_edit_finds_its_counterpart(
    text: str, first: int, second: int, new: str, data: st.DataObject
) -> None:
    index = LineIndex(text)
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    edit = Edit(index.span(start, end), new)
    after = LineIndex(apply_edits(text, [edit]))
    offset = data.draw(st.integers(0, len(text)))
    if start <= offset <= end:
        return
    moved = offset if offset < start else offset + len(new) - (end - start)

    def finding(where: LineIndex, place: int) -> Finding:
        return Finding("m.v", where.span(place, place), Severity.WARNING, "W", "", "slang")

    assert new_findings([finding(index, offset)], [finding(after, moved)], [edit], text) == ()
