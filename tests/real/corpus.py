"""`signoff check` on real designs and on single files of them, as counts: every error there is a false alarm."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent.parent / "bench"
SCRATCH = Path(__file__).resolve().parents[2] / ".cache" / "real"
sys.path.insert(0, str(BENCH))

from designs import Design, design, names  # noqa: E402 (the benchmark's folder must be on the path first)

__all__ = ["Design", "Report", "check", "check_alone", "check_undeclared", "design", "names", "single_files"]


@dataclass
class Report:
    """What was said, added up. `trouble` is what tools that did not run to their end said."""

    errors: list[str] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    information: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Report) -> None:
        """Take in another report."""
        self.errors += other.errors
        self.warnings += other.warnings
        self.information += other.information
        self.trouble += other.trouble
        self.seconds += other.seconds


def check(paths: Iterable[Path], folder: Path, environment: Mapping[str, str], deep: bool = False) -> Report:
    """Run `signoff check` on paths, in `folder`. Raises RuntimeError where it gives no report."""
    argv = [sys.executable, "-m", "signoff.lsp_server", "check", "--format", "json", "--max-per-file", "100000"]
    argv += ["--deep"] if deep else []
    done = subprocess.run(
        [*argv, *map(str, paths)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    try:
        return _report(json.loads(done.stdout))
    except json.JSONDecodeError:
        raise RuntimeError(f"signoff check in {folder} gave no report: {done.stderr.strip()[-2000:]}") from None


def _report(said: dict[str, Any]) -> Report:
    report = Report(seconds=said["summary"]["seconds"])
    for finding in said["findings"]:
        label = f"{'+'.join(finding['tools'])} {finding['code']}"
        if finding["severity"] == "error":
            report.errors.append(f"{finding['path']}:{finding['line']}: {label}: {finding['message']}")
        else:
            (report.warnings if finding["severity"] == "warning" else report.information)[label] += 1
    elsewhere = said["summary"]["errorsElsewhere"]
    report.errors += [f"{elsewhere} errors in files that were not asked about"] if elsewhere else []
    report.trouble = [f"{tool['name']}: {text}" for tool in said["tools"] for text in tool["trouble"]]
    return report


def single_files(of: Iterable[Design], count: int) -> Iterator[tuple[Design, Path]]:
    """`count` source files of the designs' packages: always the same ones, spread evenly over the designs."""
    ranked = []
    for what in of:
        files = [path for path in sorted(what.folder.rglob("*")) if path.suffix in (".v", ".sv") and _plain(path)]
        digests = sorted((hashlib.sha256(path.name.encode()).hexdigest(), path) for path in files)
        ranked += [(place, what.name, what, path) for place, (_, path) in enumerate(digests)]
    for _, _, what, path in sorted(ranked, key=lambda entry: entry[:2])[:count]:
        yield what, path


def _plain(path: Path) -> bool:
    return path.is_file() and "generated" not in path.parts


def check_alone(path: Path) -> Report:
    """A file by itself in an empty folder: whatever it needs is missing."""
    folder = SCRATCH / "alone"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(path, folder / path.name)
    return check([folder / path.name], folder, {})


def check_undeclared(what: Design, path: Path) -> Report:
    """A file in its own repository as its authors left it: their lists, and no signoff.toml of ours."""
    pristine = SCRATCH / "undeclared" / what.name
    if not pristine.exists():
        leave_out = shutil.ignore_patterns("signoff.toml", "generated")
        shutil.copytree(what.folder, pristine, ignore=leave_out, symlinks=True)
    return check([pristine / path.relative_to(what.folder)], pristine, {})
