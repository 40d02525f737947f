"""One launch with what is known of its kernel and targets: what every launch check starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.gpu.facts import Extent, Kernel, Launch, UnitFacts
from signoff.verifiers.gpu.hardware.limits import Limits, limits
from signoff.verifiers.gpu.hardware.targets import Verdict, failing
from signoff.verifiers.project import Project

TOOL = "signoff"
AXES = ("grid.x", "grid.y", "grid.z", "block.x", "block.y", "block.z")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and on which targets: a finding but for its place."""

    code: str
    category: Category
    message: str
    verdict: Verdict
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A launch in the document at `path`. `kernels` are all that its name may mean (overloads, specialisations);
    `anywhere` is the project without targets."""

    launch: Launch
    kernels: tuple[Kernel, ...]
    project: Project
    path: str
    anywhere: Project

    def failing(self, predicate: Callable[[Limits], bool]) -> Verdict | None:
        """The targets on which `predicate` says that the launch fails; None where that is not certain."""
        return failing(self.asked, predicate)

    @property
    def asked(self) -> Project:
        """The project to judge by: a condition may ask for the device, so behind one every architecture counts."""
        return self.anywhere if self.launch.conditional else self.project

    @property
    def threads(self) -> int:
        """Threads a block, at the least: a dimension that is not known counts as one."""
        return at_least(self.launch.block)

    @property
    def blocks(self) -> int:
        """Blocks of the grid, at the least."""
        return at_least(self.launch.grid)

    @property
    def static_shared(self) -> int:
        """Bytes of static shared memory, at the least: what is not known counts as none."""
        return min((kernel.static_shared or 0 for kernel in self.kernels), default=0)

    @property
    def cluster(self) -> Extent | None:
        """The cluster's dimensions: the launch's, else the ones that all its kernels are declared with."""
        if self.launch.cluster is not None:
            return self.launch.cluster
        declared = {kernel.cluster for kernel in self.kernels}
        return declared.pop() if len(declared) == 1 else None

    def finding(self, fault: Fault, *places: Span | None) -> Finding:
        """The finding, at the first of `places` that there is, else at the launch."""
        return Finding(
            path=self.path,
            span=next((place for place in places if place is not None), self.launch.span),
            severity=fault.verdict.severity,
            code=fault.code,
            message=fault.message,
            tool=TOOL,
            category=fault.category,
            related=tuple(Related(note.path or self.path, note.span, note.message) for note in self.launch.notes),
            data=(("kernel", self.launch.kernel), *fault.data, architectures(fault.verdict)),
        )


def sites(unit: UnitFacts, project: Project, path: str) -> tuple[Site, ...]:
    """Every launch of the unit with its kernels."""
    named: dict[str, list[Kernel]] = {}
    for kernel in unit.kernels:
        named.setdefault(kernel.name, []).append(kernel)
    anywhere = replace(project, architectures=())
    return tuple(Site(one, tuple(named.get(one.kernel, ())), project, path, anywhere) for one in unit.launches)


def blocks_by_kernel(unit: UnitFacts) -> dict[str, tuple[Extent, ...]]:
    """The blocks that each kernel is launched with, in the order of the text; "" for launches that name none."""
    found: dict[str, list[Extent]] = {}
    for launch in unit.launches:
        found.setdefault(launch.kernel, []).append(launch.block)
    return {name: tuple(blocks) for name, blocks in found.items()}


def at_least(extent: Extent) -> int:
    """The product of the dimensions that are known and not zero."""
    product = 1
    for value in (extent.x, extent.y, extent.z):
        product *= unsigned(value) or 1
    return product


def unsigned(value: int | None) -> int | None:
    """A dimension as dim3 holds it: 32 bits without a sign, so that -1 is the largest there is."""
    return None if value is None else value % (1 << 32)


def most(verdict: Verdict, limit: Callable[[Limits], int]) -> int:
    """The largest value that a limit has among the architectures of a verdict."""
    return max(limit(limits(name)) for name in verdict.architectures)


def architectures(verdict: Verdict) -> tuple[str, str]:
    """The item of Finding.data that names the architectures a finding holds for."""
    return "architectures", " ".join(verdict.architectures)


def unique(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Without what several evaluations of one launch (a call site each) say alike."""
    return tuple(dict.fromkeys(findings))


def error(project: Project) -> Verdict:
    """The verdict on what fails on whatever device."""
    verdict = failing(project, lambda _: True)
    assert verdict is not None and verdict.severity is Severity.ERROR
    return verdict
