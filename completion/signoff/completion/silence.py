"""Why a question was answered with nothing, in a sentence for the status: who sees no text has to know why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from signoff.completion import judges
from signoff.completion.check import Checked
from signoff.verifiers.display import display
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

# A tool's own words may be long; a tooltip is not.
LONGEST = 240


def without_judges(verifiers: Iterable[Verifier], snapshot: Snapshot, project: Project) -> str:
    """Why nothing is offered in a document that no tool can judge."""
    mine = [row for row in verifiers if judges.concerned_with(row, snapshot, project)]
    able = [row for row in mine if row.name not in judges.PARTIAL]
    states = [(row.name, row.available(project.settings)) for row in able]
    return _sentence(snapshot, "no tool can judge it", [(name, one.reason) for name, one in states if one.reason])


def of_texts(checked: Sequence[Checked], snapshot: Snapshot) -> str:
    """Why none of the texts that the model wrote is shown: what refused the first, or who could not judge it."""
    if not checked:
        return _sentence(snapshot, "the model wrote nothing that fits the place", [])
    refused = next((one.refused[0] for one in checked if one.refused), None)
    if refused is not None:
        return _sentence(snapshot, "what the model wrote is refused", [(refused.tool, refused.message)])
    return _sentence(snapshot, "no tool could judge what the model wrote", checked[0].not_run)


def _sentence(snapshot: Snapshot, what: str, reasons: Iterable[tuple[str, str]]) -> str:
    """The reasons behind what they are for, each once and on one line."""
    told = dict.fromkeys(f"{display(name)}: {reason}" if reason else display(name) for name, reason in reasons)
    where = PurePath(snapshot.path or snapshot.uri).name
    why = f" ({'; '.join(told)})" if told else ""
    text = " ".join(f"Nothing shown in {where}: {what}{why}.".split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]}…"
