"""Checks released GPU code that nobody here wrote, from its source packages: `make real` runs it after the HDL designs.

The code is in use, so every error of the launch checks is a false alarm. Counted beside: how many launches there are,
and how many of them could be evaluated entirely, in part, or not at all.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent / "bench"
sys.path.insert(0, str(BENCH))

from rich.console import Console  # noqa: E402 (the benchmark's folder must be on the path first)
from rich.table import Table  # noqa: E402
from sources import Source, sources, unpacked  # noqa: E402

from signoff.lsp_server.commands.session import open_session, snapshot_of  # noqa: E402
from signoff.verifiers.finding import Finding, Outcome, Severity  # noqa: E402
from signoff.verifiers.gpu.facts import Launch, UnitFacts  # noqa: E402
from signoff.verifiers.verifier import Verifier  # noqa: E402

# What is right about this code, and where there is none for NVIDIA's GPUs.
TRUE = tomllib.loads(Path(__file__).with_name("gpu_true.toml").read_text(encoding="utf-8"))
RIGHT = {(entry["path"], entry["code"]) for entry in TRUE["finding"]}
COLUMNS = (
    *("package", "checked by", "files", "launches", "fully / partly / not", "errors", "true errors", "warnings"),
    *("incomplete", "slowest file", "said"),
)
SUFFIXES = {"cuda": (".cu", ".cuh"), "triton": (".py",)}


@dataclass
class Count:
    """What was said of one package's files."""

    files: int = 0
    launches: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    hints: Counter[str] = field(default_factory=Counter)
    incomplete: int = 0
    right: int = 0
    trouble: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    seconds: float = 0.0

    def add(self, path: Path, outcome: Outcome) -> None:
        """Take in one file's outcome."""
        self.files += 1
        self.incomplete += outcome.ran and not outcome.complete
        self.slowest = max(self.slowest, (outcome.seconds, path.name))
        self.seconds += outcome.seconds
        if not outcome.ran:
            self.trouble.append(f"{path}: {outcome.tool}: {outcome.status}: {outcome.message}")
        for finding in outcome.findings:
            self.told(path, finding)
        unit = outcome.facts.get("unit")
        if isinstance(unit, UnitFacts):
            self.launches.update(evaluated(launch) for launch in unit.launches)

    def told(self, path: Path, finding: Finding) -> None:
        """Take in one finding."""
        if (path.as_posix(), finding.code) in RIGHT:
            self.right += 1
        elif finding.severity is Severity.ERROR:
            self.errors.append(f"{path}:{finding.span.start_line + 1}: {finding.code}: {finding.message}")
        else:
            (self.warnings if finding.severity is Severity.WARNING else self.hints)[finding.code] += 1


def evaluated(launch: Launch) -> str:
    """How much of a launch's geometry and shared memory is known: "fully", "partly" or "not"."""
    grid, block = launch.grid, launch.block
    values = (grid.x, grid.y, grid.z, block.x, block.y, block.z, launch.shared)
    if None not in values:
        return "fully"
    # The members that a plain number leaves out are 1 whatever it is: they say nothing.
    told = [value for value in values if value not in (None, 0, 1)]
    return "partly" if told else "not"


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files of a package with one of the endings, in order, but for those for other vendors' GPUs."""
    found = (path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())
    others = TRUE["other_gpus"]["paths"]
    return sorted(path for path in found if not any(part in path.as_posix() for part in others))


async def checked(folder: Path, paths: list[Path], names: tuple[str, ...]) -> dict[str, Count]:
    """Each file by the named verifiers, one after the other, as parts of their package's workspace."""
    counts = {name: Count() for name in names}
    async with open_session([folder]) as session:
        chosen: list[Verifier] = [one for one in session.verifiers if one.name in names]
        for path in paths:
            snapshot = snapshot_of(path)
            project = session.workspace.project_for(snapshot.path)
            for verifier in chosen:
                start = time.perf_counter()
                outcome = await verifier.run(snapshot, project)
                counts[verifier.name].add(path.relative_to(folder), outcome)
                counts[verifier.name].slowest = max(
                    counts[verifier.name].slowest, (time.perf_counter() - start, path.name)
                )
    return counts


def row(source: Source, name: str, count: Count) -> tuple[str, ...]:
    """One line of the table."""
    launches = " / ".join(str(count.launches[how]) for how in ("fully", "partly", "not"))
    slowest = f"{count.slowest[0] * 1000:.0f} ms ({count.slowest[1]})"
    said = ", ".join(f"{code} {number}" for code, number in (count.warnings + count.hints).most_common(4))
    total = str(count.launches.total() or "")
    shown = launches if total else ""
    return (f"{source.name} {source.version}", name, str(count.files), total, shown, str(len(count.errors)),
            str(count.right), str(count.warnings.total()), str(count.incomplete), slowest, said)  # fmt: skip


def main() -> int:
    """Check all packages; 1 where there was an error or a tool failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", help="default: all of tests/bench/sources.toml")
    parser.add_argument("--compile", action="store_true", help="compile the device code with NVRTC, too")
    given = parser.parse_args()
    table = Table(title="Released GPU code")
    for column in COLUMNS:
        table.add_column(column)
    wrong: list[str] = []
    for holds, names in (("cuda", ("launch", *(["nvrtc"] if given.compile else []))), ("triton", ("triton",))):
        for source in sources(holds):
            if given.packages and source.name not in given.packages:
                continue
            folder = unpacked(source)
            for name, count in asyncio.run(checked(folder, files(folder, SUFFIXES[holds]), names)).items():
                table.add_row(*row(source, name, count))
                wrong += [f"{source.name}: {text}" for text in (*count.errors, *count.trouble)]
    Console(width=200).print(table)
    print(f"{len(wrong)} false alarms or failures")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
