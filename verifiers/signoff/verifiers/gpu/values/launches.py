"""The launches of a document, and what their configurations evaluate to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter

from tree_sitter import Node

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Extent, Form, Launch
from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.arithmetic import Value
from signoff.verifiers.gpu.values.budget import Budget
from signoff.verifiers.gpu.values.configs import config, driver_config
from signoff.verifiers.gpu.values.effects import callee
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.names import Callee, callee_of, kernel_of
from signoff.verifiers.gpu.values.reach import Reach, entered
from signoff.verifiers.gpu.values.reads import Key, around
from signoff.verifiers.gpu.values.source import Source, ancestors, children, declared_name

MOST_NOTES = 4
# What a launch of numbers may take where its function has used up its budget.
STEPS_FOR_LITERALS = 500
# The positions of (kernel, grid, block, shared memory) among the arguments of the runtime's launch functions.
RUNTIME = {
    "cudaLaunchKernel": (Form.RUNTIME, 0, 1, 2, 4),
    "cudaLaunchKernel_ptsz": (Form.RUNTIME, 0, 1, 2, 4),
    "cudaLaunchCooperativeKernel": (Form.COOPERATIVE, 0, 1, 2, 4),
}
DRIVER = {"cuLaunchKernel": False, "cuLaunchCooperativeKernel": True}
DRIVER_SHARED = 7
DRIVER_EXTENDED = "cuLaunchKernelEx"
# One of these is in the name of each of them.
PARTS = (b"LaunchKernel", b"LaunchCooperativeKernel")


def launches(memo: Memo) -> Iterator[tuple[Launch, Callee]]:
    """Every launch in the document itself that may be reached, with the kernel it names, in the order of the text."""
    source = memo.unit.main.source
    found = sorted(_calls(source), key=lambda call: call.start_byte)
    numbered = ((source.number_at(call.start_byte), call) for call in found)
    for number, group in groupby(numbered, key=itemgetter(0)):
        calls = [call for _, call in group]
        key = Key("launches", source.path, number, *((0, 0) if number is not None else around(calls)))
        yield from memo.value(key, partial(_read, source=source, calls=calls), steady=True)


def _read(evaluator: Evaluator, source: Source, calls: list[Node]) -> tuple[tuple[Launch, Callee], ...]:
    """The launches of one function."""
    found = []
    for call in calls:
        if evaluator.exhausted and literal(source, call):
            evaluator.budget = Budget(STEPS_FOR_LITERALS)
        if source.root.has_error and any(one.type == "ERROR" for one in ancestors(call)):
            continue
        reach = entered(evaluator, source, call)
        made = _Reader(evaluator, source, call, reach != Reach.ALWAYS).read() if reach != Reach.NEVER else None
        if made is not None:
            found.append((replace(made[0], evaluated=not evaluator.exhausted), made[1]))
    return tuple(found)


def literal(source: Source, call: Node) -> bool:
    """Whether the configuration of a launch is made of numbers alone: to evaluate it costs nothing."""
    chevron = next((one for one in call.children if one.type == "kernel_call_syntax"), None)
    waiting = children(chevron) if chevron is not None else []
    while waiting:
        node = waiting.pop()
        inner = children(node)
        if not inner and node.type != "number_literal" and source.of(node) not in types.VECTORS:
            return False
        waiting += inner
    return chevron is not None


def _calls(source: Source) -> list[Node]:
    """The call_expressions that launch something."""
    found = list(source.chevrons)
    named = (*RUNTIME, *DRIVER, "cudaLaunchKernelEx", "cudaLaunchKernelExC", DRIVER_EXTENDED)
    for name in named if any(part in source.data for part in PARTS) else ():
        for node in source.identifiers(name):
            call = next((one for one in ancestors(node) if one.type == "call_expression"), None)
            if call is not None and callee(source, call) == name:
                found.append(call)
    return found


class _Reader:
    """Reads one launch."""

    def __init__(self, evaluator: Evaluator, source: Source, call: Node, conditional: bool) -> None:
        self.evaluator = evaluator
        self.source = source
        self.call = call
        self.conditional = conditional

    def read(self) -> tuple[Launch, Callee] | None:
        chevron = next((one for one in self.call.children if one.type == "kernel_call_syntax"), None)
        if chevron is not None:
            return self._chevron(chevron)
        name = callee(self.source, self.call)
        listed = self.call.child_by_field_name("arguments")
        arguments = children(listed) if listed is not None else []
        if name in RUNTIME:
            form, *places = RUNTIME[name]
            if len(arguments) <= places[2]:
                return None
            kernel = kernel_of(self.evaluator, self.source, arguments[0])
            shared = arguments[places[3]] if len(arguments) > places[3] else None
            return self._launch(form, kernel, arguments[1], arguments[2], shared, form == Form.COOPERATIVE)
        if name in DRIVER:
            return self._driver(arguments, DRIVER[name])
        return self._driver_extended(arguments) if name == DRIVER_EXTENDED else self._extended(arguments)

    def _extended(self, arguments: list[Node]) -> tuple[Launch, Callee] | None:
        if len(arguments) < 2:
            return None
        self.evaluator.notes = []
        kernel = kernel_of(self.evaluator, self.source, arguments[1])
        found = config(self.evaluator, self.source, arguments[0])
        launch = Launch(
            form=Form.EXTENDED,
            span=self.source.span(self.call),
            kernel=kernel.name,
            kernel_span=kernel.span,
            function=self.function(),
            grid=found.grid,
            block=found.block,
            shared=found.shared,
            cluster=found.cluster,
            cooperative=found.cooperative,
            template_arguments=kernel.template_arguments,
            grid_span=self._place(found.grid_node),
            block_span=self._place(found.block_node),
            shared_span=self._place(found.shared_node),
            axes=(*self._axes(found.grid_node), *self._axes(found.block_node)),
            conditional=self.conditional,
            notes=tuple(self.evaluator.notes[:MOST_NOTES]),
        )
        return launch, kernel

    def _place(self, node: Node | None) -> Span | None:
        return self.source.span(node) if node is not None else None

    def _axes(self, node: Node | None) -> tuple[Span | None, Span | None, Span | None]:
        return axes(self.evaluator, self.source, node) if node is not None else (None, None, None)

    def _chevron(self, chevron: Node) -> tuple[Launch, Callee] | None:
        given = children(chevron)
        function = self.call.child_by_field_name("function")
        if len(given) < 2 or function is None or chevron.has_error:
            return None
        kernel = callee_of(self.evaluator, self.source, function)
        return self._launch(Form.CHEVRON, kernel, given[0], given[1], given[2] if len(given) > 2 else None, False)

    def function(self) -> str:
        """The name of the function around the launch."""
        holder = next((one for one in ancestors(self.call) if one.type == "function_definition"), None)
        name = declared_name(holder.child_by_field_name("declarator")) if holder is not None else None
        return self.source.of(name) if name is not None else ""

    def _launch(
        self, form: Form, kernel: Callee, grid: Node, block: Node, shared: Node | None, cooperative: bool
    ) -> tuple[Launch, Callee]:
        self.evaluator.notes = []
        extents = [dimensions(self.evaluator, self.source, one) for one in (grid, block)]
        memory = self._number(shared) if shared is not None else 0
        launch = Launch(
            form=form,
            span=self.source.span(self.call),
            kernel=kernel.name,
            kernel_span=kernel.span,
            function=self.function(),
            grid=extents[0],
            block=extents[1],
            shared=memory,
            cooperative=cooperative,
            template_arguments=kernel.template_arguments,
            grid_span=self.source.span(grid),
            block_span=self.source.span(block),
            shared_span=self.source.span(shared) if shared is not None else None,
            axes=(*axes(self.evaluator, self.source, grid), *axes(self.evaluator, self.source, block)),
            conditional=self.conditional,
            notes=tuple(self.evaluator.notes[:MOST_NOTES]),
        )
        return launch, kernel

    def _number(self, node: Node) -> int | None:
        return whole(self.evaluator.value(self.evaluator.expression(node, self.source)))

    def _driver(self, arguments: list[Node], cooperative: bool) -> tuple[Launch, Callee] | None:
        if len(arguments) < DRIVER_SHARED + 1:
            return None
        self.evaluator.notes = []
        numbers = [unsigned(self._number(one)) for one in arguments[1 : DRIVER_SHARED + 1]]
        spans = [self.source.span(one) for one in arguments[1 : DRIVER_SHARED + 1]]
        return self._of_driver(arguments[0], numbers, spans, cooperative)

    def _driver_extended(self, arguments: list[Node]) -> tuple[Launch, Callee] | None:
        if len(arguments) < 2:
            return None
        self.evaluator.notes = []
        numbers, nodes = driver_config(self.evaluator, self.source, arguments[0])
        return self._of_driver(arguments[1], numbers, [self._place(one) for one in nodes], False)

    def _of_driver(
        self, function: Node, numbers: Sequence[int | None], spans: Sequence[Span | None], cooperative: bool
    ) -> tuple[Launch, Callee]:
        """A launch by the driver, of (grid x, y, z, block x, y, z, shared memory)."""
        kernel = Callee("", self.source.span(function))
        launch = Launch(
            form=Form.DRIVER,
            span=self.source.span(self.call),
            kernel="",
            kernel_span=kernel.span,
            function=self.function(),
            grid=Extent(*numbers[:3]),
            block=Extent(*numbers[3:6]),
            shared=numbers[6],
            cooperative=cooperative,
            grid_span=spans[0],
            block_span=spans[3],
            shared_span=spans[6],
            axes=tuple(spans[:6]),
            conditional=self.conditional,
            notes=tuple(self.evaluator.notes[:MOST_NOTES]),
        )
        return launch, kernel


def whole(value: Value | None) -> int | None:
    """The integer of a value."""
    return value.number if value is not None and isinstance(value.number, int) else None


def unsigned(number: int | None) -> int | None:
    """The number as an unsigned int parameter receives it."""
    return number % (1 << 32) if number is not None else None


def dimensions(evaluator: Evaluator, source: Source, node: Node) -> Extent:
    """What the grid or block of a launch evaluates to."""
    given = members(source, node)
    if given is None or len(given) == 1:
        return extent(evaluator, evaluator.expression(given[0] if given else node, source))
    numbers = [extent(evaluator, evaluator.expression(one, source)).x for one in given]
    return Extent(*[*numbers, 1][:3]) if len(numbers) <= len(types.AXES) else Extent()


def members(source: Source, node: Node) -> list[Node] | None:
    """What stands in the braces of `<<<{gx, gy}, ...>>>`, None where there are none: see spelling.py."""
    if node.type != "parenthesized_expression" or source.original[node.start_byte : node.start_byte + 1] != b"{":
        return None
    found, rest = [], children(node)[0]
    while rest.type == "comma_expression" and (parts := children(rest)):
        found.append(parts[0])
        rest = parts[-1]
    return [*found, rest]


def extent(evaluator: Evaluator, expression: Expression | None) -> Extent:
    """What a dim3 argument evaluates to, member by member."""
    return Extent(*(whole(evaluator.axis(expression, types.DIM3, axis)) for axis in types.AXES))


def axes(
    evaluator: Evaluator, source: Source, node: Node, depth: int = 0
) -> tuple[Span | None, Span | None, Span | None]:
    """The places of the members' own expressions: `dim3(a, b)` has two, a variable those of its declaration."""
    nodes = _axis_nodes(evaluator, source, node, depth)
    first, second, third = (source.span(one) if one is not None else None for one in (*nodes, None, None, None)[:3])
    return first, second, third


