"""What hovers and lenses tell of GPU code: the launch checks' facts of the present text, with the costs that were
measured last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.diagnostics.explain.gpu import (
    kernel_hover,
    launch_hover,
    lens_title,
    term_hover,
    triton_hover,
    triton_lens_title,
)
from signoff.lsp_server.checking import Checking
from signoff.lsp_server.documents import Document, Documents
from signoff.lsp_server.gpu_places import in_configuration, inside, term_at, triton_kernels
from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON, Kernel, KernelCost, UnitFacts
from signoff.verifiers.gpu.strings.embedded import units
from signoff.verifiers.gpu.strings.triggers import TRITON
from signoff.verifiers.project import Project
from signoff.verifiers.verifier import Verifier

LANGUAGES = CUDA_LANGUAGES | {PYTHON}
# Whose figures count, the most exact first: nvcc also sees the instances of templates.
MEASURERS = ("nvcc", "nvrtc")
TRITON_MEASURERS = ("triton resources",)
STALE = "of the last compiled text"

Place = tuple[int, int]
# Markdown, and the span that it is about where that is more than a word.
Told = tuple[str, Span | None]


@dataclass(frozen=True, slots=True)
class Lens:
    """One line above a kernel."""

    span: Span
    title: str


@dataclass(frozen=True, slots=True)
class Costs:
    """What kernels cost, by bare name; `stale` are the kernels whose figures are of an earlier text.

    `complete`: the compiler that sees every kernel has run, so one that is not there was not in what it compiled.
    """

    kernels: dict[str, tuple[KernelCost, ...]]
    stale: frozenset[str]
    complete: bool

    def of(self, kernel: str) -> tuple[KernelCost, ...] | None:
        """The costs of one kernel, () where the last compilation did not have it; None where there was none yet."""
        return self.kernels.get(kernel, () if self.complete else None)


class Gpu:
    """Answers for open CUDA and Python documents. Every answer is of the present text or None."""

    def __init__(self, documents: Documents, checking: Checking, verifiers: Sequence[Verifier]) -> None:
        self._documents, self._checking = documents, checking
        self._launch = next((verifier for verifier in verifiers if verifier.name == "launch"), None)

    async def unit(self, uri: str) -> UnitFacts | None:
        """The kernels and launches of a document's present text; None where they cannot be told."""
        await self._checking.settled(uri)
        seen = self._checking.look(uri)
        if seen is None or self._launch is None:
            return None
        run = self._checking.latest(uri, self._launch.name)
        if run is None or run.snapshot.version != seen[0].version or run.snapshot.text != seen[0].text:
            # Switched off or late: the engine keeps what it knows of a text, so asking again costs little.
            facts = (await self._launch.run(*seen)).facts
        else:
            facts = run.outcome.facts
        found = facts.get("unit")
        return found if isinstance(found, UnitFacts) and self._is_present(uri, seen[0].version) else None

    def costs(self, uri: str, measurers: Sequence[str] = MEASURERS) -> Costs:
        """What the compilers last said: of the present text where one of them has seen it, else of an earlier one."""
        document = self._documents.get(uri)
        reports = [(self._measured(uri, name), self._is_fresh(uri, name, document)) for name in measurers]
        kernels: dict[str, tuple[KernelCost, ...]] = {}
        stale: set[str] = set()
        for costs, fresh in sorted(reports, key=lambda report: not report[1]):
            for name in dict.fromkeys(cost.kernel for cost in costs if cost.kernel not in kernels):
                kernels[name] = tuple(cost for cost in costs if cost.kernel == name)
                if not fresh:
                    stale.add(name)
        complete = "kernels" in self._checking.facts(uri, measurers[0])
        return Costs(kernels, frozenset(stale), complete)

    async def lenses(self, uri: str) -> tuple[Lens, ...]:
        """A line above each kernel of the document."""
        document, seen = self._documents.get(uri), self._checking.look(uri)
        if document is None or seen is None or document.language not in LANGUAGES:
            return ()
        lenses = list[Lens]()
        if document.language in CUDA_LANGUAGES or units(seen[0]):
            unit = await self.unit(uri)
            if unit is not None:
                lenses += self._cuda_lenses(uri, unit, seen[1])
        if document.language == PYTHON and TRITON.search(document.text):
            lenses += self._triton_lenses(uri, document, seen[1])
        return tuple(lenses) if self._is_present(uri, seen[0].version) else ()

    async def hover(self, uri: str, place: Place) -> Told | None:
        """Markdown for what is at (line, column), and the place that it is about; None where nothing is known."""
        document, seen = self._documents.get(uri), self._checking.look(uri)
        if document is None or seen is None or document.language not in LANGUAGES:
            return None
        offset = document.index.offset(*place)
        in_cuda = document.language in CUDA_LANGUAGES or any(one.placed.holds(offset) for one in units(seen[0]))
        if in_cuda:
            unit = await self.unit(uri) or UnitFacts()
            answers = (self._kernel_hover, self._cuda_term, self._launch_hover)
            found = next((text for answer in answers if (text := answer(document, unit, seen[1], place))), None)
        else:
            found = self._triton_hover(document, seen[1], place)
        return found if self._is_present(uri, seen[0].version) else None

    def _cuda_lenses(self, uri: str, unit: UnitFacts, project: Project) -> Iterator[Lens]:
        costs = self.costs(uri)
        for kernel in _own(unit, self._path(uri)):
            if kernel.defined:
                title = lens_title(kernel, costs.of(kernel.name), unit.launches, project)
                yield Lens(kernel.name_span, _aged(title, kernel.name, costs))

    def _triton_lenses(self, uri: str, document: Document, project: Project) -> Iterator[Lens]:
        costs = self.costs(uri, TRITON_MEASURERS)
        for name, span in triton_kernels(document.index):
            yield Lens(span, _aged(triton_lens_title(name, costs.of(name), project), name, costs))

    def _kernel_hover(self, document: Document, unit: UnitFacts, project: Project, place: Place) -> Told | None:
        costs = self.costs(document.uri)
        for kernel in _own(unit, document.path):
            if inside(place, kernel.name_span):
                return self._kernel_text(unit, kernel, costs, project), kernel.name_span
        for launch in unit.launches:
            launched = _kernel(unit, launch.kernel)
            if launched is not None and inside(place, launch.kernel_span):
                return self._kernel_text(unit, launched, costs, project), launch.kernel_span
        return None

    def _launch_hover(self, document: Document, unit: UnitFacts, project: Project, place: Place) -> Told | None:
        for launch in unit.launches:
            if in_configuration(place, launch):
                costs = self.costs(document.uri).of(launch.kernel)
                return launch_hover(launch, _kernel(unit, launch.kernel), costs, project), launch.span
        return None

    def _cuda_term(self, document: Document, unit: UnitFacts, project: Project, place: Place) -> Told | None:
        text = term_hover(term_at(document.index, place, in_cuda=True), project)
        return (text, None) if text else None

    def _kernel_text(self, unit: UnitFacts, kernel: Kernel, costs: Costs, project: Project) -> str:
        return _aged_text(kernel_hover(kernel, costs.of(kernel.name), unit.launches, project), kernel.name, costs)

    def _triton_hover(self, document: Document, project: Project, place: Place) -> Told | None:
        if not TRITON.search(document.text):
            return None
        costs = self.costs(document.uri, TRITON_MEASURERS)
        for name, span in triton_kernels(document.index):
            if inside(place, span):
                return _aged_text(triton_hover(name, costs.of(name), project), name, costs), span
        text = term_hover(term_at(document.index, place, in_cuda=False), project)
        return (text, None) if text else None

    def _measured(self, uri: str, verifier: str) -> tuple[KernelCost, ...]:
        found = self._checking.facts(uri, verifier).get("kernels")
        return found if isinstance(found, tuple) else ()

    def _is_fresh(self, uri: str, verifier: str, document: Document | None) -> bool:
        run = self._checking.latest(uri, verifier)
        known = self._checking.facts(uri, verifier)
        # A later run that could not compile has no figures: those shown are then of an earlier text.
        measured = run is not None and run.outcome.facts.get("kernels") is known.get("kernels")
        return bool(measured and run and document and run.snapshot.text == document.text)

    def _is_present(self, uri: str, version: int) -> bool:
        document = self._documents.get(uri)
        return document is not None and document.version == version

    def _path(self, uri: str) -> str:
        document = self._documents.get(uri)
        return document.path if document is not None else ""


def _own(unit: UnitFacts, path: str) -> Iterator[Kernel]:
    """The kernels of the document itself, not those of headers."""
    return (kernel for kernel in unit.kernels if kernel.path in ("", path))


def _kernel(unit: UnitFacts, name: str) -> Kernel | None:
    named = [kernel for kernel in unit.kernels if kernel.name == name]
    return next((kernel for kernel in named if kernel.defined), named[0] if named else None)


def _aged(title: str, kernel: str, costs: Costs) -> str:
    return f"{title} ({STALE})" if kernel in costs.stale else title


def _aged_text(text: str, kernel: str, costs: Costs) -> str:
    return f"{text}\n\n*Costs {STALE}.*" if kernel in costs.stale else text
