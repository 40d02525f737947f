"""In which order kernels are compiled to machine code, and which of it no verdict needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from signoff.verifiers.gpu.hardware.limits import limits
from signoff.verifiers.gpu.triton.triton_data import Compiled, Job
from signoff.verifiers.gpu.triton.triton_limits import needed

# Where no verdict hangs on them, further configurations are compiled for what they cost: not where one takes so long.
SLOW_SECONDS = 3.0


def ordered(jobs: Iterable[Job]) -> list[Job]:
    """One configuration of every kernel before the second of any."""
    return sorted(jobs, key=lambda job: (job.tuned[0], job.number))


def group(job: Job) -> tuple[str, int]:
    """What the configurations among which Triton chooses have in common."""
    return job.kernel, job.number - job.tuned[0]


@dataclass
class Verdicts:
    """What is known so far of the configurations of each kernel."""

    _sizes: dict[tuple[str, int], int] = field(default_factory=dict)
    _fits: set[tuple[str, int]] = field(default_factory=set)
    _slowest: dict[tuple[str, int], float] = field(default_factory=dict)
    _left_out: dict[tuple[str, int], int] = field(default_factory=dict)

    def begin(self, jobs: Iterable[Job]) -> list[Job]:
        """All there is to compile, in order."""
        jobs = ordered(jobs)
        for job in jobs:
            self._sizes[group(job)] = self._sizes.get(group(job), 0) + 1
        return jobs

    def open(self, job: Job) -> bool:
        """Whether its shared memory may still lead to a finding: an autotuner passes over what does not fit.

        Never where not all configurations are compiled: one of the others may fit.
        """
        key = group(job)
        return job.certain and key not in self._fits and self._sizes.get(key) == job.tuned[1]

    def needless(self, job: Job) -> bool:
        """Whether it need not be compiled; counts it where so."""
        key = group(job)
        if self.open(job) or self._slowest.get(key, 0.0) < SLOW_SECONDS:
            return False
        self._left_out[key] = self._left_out.get(key, 0) + 1
        return True

    def add(self, job: Job, results: Mapping[str, Compiled], seconds: float) -> None:
        """What came of one job on each target, in `seconds`."""
        key = group(job)
        self._slowest[key] = max(seconds, self._slowest.get(key, 0.0))
        if results and all(needed(result) <= limits(name).smem_per_block_optin for name, result in results.items()):
            self._fits.add(key)

    def notes(self) -> Iterator[str]:
        """What was left out, for a person."""
        for (kernel, number), count in self._left_out.items():
            took = self._slowest[kernel, number]
            what = "configuration was" if count == 1 else "configurations were"
            yield f"{kernel}: {count} more {what} not compiled, as one took {took:.0f} s"
