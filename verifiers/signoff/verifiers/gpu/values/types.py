"""Types of variables, as far as values need them: numbers, dim3 and its like, structs of the unit, arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from signoff.verifiers.gpu.values.arithmetic import INT, OPAQUE, SIZE, UINT, CType, named, table
from signoff.verifiers.gpu.values.source import Source, ancestors, children, declared_name, inside, parent_of
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import CLASSES, Variable

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.evaluate import Evaluator
    from signoff.verifiers.gpu.values.expressions import Frame

AXES = ("x", "y", "z")
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a record: its type, and the expression (or number) that it has where none is given."""

    name: str
    type: Type | None
    default: Node | int | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A struct. `vector`: dim3 and its like. `plain`: without constructors, so that braces fill it in order."""

    name: str
    fields: tuple[Field, ...]
    vector: bool = False
    plain: bool = True
    node: Node | None = None

    def field(self, name: str | int) -> Field | None:
        """The member of that name."""
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Array:
    """Elements of one type; `count` is None where it is not known."""

    element: Type | None
    count: int | None


@dataclass(frozen=True, slots=True)
class Auto:
    """auto: the type of what it is initialised with."""


Type = CType | Record | Array | Auto
DIM3 = Record("dim3", tuple(Field(axis, UINT, 1) for axis in AXES), vector=True)
VECTORS = {
    "dim3": DIM3,
    "uint3": Record("uint3", tuple(Field(axis, UINT) for axis in AXES), vector=True),
    "int3": Record("int3", tuple(Field(axis, INT) for axis in AXES), vector=True),
    "uint2": Record("uint2", tuple(Field(axis, UINT) for axis in AXES[:2])),
    "int2": Record("int2", tuple(Field(axis, INT) for axis in AXES[:2])),
}
LAUNCH_CONFIG = Record(
    "cudaLaunchConfig_t",
    (
        Field("gridDim", DIM3),
        Field("blockDim", DIM3),
        Field("dynamicSmemBytes", SIZE),
        Field("stream", None),
        Field("attrs", None),
        Field("numAttrs", UINT),
    ),
)
# CUlaunchConfig of the driver's cuLaunchKernelEx (cuda.h).
DRIVER_AXES = ("gridDimX", "gridDimY", "gridDimZ", "blockDimX", "blockDimY", "blockDimZ")
DRIVER_CONFIG = Record(
    "CUlaunchConfig",
    (
        *(Field(name, UINT) for name in (*DRIVER_AXES, "sharedMemBytes")),
        Field("hStream", None),
        Field("attrs", None),
        Field("numAttrs", UINT),
    ),
)
_CLUSTER = Record("clusterDim", tuple(Field(axis, UINT) for axis in AXES))
LAUNCH_ATTRIBUTE = Record(
    "cudaLaunchAttribute",
    (
        Field("id", None),
        Field("val", Record("cudaLaunchAttributeValue", (Field("clusterDim", _CLUSTER), Field("cooperative", INT)))),
    ),
)
RECORDS = {
    **VECTORS,
    "cudaLaunchConfig_t": LAUNCH_CONFIG,
    "cudaLaunchConfig_st": LAUNCH_CONFIG,
    "CUlaunchConfig": DRIVER_CONFIG,
    "CUlaunchConfig_st": DRIVER_CONFIG,
    "cudaLaunchAttribute": LAUNCH_ATTRIBUTE,
}


def of_variable(evaluator: Evaluator, variable: Variable, frame: Frame | None) -> Type | None:
    """The type of a variable, None where it is not known (or a pointer or function)."""
    key = ("type", id(variable.source), variable.name.start_byte, id(frame))
    if key not in evaluator.remembered:
        evaluator.remembered[key] = None  # a type that depends on itself is not known
        evaluator.remembered[key] = _of_variable(evaluator, variable, frame)
    found: Type | None = evaluator.remembered[key]
    return found


def _of_variable(evaluator: Evaluator, variable: Variable, frame: Frame | None) -> Type | None:
    if variable.type_node is None or {"pointer_declarator", "function_declarator"} & set(variable.shape):
        return None
    base = of_node(evaluator, variable.type_node, variable.source, frame)
    return _arrayed(evaluator, base, variable.name, variable.source, frame)


def _arrayed(evaluator: Evaluator, base: Type | None, name: Node, source: Source, frame: Frame | None) -> Type | None:
    """The type with the array declarators around a name, the innermost (nearest the name) being the outermost array."""
    dimensions: list[int | None] = []
    parent = parent_of(name)
    while parent is not None and parent.type == "array_declarator":
        size = parent.child_by_field_name("size")
        value = evaluator.value(evaluator.expression(size, source, frame)) if size is not None else None
        dimensions.append(int(value.number) if value is not None else None)
        parent = parent_of(parent)
    for count in reversed(dimensions):
        base = Array(base, count)
    return base


def of_node(evaluator: Evaluator, node: Node, source: Source, frame: Frame | None, depth: int = 0) -> Type | None:
    """The type that a type's node names."""
    if node.type == "placeholder_type_specifier":
        return Auto()
    if node.type == "type_descriptor":
        return _described(evaluator, node, source, frame, depth)
    if node.type in CLASSES:
        body = node.child_by_field_name("body")
        return _record(evaluator, node, source, frame, depth) if body is not None else None
    text = source.of(node)
    owner, offset = source.locate(node)
    text = _unmacroed(evaluator, text, owner, offset)
    return of_text(evaluator, text, owner, offset, frame, depth)


