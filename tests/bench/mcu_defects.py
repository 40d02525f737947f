"""Seeded defects of firmware: what Signoff's part checks, gcc, cppcheck and clangd with clang-tidy each find.

    python tests/bench/mcu_defects.py            # the table as Markdown
    python tests/bench/mcu_defects.py --verbose  # and what each tool said at the faulty lines

A defect counts as found where a tool says something about the faulty line, or one of the two lines before and after it,
that it does not say about the clean twin. Names in quotes are not compared: "'f' is unused" is the same of every f.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from signoff.verifiers.mcu.checks.part_engine import PartEngine
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
DEFECTS = ROOT / "tests" / "mcu_defects"
EXAMPLE = ROOT / "docs" / "examples" / "firmware"
MARK = "/* fault"
NEAR_LINES = 2
SECONDS = 60.0
MACHINE = ("-mcpu=cortex-m4", "-mthumb", "-O2")
DEFINES = ("STM32F407xx",)
TIDY = "-*,bugprone-*,cert-*,clang-analyzer-*,concurrency-*,misc-*"


@dataclass(frozen=True)
class Case:
    """One defect: its kind, the faulty file and its clean twin, the faulty line (from 1)."""

    kind: str
    faulty: Path
    clean: Path
    line: int


@dataclass(frozen=True)
class Said:
    """One diagnostic; `line` from 1."""

    line: int
    code: str
    message: str

    @property
    def same(self) -> tuple[str, str]:
        """What two diagnostics of one fault have in common, whatever the names in it."""
        return self.code, re.sub(r"['\"‘].*?['\"’]|\d+", "", self.message)


Tool = Callable[[Path], Iterable[Said]]


def cases() -> list[Case]:
    """All seeded defects, by kind and name."""
    found = []
    for clean in sorted(DEFECTS.glob("*/*_clean.c")):
        faulty = clean.with_name(clean.name.replace("_clean.c", ".c"))
        lines = faulty.read_text("utf-8").splitlines()
        marked = [number for number, line in enumerate(lines, 1) if MARK in line]
        found.append(Case(faulty.parent.name, faulty, clean, marked[0]))
    return found


def project_of(path: Path) -> Project:
    """The image of one file: with the example's startup code and linker script, or on libopencm3."""
    opencm3 = "libopencm3" in path.read_text("utf-8")
    sources = [path] if opencm3 else [path, EXAMPLE / "startup_stm32f407.c"]
    units = tuple(
        CompileUnit(
            str(source), str(DEFECTS), "arm-none-eabi-gcc", (str(DEFECTS / "include"),), (), DEFINES,
            flags=MACHINE, declared=True,
        )
        for source in sources
    )  # fmt: skip
    image = Image(
        path.stem,
        str(DEFECTS),
        kind="signoff.toml",
        declared=True,
        link_declared=True,
        units=units,
        linker_scripts=(str(EXAMPLE / "stm32f407.ld"),),
        libraries=("opencm3_stm32f4",) if opencm3 else (),
        part="stm32f407vg",
    )
    return Project(str(DEFECTS), unit=units[0], image=image)


def signoff(path: Path) -> Iterator[Said]:
    """What Signoff's part checks say, hints included."""
    text = path.read_text("utf-8")
    snapshot = Snapshot(path.as_uri(), str(path), "c", 1, text)
    findings, _, _, trouble = _engine().check(snapshot, project_of(path), SECONDS)
    if trouble:
        raise RuntimeError(trouble)
    for finding in findings:
        yield Said(finding.span.start_line + 1, finding.code, finding.message)


def _engine() -> PartEngine:
    if not _engines:
        _engines.append(PartEngine())
    return _engines[0]


_engines: list[PartEngine] = []


def gcc(path: Path) -> Iterator[Said]:
    """gcc -Wall -Wextra -fanalyzer."""
    with tempfile.TemporaryDirectory() as folder:
        argv = ["arm-none-eabi-gcc", *MACHINE, *_search(), "-Wall", "-Wextra", "-fanalyzer"]
        done = _run([*argv, "-fdiagnostics-format=json", "-c", str(path), "-o", f"{folder}/o"])
    for one in json.loads(done.splitlines()[-1] if done.strip() else "[]"):
        places = [location["caret"] for location in one["locations"]]
        for place in places:
            if Path(place["file"]) == path:
                yield Said(place["line"], one.get("option", one["kind"]), one["message"])


