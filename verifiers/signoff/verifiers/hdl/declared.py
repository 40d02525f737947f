"""What declares the names around a cursor, in the words of its author: plain data for a model's prompt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """The names to be looked up. A name may be qualified ("pkg::name") or a macro's ("`WIDTH").

    `names` are those of the cursor's statement, the nearest first; `owner` is what stands before the "." or "::"
    at the cursor. `typed` is the name being typed: it is nobody's use yet, but may be the beginning of a module's.
    `instance` is the module of the instantiation that the cursor is in.
    """

    names: tuple[str, ...] = ()
    owner: str = ""
    typed: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration, on one line and without comments, as it stands in the file `path` after the preprocessor.

    `kind` is "module", "interface", "package", "typedef", "parameter", "function", "class", "signal" or "macro".
    Of a module it is the header, of a function the prototype, of an interface and a class what they offer. `scope`
    is the package or module that it stands in, "" for none. `items` are a module's ports, `parameters` those that an
    instance may set, as (name, declaration) each.
    """

    name: str
    kind: str
    path: str
    text: str
    scope: str = ""
    items: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredFacts:
    """The answer. `statement`: of what the cursor's statement names, the nearest first, and of what those are made
    of. `unit`: of everything else that the module around the cursor names, in an order that does not depend on the
    cursor. `module` is the module of Wanted.instance, or the one that its half-typed name means most likely;
    `similar` are all that it may mean. `offered` are the members of the package before a "::" at the cursor, or the
    macros after a "`", that begin as what is typed does.
    """

    statement: tuple[Declared, ...] = ()
    unit: tuple[Declared, ...] = ()
    module: Declared | None = None
    similar: tuple[str, ...] = ()
    offered: tuple[Declared, ...] = ()