def _axis_nodes(evaluator: Evaluator, source: Source, node: Node, depth: int) -> list[Node | None]:
    if (given := members(source, node)) is not None:
        return list(given)
    if node.type in ("initializer_list", "argument_list"):
        inner = children(node)
        if len(inner) == 1 and inner[0].type in ("call_expression", "identifier", "compound_literal_expression"):
            deeper = _axis_nodes(evaluator, source, inner[0], depth + 1)
            return deeper or [inner[0]]
        return list(inner)
    if node.type == "compound_literal_expression":
        value = node.child_by_field_name("value")
        return list(children(value)) if value is not None else []
    if node.type == "call_expression" and callee(source, node) in (*types.VECTORS, "make_uint3", "make_int3"):
        listed = node.child_by_field_name("arguments")
        return list(children(listed)) if listed is not None else []
    if node.type == "identifier" and depth < 3:
        return _of_variable(evaluator, source, node, depth)
    return []


def _of_variable(evaluator: Evaluator, source: Source, node: Node, depth: int) -> list[Node | None]:
    variable = evaluator.variable(Expression(node, source))
    if variable is None or variable.source is not source or variable.kind == "parameter":
        return []
    if evaluator.shape(Expression(node, source)) != "vector":
        return []
    start = variable.initializer
    found: list[Node | None] = _axis_nodes(evaluator, source, start, depth + 1) if start is not None else []
    found = [*found, None, None, None][:3]
    if start is not None and not any(found) and start.type not in ("identifier",):
        found[0] = start
    for effect in evaluator.effects(variable):
        member = effect.kind == "store" and len(effect.path) == 1 and effect.path[0] in types.AXES
        if member and effect.source is source and effect.node.start_byte < node.start_byte:
            found[types.AXES.index(str(effect.path[0]))] = effect.value
    return found
