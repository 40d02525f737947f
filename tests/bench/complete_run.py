"""Completion on real files that pip can bring: what checking keeps off the screen, and what it costs, a model each.

`python tests/bench/complete_run.py [--holes N] [--model NAME ...]`: masks regions of four kinds of real sources, lets
the models of this machine fill them in with checking off and on (`signoff bench complete`), and prints one table.
A model that is not downloaded is left out, and said so.
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

import designs
import mcu_packages
from sources import sources, unpacked
from wheels import NotToBeHad

from signoff.completion.measure.report import table
from signoff.completion.model import weights

MODELS = ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")
# Of the packages of CUDA code, files that need nothing which their own package does not bring.
CUDA = ("lightgbm", "gptqmodel")
SIGNOFF = (sys.executable, "-m", "signoff.lsp_server.cli")
LATEST = Path(__file__).resolve().parents[2] / ".cache" / "bench_complete.json"


def verilog() -> list[Path]:
    """RTL of three small processors."""
    return [designs.design(name).folder for name in ("picorv32", "serv", "mor1kx")]


def cuda() -> list[Path]:
    """Kernels of released Python packages."""
    return [unpacked(source) for source in sources("cuda") if source.name in CUDA]


def triton() -> list[Path]:
    """Triton kernels of released Python packages."""
    return [unpacked(source) for source in sources("triton")]


def firmware() -> list[Path]:
    """ARM's CMSIS-DSP around the example firmware's start-up code."""
    return [mcu_packages.dsp("complete", 30)]


LANGUAGES: dict[str, Callable[[], list[Path]]] = {"verilog": verilog, "cuda": cuda, "triton": triton, "c": firmware}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and keep the figures in .cache/; the exit status is 1 where a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holes", type=int, default=30, help="of each language (default 30)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", action="append", choices=MODELS)
    parser.add_argument("--replay", action="store_true", help="type a part of picorv32.v again instead, 500 keys")
    parser.add_argument("--language", action="append", choices=list(LANGUAGES))
    parser.add_argument("--judged", action="store_true", help="only holes whose true text a tool judges")
    args = parser.parse_args(argv)
    if args.replay:
        return _replay(args)
    results, failed = {}, False
    for model in args.model or MODELS:
        entry = weights.find(model)
        if entry is None or not weights.path_of(entry).is_file():
            print(f"{model}: left out, it is not downloaded (signoff model pull {model})\n")
            continue
        print(f"{model}, {args.holes} holes of each language, seed {args.seed}, as while typing, two lines each:")
        for language in args.language or LANGUAGES:
            try:
                found = _measure(model, language, args)
            except NotToBeHad as error:
                print(f"{language}: left out, {error}")
                continue
            failed |= found is None
            if found is not None:
                results[f"{model} {language}"] = found
                rows = {name: one for name, one in found["figures"].items() if ":" in name}
                print("\n".join(table({language: found["figures"]["all"], **rows})), flush=True)
        print()
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return int(failed)


def _replay(args: argparse.Namespace) -> int:
    """The decoder of picorv32, from a line on, by the first model that is asked for."""
    folder = designs.design("picorv32").folder
    command = [*SIGNOFF, "bench", "complete", str(folder / "picorv32.v"), "--replay", "--from-line", "1180"]
    model = (args.model or MODELS)[0]
    return subprocess.run([*command, "--model", model, "--seed", str(args.seed)], check=False).returncode


def _measure(model: str, language: str, args: argparse.Namespace) -> dict[str, Any] | None:
    folders = [str(path) for path in LANGUAGES[language]()]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [
            *(*SIGNOFF, "bench", "complete", *folders),
            *("--language", language, "--holes", str(args.holes), "--seed", str(args.seed), "--model", model),
            *("--json", str(report), *["--judged"] * args.judged),
        ]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            print(f"{language}: signoff bench complete ended with {done.returncode}")
            return None
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"), parse_constant=float)
    return found


if __name__ == "__main__":
    sys.exit(main())
