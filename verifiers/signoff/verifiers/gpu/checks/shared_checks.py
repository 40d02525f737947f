"""Shared memory against what a block can have: by itself, and after cudaFuncSetAttribute has raised the limit."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.checks.launch_site import TOOL, Fault, Site, architectures, most
from signoff.verifiers.gpu.facts import Kernel, OptIn, UnitFacts
from signoff.verifiers.gpu.hardware.limits import Limits
from signoff.verifiers.gpu.hardware.targets import failing
from signoff.verifiers.project import Project

ATTRIBUTE = "cudaFuncAttributeMaxDynamicSharedMemorySize"


def static_findings(unit: UnitFacts, project: Project, path: str) -> Iterator[Finding]:
    """Kernels of the document whose own __shared__ variables are more than a block can have without asking."""
    for kernel in unit.kernels:
        if kernel.path in ("", path) and kernel.defined:
            yield from _static(kernel, project, path)


def _static(kernel: Kernel, project: Project, path: str) -> Iterator[Finding]:
    size = kernel.static_shared or 0
    allowed = _optin if _chip_specific(project) else _default
    verdict = failing(project, lambda one: size > allowed(one))
    if verdict is None:
        return
    limit = most(verdict, allowed)
    message = (
        f"{kernel.name} declares {size} bytes of shared memory, but can have at most {limit} {verdict.where}: "
        f"it does not compile (more is only to be had as extern __shared__ memory)"
    )
    data = (("kernel", kernel.name), ("value", str(size)), ("limit", str(limit)), architectures(verdict))
    code, category = "StaticSharedMemory", Category.SHARED_MEMORY
    yield Finding(path, kernel.name_span, verdict.severity, code, message, TOOL, category, data=data)


def _chip_specific(project: Project) -> bool:
    """Whether the code is compiled for one chip only ("sm_90a"): there ptxas 13.0 takes more static shared memory."""
    return project.unit is not None and any(name[-1:].isalpha() for name in project.unit.architectures)


def shared_findings(site: Site) -> Iterator[Finding]:
    """Dynamic (and static) shared memory of a launch, or the attribute that is to allow it."""
    fault, place = _launch(site), site.launch.shared_span
    if fault is None and site.launch.opt_in is not None:
        fault, place = _attribute(site, site.launch.opt_in), site.launch.opt_in.bytes_span or site.launch.opt_in.span
    if fault is not None:
        yield site.finding(fault, place)


def _launch(site: Site) -> Fault | None:
    dynamic, static = site.launch.shared or 0, site.static_shared
    total = dynamic + static
    if dynamic <= 0 or site.failing(lambda one: static > one.smem_per_block_default):
        return None  # nothing is asked for, or the kernel does not even compile
    hardware = _over_hardware(site, total)
    if hardware is not None and hardware.verdict.severity is Severity.ERROR:
        return hardware
    return _not_asked(site, total) or hardware or _asked_for_less(site, dynamic, total)


def _over_hardware(site: Site, total: int) -> Fault | None:
    verdict = site.failing(lambda one: total > one.smem_per_block_optin)
    if verdict is None:
        return None
    limit = most(verdict, _optin)
    message = f"{_asks(site)}, but a block can have at most {limit} {verdict.where}: the launch fails"
    return Fault("SharedMemoryLimit", Category.SHARED_MEMORY, message, verdict, _data(site, limit))


def _not_asked(site: Site, total: int) -> Fault | None:
    if site.launch.opt_in is not None or site.launch.opt_in_unknown:
        return None
    verdict = site.failing(lambda one: total > one.smem_per_block_default)
    if verdict is None:
        return None
    limit = most(verdict, _default)
    message = (
        f"{_asks(site)}, but gets at most {limit} as nothing raises the kernel's limit "
        f"(cudaFuncSetAttribute with {ATTRIBUTE}): the launch fails"
    )
    return Fault("SharedMemoryOptIn", Category.SHARED_MEMORY, message, verdict, _data(site, limit))


def _asked_for_less(site: Site, dynamic: int, total: int) -> Fault | None:
    raised = site.launch.opt_in
    if raised is None or raised.bytes is None or site.launch.opt_in_unknown or dynamic <= raised.bytes:
        return None
    verdict = site.failing(lambda one: total > one.smem_per_block_default)
    if verdict is None:
        return None
    message = (
        f"The launch asks for {dynamic} bytes of dynamic shared memory, but cudaFuncSetAttribute allows "
        f"{site.launch.kernel or 'the kernel'} only {raised.bytes}: the launch fails"
    )
    return Fault("SharedMemoryAttribute", Category.SHARED_MEMORY, message, verdict, _data(site, raised.bytes))


def _attribute(site: Site, raised: OptIn) -> Fault | None:
    """The call that raises the limit fails itself: over what is left of the hardware's limit."""
    size, static = raised.bytes or 0, site.static_shared
    verdict = site.failing(lambda one: size + static > one.smem_per_block_optin)
    if verdict is None or verdict.severity is not Severity.ERROR:
        return None  # on one of several targets it may stand behind a question for the device
    limit = most(verdict, _optin) - static
    message = (
        f"{ATTRIBUTE} of {size} bytes, but {site.launch.kernel or 'the kernel'} can have at most {limit} "
        f"{verdict.where}: cudaFuncSetAttribute fails"
    )
    data = (("value", str(size)), ("limit", str(limit)), ("static", str(static)))
    return Fault("SharedMemoryAttribute", Category.SHARED_MEMORY, message, verdict, data)


def _asks(site: Site) -> str:
    dynamic, static = site.launch.shared or 0, site.static_shared
    if not static:
        return f"The launch asks for {dynamic} bytes of shared memory"
    return f"The launch takes {dynamic + static} bytes of shared memory ({dynamic} dynamic and {static} static)"


def _data(site: Site, limit: int) -> tuple[tuple[str, str], ...]:
    dynamic, static = site.launch.shared or 0, site.static_shared
    return ("axis", "shared"), ("value", str(dynamic)), ("limit", str(limit)), ("static", str(static))


def _default(one: Limits) -> int:
    return one.smem_per_block_default


def _optin(one: Limits) -> int:
    return one.smem_per_block_optin
