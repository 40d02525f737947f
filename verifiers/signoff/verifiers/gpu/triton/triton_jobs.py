"""Kernels to machine code, in Triton's worker process: what there is to compile in a file, and the compiling."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from signoff.verifiers.gpu.triton import triton_front
from signoff.verifiers.gpu.triton.triton_build import Builder
from signoff.verifiers.gpu.triton.triton_data import Compiled, Job, Jobs, Place, Source
from signoff.verifiers.gpu.triton.triton_extract import Dtype, Function
from signoff.verifiers.gpu.triton.triton_front import WARP, Compilation
from signoff.verifiers.gpu.triton.triton_places import Places
from signoff.verifiers.gpu.triton.triton_signature import Variant, configured
from signoff.verifiers.gpu.triton.triton_subject import Skipped, Subject, guarded
from signoff.verifiers.gpu.triton.triton_tuning import tuning
from signoff.verifiers.gpu.triton.triton_use import Use

# Of a kernel's configurations, so many are compiled: each takes up to some seconds.
MOST_CONFIGS = 4
# The narrowest elements that kernels are written for.
NARROW = ("*fp8e5", "*i8", "*fp16")
HOW = "to know what it costs, name its sizes above it: # signoff: BLOCK: 1024"


@dataclass(frozen=True)
class Task:
    """A job with what the engine needs for it."""

    job: Job
    function: Function
    variant: Variant


class Machine:
    """The jobs of one text, in an order that is the same each time."""

    def __init__(self, source: Source) -> None:
        self._subject = Subject(source)
        self._places = Places(source.text)
        self._builder = Builder(self._subject.modules, triton_front.GUARD)
        self.skipped: list[tuple[str, str]] = []
        self.tasks = list(self._tasks())

    def jobs(self) -> Jobs:
        """What there is to compile."""
        return Jobs(tuple(task.job for task in self.tasks), tuple(self.skipped))

    def _tasks(self) -> Iterator[Task]:
        number = 0
        for function, use in self._subject.roots():
            try:
                found = list(self._variants(function, use))
            except Skipped as error:
                self.skipped.append((function.name, str(error)))
                continue
            for variant, tuned in found:
                yield Task(self._job(function, use, variant, tuned, number), function, variant)
                number += 1

    def _variants(self, function: Function, use: Use) -> Iterator[tuple[Variant, tuple[int, int]]]:
        configs = tuning(function, self._subject.module).configs
        known = [item for item in self._subject.variants(function, use) if _sized(item, use)]
        if not known:
            raise Skipped(f"its constexprs are not known here; {HOW}")
        for variant in known:
            each = configured(variant, configs) or (variant,)
            for number, item in enumerate(each[:MOST_CONFIGS]):
                yield item, (number, len(each))

    def _job(self, function: Function, use: Use, variant: Variant, tuned: tuple[int, int], number: int) -> Job:
        sizes = tuple((name, _shown(value)) for name, value in {**variant.constants, **variant.options}.items())
        label = ", ".join(f"{name}={value}{_mark(name, variant)}" for name, value in sizes)
        typed = not any(variant.types[name].startswith("*") for name in variant.guessed_types)
        return Job(function.name, self._name(function), number, label, not variant.guessed_values, typed, tuned, sizes)

    def _name(self, function: Function) -> Place:
        line = function.node.lineno - 1
        row = self._places.row(line)
        start = row.find(function.name, row.find("def") + 3)
        return line, start, line, start + len(function.name)

    def compile(self, number: int, arch: int, limit: int) -> Compiled:
        """One job; `limit` is the shared memory, in bytes, above which narrower elements are tried, too."""
        task = self.tasks[number]
        try:
            made = guarded(self._builder.function, task.function, self._subject.module)
            compiled = _machine_code(made, task.variant, arch)
            if compiled.shared > limit and not task.job.typed:
                return replace(compiled, narrow=_narrowest(made, task.variant, arch, compiled.shared, limit))
            return compiled
        except Skipped as error:
            return Compiled(why=str(error))
        except Exception as error:
            return Compiled(why=f"{type(error).__name__}: {str(error)[:300]}")
        finally:
            self._builder.close()


def _sized(variant: Variant, use: Use) -> bool:
    """Whether everything that sizes hang on is known; flags may be guessed."""
    return all(isinstance(variant.constants.get(name), bool) for name in variant.guessed_values)


def _shown(value: Any) -> str:
    return f"tl.{value.name}" if isinstance(value, Dtype) else repr(value)


def _mark(name: str, variant: Variant) -> str:
    return " (assumed)" if name in variant.guessed_values else ""


def _machine_code(made: Any, variant: Variant, arch: int) -> Compiled:
    work = Compilation(made, variant, arch)
    work.front()
    said = io.StringIO()
    # Triton runs its own ptxas with its own options, and prints what that says (TRITON_DUMP_PTXAS_LOG).
    work.back("cubin", said)
    metadata = work.metadata
    stages = int(getattr(work.options, "num_stages", 0))
    return Compiled(said.getvalue(), int(metadata.get("shared") or 0), int(metadata["num_warps"]) * WARP, stages)


def _narrowest(made: Any, variant: Variant, arch: int, shared: int, limit: int) -> int:
    """The shared memory that the kernel takes with narrower elements, the least or one that is within `limit`.

    Those that it does not accept do not count.
    """
    least = shared
    for kind in NARROW:
        types = {
            name: kind if name in variant.guessed_types and old.startswith("*") else old
            for name, old in variant.types.items()
        }
        try:
            work = Compilation(made, replace(variant, types=types), arch)
            work.front()
            work.back("llir")
        except Exception:
            continue
        least = min(least, int(work.metadata.get("shared") or 0))
        if least <= limit:
            break
    return least
