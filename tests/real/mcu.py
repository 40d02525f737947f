"""Checks firmware that nobody here wrote: part checks, gcc and the linker on every image below the given folders.

    python tests/real/mcu.py                                   # what pip can bring; `make real` runs this
    python tests/real/mcu.py PATH... --images 60 --seed 1      # 60 images at random
    python tests/real/mcu.py PATH --trust                      # make and CMake are asked what they do

The firmware is in use, so an error is a false alarm, unless mcu_true.toml has it, judged by hand: the exit status is 1.
Every finding is listed with its place, so that it can be judged. Nothing is written into the folders.
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import os
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent / "bench"
sys.path.insert(0, str(BENCH))

from mcu_packages import packages  # noqa: E402 (the benchmark's folder must be on the path first)
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from signoff.lsp_server.commands.session import snapshot_of  # noqa: E402
from signoff.verifiers import registry  # noqa: E402
from signoff.verifiers.file_kinds import CMAKE_LISTS, DATABASE, MANIFEST  # noqa: E402
from signoff.verifiers.finding import Finding, Outcome, Severity  # noqa: E402
from signoff.verifiers.mcu.build import kinds  # noqa: E402
from signoff.verifiers.mcu.compile.gcc_findings import vendored  # noqa: E402
from signoff.verifiers.project import CompileUnit, Image, Project  # noqa: E402
from signoff.verifiers.settings import VerifierSettings  # noqa: E402
from signoff.verifiers.verifier import Verifier  # noqa: E402
from signoff.verifiers.workers import WorkerPool  # noqa: E402
from signoff.verifiers.workspace import WorkspaceModel  # noqa: E402

TRUE = tomllib.loads(Path(__file__).with_name("mcu_true.toml").read_text(encoding="utf-8"))["finding"]
RUNGS = ("part", "gcc", "link")
# Build files beside those of kinds.py.
NAMES = (DATABASE, MANIFEST, CMAKE_LISTS)
SOURCES = (".c", ".cpp", ".cc", ".cxx")
# A library of thousands of files would drown the rest.
MOST_FILES = 60
# The linker speaks of its image; to which of its files it is asked is all one.
AT_ONCE = 2


@dataclass
class Count:
    """What was said of the images below one folder. `said` has each finding once, with the number of its images."""

    images: int = 0
    linked: int = 0
    guessed: int = 0
    files: set[str] = field(default_factory=set)
    said: Counter[Finding] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in RUNGS})

    def add(self, name: str, path: str, outcome: Outcome) -> None:
        """Take in what one verifier said."""
        self.seconds[name].append(outcome.seconds)
        # Related places may name a scratch folder or another image: the fault is the same.
        self.said.update({replace(finding, related=(), data=()) for finding in outcome.findings})
        if not outcome.ran:
            self.trouble[f"{name}: {outcome.status}: {outcome.message} ({path})"] += 1
        elif not outcome.complete:
            self.unsure[f"{name}: {outcome.message or outcome.notice or 'not all is known'}"] += 1
        if "failed" in outcome.notice:
            self.trouble[f"{name}: {outcome.notice} ({path})"] += 1


def right(finding: Finding, folder: Path) -> str:
    """Why a finding is true of its code, as mcu_true.toml has it; "" where it does not."""
    name = f"{folder.name}/{os.path.relpath(finding.path, folder)}".replace(os.sep, "/")
    fits = (one for one in TRUE if one["code"] == finding.code and fnmatch.fnmatch(name, one["path"]))
    return next((one["why"] for one in fits), "")


def project_files(folder: Path) -> tuple[list[str], list[str]]:
    """The build files below a folder that may each be of a firmware, and those of other compilers."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one == ".pio" or not one.startswith("."))
        found += [str(Path(place, name)) for name in sorted(names) if name in NAMES or kinds.kind_of(name)]
    last = [path for path in found if _is_last_resort(path)]
    return [path for path in found if path not in set(last)], last


def _is_last_resort(path: str) -> bool:
    kind = kinds.kind_of(path)
    return kind is not None and kind.name in kinds.LAST_RESORT


async def chosen(workspace: WorkspaceModel, folder: Path, most: int, seed: int) -> AsyncIterator[Image]:
    """Up to `most` images below a folder, at random by `seed`, each read as when one of its files is opened."""
    paths, others = project_files(folder)
    random.Random(seed).shuffle(paths)
    seen: set[tuple[str, str]] = set()
    for path in (*paths, *others):
        if len(seen) >= most or (seen and path in others):
            return
        here = Path(path).parent
        await workspace.find_firmware([str(here)])
        for image in workspace.firmware.images():
            key = image.origin, image.name
            if len(seen) < most and key not in seen and here in (Path(image.origin).parent, Path(image.root)):
                seen.add(key)
                yield image


def own_units(image: Image, folder: Path) -> Iterator[CompileUnit]:
    """The files of an image that are the project's own, as far as their folders tell."""
    for unit in image.units:
        if unit.source.lower().endswith(SOURCES) and Path(unit.source).is_file():
            outside = not unit.source.startswith(str(folder) + os.sep)
            if not (outside or vendored(unit.source, str(folder))):
                yield unit


async def checked(folder: Path, names: Sequence[str], most: int, seed: int, trusted: bool) -> Count:
    """Images below a folder, which is the workspace, by the named verifiers."""
    count = Count()
    pool = WorkerPool()
    workspace = WorkspaceModel(pool, [str(folder)], VerifierSettings(), trusted)
    try:
        # Not open_session(), which reads all projects of a large collection: so an editor that opens it starts.
        await workspace.scan()
        verifiers = [one for one in registry.build(pool) if one.name in names]
        async for image in chosen(workspace, folder, most, seed):
            print(f"{count.images + 1} {image.origin} {image.name}", file=sys.stderr, flush=True)
            await _image(workspace, verifiers, image, folder, count)
    finally:
        await pool.close()
    return count


