"""Plain data that crosses from an engine's process to the server's."""

from __future__ import annotations

import pickle
from dataclasses import fields

import pytest

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.gpu.facts import Bounds, Extent, Form, Kernel, Launch, Note, OptIn, UnitFacts

SPAN = Span(1, 2, 3, 4)
NOTE = Note("/w/a.cu", SPAN, "n is 3 here")
LAUNCH = Launch(Form.RUNTIME, SPAN, "k", SPAN, grid=Extent(1, None, 3), opt_in=OptIn(SPAN, 70000), notes=(NOTE,))
KERNEL = Kernel("k", SPAN, SPAN, ("n",), bounds=Bounds(SPAN, 256))
FINDING = Finding("/w/a.cu", SPAN, Severity.HINT, "Code", "message", "signoff", Category.TYPE, data=(("a", "b"),))


@pytest.mark.parametrize(
    "value",
    [SPAN, NOTE, LAUNCH, KERNEL, FINDING, Related("/w/a.cu", SPAN, "m"), UnitFacts((KERNEL,), (LAUNCH,), "why")],
)
def test_what_arrives_is_what_was_sent(value: object) -> None:
    arrived = pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    assert arrived == value
    assert type(arrived) is type(value)
    assert hash(arrived) == hash(value)


def test_it_is_made_by_its_class_with_its_fields_in_order() -> None:
    assert SPAN.__reduce__() == (Span, tuple(getattr(SPAN, field.name) for field in fields(Span)))
