"""Variables that a handler and the program share: without volatile the compiler reads one once, before the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.handlers_context import Contexts, contexts
from signoff.verifiers.mcu.checks.shared_variables import (
    Uses,
    accesses,
    is_plain_scalar,
    may_be_known_otherwise,
    variable_named,
)
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Call, Function, ImageFacts, Loop, Reference, Variable
from signoff.verifiers.project import Project

_OPTIMISED = ("-O1", "-O2", "-O3", "-Os", "-Ofast", "-Oz", "-O", "-Og")


@dataclass(frozen=True, slots=True)
class _Shared:
    """A variable, the handler's access, and the loop of the program that needs to see what the other does."""

    variable: Variable
    handler: str
    writer: tuple[Function, Reference]
    reader: tuple[Function, Reference]
    certain: bool


def missing_volatile(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """MissingVolatile at the variable's definition. An error where the compiler is told to optimise, and gcc does."""
    source = image.sources.get(path)
    if source is None:
        return
    context = contexts(image, part)
    for variable in source.variables:
        if variable.extern or may_be_known_otherwise(variable) or not is_plain_scalar(variable):
            continue
        if variable_named(image, variable.name, path) != variable:
            continue
        uses = accesses(image, variable.name, path)
        if any(reference.access is Access.ADDRESS for _, reference in uses):
            continue
        shared = _polled(context, variable, uses)
        if shared is not None and (shared.certain or project.settings.part.hints):
            yield _finding(shared, _optimised(image, shared.reader[0].path))


def _polled(context: Contexts, variable: Variable, uses: Uses) -> _Shared | None:
    """Where a handler writes and a loop of the program waits without anything that makes the compiler read again."""
    written = [
        (function, reference)
        for function, reference in uses
        if reference.access is not Access.READ and context.only_handlers(function)
    ]
    for function, reference in uses:
        if not written or context.within(function) or not context.certain_thread(function):
            continue
        loop = _stuck_loop(function, reference)
        if loop is not None:
            handler = next(iter(context.within(written[0][0])))
            return _Shared(variable, handler, written[0], (function, reference), _is_certain(function, reference, loop))
    return None


def _stuck_loop(function: Function, reference: Reference) -> Loop | None:
    """The loop around a read in which nothing makes the compiler read the variable again; None where there is none.

    Either its condition reads the variable and nothing is called in it, or it is endless and calls what it calls only
    on that condition: gcc then takes the first value for good wherever the condition does not hold (tried, -O1 up).
    """
    body = function.body
    if reference.access is not Access.READ or body.broken or body.jumps:
        return None
    where = reference.where
    if where.polls >= 0:
        loop = body.loops[where.polls]
        written = any(
            one.name == reference.name and one.access is not Access.READ and where.polls in one.where.loops
            for one in body.references
        )
        return loop if not loop.calls and not written and not _reads_registers(function, where.polls) else None
    inner = where.loops[-1:]
    return next((body.loops[index] for index in inner if _is_deaf(function, index, reference)), None)


def _is_deaf(function: Function, index: int, reference: Reference) -> bool:
    """Whether a loop has no end, and calls nothing but behind the condition that reads the variable."""
    if not function.body.loops[index].forever:
        return False
    depth = len(reference.where.branch)
    return all(
        call.where.order > reference.where.order
        and len(call.where.branch) > depth
        and call.where.branch[:depth] == reference.where.branch
        for call in _calls_in(function, index)
    )


def _is_certain(function: Function, reference: Reference, loop: Loop) -> bool:
    """Whether there is a way through the loop without a call: all its calls are on one condition, or there are none.

    Those on several may be each other's else.
    """
    depth = len(reference.where.branch)
    calls = _calls_in(function, function.body.loops.index(loop))
    return len({call.where.branch[depth : depth + 1] for call in calls}) <= 1


def _calls_in(function: Function, index: int) -> list[Call]:
    return [call for call in function.body.calls if index in call.where.loops]


def _reads_registers(function: Function, loop: int) -> bool:
    """Whether a loop's condition asks for a register too: then it may be left without the variable."""
    return any(access.where.polls == loop for access in function.body.registers)


def _optimised(image: ImageFacts, path: str) -> bool:
    """Whether the file is compiled with optimisation; the last option counts."""
    flags = next((unit.flags for unit in image.image.units if unit.source == path), ())
    levels = [flag for flag in flags if flag.startswith("-O")]
    return bool(levels) and levels[-1] in _OPTIMISED


def _finding(shared: _Shared, optimised: bool) -> Finding:
    variable, (reader, read), (writer, write) = shared.variable, shared.reader, shared.writer
    certain = Severity.ERROR if optimised else Severity.WARNING
    reads = "reads" if shared.certain else "may read"
    return Finding(
        variable.path,
        variable.span,
        certain if shared.certain else Severity.HINT,
        "MissingVolatile",
        f"{shared.handler} changes {variable.name} while {reader.name} waits for it in a loop: without volatile the "
        f"compiler {reads} it only once, before the loop.",
        TOOL,
        Category.SHARED_DATA,
        related=(
            Related(reader.path, reader.place(read), f"{reader.name} waits for it here"),
            Related(writer.path, writer.place(write), f"{writer.name} changes it here"),
        ),
        data=(("name", variable.name), ("handler", shared.handler)),
    )
