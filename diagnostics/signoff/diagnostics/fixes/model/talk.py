"""What a model that can be talked to is asked: the finding, the tools' words, the facts, the code; and what came of its
answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.completion.model.chat import Turn
from signoff.completion.passage import Passage
from signoff.diagnostics.explain.finding import kinds
from signoff.diagnostics.fixes.model import facts
from signoff.diagnostics.fixes.model.blocks import MIDDLE, REPLACE, SEARCH
from signoff.diagnostics.fixes.model.excerpt import Excerpt
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.finding import Category, Severity
from signoff.verifiers.text import LineIndex

NAMES = {
    "verilog": "Verilog",
    "systemverilog": "SystemVerilog",
    "cuda-cpp": "CUDA C++",
    "cuda": "CUDA C++",
    "c": "C",
    "cpp": "C++",
    "python": "Python (Triton)",
}
# Findings of a refused answer, and characters of a line, that the model is told.
TOLD, LINE = 5, 160
TASK = """You repair {language} code. You get one finding of a tool and the code around it.
Mend the cause and change as little as you can. Never delete code, comment it out, switch it off or tell the tool to be
silent: every edit is checked by the tools, and one that loses anything is refused."""
# No form of words was found in which a model of 0.5B or 1.5B writes a block that changes what is wrong: they copy the
# form, or the code as it is. Filling in (cloze.py) is for these.
FORM = f"""Answer with an edit block, or several, and with nothing else: no explanation, no fences. A block is:
{SEARCH}
lines of the code that are to be changed, copied exactly as they are
{MIDDLE}
the lines that take their place
{REPLACE}"""


def question(fault: Fault, shown: Excerpt, known: Sequence[Passage]) -> Turn:
    """What the model is to do, one fault, and all that is known of it.

    All in one turn: not every template has a place for a system's.
    """
    index, line = LineIndex(fault.snapshot.text), fault.finding.span.start_line
    grave = "an error" if fault.finding.severity is Severity.ERROR else "a warning"
    parts = [TASK.format(language=NAMES.get(fault.snapshot.language, fault.snapshot.language))]
    parts.append(f"This line has {grave}:\n{index.line(line).strip()[:LINE]}")
    parts.append("\n".join(("The tools say:", *facts.said(fault))))
    if fault.finding.category is not Category.OTHER:
        parts.append(kinds().get(str(fault.finding.category), {}).get("text", ""))
    if notes := _related(fault, index):
        parts.append("\n".join(("See also these lines:", *notes)))
    if known:
        parts.append("\n".join(("What is declared elsewhere:", *(one.text.rstrip("\n") for one in known))))
    if shown.head:
        parts.append(f"The code begins so (not to be edited):\n{shown.head.rstrip()}")
    parts.append(f"The code that you may edit:\n{shown.text}")
    parts.append(FORM)
    return Turn("user", "\n\n".join(filter(None, parts)))


def again(reason: str, refusal: Refusal | None = None, mended: str = "") -> Turn:
    """Why an answer was not taken; `refusal` is the judge's, of the text `mended`."""
    parts = [f"That was refused. {reason}"]
    if refusal is not None and refusal.findings:
        index = LineIndex(mended)
        lines = ((one, index.line(one.span.start_line).strip()[:LINE]) for one in refusal.findings[:TOLD])
        parts.append("\n".join(f"{facts.words(one)}\n    at: {line}" for one, line in lines))
    parts.append("Answer again with edit blocks alone. They are applied to the code as it was shown.")
    return Turn("user", "\n\n".join(parts))


def _related(fault: Fault, index: LineIndex) -> list[str]:
    notes = [one for one in fault.finding.related if one.path == fault.snapshot.path][:TOLD]
    return [f"{index.line(one.span.start_line).strip()[:LINE]}  ({facts.brief(one.message)})" for one in notes]