def cppcheck(path: Path) -> Iterator[Said]:
    """cppcheck --enable=all, inconclusive findings included."""
    argv = [
        "cppcheck",
        "--enable=all",
        "--inconclusive",
        "--quiet",
        *_search(),
        "--template={file}:{line}:{id}:{message}",
    ]
    for line in _run([*argv, str(path)]).splitlines():
        match = re.fullmatch(rf"{re.escape(str(path))}:(\d+):(\w+):(.*)", line)
        if match:
            yield Said(int(match[1]), match[2], match[3])


def clang(path: Path) -> Iterator[Said]:
    """clangd --check and clang-tidy."""
    with tempfile.TemporaryDirectory() as folder:
        argv = ["clang", "--target=arm-none-eabi", "-ffreestanding", *MACHINE, *_search(), "-Wall", "-Wextra"]
        entry = {"directory": folder, "file": str(path), "arguments": [*argv, "-c", str(path)]}
        Path(folder, "compile_commands.json").write_text(json.dumps([entry]), "utf-8")
        clangd_said = _run(["clangd", f"--check={path}", f"--compile-commands-dir={folder}"])
        tidy_said = _run(["clang-tidy", "-p", folder, f"--checks={TIDY}", "--quiet", str(path)])
    for match in re.finditer(r"(?m)^[IWE]\[[^]]*\] \[([\w-]+)\] Line (\d+): (.*)$", clangd_said):
        yield Said(int(match[2]), match[1], match[3])
    for match in re.finditer(rf"(?m)^{re.escape(str(path))}:(\d+):\d+: \w+: (.*) \[([\w.,-]+)\]$", tidy_said):
        yield Said(int(match[1]), match[3], match[2])


def _search() -> tuple[str, ...]:
    return (f"-I{DEFECTS / 'include'}", *(f"-D{name}" for name in DEFINES))


def _run(argv: list[str]) -> str:
    """Everything that a tool prints, its diagnostics last."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout + done.stderr


# Each with the program that it needs.
TOOLS: dict[str, tuple[str, Tool]] = {
    "Signoff": ("", signoff),
    "gcc -Wall -Wextra -fanalyzer": ("arm-none-eabi-gcc", gcc),
    "cppcheck --enable=all": ("cppcheck", cppcheck),
    "clangd and clang-tidy": ("clangd", clang),
}


def found(tool: Tool, case: Case) -> list[Said]:
    """What a tool says near the faulty line and not of the clean twin."""
    near = [said for said in tool(case.faulty) if abs(said.line - case.line) <= NEAR_LINES]
    clean = {said.same for said in tool(case.clean)} if near else set()
    return [said for said in near if said.same not in clean]


def main() -> int:
    """Print the table; 1 where Signoff misses one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verbose", action="store_true", help="also print what was said")
    verbose = parser.parse_args().verbose
    tools = {name: tool for name, (program, tool) in TOOLS.items() if not program or shutil.which(program)}
    counts = dict.fromkeys(tools, 0)
    every = cases()
    print(f"| kind | defect | {' | '.join(tools)} |\n| --- | --- |{' --- |' * len(tools)}")
    for case in every:
        row = {name: found(tool, case) for name, tool in tools.items()}
        for name, said in row.items():
            counts[name] += bool(said)
        marks = " | ".join("found" if said else "-" for said in row.values())
        print(f"| {case.kind.replace('_', ' ')} | {case.faulty.stem.replace('_', ' ')} | {marks} |", flush=True)
        for name, said in row.items() if verbose else ():
            for one in said:
                print(f"    {name}: {one.line}: {one.code}: {one.message}", file=sys.stderr)
    kinds = len({case.kind for case in every})
    print(f"| **{kinds} kinds** | **{len(every)}** | {' | '.join(f'**{count}**' for count in counts.values())} |")
    return int(counts["Signoff"] < len(every))


if __name__ == "__main__":
    sys.exit(main())
