"""Files seen without the project they belong to: what cannot be known is left out and said in one line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache

import pyslang

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.slang_options import all_codes, code_name
from signoff.verifiers.slips import digits, near

CODE = "IncompleteProject"
MAX_NAMES = 6

# Something that another file would bring. The first argument is its name.
_MISSING = {
    "CouldNotOpenIncludeFile": "include file",
    "UnknownModule": "module",
    "UnknownInterface": "interface",
    "UnknownPrimitive": "primitive",
    "UnknownPackage": "package",
    "UnknownClassOrPackage": "package",
    "UnknownDirective": "macro",
    "UndeclaredIdentifier": "type",
}
# Names that by long custom are types: one that is unknown comes from a package or header we do not see.
_TYPE_NAME = re.compile(r"_(?:t|e|s|u|st|type|struct|enum|if)$")
# Without the text behind one of these, nothing that follows from the rest of the file can be trusted.
_TEXT = frozenset({"CouldNotOpenIncludeFile", "UnknownDirective"})
_NAMES = frozenset({"UnknownPackage", "UnknownClassOrPackage", "UnknownInterface", "UndeclaredIdentifier"})
# About what another file declares.
_FROM_OTHERS = frozenset(
    {
        "UndeclaredIdentifier",
        "TypoIdentifier",
        "UnknownPackageMember",
        "UnknownMember",
        "UnknownClassMember",
        "InvalidMemberAccess",
        "PortDoesNotExist",
        "ParameterDoesNotExist",
        "TooManyPortConnections",
        "TooManyParamAssignments",
    }
)
# Two designs of one workspace may hold modules or packages of the same name: only a declared project says which, and
# what there is inside.
_GUESSWORK = frozenset(
    {"DuplicateDefinition", "UnknownSystemName", "InvalidTopModule", "CouldNotResolveHierarchicalPath"}
)


def lexical(findings: Iterable[Finding]) -> list[Finding]:
    """The findings about single tokens: all that can be said of a header without the file that includes it."""
    return [finding for finding in findings if finding.code in subsystem("Lexer")]


def prune(findings: Iterable[Finding], unsure: bool = False, modules: Collection[str] = ()) -> list[Finding]:
    """The findings without those that only a declared project would justify, one line a file instead.

    `unsure`: other files of the guess are not wholly known, so a name that they should declare proves nothing.
    `modules`: the names of the modules that are known, for one that is misspelt.
    """
    if unsure:
        findings = [finding for finding in findings if finding.code not in _FROM_OTHERS]
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.path, []).append(finding)
    return [finding for path in files for finding in _file(files[path], modules)]


def without_known(findings: Iterable[Finding], elsewhere: Collection[str]) -> list[Finding]:
    """The findings without those about names that a declared project says are elsewhere (black boxes)."""
    return [finding for finding in findings if finding.code not in _MISSING or _name(finding) not in elsewhere]


def _file(findings: list[Finding], modules: Collection[str]) -> list[Finding]:
    missing = [finding for finding in findings if _is_missing(finding)]
    rest = [finding for finding in findings if not _is_missing(finding) and finding.code not in _GUESSWORK]
    codes = {finding.code for finding in missing}
    if codes & _TEXT:
        rest = [finding for finding in rest if finding.code in subsystem("Lexer")]
    elif codes & _NAMES:
        rest = [finding for finding in rest if finding.code in subsystem("Lexer", "Preprocessor", "Parser")]
    return [_line(missing, modules), *rest] if missing else rest


def _is_missing(finding: Finding) -> bool:
    if finding.code == "UndeclaredIdentifier":
        return _TYPE_NAME.search(_name(finding)) is not None
    return finding.code in _MISSING


def _line(missing: list[Finding], modules: Collection[str]) -> Finding:
    missing = sorted(missing, key=lambda finding: finding.span)
    meant = {finding: word for finding in missing for word in _meant(finding, modules)[:1]}
    hint = "".join(f" For '{name}', did you mean '{word}'?" for name, word in _named(meant).items())
    first = next(iter(meant), missing[0])
    names = dict.fromkeys(f"{_MISSING[finding.code]} {_name(finding)}" for finding in missing)
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    listed = ", ".join(list(names)[:MAX_NAMES]) + more
    message = (
        f"Not found in this workspace: {listed}.{hint} What depends on them is not checked here. "
        "Declare the design's files in signoff.toml or a .f file list for a full check."
    )
    data = tuple((f"arg{number}", name) for number, name in enumerate(names))
    return replace(first, code=CODE, severity=Severity.INFORMATION, message=message, help_url="", related=(), data=data)


def _meant(finding: Finding, modules: Collection[str]) -> list[str]:
    """The known modules that a name may be a slip of; `fifo2` for `fifo1` is another one."""
    name = _name(finding)
    if finding.code != "UnknownModule":
        return []
    return [word for word in near(name, modules) if word != name and digits(word) == digits(name)]


def _named(meant: dict[Finding, str]) -> dict[str, str]:
    return {_name(finding): word for finding, word in meant.items()}


def _name(finding: Finding) -> str:
    return next((value.strip("'`\"") for key, value in finding.data if key == "arg0"), "")


@cache
def subsystem(*names: str) -> frozenset[str]:
    """The names of all diagnostics of these parts of slang ("Lexer", "Parser")."""
    systems = {getattr(pyslang.DiagSubsystem, name) for name in names}
    return frozenset(code_name(code) for code in all_codes() if code.getSubsystem() in systems)
