"""Faults in real sources that pip can bring: what is found, named, located and mended rightly, with and without models.

`python tests/bench/repair_run.py [--faults N] [--language L ...] [--model NAME ...]`: puts faults of every kind into
real sources of four languages, one at a time (`signoff bench repair --judged`), and prints a table a language, the
deletion control's share beside each rate. A model that is not downloaded is left out, and said so. Without --model no
model is asked. All reports are kept in .cache/.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import complete_run
import designs
import mcu_packages
from wheels import NotToBeHad

from signoff.completion.model import weights
from signoff.diagnostics.measure.figures import proposers_table, table

SIGNOFF = (sys.executable, "-m", "signoff.lsp_server.cli")
LATEST = Path(__file__).resolve().parents[2] / ".cache" / "bench_repair.json"
NO_MODEL = "no model"


def verilog() -> list[Path]:
    """RTL of three small processors, without their boards and testbenches."""
    return [designs.design(name).folder / "signoff.toml" for name in ("picorv32", "serv", "mor1kx")]


def cuda() -> list[Path]:
    """Kernels of released Python packages, as far as NVRTC reads them without PyTorch, and the example's."""
    return [*complete_run.cuda(), mcu_packages.ROOT / "docs" / "examples" / "rmsnorm.cu"]


def firmware() -> list[Path]:
    """The example firmware, with registers, clocks and handlers, and ARM's CMSIS-DSP around its start-up code."""
    return [mcu_packages.EXAMPLE, mcu_packages.dsp("repair", 20)]


LANGUAGES: dict[str, Callable[[], list[Path]]] = {
    "verilog": verilog,
    "cuda": cuda,
    "triton": complete_run.triton,
    "c": firmware,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and keep the figures in .cache/; the exit status is 1 where a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=5, help="of each kind (default 5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--language", action="append", choices=list(LANGUAGES))
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--model", action="append", choices=complete_run.MODELS, default=[])
    parser.add_argument("--proof", type=float, default=20.0, help="seconds of an equivalence proof (default 20)")
    parser.add_argument("--deep", action="store_true", help="with Yosys and nvcc, too")
    args = parser.parse_args(argv)
    results: dict[str, Any] = {}
    failed = False
    for model in args.model or [NO_MODEL]:
        if model != NO_MODEL and not _downloaded(model):
            print(f"{model}: left out, it is not downloaded (signoff model pull {model})\n")
            continue
        for language in args.language or LANGUAGES:
            try:
                found = _measure(model, language, args)
            except NotToBeHad as error:
                print(f"{language}: left out, {error}")
                continue
            failed |= found is None
            if found is not None:
                results[f"{model} {language}"] = found
                _print(model, language, found)
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return int(failed)


def _downloaded(model: str) -> bool:
    entry = weights.find(model)
    return entry is not None and weights.path_of(entry).is_file()


def _print(model: str, language: str, found: dict[str, Any]) -> None:
    figures = {name: one for name, one in found["figures"].items() if name != "all"}
    print(f"{language}, {model}, {len(found['faults'])} faults, seed {found['seed']}; left out: {found['left_out']}\n")
    print("\n".join((*table(figures), "", *proposers_table(figures), "")), flush=True)


def _measure(model: str, language: str, args: argparse.Namespace) -> dict[str, Any] | None:
    folders = [str(path) for path in LANGUAGES[language]()]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [
            *(*SIGNOFF, "bench", "repair", *folders, "--language", language, "--judged"),
            *("--faults", str(args.faults), "--seed", str(args.seed), "--proof", str(args.proof)),
            *(word for kind in args.kind for word in ("--kind", kind)),
            *(("--deep",) if args.deep else ()),
            *(() if model == NO_MODEL else ("--with-model", "--model", model)),
            *("--json", str(report)),
        ]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            print(f"{language}: signoff bench repair ended with {done.returncode}")
            return None
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main())
