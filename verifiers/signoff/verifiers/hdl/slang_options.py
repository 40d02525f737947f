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

# Signoff's choice beside slang's own default warnings: on are those that point at a fault rather than at a habit.
# Decided by counting all of slang's warnings, in-file pragmas honoured, on six designs that work in silicon (as of
# slang 12.1): picorv32 / serv / ibex / mor1kx / cv32e40p / cva6. Left off for what they said there:
#   case-type 0/0/20/0/229/60, case-redundant-default 0/0/80/0/73/85, width-expand 0/0/0/0/6/149,
#   unnamed-generate 7/28/0/44/2/28, arith-op-mismatch 15/1/3/0/4/74, sign-conversion 9/0/17/0/26/42,
#   bitwise-op-parentheses 0/4/0/68/1/3, empty-output-connection 0/4/13/0/5/45, sign-compare 0/0/3/0/4/42,
#   case-enum-explicit 0/0/8/0/6/33, case-default 0/0/0/4/19/15, int-bool-conv 13/0/0/0/4/10,
#   unconnected-output-port 2/0/0/0/0/0 (a port left out on purpose), and all about unused names.
# Switched on, and what they said: width-trunc 0/0/0/0/8/48, case-dup and case-outside-range 0/0/0/0/0/12,
# constant-conversion and inferred-latch 0/0/0/0/0/1, every other one nothing.
CHOSEN_WARNINGS: tuple[str, ...] = (
    "width-trunc",
    "port-width-trunc",
    "port-width-expand",
    "constant-conversion",
    "case-dup",
    "case-incomplete",
    "case-outside-range",
    "case-overlap",
    "case-unreachable",
    "inferred-latch",
    "inferred-comb",
    "bitwise-rel-precedence",
    "conditional-precedence",
    "consecutive-comparison",
    "logical-not-parentheses",
    "divide-by-zero",
    "colon-plus",
    "casez-with-x",
    "case-not-wildcard",
    "event-const",
    "init-self",
    "loop-cond-not-modified",
    "missing-return",
    "no-unconnected-output-port",
)

# Never shown. Limits of slang are no faults of the design: of what lies beyond them slang cannot say anything.
# And old comments are often Latin-1, which no tool minds.
_SILENT = frozenset(
    {
        "InvalidUTF8Seq",
        "ObjectTooLarge",
        "MaxGenerateStepsExceeded",
        "MaxInstanceArrayExceeded",
        "ConstEvalExceededMaxSteps",
        "ConstEvalExceededMaxCallDepth",
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
        code: _SEVERITIES[level] for code, level in levels if level in _SEVERITIES and code_name(code) not in _SILENT
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
