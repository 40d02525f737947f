"""The editors of vllm_run.py: each with a real file, a session and a model connection of its own, under one policy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designs import design
from sources import sources, unpacked

from signoff.completion.measure.plain import PlainPolicy
from signoff.completion.measure.recording import RecordedModel
from signoff.completion.measure.replay import Replayed, replay
from signoff.completion.settings import CompletionSettings
from signoff.lsp_server.commands.bench_engines import engine, recorded
from signoff.lsp_server.commands.bench_replay import EnginePolicy
from signoff.lsp_server.commands.session import open_session, snapshot_of
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

# (design, file) and (source package, file): one an editor.
DESIGNS = (
    ("picorv32", "picorv32.v"),
    ("serv", "rtl/serv_state.v"),
    ("mor1kx", "rtl/verilog/mor1kx_lsu_cappuccino.v"),
    ("marocchino", "rtl/verilog/or1k_marocchino_decode.v"),
    ("lm32", "rtl/lm32_load_store_unit.v"),
    ("ibex", "rtl/ibex_controller.sv"),
)
CUDA = (("torch-cluster", "csrc/cuda/fps_cuda.cu"), ("torch-scatter", "csrc/cuda/scatter_cuda.cu"))
# A line is worth stopping in where so many characters stand on it; half of them have been typed then.
LEAST = 12


def files() -> list[Path]:
    """The editors' files. Raises NotToBeHad."""
    found = [design(name).folder / file for name, file in DESIGNS]
    packages = {source.name: source for source in sources("cuda")}
    for name, file in CUDA:
        folder = unpacked(packages[name])
        found.append(next(path for path in sorted(folder.rglob(Path(file).name)) if path.as_posix().endswith(file)))
    return found


@dataclass(frozen=True, slots=True)
class Typist:
    """One editor. `start` is the offset in the file at which its work begins."""

    snapshot: Snapshot
    start: int
    policy: Any
    model: RecordedModel
    seed: int

    async def pauses(self, places: int) -> Replayed:
        """Stop in the midst of each of the next lines, the rest of it not yet typed, and wait for what is offered."""
        self.model.forget()
        done = Replayed()
        for snapshot, offset in stops(self.snapshot, self.start, places):
            began = time.perf_counter()
            found = await self.policy.ask(snapshot, *LineIndex(snapshot.text).position(offset))
            done.keystrokes += 1
            if found:
                done.shown += 1
                done.latencies.append(time.perf_counter() - began)
        done.requests, done.pieces = self.model.traffic.requests, self.model.traffic.pieces
        done.aborted = self.model.traffic.aborted
        return done

    async def types(self, keystrokes: int) -> Replayed:
        """Type on from `start`, at a person's pace, whatever comes."""
        self.model.forget()
        return await replay(self.snapshot, self.start, self.policy, self.model, keystrokes=keystrokes, seed=self.seed)


def stops(snapshot: Snapshot, start: int, places: int) -> Sequence[tuple[Snapshot, int]]:
    """The document with a line half typed and the offset of its cursor, for the next `places` lines of code."""
    text, found, line = snapshot.text, list[tuple[Snapshot, int]](), start
    while len(found) < places and line < len(text):
        end = text.find("\n", line) if "\n" in text[line:] else len(text)
        code = text[line:end].strip()
        if len(code) >= LEAST and not code.startswith(("//", "/*", "*")):
            offset = line + (end - line) - len(code) // 2
            half = Snapshot(snapshot.uri, snapshot.path, snapshot.language, len(found) + 1, text[:offset] + text[end:])
            found.append((half, offset))
        line = end + 1
    return found


async def opened(
    stack: contextlib.AsyncExitStack, path: Path, policy: str, settings: CompletionSettings, seed: int
) -> Typist:
    """An editor with `path` open, under the policy "signoff" or "plain"; `stack` closes what it holds."""
    session = await stack.enter_async_context(open_session([path]))
    model = await stack.enter_async_context(recorded(settings, session, again=False))
    snapshot = snapshot_of(path)
    starts = LineIndex(snapshot.text).starts
    chosen: Any = PlainPolicy(model, settings.max_tokens)
    if policy == "signoff":
        own = await stack.enter_async_context(engine(settings, session, model))
        own.opened(snapshot)
        chosen = EnginePolicy(own, session.workspace.project_for(snapshot.path))
    return Typist(snapshot, starts[len(starts) // 3], chosen, model, seed)
