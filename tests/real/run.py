"""Checks clean real designs, whole and file by file, and prints what is said. `make real` runs it.

These designs work in silicon or on FPGAs: every error about them is a false alarm of ours, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

from corpus import Design, Report, check, check_alone, check_undeclared, design, names, single_files
from rich.console import Console
from rich.table import Table

# Files whose errors are meant, by "design/path".
DELIBERATE = {entry["path"] for entry in tomllib.loads(Path(__file__).with_name("deliberate.toml").read_text())["file"]}


def brief(report: Report, most: int = 6) -> str:
    """The commonest warnings with their counts."""
    return ", ".join(f"{label} {count}" for label, count in report.warnings.most_common(most))


def whole(chosen: Iterable[Design], deep: bool, console: Console) -> list[str]:
    """Each design with its own file list; returns the errors."""
    table = Table(title="Real designs, each with its own file list")
    for column in ("design", "errors", "warnings", "information", "seconds", "warnings by code"):
        table.add_column(column, justify="left" if column in ("design", "warnings by code") else "right")
    errors: list[str] = []
    for what in chosen:
        report = check([what.folder / "signoff.toml"], what.folder, what.environment, deep)
        counts = (len(report.errors), report.warnings.total(), report.information.total())
        table.add_row(what.name, *map(str, counts), f"{report.seconds:.1f}", brief(report))
        errors += [f"{what.name}: {text}" for text in (*report.errors, *report.trouble)]
    console.print(table)
    return errors


def singles(title: str, files: list[tuple[Design, Path]], how: Callable[[Design, Path], Report]) -> list[str]:
    """Each file by itself; prints the sums and returns the errors."""
    total = Report()
    with_errors, deliberate = 0, 0
    for what, path in files:
        name = f"{what.name}/{path.relative_to(what.folder).as_posix()}"
        report = how(what, path)
        if name in DELIBERATE:
            deliberate += len(report.errors)
            report.errors = []
        with_errors += bool(report.errors)
        report.errors = [f"{name}: {text}" for text in report.errors]
        report.trouble = [f"{name}: {text}" for text in report.trouble]
        total.add(report)
    print(f"\n{title}: {len(files)} files, {len(total.errors)} errors in {with_errors} of them")
    print(f"  (and {deliberate} in files that are meant to fail: deliberate.toml)")
    print(f"  {total.warnings.total()} warnings: {brief(total, 12)}")
    print(f"  {total.information.total()} information: {dict(total.information.most_common(6))}")
    return total.errors + total.trouble


def main() -> int:
    """Run everything asked for; 1 where there was an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="*", default=names(), help="default: all")
    parser.add_argument("--files", type=int, default=50, help="single files to check (default 50)")
    parser.add_argument("--deep", action="store_true", help="with Yosys, too")
    given = parser.parse_args()
    chosen = [design(name) for name in given.designs]
    errors = whole(chosen, given.deep, Console(width=150))
    files = list(single_files(chosen, given.files))
    errors += singles("In their repository, nothing declared by us", files, check_undeclared)
    errors += singles("Alone in an empty folder", files, lambda what, path: check_alone(path))
    print(f"\n{len(errors)} false alarms or failures")
    print("\n".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
