"""cudaLaunchKernelEx and its cudaLaunchConfig_t: geometry, shared memory, cluster size and cooperation."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Extent
from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.effects import STORE, Effect, Path
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.source import Source, children, unwrapped
from signoff.verifiers.gpu.values.variables import Variable

CLUSTER = "cudaLaunchAttributeClusterDimension"
COOPERATIVE = "cudaLaunchAttributeCooperative"
MOST_ATTRIBUTES = 8


@dataclass(frozen=True, slots=True)
class Config:
    """What a cudaLaunchConfig_t says, and the expressions that say it."""

    grid: Extent = field(default_factory=Extent)
    block: Extent = field(default_factory=Extent)
    shared: int | None = None
    cluster: Extent | None = None
    cooperative: bool = False
    grid_node: Node | None = None
    block_node: Node | None = None
    shared_node: Node | None = None


def config(evaluator: Evaluator, source: Source, node: Node) -> Config:
    """The configuration that the first argument of cudaLaunchKernelEx points to, as it is at the call."""
    variable = _pointed(evaluator, source, node)
    if variable is None or variable.source is not source:
        return Config()
    reader = _Reader(evaluator, variable, node.start_byte)
    cluster, cooperative = reader.attributes()
    return Config(
        reader.extent(("gridDim",)),
        reader.extent(("blockDim",)),
        reader.number(("dynamicSmemBytes",)),
        cluster,
        cooperative,
        reader.expression("gridDim"),
        reader.expression("blockDim"),
        reader.expression("dynamicSmemBytes"),
    )


def driver_config(
    evaluator: Evaluator, source: Source, node: Node
) -> tuple[tuple[int | None, ...], tuple[Node | None, ...]]:
    """The numbers of the CUlaunchConfig that an argument points to (grid x, y, z, block x, y, z, shared memory), and
    the expressions that say them."""
    names = (*types.DRIVER_AXES, "sharedMemBytes")
    variable = _pointed(evaluator, source, node)
    if variable is None or variable.source is not source:
        return (None,) * len(names), (None,) * len(names)
    reader = _Reader(evaluator, variable, node.start_byte, types.DRIVER_CONFIG)
    return tuple(reader.number((name,)) for name in names), tuple(reader.expression(name) for name in names)


def _pointed(evaluator: Evaluator, source: Source, node: Node) -> Variable | None:
    """The variable whose address an expression is: `&config`, `&attrs[0]`, an array's name."""
    node = unwrapped(node)
    if node.type == "pointer_expression" and node.children[0].type == "&":
        argument = node.child_by_field_name("argument")
        node = unwrapped(argument) if argument is not None else node
        if node.type == "subscript_expression" and source.of(node).replace(" ", "").endswith("[0]"):
            node = node.child_by_field_name("argument") or node
    elif node.type == "identifier":
        variable = evaluator.variable(Expression(node, source))
        return variable if variable is not None and "array_declarator" in variable.shape else None
    return evaluator.variable(Expression(node, source)) if node.type == "identifier" else None


class _Reader:
    """Reads a variable's parts at one place."""

    def __init__(
        self, evaluator: Evaluator, variable: Variable, offset: int, record: types.Record = types.LAUNCH_CONFIG
    ) -> None:
        self.evaluator = evaluator
        self.record = record
        self.variable = variable
        self.offset = offset

    def number(self, path: Path) -> int | None:
        """The integer at a path."""
        value = self.evaluator.read(self.variable, path, self.variable.source, self.offset, None)
        return value.number if value is not None and isinstance(value.number, int) else None

    def extent(self, path: Path) -> Extent:
        """The three members at a path."""
        return Extent(*(self.number((*path, axis)) for axis in types.AXES))

    def stores(self, path: Path) -> list[Effect]:
        """The changes of exactly that part before the place."""
        every = self.evaluator.effects(self.variable)
        return [one for one in every if one.path == path and one.node.start_byte < self.offset]

    def expression(self, name: str) -> Node | None:
        """The one expression that a member of the configuration is set to."""
        stores = self.stores((name,))
        start = self.variable.initializer
        given = _designated(self.variable.source, start, name, self.record) if start is not None else None
        if len(stores) == 1 and stores[0].kind == STORE:
            return stores[0].value
        return given if not stores else None

    def attributes(self) -> tuple[Extent | None, bool]:
        """(cluster, cooperative), as the list of attributes says."""
        node = self.expression("attrs")
        count = self.number(("numAttrs",))
        found = _pointed(self.evaluator, self.variable.source, node) if node is not None else None
        if found is None or count == 0:
            return None, False
        reader = _Reader(self.evaluator, found, self.offset)
        prefixes: list[Path] = [(index,) for index in range(min(count or MOST_ATTRIBUTES, MOST_ATTRIBUTES))]
        if "array_declarator" not in found.shape:
            prefixes = [()]
        cluster, cooperative = None, False
        for prefix in prefixes:
            kind = reader.attribute(prefix)
            if kind == CLUSTER:
                cluster = reader.extent((*prefix, "val", "clusterDim"))
            elif kind == COOPERATIVE:
                cooperative = bool(reader.number((*prefix, "val", "cooperative")))
        return cluster, cooperative

    def attribute(self, prefix: Path) -> str:
        """Which attribute is set at a place of the list, "" where that is not certain."""
        stores = self.stores((*prefix, "id"))
        if len(stores) != 1 or stores[0].value is None:
            return ""
        return stores[0].source.of(stores[0].value).split("::")[-1]


def _designated(source: Source, node: Node, name: str, record: types.Record) -> Node | None:
    """The expression of a member in braces, by name or by position."""
    if node.type != "initializer_list":
        return None
    items = children(node)
    for item in items:
        designator = item.child_by_field_name("designator") if item.type == "initializer_pair" else None
        if designator is not None and source.of(designator).strip(". ") == name:
            return item.child_by_field_name("value")
    position = [one.name for one in record.fields].index(name)
    plain = all(item.type != "initializer_pair" for item in items)
    return items[position] if plain and len(items) > 1 and position < len(items) else None
