"""Engines on a Ray cluster: the same ones, each an actor with a processor of its own. Needs the extra [ray]."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.batch.drive import CrewTrouble, Faulty, Lost
from signoff.diagnostics.batch.engine import Order, RepairEngine
from signoff.diagnostics.batch.local import GRACE_SECONDS, READY_SECONDS, last_line
from signoff.diagnostics.batch.results import Result
from signoff.diagnostics.batch.samples import Sample
from signoff.verifiers.extras import install

LOCAL = "local"
CLOSE_SECONDS = 10.0


class RayCrew:
    """`size` engines on the cluster at `address` ("local": one of this machine's own, gone afterwards); None: one for
    each processor of the cluster. Each node needs the same Signoff, with its tools."""

    def __init__(self, address: str, size: int | None) -> None:
        self.size = size or 0
        self._address = address
        self._actors: list[Any] = []
        self._ray: Any = None

    async def open(self, order: Order) -> None:
        """Join the cluster and start the actors. Raises CrewTrouble."""
        self._ray = _ray()
        try:
            with _signals_kept():
                self._ray.init(**self._arguments())
        except Exception as error:
            raise CrewTrouble(f"the Ray cluster {self._address} cannot be joined: {last_line(error)}") from error
        processors = int(self._ray.cluster_resources().get("CPU", 0))
        if not processors:
            raise CrewTrouble(f"the Ray cluster {self._address} has no processors to offer")
        self.size = min(self.size, processors) if self.size else processors
        self._actors = [self._started() for _ in range(self.size)]
        await self._ready(order)

    async def repair(self, number: int, sample: Sample, order: Order) -> Result:
        """See Crew."""
        limit = order.seconds + GRACE_SECONDS + READY_SECONDS
        errors = self._ray.exceptions
        try:
            async with asyncio.timeout(limit):
                result: Result = await self._actors[number].repair.remote(sample, order)
        except TimeoutError:
            self._replace(number)
            raise Lost(f"gave no answer in {limit:g} s") from None
        except errors.RayTaskError as error:
            raise Faulty(last_line(error)) from error
        except errors.RayError as error:
            self._replace(number)
            raise Lost(f"its actor ended: {_first_line(error)}") from None
        return result

    async def close(self) -> None:
        """End the actors with their processes, leave the cluster, and end it where it is ours."""
        if self._ray is None:
            return
        closing = [actor.close.remote() for actor in self._actors]
        if closing:
            # One that is at work answers late: it is killed, and the kernel ends its tools with it.
            with contextlib.suppress(Exception):
                await asyncio.to_thread(self._ray.wait, closing, num_returns=len(closing), timeout=CLOSE_SECONDS)
        for number in range(len(self._actors)):
            self.kill(number)
        self._actors = []
        self._ray.shutdown()

    def _arguments(self) -> dict[str, Any]:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
        if self._address != LOCAL:
            return {"address": self._address, **quiet}
        return {"address": LOCAL, "num_cpus": self.size or None, "include_dashboard": False, **quiet}

    def _started(self) -> Any:
        return self._ray.remote(num_cpus=1)(_Actor).remote()

    def kill(self, number: int) -> None:
        """End an actor, whatever it does."""
        with contextlib.suppress(Exception):
            self._ray.kill(self._actors[number])

    def _replace(self, number: int) -> None:
        """Another actor for one that is of no use any more."""
        self.kill(number)
        self._actors[number] = self._started()

    async def _ready(self, order: Order) -> None:
        """All of them can do what is asked, by the same Signoff as ours: results of different ones would mix."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                told = await asyncio.gather(*(actor.ready.remote(order) for actor in self._actors))
        except TimeoutError:
            raise CrewTrouble(f"the Ray cluster has not started its actors in {READY_SECONDS:g} s") from None
        except Exception as error:
            raise CrewTrouble(f"no engine can be started on the Ray cluster: {last_line(error)}") from error
        ours = RepairEngine.version()
        for version, trouble in told:
            if trouble or version != ours:
                raise CrewTrouble(trouble or f"a node of the cluster has Signoff {version}, and this machine {ours}")


class _Actor:
    """An engine as Ray wants it: without a coroutine, or its methods would be called within a running event loop."""

    def __init__(self) -> None:
        self._engine = RepairEngine()

    def ready(self, order: Order) -> tuple[str, str]:
        return self._engine.ready(order)

    def repair(self, sample: Sample, order: Order) -> Result:
        return self._engine.repair(sample, order)

    def close(self) -> None:
        self._engine.close()


def _ray() -> Any:
    """The package, told to report to nobody. Raises CrewTrouble."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Else Ray would have each worker started by `uv run`, where we are.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        import ray
    except ImportError as error:
        raise CrewTrouble(f"Ray is not installed: {install('ray')} ({error})") from error
    return ray


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; ours ends what is under way first."""
    names = [name for name in ("SIGTERM", "SIGINT") if hasattr(signal, name)]
    kept = {name: signal.getsignal(getattr(signal, name)) for name in names}
    try:
        yield
    finally:
        for name, handler in kept.items():
            if handler is not None:
                signal.signal(getattr(signal, name), handler)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