async def _image(
    workspace: WorkspaceModel, verifiers: list[Verifier], image: Image, folder: Path, count: Count
) -> None:
    units = list(own_units(image, folder))[:MOST_FILES]
    count.images += 1
    count.guessed += not (image.declared and image.link_declared)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(verifier: Verifier, unit: CompileUnit) -> None:
        async with gate:
            await _file(verifier, unit, _project(workspace, unit, image), count)

    whole = [verifier for verifier in verifiers if verifier.name == "link"]
    each = [verifier for verifier in verifiers if verifier.name != "link"]
    await asyncio.gather(*(one(verifier, unit) for unit in units for verifier in each))
    for verifier in whole:
        for unit in (units or list(image.units))[:1]:
            await _file(verifier, unit, _project(workspace, unit, image), count)


async def _file(verifier: Verifier, unit: CompileUnit, project: Project, count: Count) -> None:
    try:
        outcome = await verifier.run(snapshot_of(unit.source), project)
    except Exception as error:
        # Whatever it is, it is told with its place, and the others go on.
        count.trouble[f"{verifier.name}: raised {error!r} ({unit.source})"] += 1
        return
    count.files.add(unit.source)
    count.add(verifier.name, unit.source, outcome)
    count.linked += verifier.name == "link" and getattr(outcome.facts.get("image"), "linked", False)


def _project(workspace: WorkspaceModel, unit: CompileUnit, image: Image) -> Project:
    """A file's project, in this image also where it is in several."""
    project = workspace.project_for(unit.source)
    return replace(project, unit=unit, image=image)


def table(counts: dict[Path, Count]) -> Table:
    """One row a folder."""
    made = Table(title="Firmware that nobody here wrote")
    columns = ("folder", "images", "linked", "guessed", "files", "errors", "true errors", "warnings", "hints")
    for column in (*columns, "crashes", *(f"{name}, median / most" for name in RUNGS)):
        made.add_column(column, justify="left" if column == "folder" else "right")
    for folder, count in counts.items():
        errors = [one for one in count.said if one.severity is Severity.ERROR]
        true = sum(bool(right(one, folder)) for one in errors)
        numbers = (count.images, count.linked, count.guessed, len(count.files), len(errors) - true, true)
        grades = Counter(one.severity for one in count.said)
        hints = grades[Severity.INFORMATION] + grades[Severity.HINT]
        rest = (grades[Severity.WARNING], hints, count.trouble.total())
        made.add_row(folder.name, *map(str, (*numbers, *rest)), *(_times(count.seconds[name]) for name in RUNGS))
    return made


def _times(seconds: Iterable[float]) -> str:
    ordered = sorted(seconds)
    return f"{1000 * ordered[len(ordered) // 2]:.0f} / {1000 * ordered[-1]:.0f} ms" if ordered else ""


def listed(folder: Path, count: Count) -> Iterator[str]:
    """Every finding with its place and line, the gravest first, then what went wrong and what is not sure."""
    codes = Counter(f"{one.severity.name.lower()} {one.code}" for one in count.said)
    yield f"\n{folder}: {', '.join(f'{code} {number}' for code, number in codes.most_common()) or 'nothing said'}"
    for one in sorted(count.said, key=lambda one: (one.severity, one.code, one.path, one.span)):
        why = right(one, folder)
        place = f"{os.path.relpath(one.path, folder)}:{one.span.start_line + 1}"
        yield (
            f"{one.severity.name} {one.code} {place}: {one.message}"
            f"{f' [{count.said[one]} images]' if count.said[one] > 1 else ''}{f' [true: {why}]' if why else ''}"
        )
        yield f"      | {_line(one)}"
    yield from (f"TROUBLE {text} ({number})" for text, number in count.trouble.most_common())
    yield from (f"unsure ({number}): {text}" for text, number in count.unsure.most_common(20))


def _line(finding: Finding) -> str:
    try:
        return snapshot_of(finding.path).text.splitlines()[finding.span.start_line].strip()[:140]
    except (OSError, IndexError):
        return ""


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="folders with firmware; default: what pip can bring")
    parser.add_argument("--images", type=int, default=1000, help="at most so many a folder, at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trust", action="store_true", help="run what the projects name (make -n, CMake)")
    parser.add_argument("--only", nargs="+", choices=RUNGS, default=RUNGS)
    return parser.parse_args()


def main() -> int:
    """Check everything; 1 where there was an error that nobody judged true, or a crash."""
    given = arguments()
    folders = [path.resolve() for path in given.paths]
    if not (folders or (folders := packages())):
        print("nothing can be had from the package index: name folders with firmware")
        return 0
    start = time.perf_counter()
    counts = {
        folder: asyncio.run(checked(folder, given.only, given.images, given.seed, given.trust)) for folder in folders
    }
    wrong = _told(counts)
    print(f"{wrong} false alarms or failures, {time.perf_counter() - start:.0f} s")
    return 1 if wrong else 0


def _told(counts: dict[Path, Count]) -> int:
    for folder, count in counts.items():
        print("\n".join(listed(folder, count)))
    Console(width=200).print(table(counts))
    false = sum(
        one.severity is Severity.ERROR and not right(one, folder)
        for folder, count in counts.items()
        for one in count.said
    )
    return false + sum(count.trouble.total() for count in counts.values())


if __name__ == "__main__":
    sys.exit(main())
