"""Files seen without the project they belong to: what cannot be known is left out and said in one line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache

import pyslang

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.slang_options import all_codes, code_name

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


def prune(findings: Iterable[Finding], unsure: bool = False) -> list[Finding]:
    """The findings without those that only a declared project would justify, one line a file instead.

    `unsure`: other files of the guess are not wholly known, so a name that they should declare proves nothing.
    """
    if unsure:
        findings = [finding for finding in findings if finding.code not in _FROM_OTHERS]
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.path, []).append(finding)
    return [finding for path in files for finding in _file(files[path])]


def without_known(findings: Iterable[Finding], elsewhere: Collection[str]) -> list[Finding]:
    """The findings without those about names that a declared project says are elsewhere (black boxes)."""
    return [finding for finding in findings if finding.code not in _MISSING or _name(finding) not in elsewhere]


def _file(findings: list[Finding]) -> list[Finding]:
    missing = [finding for finding in findings if _is_missing(finding)]
    rest = [finding for finding in findings if not _is_missing(finding) and finding.code not in _GUESSWORK]
    codes = {finding.code for finding in missing}
    if codes & _TEXT:
        rest = [finding for finding in rest if finding.code in subsystem("Lexer")]
    elif codes & _NAMES:
        rest = [finding for finding in rest if finding.code in subsystem("Lexer", "Preprocessor", "Parser")]
    return [_line(missing), *rest] if missing else rest


def _is_missing(finding: Finding) -> bool:
    if finding.code == "UndeclaredIdentifier":
        return _TYPE_NAME.search(_name(finding)) is not None
    return finding.code in _MISSING


def _line(missing: list[Finding]) -> Finding:
    first = min(missing, key=lambda finding: finding.span)
    names = dict.fromkeys(f"{_MISSING[finding.code]} {_name(finding)}" for finding in missing)
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    listed = ", ".join(list(names)[:MAX_NAMES]) + more
    message = (
        f"Not found in this workspace: {listed}. What depends on them is not checked here. "
        "Declare the design's files in signoff.toml or a .f file list for a full check."
    )
    data = tuple((f"arg{number}", name) for number, name in enumerate(names))
    return replace(first, code=CODE, severity=Severity.INFORMATION, message=message, help_url="", related=(), data=data)


def _name(finding: Finding) -> str:
    return next((value.strip("'`\"") for key, value in finding.data if key == "arg0"), "")


@cache
def subsystem(*names: str) -> frozenset[str]:
    """The names of all diagnostics of these parts of slang ("Lexer", "Parser")."""
    systems = {getattr(pyslang.DiagSubsystem, name) for name in names}
    return frozenset(code_name(code) for code in all_codes() if code.getSubsystem() in systems)
