"""slang in its worker process: parses, elaborates and analyses a project, keeping what did not change."""

from __future__ import annotations

import dataclasses
import gc
import time

import pyslang
from pyslang import analysis

from signoff.verifiers.finding import Finding, Related, Severity
from signoff.verifiers.hdl import rules_edges, rules_nets, rules_ports, rules_sensitivity, slang_incomplete
from signoff.verifiers.hdl.declared import DeclaredFacts, Wanted
from signoff.verifiers.hdl.facts import ScopeFacts, SymbolFacts
from signoff.verifiers.hdl.foreign import without_foreign
from signoff.verifiers.hdl.place_facts import PlaceFacts
from signoff.verifiers.hdl.pragmas import suppress
from signoff.verifiers.hdl.rules import Fault
from signoff.verifiers.hdl.rules_drivers import DriverRule
from signoff.verifiers.hdl.slang_design import Design, Loader
from signoff.verifiers.hdl.slang_elaborate import placeholder_tops
from signoff.verifiers.hdl.slang_facts import FactsReader
from signoff.verifiers.hdl.slang_findings import TOOL, Converter
from signoff.verifiers.hdl.slang_instances import reached
from signoff.verifiers.hdl.slang_locate import Locator
from signoff.verifiers.hdl.slang_nearby import Nearby
from signoff.verifiers.hdl.slang_options import code_name
from signoff.verifiers.hdl.slang_place import place_facts
from signoff.verifiers.hdl.slang_scope import scope_facts
from signoff.verifiers.hdl.slang_sources import SourceState
from signoff.verifiers.hdl.slang_world import Worlds
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# The name of a document without a file, inside slang.
UNTITLED = "/untitled.sv"
KEPT_SECONDS = 0.5


