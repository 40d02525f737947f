"""Variables at file scope: which one a name means in a file, and everything that touches it."""

from __future__ import annotations

import re

from signoff.verifiers.mcu.checks.handlers_digest import digest
from signoff.verifiers.mcu.source.facts import Function, ImageFacts, Reference, Variable

# Everything that touches a variable: the function, and how.
Uses = tuple[tuple[Function, Reference], ...]
_CPLUSPLUS = (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx")
_PLAIN = re.compile(
    r"(?:(?:unsigned|signed|long|short|int|char)\s*)+|bool|_Bool|float|double|size_t|u?int(?:_fast|_least)?(?:8|16|32|64)_t"
    r"|u(?:8|16|32)|s(?:8|16|32)|BOOL|uint|uchar|FlagStatus|ITStatus|TickType_t"
)


def variable_named(image: ImageFacts, name: str, path: str) -> Variable | None:
    """The definition that a name at file scope means in a file; None where that is not certain.

    A name in C++ may be a member's, so it only means a variable of its own file.
    """
    found = image.variables.get(name, ())
    own = [one for one in found if one.path == path and not one.extern]
    if own:
        return own[0] if len(own) == 1 else None
    if path.lower().endswith(_CPLUSPLUS):
        return None
    shared = [one for one in found if not one.static and not one.extern]
    return shared[0] if len(shared) == 1 else None


def accesses(image: ImageFacts, name: str, path: str) -> Uses:
    """All accesses to the variable that a name means in a file; () where the variable is not certain."""
    variable = variable_named(image, name, path)
    if variable is None:
        return ()
    return tuple(
        (function, reference)
        for source in image.sources.values()
        if source.path == variable.path or not variable.static
        for function, reference in digest(source).uses.get(name, ())
        if variable_named(image, name, source.path) == variable
    )


def is_plain_scalar(variable: Variable) -> bool:
    """Whether a variable is a number or a truth value that any access reads or writes as a whole."""
    return not (variable.pointer or variable.is_array) and _PLAIN.fullmatch(variable.type.strip()) is not None


def may_be_known_otherwise(variable: Variable) -> bool:
    """Whether the compiler may have to read it each time after all, or reads what nothing here writes."""
    return variable.volatile or variable.atomic or variable.const or variable.conditional or bool(variable.section)
