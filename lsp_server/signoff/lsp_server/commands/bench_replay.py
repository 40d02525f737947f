"""`signoff bench complete --replay`: a file typed again, with Signoff's flow and with one request a keystroke."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from signoff.completion.engine import CompletionEngine
from signoff.completion.measure.plain import PlainPolicy
from signoff.completion.measure.replay import replay
from signoff.completion.suggestion import Suggestion
from signoff.lsp_server.commands.bench_complete import dumps, settings_of
from signoff.lsp_server.commands.bench_engines import engine, recorded
from signoff.lsp_server.commands.session import Session
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex


class EnginePolicy:
    """Signoff's own flow, as the server uses it."""

    def __init__(self, engine: CompletionEngine, project: Project) -> None:
        self._engine = engine
        self._project = project
        self._shown: dict[str, Suggestion] = {}

    async def ask(self, snapshot: Snapshot, line: int, column: int) -> tuple[str, ...]:
        """See Policy."""
        found = await self._engine.complete(snapshot, self._project, line, column, automatic=True)
        self._shown = {one.text: one for one in found}
        return tuple(self._shown)

    def typed(self, snapshot: Snapshot, line: int) -> None:
        """See Policy."""
        self._engine.edited(snapshot, line)

    def accepted(self, snapshot: Snapshot, text: str) -> None:
        """See Policy."""
        if text in self._shown:
            self._engine.accepted(snapshot.uri, self._shown[text])


async def replay_file(args: argparse.Namespace, session: Session, files: Sequence[Snapshot]) -> int:
    """Type the first file again under both policies, and report. Raises ModelUnavailable and OSError."""
    snapshot, start = _where(files[0], args.from_line)
    # The flow's own pause, as the user has it.
    settings = replace(settings_of(args), debounce=-1.0)
    found: dict[str, dict[str, Any]] = {}
    async with recorded(settings, session, again=False) as model:
        for name in ("signoff", "plain"):
            model.forget()
            options: dict[str, Any] = {"keystrokes": args.keystrokes, "seed": args.seed}
            if name == "plain":
                done = await replay(snapshot, start, PlainPolicy(model, settings.max_tokens), model, **options)
                found[name] = done.figures()
                continue
            async with engine(settings, session, model) as own:
                policy = EnginePolicy(own, session.workspace.project_for(snapshot.path))
                done = await replay(snapshot, start, policy, model, **options)
                found[name] = {**done.figures(), "cache_hits": own.counters.hits}
        title = f"{model.description.name}, {Path(snapshot.path).name} from line {_line(snapshot, start)}"
    sys.stdout.write(f"{title}, seed {args.seed}\n\n")
    sys.stdout.writelines(f"{line}\n" for line in _table(found))
    if args.json:
        args.json.write_text(dumps({"version": 1, "what": title, "seed": args.seed, "replay": found}), encoding="utf-8")
    if args.plot:
        from signoff.completion.measure.plot import plot_replay

        plot_replay(found, args.plot, title)
    return 0


def _where(snapshot: Snapshot, line: int) -> tuple[Snapshot, int]:
    """Where typing begins: at a line (from 1), else behind the first fifth of the file, at the start of a line."""
    index = LineIndex(snapshot.text)
    line = min(line - 1 if line else len(index.starts) // 5, len(index.starts) - 1)
    return snapshot, index.starts[line]


def _line(snapshot: Snapshot, offset: int) -> int:
    return LineIndex(snapshot.text).position(offset)[0] + 1


ROWS = (
    ("keystrokes", "keystrokes"),
    ("requests", "requests sent"),
    ("requests_per_100", "requests a hundred keystrokes"),
    ("cache_hits", "answered without a request"),
    ("aborted", "aborted"),
    ("wasted", "generations of which nothing was shown"),
    ("tokens", "tokens generated"),
    ("shown", "keys after which something was shown"),
    ("taken", "completions taken"),
    ("saved_characters", "characters saved"),
    ("latency_median", "from key to text, median"),
    ("latency_p95", "from key to text, p95"),
    ("seconds", "the whole replay"),
)


def _table(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = [f"{'':40} {'Signoff':>10} {'plain':>10}"]
    for key, words in ROWS:
        cells = [_cell(key, found[name].get(key)) for name in ("signoff", "plain")]
        lines.append(f"{words:40} {cells[0]:>10} {cells[1]:>10}")
    return lines


def _cell(key: str, value: Any) -> str:
    if value is None or value != value:
        return "-"
    if key.startswith("latency"):
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if key == "seconds" else f"{value:.0f}"
