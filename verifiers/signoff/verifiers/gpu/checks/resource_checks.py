"""What only shows once ptxas has spoken: registers and real static shared memory against the launches. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.checks.cluster_checks import cooperative, cooperative_findings, resident, too_many
from signoff.verifiers.gpu.checks.geometry_checks import geometry
from signoff.verifiers.gpu.checks.launch_site import Fault, Site, most, sites, unique
from signoff.verifiers.gpu.checks.shared_checks import shared_findings
from signoff.verifiers.gpu.facts import KernelCost, UnitFacts
from signoff.verifiers.gpu.hardware.limits import Limits, known
from signoff.verifiers.gpu.hardware.occupancy import occupancy
from signoff.verifiers.gpu.hardware.targets import Verdict
from signoff.verifiers.project import Project


def resource_findings(unit: UnitFacts, costs: Sequence[KernelCost], project: Project, path: str) -> tuple[Finding, ...]:
    """Launches that fail for what their kernel takes, beyond what launch_checks.findings() says without the costs.

    `costs` may hold several instances of a template and several architectures; of instances the cheapest counts, and
    only architectures that were compiled for are judged.
    """
    found: list[Finding] = []
    for site in sites(unit, project, path):
        compiled = _compiled(site, costs)
        if compiled is not None and not geometry(site):
            found += _registers(compiled)
            found += _shared(compiled)
            found += _cooperative(compiled)
    return unique(found)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A launch with what its kernel takes at the least, an architecture: (registers, static shared memory)."""

    site: Site
    least: dict[str, tuple[int, int]]
    named: bool

    def failing(self, predicate: Callable[[Limits, int, int], bool]) -> Verdict | None:
        """Where `predicate` of limits, registers and static shared memory holds.

        Where nothing names a target, the one compiled for was Signoff's choice: then it is only a warning.
        """
        verdict = self.site.failing(lambda one: one.sm in self.least and predicate(one, *self.least[one.sm]))
        if verdict is None or self.named:
            return verdict
        return replace(verdict, severity=Severity.WARNING)

    @property
    def static_shared(self) -> int:
        return min(static for _, static in self.least.values())


def _compiled(site: Site, costs: Sequence[KernelCost]) -> _Compiled | None:
    mine = [cost for cost in costs if cost.kernel and cost.kernel == site.launch.kernel]
    targets = site.project.architectures or tuple(cost.architecture for cost in mine)
    least: dict[str, tuple[int, int]] = {}
    for cost in mine:
        if cost.architecture in known(targets):
            registers, static = least.get(cost.architecture, (cost.registers, cost.static_shared))
            least[cost.architecture] = min(registers, cost.registers), min(static, cost.static_shared)
    if not least:
        return None
    named = bool(site.project.architectures)
    # Behind a condition (on maxThreadsPerBlock, say) this says nothing: Site then asks for every architecture to fail.
    site = replace(site, project=replace(site.project, architectures=tuple(least)))
    return _Compiled(site, least, named)


def _registers(compiled: _Compiled) -> Iterator[Finding]:
    site = compiled.site
    threads = site.threads

    def over(one: Limits, registers: int, _: int) -> bool:
        held = occupancy(one, threads=threads, registers=registers, static_shared=0, dynamic_shared=0)
        return held.blocks_per_sm == 0 and "registers" in held.limited_by

    verdict = compiled.failing(over)
    if verdict is None:
        return
    registers = max(compiled.least[name][0] for name in verdict.architectures)
    limit = most(verdict, lambda one: one.regs_per_block)
    message = (
        f"A block of {threads} threads with {registers} registers each is over the {limit} registers of a block "
        f"{verdict.where}: the launch fails"
    )
    data = (("axis", "block"), ("value", str(threads)), ("registers", str(registers)), ("limit", str(limit)))
    fault = Fault("RegistersExceeded", Category.REGISTERS, message, verdict, data)
    yield site.finding(fault, site.launch.block_span)


def _shared(compiled: _Compiled) -> Iterator[Finding]:
    """Only what the text alone did not show: static shared memory that could not be added up there."""
    site = compiled.site
    if any(True for _ in shared_findings(site)):
        return
    real = tuple(replace(kernel, static_shared=compiled.static_shared) for kernel in site.kernels)
    yield from shared_findings(replace(site, kernels=real))


def _cooperative(compiled: _Compiled) -> Iterator[Finding]:
    site = compiled.site
    if not site.launch.cooperative or any(True for _ in cooperative_findings(site)):
        return
    verdict = compiled.failing(lambda one, registers, static: too_many(one, site, registers, static))
    if verdict is not None and verdict.severity is Severity.ERROR:
        registers = max(compiled.least[name][0] for name in verdict.architectures)
        limit = most(verdict, lambda one: resident(one, site, *compiled.least[one.sm]) or 0)
        yield cooperative(site, verdict, limit, f" with {registers} registers a thread")
