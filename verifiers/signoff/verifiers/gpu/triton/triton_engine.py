"""Triton in its worker process: what its front end says of a file's kernels, and their PTX.

The process may be a Python of the user's (triton_data says what that asks of this module and its imports).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import triton

from signoff.verifiers.gpu.triton import (
    triton_comments,
    triton_front,
    triton_guard,
    triton_judge,
    triton_messages,
    triton_parse,
    triton_places,
    triton_sites,
)
from signoff.verifiers.gpu.triton.triton_build import Builder
from signoff.verifiers.gpu.triton.triton_data import Compiled, Extent, Fault, Jobs, Report, Source
from signoff.verifiers.gpu.triton.triton_extract import Function, Module
from signoff.verifiers.gpu.triton.triton_front import Compilation, Error
from signoff.verifiers.gpu.triton.triton_jobs import Machine
from signoff.verifiers.gpu.triton.triton_judge import Stage
from signoff.verifiers.gpu.triton.triton_places import Places
from signoff.verifiers.gpu.triton.triton_signature import Variant, configured
from signoff.verifiers.gpu.triton.triton_subject import Skipped, Subject, guarded
from signoff.verifiers.gpu.triton.triton_tuning import Tuning, covering, tuning
from signoff.verifiers.gpu.triton.triton_tuning_checks import TuningChecks
from signoff.verifiers.gpu.triton.triton_use import Use

# Where no target is known, the architecture that is compiled for, and those that must agree in case of doubt.
USUAL_TARGET = 80
OTHER_TARGETS = (90, 100)
# Of a kernel's configurations, so many go through the front end at each pause: one takes 5 to 100 ms.
MOST_CONFIGS = 5


class TritonEngine:
    """The engine class of workers.py."""

    def version(self) -> tuple[str, str]:
        """(version, folder) of this Triton."""
        return triton.__version__, str(Path(triton.__file__).parent)

    def check(self, source: Source, architectures: tuple[str, ...]) -> Report:
        """Every kernel of the file through the front end."""
        return _Check(source, triton_front.targets(architectures)).report()

    def jobs(self, source: Source) -> Jobs:
        """What there is to compile to machine code in the file."""
        return Machine(source).jobs()

    def compile(self, source: Source, number: int, architecture: str, limit: int) -> Compiled:
        """One of jobs(), by its number, for "sm_90"; above `limit` bytes of shared memory see Compiled.narrow."""
        return Machine(source).compile(number, triton_front.targets((architecture,))[0], limit)


class _Check:
    def __init__(self, source: Source, targets: list[int]) -> None:
        self._source = source
        self._subject = Subject(source)
        self._targets = targets or [USUAL_TARGET]
        self._others = targets[1:] or ([] if targets else list(OTHER_TARGETS))
        self._builder = Builder(self._subject.modules, triton_front.GUARD)
        self._places: dict[str, Places] = {}

    def report(self) -> Report:
        faults: list[Fault] = []
        compiled: list[str] = []
        skipped: list[tuple[str, str]] = []
        try:
            for function, use in self._subject.roots():
                try:
                    faults += self._kernel(function, use)
                    compiled.append(function.name)
                except Skipped as error:
                    skipped.append((function.name, str(error)))
        finally:
            self._builder.close()
        found, extents = self._read()
        every = tuple(dict.fromkeys((*faults, *found)))
        note = _note(self._subject.module)
        return Report(every, tuple(compiled), tuple(skipped), extents, note, triton.__version__)

    def _read(self) -> tuple[list[Fault], tuple[Extent, ...]]:
        """What launches, decorators and comments themselves show, without any compiling."""
        module, places, options = self._subject.module, Places(self._source.text), triton_front.option_names()
        rows = triton_parse.lines(self._source.text)
        faults: list[Fault] = []
        extents: list[Extent] = []
        for function in module.functions:
            certain = function.name not in module.doubtful
            mine = [site for site in self._subject.launches(function) if len(site.target(module.functions)) == 1]
            faults += triton_comments.faults(function, module, rows, places)
            for site in mine if certain else ():
                faults += triton_sites.faults(site, function, module, places, options)
            for site in self._subject.launches(function):
                extents += triton_sites.extents(site, module, places)
            checks = TuningChecks(function, module, places, options, triton_front.strict_tuning())
            faults += checks.faults(mine) if certain else ()
            extents += checks.extents() if certain else ()
        return faults, tuple(dict.fromkeys(extents))

    def _kernel(self, function: Function, use: Use) -> list[Fault]:
        """The faults of one kernel. Raises Skipped where no way to compile it gives a verdict."""
        made = guarded(self._builder.function, function, self._subject.module)
        tuned = tuning(function, self._subject.module)
        found: list[Fault] = []
        doubts: list[str] = []
        tries = list(self._tries(function, use, tuned))
        for variant in tries:
            error = guarded(self._attempt, made, variant, self._targets[0])
            if error is None:
                continue
            try:
                found.append(self._judged(error, function, made, variant))
            except Skipped as doubt:
                doubts.append(str(doubt))
        faults = _passed_over(found, tries, tuned)
        if doubts and not faults:
            raise Skipped(doubts[0])
        return faults

    def _tries(self, function: Function, use: Use, tuned: Tuning) -> Iterator[Variant]:
        """The ways to compile a kernel: all of the file's with the first configuration, one with each of the others."""
        found = self._subject.variants(function, use)
        if tuned.pruned:
            # Which configurations there are at run time is not known.
            yield from (replace(item, guessed_values=item.guessed_values | tuned.supplied) for item in found)
            return
        yield from found
        yield from configured(found[0], covering(tuned.configs, MOST_CONFIGS)[1:])

    def _attempt(self, made: Any, variant: Variant, target: int) -> Error | None:
        """The front end's complaint, None where it has none."""
        try:
            Compilation(made, variant, target).front()
        except Exception as error:
            return triton_front.error(error, self._builder)
        return None

    def _judged(self, error: Error, kernel: Function, made: Any, variant: Variant) -> Fault:
        """The fault that an error shows. Raises Skipped where a guess of ours may be to blame."""
        stages = [Stage(step.function, step.node) for step in error.steps if step.function is not None]
        code = triton_messages.code(error.kind, error.message)
        if not stages or not error.expected or not code:
            raise Skipped(f"Triton itself failed: {error.kind}: {error.message[:300]}")
        if triton_guard.OURS in error.message:
            raise Skipped(f"a module of the workspace is not followed: {error.message[:200]}")
        if error.kind == "NameError":
            self._name(error.message, stages, variant)
        elif triton_judge.reached_by_guess(stages, variant, self._builder.doubtful):
            raise Skipped(f"reached only with values that had to be guessed: {error.message[:200]}")
        elif not triton_judge.certain(error.kind, error.message):
            self._doubt(error, stages, made, variant)
        return self._fault(error, stages, code, kernel, variant)

    def _name(self, message: str, stages: list[Stage], variant: Variant) -> None:
        undefined = triton_messages.UNDEFINED.match(message)
        last = stages[-1].function
        module = self._subject.modules.resolved(last.path)
        if undefined and module is not None and triton_judge.known_name(undefined[1], last, module):
            raise Skipped(f"{undefined[1]} is not followed")

    def _doubt(self, error: Error, stages: list[Stage], made: Any, variant: Variant) -> None:
        """Raises Skipped unless every other guess leads to the same complaint."""
        if triton_judge.hangs_on_values(stages, variant, self._builder.doubtful):
            raise Skipped(f"with values that had to be guessed: {error.message[:200]}")
        tries = [(variant, target) for target in self._others]
        if triton_judge.hangs_on_types(stages, variant):
            tries += [(other, self._targets[0]) for other in triton_judge.other_types(variant)]
        for other, target in tries:
            second = guarded(self._attempt, made, other, target)
            agrees = second is not None and second.kind == error.kind and _where(second) == _where(error)
            if second is None or not agrees or not triton_judge.same(second.message, error.message):
                raise Skipped(f"with types that had to be guessed: {error.message[:200]}")

    def _fault(self, error: Error, stages: list[Stage], code: str, kernel: Function, variant: Variant) -> Fault:
        own = [number for number, stage in enumerate(stages) if stage.function.path == self._source.path]
        at = own[-1] if own else 0
        stage = stages[at]
        node = triton_places.pointed(stage.node, error.message)
        place = triton_places.member(self._place(stage.function, node), node, error.message)
        call = ast.unparse(stage.node.func) if isinstance(stage.node, ast.Call) else ""
        message = triton_messages.text(error.kind, error.message, call, type(stage.node).__name__)
        if code == "TritonAttribute" or triton_messages.REMOVED.search(error.message):
            message = f"{message.rstrip('.')} (Triton {triton.__version__})"
        if variant.tuned:
            values = ", ".join(f"{name}={value!r}" for name, value in variant.set_by_config.items())
            message = f"{message.rstrip('.')} (with {values}, as @triton.autotune has it)"
        related = [self._related(item, "called here") for item in reversed(stages[:at])]
        related += [self._related(item, "refused here") for item in stages[at + 1 :]]
        data = (("kernel", kernel.name), ("function", stage.function.name))
        return Fault(stage.function.path, place, code, message, kernel.name, tuple(related), data)

    def _related(self, stage: Stage, message: str) -> tuple[str, tuple[int, int, int, int], str]:
        return stage.function.path, self._place(stage.function, stage.node), f"{stage.function.name}: {message}"

    def _place(self, function: Function, node: ast.AST) -> tuple[int, int, int, int]:
        if function.path not in self._places:
            module = self._subject.modules.resolved(function.path)
            self._places[function.path] = Places(module.text if module is not None else "")
        return self._places[function.path].inside(function, node)


def _passed_over(found: list[Fault], tries: list[Variant], tuned: Tuning) -> list[Fault]:
    """One fault a place. Of several configurations the autotuner passes over those in which a static_assert fails."""
    failed = [item for item in found if item.code == "TritonAssertion"]
    tried = [dict(item.set_by_config) for item in tries]
    every = tuned.closed and all(config.values in tried for config in tuned.configs)
    if len(tuned.configs) > 1 and not (every and len(failed) == len(tries)):
        found = [item for item in found if item.code != "TritonAssertion"]
    kept: dict[tuple[object, ...], Fault] = {}
    for item in found:
        kept.setdefault((item.path, item.place, item.code), item)
    return list(kept.values())


def _note(module: Module) -> str:
    """What could not be read of the file."""
    if not module.broken:
        return ""
    first = module.broken[0]
    return f"line {first.line + 1} is no Python ({first.message}): what stands there was not looked at"


def _where(error: Error) -> tuple[object, ...]:
    return tuple((getattr(step.node, "lineno", 0), getattr(step.node, "col_offset", 0)) for step in error.steps)
