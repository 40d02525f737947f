"""What a model is told beside the code: what the tools say, and what the toolchain knows of the names at the place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from signoff.completion.context import Hole
from signoff.completion.passage import ContextSource, Passage
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.same import same_fault
from signoff.verifiers.display import display
from signoff.verifiers.finding import Finding
from signoff.verifiers.snapshot import Snapshot

log = logging.getLogger(__name__)

# Seconds; a model takes longer than that.
PATIENCE = 3.0
# Characters of a message; what is longer repeats the text.
LONGEST_MESSAGE = 240
# Findings that say the same in another tool's words.
ALIKE = 3


async def known(sources: Sequence[ContextSource], fault: Fault, snapshot: Snapshot, hole: Hole) -> tuple[Passage, ...]:
    """What the sources know of a place in a text, the weightiest first; of one that fails or is late nothing."""
    asked = [one for one in sources if snapshot.language in one.languages]
    if not asked:
        return ()
    tasks = [asyncio.ensure_future(one.gather(snapshot, fault.project, hole)) for one in asked]
    try:
        await asyncio.wait(tasks, timeout=PATIENCE)
        found = [passage for task in tasks for passage in _result(task)]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tuple(sorted(found, key=lambda one: -one.weight))


def _result(task: asyncio.Task[tuple[Passage, ...]]) -> tuple[Passage, ...]:
    if not task.done() or task.cancelled():
        return ()
    if (error := task.exception()) is not None:
        log.info("a source of facts failed: %r", error)
        return ()
    return task.result()


def within(passages: Sequence[Passage], room: int) -> tuple[Passage, ...]:
    """The first that fit into so many characters."""
    kept = list[Passage]()
    for one in passages:
        if len(one.text) <= room:
            kept.append(one)
            room -= len(one.text) + 1
    return tuple(kept)


def said(fault: Fault) -> tuple[str, ...]:
    """What the tools say of the fault, the finding's own first: "slang: ExpectedToken: expected ';'"."""
    target = fault.finding
    alike = [
        one
        for outcome in fault.known.values()
        for one in outcome.findings
        if one.tool != target.tool and one.path == target.path and same_fault(target, one)
    ]
    return tuple(dict.fromkeys(words(one) for one in (target, *alike[:ALIKE])))


def words(finding: Finding) -> str:
    """A finding in one line."""
    return f"{display(finding.tool)}: {finding.code}: {brief(finding.message)}"


def brief(message: str) -> str:
    """A message in one line of a bounded length."""
    message = " ".join(message.split())
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}..."
