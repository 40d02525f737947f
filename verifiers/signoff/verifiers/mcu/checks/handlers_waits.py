"""A loop in a handler that waits for a variable which nothing can change before the handler returns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.handlers_context import Contexts, contexts
from signoff.verifiers.mcu.checks.priorities_settings import priorities
from signoff.verifiers.mcu.checks.shared_variables import Uses, accesses
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Function, ImageFacts, Loop
from signoff.verifiers.project import Project

_NAME = re.compile(r"[A-Za-z_]\w*")


def endless_waits(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """BlockingInHandler at loops in what runs in handlers only."""
    source = image.sources.get(path)
    if source is None:
        return
    context = contexts(image, part)
    for function in source.functions:
        if not context.only_handlers(function):
            continue
        for index, loop in enumerate(function.body.loops):
            name = _waits_for(function, index, loop)
            uses = accesses(image, name, path) if name else None
            if uses and _never_comes(context, function, uses, part):
                yield _finding(context, function, loop, name, uses)


def _waits_for(function: Function, index: int, loop: Loop) -> str:
    """The one variable that a loop waits for while it does nothing; "" where there may be anything else."""
    if not loop.empty or loop.forever or loop.calls:
        return ""
    names = {one.name for one in function.body.references if one.where.polls == index}
    said = set(_NAME.findall(loop.condition.resolved)) | set(_NAME.findall(loop.condition.text))
    return names.pop() if len(names) == 1 and said <= names else ""


def _never_comes(context: Contexts, function: Function, uses: Uses, part: Part | None) -> bool:
    """Whether all that writes the variable has to wait for the handler's return."""
    writers = [writer for writer, reference in uses if reference.access is not Access.READ]
    if not writers or any(reference.access is Access.ADDRESS for _, reference in uses):
        return False
    levels = {name: priorities(context.image, part).level(name) for name in context.within(function)}
    for writer in writers:
        by = context.within(writer)
        if not by and writer.name != "main" and not context.certain_thread(writer):
            return False
        for other in set(by) - set(levels):
            level = priorities(context.image, part).level(other)
            if level is None or any(own is None or level < own for own in levels.values()):
                return False
    return True


def _finding(context: Contexts, function: Function, loop: Loop, name: str, uses: Uses) -> Finding:
    writer, write = next((one, reference) for one, reference in uses if reference.access is not Access.READ)
    handler = next(iter(context.within(function)))
    return Finding(
        function.path,
        function.place(loop),
        Severity.WARNING,
        "BlockingInHandler",
        f"{handler} waits here for {name}, but what sets it, {writer.name}, cannot run before the handler returns.",
        TOOL,
        Category.INTERRUPT,
        related=(Related(writer.path, writer.place(write), f"{writer.name} sets {name} here"),),
        data=(("name", name), ("handler", handler)),
    )
