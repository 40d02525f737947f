"""What slang's elaborated design knows about a name: plain data for hovers and for completion context."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from signoff.verifiers.finding import Span


class SymbolKind(enum.StrEnum):
    """What a name stands for, in the language's own words."""

    NET = "net"
    VARIABLE = "variable"
    PORT = "port"
    PARAMETER = "parameter"
    LOCALPARAM = "localparam"
    TYPE_PARAMETER = "type parameter"
    GENVAR = "genvar"
    INSTANCE = "instance"
    MODULE = "module"
    INTERFACE = "interface"
    MODPORT = "modport"
    PACKAGE = "package"
    FUNCTION = "function"
    TASK = "task"
    ARGUMENT = "argument"
    TYPEDEF = "typedef"
    ENUM_VALUE = "enum value"
    FIELD = "field"
    CLASS = "class"
    BLOCK = "block"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of source, with its text shortened to one line. `note` says what happens there ("always_ff")."""

    path: str
    span: Span
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PortFacts:
    """One port. `direction` is input, output, inout, ref or interface; `width` in bits, 0 where it has none.

    `connection` is the connected expression in an instance, "" where nothing is connected.
    """

    name: str
    direction: str
    type: str
    width: int = 0
    connection: str = ""


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """One parameter. `value` in decimal (a type's name for a type parameter), `hex` in hexadecimal or ""."""

    name: str
    value: str
    hex: str = ""
    type: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    """Everything known about the name at a position.

    `type` is as declared, `width` in bits (0: none), `dimensions` the unpacked ones from left to right,
    "[0:255]". `value` is decimal and `hex` hexadecimal, for parameters and other constants. Where instances
    differ, `values` lists (hierarchical path, value) of those that do. `drivers` and `readers` hold the
    first few places of `driver_count` and `reader_count`. `definition` is the module of an instance,
    `definition_place` where that is declared.
    `instances` counts the instances of a module; `is_top` is True where nothing instantiates it.
    `module` is the name of the module that the name is declared in, "" outside of any.
    """

    kind: SymbolKind
    name: str
    path: str = ""
    type: str = ""
    width: int = 0
    signed: bool = False
    direction: str = ""
    value: str = ""
    hex: str = ""
    values: tuple[tuple[str, str], ...] = ()
    dimensions: tuple[str, ...] = ()
    declaration: Place | None = None
    drivers: tuple[Place, ...] = ()
    driver_count: int = 0
    readers: tuple[Place, ...] = ()
    reader_count: int = 0
    definition: str = ""
    definition_place: Place | None = None
    ports: tuple[PortFacts, ...] = ()
    parameters: tuple[ParameterFacts, ...] = ()
    members: tuple[str, ...] = ()
    instances: int = 0
    is_top: bool = False
    module: str = ""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """A visible name: what it is and its type, for example ("count", VARIABLE, "logic[7:0]", 8)."""

    name: str
    kind: SymbolKind
    type: str = ""
    width: int = 0
    direction: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A module (or interface) that can be instantiated, with its ports and parameters."""

    name: str
    kind: SymbolKind = SymbolKind.MODULE
    ports: tuple[PortFacts, ...] = ()
    parameters: tuple[ParameterFacts, ...] = ()


def interface(module: ModuleFacts) -> str:
    """A module's interface on one line, as it would be declared: what a reader needs to instantiate it."""
    parameters = ", ".join(f"parameter {one.name} = {one.value}" for one in module.parameters if not one.local)
    ports = ", ".join(f"{port.direction} {port.type} {port.name}" for port in module.ports)
    return f"{module.kind} {module.name} {f'#({parameters}) ' if parameters else ''}({ports});"


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """What can be named at a position. `module` is the enclosing module's name, "" outside of any.

    `names` are in order from the innermost scope outwards, without those that an inner one hides.
    `modules` are the design's own, the enclosing one left out; `packages` are names only.
    """

    module: str = ""
    names: tuple[NameFacts, ...] = ()
    modules: tuple[ModuleFacts, ...] = ()
    packages: tuple[str, ...] = ()
