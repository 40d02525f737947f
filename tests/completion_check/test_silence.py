"""What a person is told where no text is shown."""

from __future__ import annotations

from judging_fakes import PROJECT, Told

from signoff.completion import silence
from signoff.completion.check import Checked
from signoff.verifiers.finding import Finding, Outcome, Severity, Span
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability

DOCUMENT = Snapshot("file:///w/a.c", "/w/a.c", "c", 1, "")


class Missing(Told):
    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(False, reason="install\nit")


def test_no_tool_is_there() -> None:
    rows = (Missing(lambda text: Outcome("x"), "x"), Missing(lambda text: Outcome("y"), "y", "verilog"))
    told = "Nothing shown in a.c: no tool can judge it (x: install it)."
    assert silence.without_judges(rows, DOCUMENT, PROJECT) == told
    assert silence.without_judges((), DOCUMENT, PROJECT) == "Nothing shown in a.c: no tool can judge it."


def test_of_several_texts_a_refusal_says_more_than_a_silence() -> None:
    unjudged = Checked("a;", not_run=(("gcc", "no header"),))
    refused = Checked("b;", refused=(Finding("/w/a.c", Span(0, 0, 0, 1), Severity.ERROR, "e", "no b", "nvrtc"),))
    assert "(NVRTC: no b)" in silence.of_texts([unjudged, refused], DOCUMENT)
    assert "could judge what the model wrote (arm-none-eabi-gcc: no header)" in silence.of_texts([unjudged], DOCUMENT)
    assert "wrote nothing" in silence.of_texts([], DOCUMENT)


def test_a_tool_that_says_much_is_cut_off() -> None:
    told = silence.of_texts([Checked("a", not_run=(("gcc", "word " * 300),))], DOCUMENT)
    assert len(told) < silence.LONGEST + 1
    assert told.endswith("…")