def _unmacroed(evaluator: Evaluator, text: str, source: Source, offset: int) -> str:
    expander = evaluator.unit.expander(source, offset)
    if not expander.touches(text):
        return text
    try:
        return expander.expand(text).strip()
    except Exception:
        return ""


def _described(evaluator: Evaluator, node: Node, source: Source, frame: Frame | None, depth: int) -> Type | None:
    inner = node.child_by_field_name("type")
    shape = node.child_by_field_name("declarator")
    base = of_node(evaluator, inner, source, frame, depth) if inner is not None else None
    if shape is None:
        return base
    if shape.type != "abstract_array_declarator" or shape.child_by_field_name("declarator") is not None:
        return None
    size = shape.child_by_field_name("size")
    value = evaluator.value(evaluator.expression(size, source, frame)) if size is not None else None
    return Array(base, int(value.number) if value is not None else None)


def of_text(
    evaluator: Evaluator, text: str, source: Source, offset: int, frame: Frame | None, depth: int = 0
) -> Type | None:
    """The type that a name means at a place: a type parameter, an alias, a struct, or one of the language."""
    text = text.removeprefix("struct ").removeprefix("typename ").strip()
    bare = text.removeprefix("const ").split("::")[-1].strip()
    if frame is not None and bare in frame.types:
        return frame.types[bare]
    if text.startswith("cudaLaunchConfig") or bare in RECORDS:
        return RECORDS.get(bare)
    if depth > DEEPEST or _is_type_parameter(evaluator.unit, bare, source, offset):
        return None
    own = _defined(evaluator, bare, frame, depth)
    return own if own is not None else named(text)


def _is_type_parameter(unit: Unit, name: str, source: Source, offset: int) -> bool:
    for node in source.identifiers_near(name, offset):
        parent = parent_of(node)
        if parent is not None and "type_parameter_declaration" in parent.type:
            template = next((one for one in ancestors(parent) if one.type == "template_declaration"), None)
            if template is not None and template.start_byte <= offset < template.end_byte:
                return True
    return False


def _defined(evaluator: Evaluator, name: str, frame: Frame | None, depth: int) -> Type | None:
    """The struct or alias of that name, where the unit has exactly one."""
    if not name.isidentifier() or name in table():
        return None
    found: list[tuple[Source, Node]] = []
    for source, node in evaluator.unit.introductions(name):
        parent = parent_of(node)
        if parent is None:
            continue
        if (
            (parent.type == "alias_declaration" and parent.child_by_field_name("name") == node)
            or (parent.type == "type_definition" and node in parent.children_by_field_name("declarator"))
            or (
                parent.type in CLASSES
                and parent.child_by_field_name("name") == node
                and parent.child_by_field_name("body")
            )
        ):
            found.append((source, parent))
    if len(found) != 1 or _templated(found[0][1]):
        return None
    source, node = found[0]
    if node.type in CLASSES:
        return _record(evaluator, node, source, frame, depth + 1)
    inner = node.child_by_field_name("type")
    return of_node(evaluator, inner, source, frame, depth + 1) if inner is not None else None