class SlangEngine:
    """The engine class of workers.py. One instance serves one project root in one lane."""

    def __init__(self) -> None:
        self._loader = Loader()
        self._worlds = Worlds()
        self._converter: Converter | None = None
        self._kept: tuple[tuple[Snapshot, Project], Design, float] | None = None
        # What is here now stays; and little of what comes is cyclic, so looking for it seldom is enough.
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)

    def version(self) -> str:
        """slang's version."""
        info = pyslang.VersionInfo
        return f"{info.getMajor()}.{info.getMinor()}.{info.getPatch()}"

    def check(self, snapshot: Snapshot, project: Project) -> list[Finding]:
        """Every finding in the project's files, with `snapshot` and the open buffers in place of the disk's text."""
        elaborated, analysed = self._check(_named(snapshot), project, analyse=True)
        return _unnamed(elaborated + analysed, snapshot)

    def judge(self, snapshot: Snapshot, project: Project) -> list[Finding]:
        """The findings of check(), and warnings that only somebody else's text deserves: new implicit nets
        (ImplicitNet), wires that are driven twice (ConflictingDrivers), ports that are declared again
        (PortDeclaredAgain). These and those of our own rules in `snapshot` alone."""
        elaborated, analysed = self._check(_named(snapshot), project, analyse=True, guest=True)
        return _unnamed(elaborated + analysed, snapshot)

    def elaborate(self, snapshot: Snapshot, project: Project) -> list[Finding]:
        """The findings of check() that need no analysis. The design is kept, as analyse() is likely to be next."""
        elaborated, _ = self._check(_named(snapshot), project, analyse=False)
        return _unnamed(elaborated, snapshot)

    def errors(self, snapshot: Snapshot, project: Project) -> list[Finding]:
        """The findings of elaborate(), of what a document might become: enough to see whether it is read at all."""
        elaborated, _ = self._check(_named(snapshot), project, analyse=False, guest=True)
        return _unnamed(elaborated, snapshot)

    def analyse(self, snapshot: Snapshot, project: Project) -> list[Finding]:
        """The findings of check() that elaborate() does not give: who drives what, latches, and our own rules."""
        _, analysed = self._check(_named(snapshot), project, analyse=True)
        return _unnamed(analysed, snapshot)

    def _design(
        self, snapshot: Snapshot, project: Project, keep: bool, lazy: bool = False, guest: bool = False
    ) -> Design:
        """The design; the last one is used again where it is so young that no file has changed since."""
        kept, self._kept = self._kept, None
        key = _alike(snapshot, project)
        fresh = kept is not None and kept[0] == key and time.monotonic() - kept[2] < KEPT_SECONDS
        if kept is not None and fresh and (lazy or not kept[1].lazy):
            design, born = kept[1], kept[2]
        else:
            design, born = self._loader.design(snapshot, project, lazy=lazy, guest=guest), time.monotonic()
        if keep:
            self._kept = key, design, born
        return design

    def _check(
        self, snapshot: Snapshot, project: Project, analyse: bool, guest: bool = False
    ) -> tuple[list[Finding], list[Finding]]:
        """(what elaboration finds, what analysis finds), both as they are to be shown.

        `guest`: the text is somebody else's, which the document may never become.
        """
        design = self._design(snapshot, project, keep=not (analyse or guest), guest=guest)
        converter = self._convert(design.state)
        shown = design.shown(project)
        found = converter.findings(_meaningful(design, project), shown)
        # In a file that does not parse, who drives what is a guess: blocks may have run into each other.
        sound = shown - {item.path for item in found if item.code in slang_incomplete.subsystem("Parser")}
        wanted = analyse and sound and not design.compilation.hasFatalErrors
        analysed = _analyse(design, converter, sound, guest) if wanted else []
        if analyse and guest:
            analysed += converter.implicit_nets(design.compilation.getAllDiagnostics(), snapshot.path)
        pruned = _pruned(found + analysed, design, project)
        # By value: pruning may have put a finding in another's place.
        late = set(analysed)
        return [item for item in pruned if item not in late], [item for item in pruned if item in late]

    def symbol(self, snapshot: Snapshot, project: Project, line: int, column: int) -> SymbolFacts | None:
        """What is known about the name at a position; None where there is no name, or nothing is known."""
        snapshot = _named(snapshot)
        design, locator = self._locate(snapshot, project, line, column, lazy=False)
        found = locator.token()
        symbol = locator.symbol(*found) if found is not None else None
        if symbol is None:
            return None
        manager = analysis.AnalysisManager(design.state.options.analysis)
        if not design.compilation.hasFatalErrors:
            self._kept = None  # an analysed design is no ground for another analysis
            manager.analyze(design.compilation)
        return FactsReader(self._convert(design.state), manager, locator.instances).read(symbol)

    def scope(self, snapshot: Snapshot, project: Project, line: int, column: int) -> ScopeFacts:
        """What can be named at a position."""
        return scope_facts(self._locate(_named(snapshot), project, line, column)[1])

    def place(self, snapshot: Snapshot, project: Project, line: int, column: int, names: tuple[str, ...]) -> PlaceFacts:
        """What can be named at a position, and what the expressions `names` are there."""
        return place_facts(self._locate(_named(snapshot), project, line, column)[1], names)

    def declared(self, snapshot: Snapshot, project: Project, line: int, column: int, wanted: Wanted) -> DeclaredFacts:
        """The declarations of names around a position, from the syntax of all files: nothing is elaborated."""
        snapshot = _named(snapshot)
        self._kept = None  # its sources are about to be other ones
        state, units = self._loader.parsed(snapshot, project)
        source = state.named(snapshot.path)
        offset = source.byte(source.index.offset(line, column)) if source is not None else 0
        return Nearby(state, *self._worlds.of(state, units, snapshot.path), offset).facts(wanted)

    def _locate(
        self, snapshot: Snapshot, project: Project, line: int, column: int, *, lazy: bool = True
    ) -> tuple[Design, Locator]:
        design = self._design(snapshot, project, keep=True, lazy=lazy)
        source = design.state.named(snapshot.path)
        offset = source.byte(source.index.offset(line, column)) if source is not None else 0
        return design, Locator(design, offset)

    def _convert(self, state: SourceState) -> Converter:
        if self._converter is None or self._converter.state is not state:
            self._converter = Converter(state)
        self._converter.read_pragmas(state.take_pragma_buffers())
        return self._converter


