"""How slang is set up: the options of the compilation, and how grave each of its diagnostics is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import pyslang
from pyslang import analysis, driver
from signoff.verifiers.finding import Severity
from signoff.verifiers.project import Project

# slang's own defaults reject 53 of 169 taped-out designs that Verilator accepts; with these it rejects none.
LENIENT = "slang --compat all --timescale 1ns/1ps --single-unit"
STRICT = "slang --single-unit"

# Signoff's choice beside slang's own default warnings. Findings on designs that work in silicon, each with its
# own file list (picorv32 / serv / ibex / mor1kx, see docs of the choice in tests/hdl_slang/test_warnings.py),
# decided: a warning is on where it points at a fault more often than at a habit.
CHOSEN_WARNINGS: tuple[str, ...] = (
    "width-trunc",
    "port-width-trunc",
    "port-width-expand",
)

# Limits of slang, not faults of the design: of what lies beyond them slang cannot say anything.
_LIMITS = frozenset(
    {
        "ObjectTooLarge",
        "MaxGenerateStepsExceeded",
        "MaxInstanceArrayExceeded",
        "ConstEvalExceededMaxSteps",
        "ConstEvalExceededMaxCallDepth",
        "ConstEvalTimedOut",
    }
)

_SEVERITIES = {
    pyslang.DiagnosticSeverity.Warning: Severity.WARNING,
    pyslang.DiagnosticSeverity.Error: Severity.ERROR,
    pyslang.DiagnosticSeverity.Fatal: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class OptionKey:
    """Everything that a change of calls for parsing all files anew."""

    strict: bool
    warnings: tuple[str, ...]
    defines: tuple[str, ...]
    include_dirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What one OptionKey means to slang. `severities` lists only what is shown: the rest is off."""

    key: OptionKey
    bag: pyslang.Bag
    analysis: analysis.AnalysisOptions
    severities: dict[pyslang.DiagCode, Severity]
    levels: tuple[tuple[pyslang.DiagCode, pyslang.DiagnosticSeverity], ...]


def option_key(project: Project) -> OptionKey:
    """The key of a project's options."""
    slang = project.settings.slang
    return OptionKey(slang.strict, slang.warnings, project.defines, project.include_dirs)


@lru_cache(maxsize=8)
def options(key: OptionKey) -> Options:
    """slang's options for a key; about 10 ms, so kept."""
    base = _driver(key)
    levels = tuple((code, base.diagEngine.getSeverity(code, pyslang.SourceLocation())) for code in all_codes())
    severities = {
        code: _SEVERITIES[level] for code, level in levels if level in _SEVERITIES and code_name(code) not in _LIMITS
    }
    return Options(key, bag_with_tops(key, ()), _analysis_options(base, severities), severities, levels)


@lru_cache(maxsize=32)
def bag_with_tops(key: OptionKey, tops: tuple[str, ...]) -> pyslang.Bag:
    """The option bag for a key, with these modules as the only tops where any is given."""
    bag = _driver(key).createOptionBag()
    preprocessor = bag.preprocessorOptions
    preprocessor.predefines = list(key.defines)
    preprocessor.additionalIncludePaths = list(key.include_dirs)
    bag.preprocessorOptions = preprocessor
    compilation = bag.compilationOptions
    compilation.errorLimit = 0  # a limit is met by the first faulty file and would blind us for all others
    compilation.topModules = set(tops)
    bag.compilationOptions = compilation
    return bag


def _driver(key: OptionKey) -> driver.Driver:
    result = driver.Driver()
    result.addStandardArgs()
    if not (result.parseCommandLine(STRICT if key.strict else LENIENT) and result.processOptions(False)):
        raise RuntimeError("slang did not take its own options: this release of pyslang is not the one we know")
    result.diagEngine.setWarningOptions([*CHOSEN_WARNINGS, *key.warnings])
    return result


def _analysis_options(base: driver.Driver, severities: dict[pyslang.DiagCode, Severity]) -> analysis.AnalysisOptions:
    """Looking for unused and shadowing names costs a fifth of the run: only where a user has asked for them."""
    result = base.analysisOptions
    shown = {code_name(code) for code in severities}
    if not any(name.startswith("Unused") for name in shown):
        result.flags &= ~analysis.AnalysisFlags.CheckUnused
    if not any(name.startswith("Shadow") for name in shown):
        result.flags &= ~analysis.AnalysisFlags.CheckShadow
    return result


@lru_cache(maxsize=1)
def all_codes() -> tuple[pyslang.DiagCode, ...]:
    """Every diagnostic that slang knows."""
    values = (getattr(pyslang.Diags, name) for name in dir(pyslang.Diags))
    return tuple(value for value in values if isinstance(value, pyslang.DiagCode))


@lru_cache(maxsize=4096)
def code_name(code: pyslang.DiagCode) -> str:
    """The stable name of a diagnostic, for example "ExpectedToken"."""
    return str(code).removeprefix("DiagCode(").removesuffix(")")