def _templated(node: Node) -> bool:
    parent = parent_of(node)
    return parent is not None and parent.type == "template_declaration"


def _record(evaluator: Evaluator, node: Node, source: Source, frame: Frame | None, depth: int) -> Record | None:
    """The struct's data members; None where it is a union or its layout depends on more (bases, bit fields, #if)."""
    body = node.child_by_field_name("body")
    if body is None or node.type == "union_specifier" or any(one.type == "base_class_clause" for one in node.children):
        return None
    name = node.child_by_field_name("name")
    own = source.of(name) if name is not None else ""
    fields: list[Field] = []
    plain = node.type == "struct_specifier"
    for member in children(body):
        if member.type == "function_definition" or (member.type == "declaration"):
            shape = declared_name(member.child_by_field_name("declarator"))
            plain = plain and shape is not None and source.of(shape) != own
            continue
        if member.type in ("access_specifier", "alias_declaration", "type_definition", "static_assert_declaration"):
            plain = plain and member.type != "access_specifier"
            continue
        if member.type != "field_declaration" or any(one.type == "bitfield_clause" for one in member.children):
            return None
        fields.extend(_members(evaluator, member, source, frame, depth))
    return Record(own, tuple(fields), plain=plain, node=node)


def _members(evaluator: Evaluator, member: Node, source: Source, frame: Frame | None, depth: int) -> list[Field]:
    words = {source.of(child) for child in member.children if child.type == "storage_class_specifier"}
    declarators = member.children_by_field_name("declarator")
    if "static" in words or any(one.type == "function_declarator" for one in declarators):
        return []
    inner = member.child_by_field_name("type")
    base = of_node(evaluator, inner, source, frame, depth + 1) if inner is not None else None
    fields = []
    for declarator in declarators:
        name = declared_name(declarator)
        if name is None:
            continue
        pointer = any(part.type == "pointer_declarator" for part in ancestors(name) if inside(part, member))
        kind: Type | None = table()["size_t"] if pointer else _arrayed(evaluator, base, name, source, frame)
        fields.append(Field(source.of(name), kind, _default(member, declarator), source))
    return fields


def _default(member: Node, declarator: Node) -> Node | None:
    """The default of a member, where it is the only one of its declaration."""
    alone = len(member.children_by_field_name("declarator")) == 1
    return member.child_by_field_name("default_value") if alone and declarator is not None else None


def at_path(kind: Type | None, path: tuple[str | int, ...]) -> Type | None:
    """The type of a part."""
    for step in path:
        if isinstance(kind, Record):
            field = kind.field(step)
            kind = field.type if field is not None else None
        elif isinstance(kind, Array):
            kind = kind.element if isinstance(step, int) else None
        elif not isinstance(kind, Auto):
            return None
    return kind


def size(kind: Type | None) -> tuple[int, int] | None:
    """(size, alignment) of a type in bytes, None where it is not certain."""
    if isinstance(kind, CType):
        return kind.bytes, kind.alignment
    if isinstance(kind, Array):
        element = size(kind.element)
        return (element[0] * kind.count, element[1]) if element is not None and kind.count is not None else None
    if isinstance(kind, Record):
        if kind.name in table():
            opaque = table()[kind.name]
            return opaque.bytes, opaque.alignment
        return _laid_out(kind)
    return None


def _laid_out(record: Record) -> tuple[int, int] | None:
    """The size of a struct: members in order, each at its alignment, the whole a multiple of the greatest."""
    if (
        record in (LAUNCH_CONFIG, DRIVER_CONFIG)
        or not record.fields
        or (record.node is not None and b"alignas" in (record.node.text or b""))
    ):
        return None
    offset, greatest = 0, 1
    for field in record.fields:
        one = size(field.type)
        if one is None:
            return None
        offset = -(-offset // one[1]) * one[1] + one[0]
        greatest = max(greatest, one[1])
    return -(-offset // greatest) * greatest, greatest


__all__ = ["DIM3", "LAUNCH_CONFIG", "OPAQUE", "Array", "Auto", "Field", "Record", "Type", "at_path", "of_text", "size"]