def _pruned(found: list[Finding], design: Design, project: Project) -> list[Finding]:
    """Without what only follows from files that are not there, and what the user has silenced."""
    found = without_foreign(found, lambda path: design.texts([path]).get(path, ""), tell=True)
    if design.is_lone_header:
        found = slang_incomplete.lexical(found)
    if not project.declared:
        modules = sorted({item.name for item in design.compilation.getDefinitions()})
        found = slang_incomplete.prune(found, unsure=design.leans_on_unsure, modules=modules)
    elif project.missing:
        found = slang_incomplete.without_known(found, project.missing)
    return suppress(found, design.texts({item.path for item in found}), project.waivers)


def _unnamed(found: list[Finding], snapshot: Snapshot) -> list[Finding]:
    if snapshot.path:
        return found
    return [dataclasses.replace(item, path="") if item.path == UNTITLED else item for item in found]


def _alike(snapshot: Snapshot, project: Project) -> tuple[Snapshot, Project]:
    """What a design depends on: not on the document's version, nor on what of it stands among the open buffers."""
    others = tuple(buffer for buffer in project.buffers if buffer.path != snapshot.path)
    return dataclasses.replace(snapshot, version=0), dataclasses.replace(project, buffers=others)


def _named(snapshot: Snapshot) -> Snapshot:
    return snapshot if snapshot.path else dataclasses.replace(snapshot, path=UNTITLED)


def _meaningful(design: Design, project: Project) -> list[pyslang.Diagnostic]:
    """The diagnostics but for those that follow from a parameter's value where that is only a placeholder."""
    severities = design.state.options.severities
    diagnostics = [item for item in design.compilation.getAllDiagnostics() if item.code in severities]
    certain = slang_incomplete.subsystem("Lexer", "Preprocessor", "Parser", "Lookup", "Declarations")
    if all(code_name(item.code) in certain for item in diagnostics):
        return diagnostics
    tops = placeholder_tops(design.compilation, project.top)
    return [item for item in diagnostics if code_name(item.code) in certain or _top(item) not in tops]


def _top(diagnostic: pyslang.Diagnostic) -> str:
    symbol = diagnostic.symbol
    return symbol.hierarchicalPath.partition(".")[0] if symbol is not None else ""


def _analyse(design: Design, converter: Converter, shown: frozenset[str], guest: bool) -> list[Finding]:
    """The findings of slang's analysis (drivers, latches) and of our own rules."""
    manager = analysis.AnalysisManager(design.state.options.analysis)
    drivers, faults, broken = DriverRule(), list[Fault](), list[Exception]()

    # What a text for one file brings is not looked for in the blocks of all others.
    own = design.buffers_of(design.focus) if guest else None

    def listen(procedure: analysis.AnalyzedProcedure) -> None:
        if own is not None and procedure.analyzedSymbol.location.buffer not in own:
            return
        try:
            drivers.visit(procedure)
            found = (rules_sensitivity.check(procedure), rules_edges.check(procedure))
        except Exception as error:  # must not travel through slang's C++
            broken.append(error)
            return
        faults.extend(fault for fault in found if fault is not None)

    manager.addProcListener(listen)
    manager.analyze(design.compilation)
    faults += drivers.faults(manager, converter.around)
    if guest and design.focus in shown:
        buffers = design.buffers_of(design.focus)
        found = reached(design.compilation.getRoot().topInstances).found
        faults += rules_nets.faults((one for one in found if one.body.location.buffer in buffers), manager)
        for unit in design.units:
            if unit.source.path == design.focus or len(design.units) == 1:
                faults += rules_ports.check(unit.tree.root)
    if broken:
        raise broken[0]
    findings = converter.findings(manager.getDiagnostics(), shown)
    ours = (_finding(fault, converter) for fault in faults)
    return findings + [item for item in ours if item is not None and item.path in shown]


def _finding(fault: Fault, converter: Converter) -> Finding | None:
    place = converter.range_place(fault.range)
    if place is None:
        return None
    source, start, end = place
    notes = [(converter.range_place(given), message) for given, message in fault.notes]
    related = tuple(Related(at[0].path, at[0].span(at[1], at[2]), message) for at, message in notes if at is not None)
    return Finding(
        path=source.path,
        span=source.span(start, end),
        severity=Severity.WARNING,
        code=fault.code,
        message=fault.message,
        tool=TOOL,
        related=related,
        data=fault.data,
    )
