"""For which GPUs code is checked, and on which of them something fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, Limits, known, limits, normal
from signoff.verifiers.project import Project
from signoff.verifiers.run import ToolMissing, run, scratch_folder
from signoff.verifiers.tools import on_path

QUERY = ("--query-gpu=compute_cap", "--format=csv,noheader")
# nvidia-smi answers in 0.1 s; a driver that has just been loaded may take seconds.
QUERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where something fails: the architectures, how grave that is, and the same in words for a message.

    `where` is "on sm_80 and sm_90 (CMakeLists.txt)" or "on every architecture from sm_50 to sm_121".
    """

    architectures: tuple[str, ...]
    severity: Severity
    where: str


def judged(project: Project) -> tuple[str, ...]:
    """The architectures to check for, ascending: the project's where the table has any, else the whole table."""
    return (known(project.architectures) if project.architectures else ()) or ARCHITECTURES


def failing(project: Project, predicate: Callable[[Limits], bool]) -> Verdict | None:
    """Where `predicate` (True: it fails) holds; None where nothing may be said.

    With named targets an error where all of them fail, a warning where some do. With none an error where every
    architecture fails, and nothing else: the code may be meant for those on which it runs.
    """
    targets = judged(project)
    if targets is ARCHITECTURES and not predicate(limits(targets[0])):
        return None  # most values are small: one look says so
    failed = tuple(sm for sm in targets if predicate(limits(sm)))
    if not failed or (targets is ARCHITECTURES and failed != ARCHITECTURES):
        return None
    severity = Severity.ERROR if _on_all(project, failed, predicate) else Severity.WARNING
    return Verdict(failed, severity, _where(project, targets, failed))


def _on_all(project: Project, failed: tuple[str, ...], predicate: Callable[[Limits], bool]) -> bool:
    """Whether all of the project's targets fail; one that the table does not have fails where everything fails."""
    if set(project.architectures) <= set(failed) or failed == ARCHITECTURES:
        return True
    complete = len(failed) == len(judged(project))
    return complete and all(predicate(limits(sm)) for sm in ARCHITECTURES)


def _where(project: Project, targets: tuple[str, ...], failed: tuple[str, ...]) -> str:
    if targets is ARCHITECTURES:
        return f"on every architecture from {ARCHITECTURES[0]} to {ARCHITECTURES[-1]}"
    spared = tuple(sm for sm in targets if sm not in failed)
    but = f" but not on {listed(spared)}" if spared else ""
    origin = PurePath(project.architectures_origin).name
    return f"on {listed(failed)}{but}" + (f" ({origin})" if origin else "")


def listed(names: Sequence[str]) -> str:
    """ "sm_75, sm_80 and sm_90"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def resolve(sources: Iterable[tuple[str, Iterable[str]]]) -> tuple[tuple[str, ...], str]:
    """The targets that the first of `sources` (origin, names in any spelling) names, with its origin; ((), "").

    Names that are no architecture are passed over; the targets come as in "sm_80", each once, in the order given.
    """
    for origin, names in sources:
        found = tuple(dict.fromkeys(sm for sm in map(normal, names) if sm is not None))
        if found:
            return found, origin
    return (), ""


_installed: list[tuple[str, ...]] = []


async def installed_gpu() -> tuple[str, ...]:
    """The architectures of this machine's GPUs ("sm_90"), ascending; () where there is none. Asked once."""
    if not _installed:
        _installed.append(await _ask_driver())
    return _installed[0]


async def _ask_driver() -> tuple[str, ...]:
    program = on_path("nvidia-smi")
    if not program:
        return ()
    try:
        with scratch_folder("nvidia-smi") as folder:
            done = await run((program, *QUERY), cwd=folder, timeout=QUERY_SECONDS)
    except ToolMissing:
        return ()
    return capabilities(done.stdout) if done.returncode == 0 and not done.timed_out else ()


def capabilities(output: bytes) -> tuple[str, ...]:
    """What nvidia-smi prints (a line "9.0" a GPU) as architectures, ascending, each once."""
    found = {sm for line in output.decode(errors="replace").splitlines() if (sm := normal(line)) is not None}
    return tuple(sorted(found, key=lambda sm: int(sm.removeprefix("sm_"))))
