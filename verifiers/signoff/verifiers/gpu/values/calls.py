"""Functions of the unit: what a call gives, and what a parameter is where all calls agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Note
from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.arithmetic import CType, Value
from signoff.verifiers.gpu.values.effects import Path, function_of
from signoff.verifiers.gpu.values.source import Source, ancestors, children, declared_name, inside, parent_of
from signoff.verifiers.gpu.values.types import Type
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import TEMPLATE, Variable

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression, Frame

MOST_SITES = 24
DEEPEST_CALLS = 8


class Calls:
    """What the unit's functions do with values."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._sites: dict[tuple[int, int], list[tuple[Source, Node]] | None] = {}

    def definitions(self, name: str) -> list[tuple[Source, Node]]:
        """The function_definitions of a name in the unit."""
        unit = self.evaluator.unit
        return unit.shared(("definitions", name), lambda: _definitions(unit, name))

    def defined(self, name: str) -> tuple[Source, Node] | None:
        """The only definition of a name."""
        found = self.definitions(name)
        return found[0] if len(found) == 1 else None

    @staticmethod
    def body(found: tuple[Source, Node]) -> Node | None:
        """The statements of a function, to look into."""
        source, function = found
        number = source.number_at(function.start_byte)
        if number is not None:
            source.reads.bodies.add(number)
        return function.child_by_field_name("body")

    # What a call gives

    def result_type(self, expression: Expression) -> Type | None:
        """The type that a call of one of the unit's functions gives."""
        from signoff.verifiers.gpu.values.effects import callee

        found = self.defined(callee(expression.source, expression.node))
        if found is None:
            return None
        listed = expression.node.child_by_field_name("arguments")
        frame = self._bind(found, expression, [expression.part(one) for one in children(listed)] if listed else [])
        return self._returned(found, frame)

    def _returned(self, found: tuple[Source, Node], frame: Frame | None) -> Type | None:
        source, function = found
        node = function.child_by_field_name("type")
        declarator = function.child_by_field_name("declarator")
        if node is None or declarator is None or declarator.type != "function_declarator":
            return None
        trailing = next((one for one in children(declarator) if one.type == "trailing_return_type"), None)
        if trailing is not None:
            node = next(iter(children(trailing)), node)
        return types.of_node(self.evaluator, node, source, frame)

    def result(self, expression: Expression, name: str, arguments: list[Expression], path: Path) -> Value | None:
        """What a call of one of the unit's functions returns, where its body is simple enough to say."""
        found = self.defined(name)
        depth = expression.frame.depth if expression.frame is not None else 0
        if found is None or depth >= DEEPEST_CALLS:
            return None
        frame = self._bind(found, expression, arguments)
        body = self.body(found)
        if frame is None or body is None or body.type != "compound_statement":
            return None
        returned = self._run(body, found[0], frame)
        if returned is None:
            return None
        kind = self._returned(found, frame)
        return self.evaluator.assigned(returned, kind, path)

    def _run(self, block: Node, source: Source, frame: Frame) -> Expression | None:
        """The expression of the return statement that is certainly reached."""
        for statement in children(block):
            if statement.type == "return_statement":
                inner = children(statement)
                return self.evaluator.expression(inner[0], source, frame) if len(inner) == 1 else None
            if not _returns(statement):
                continue
            if statement.type != "if_statement":
                return None
            truth = self.evaluator.truth(
                self.evaluator.expression(statement.child_by_field_name("condition"), source, frame)
            )
            if truth is None:
                return None
            taken = statement.child_by_field_name("consequence" if truth else "alternative")
            if taken is None or not _returns(taken):
                continue
            return self._taken(taken, source, frame)
        return None

    def _taken(self, branch: Node, source: Source, frame: Frame) -> Expression | None:
        if branch.type == "else_clause":
            branch = children(branch)[-1]
        if branch.type == "return_statement":
            inner = children(branch)
            return self.evaluator.expression(inner[0], source, frame) if len(inner) == 1 else None
        return self._run(branch, source, frame) if branch.type == "compound_statement" else None

    def _bind(self, found: tuple[Source, Node], call: Expression, arguments: list[Expression]) -> Frame | None:
        from signoff.verifiers.gpu.values.evaluate import Frame

        source, function = found
        depth = call.frame.depth + 1 if call.frame is not None else 1
        frame = self.evaluator.remember(Frame(function, source, depth=depth))
        parameters = parameters_of(function)
        if len(arguments) > len(parameters):
            return None
        for position, parameter in enumerate(parameters):
            name = declared_name(parameter.child_by_field_name("declarator"))
            if name is None:
                continue
            if position < len(arguments):
                frame.bindings[source.of(name)] = arguments[position]
            elif (default := parameter.child_by_field_name("default_value")) is not None:
                made = self.evaluator.expression(default, source)
                if made is not None:
                    frame.bindings[source.of(name)] = made
            else:
                return None
        self._bind_template(frame, call, parameters, arguments)
        return frame

    def _bind_template(
        self, frame: Frame, call: Expression, parameters: list[Node], arguments: list[Expression]
    ) -> None:
        """Template arguments: those that are given, else types as the arguments have them."""
        template = template_of(frame.function)
        if template is None:
            return
        given = template_arguments(call.node.child_by_field_name("function"))
        for position, parameter in enumerate(children(template)):
            name = _parameter_name(frame.source, parameter)
            if position < len(given):
                if "type_parameter" in parameter.type:
                    kind = types.of_node(self.evaluator, given[position], call.source, call.frame)
                    if kind is not None:
                        frame.types[name] = kind
                else:
                    frame.bindings[name] = call.part(given[position])
            elif "type_parameter" in parameter.type:
                self._deduce(frame, name, parameters, arguments)

    def _deduce(self, frame: Frame, name: str, parameters: list[Node], arguments: list[Expression]) -> None:
        found: set[CType | None] = set()
        for parameter, argument in zip(parameters, arguments, strict=False):
            node = parameter.child_by_field_name("type")
            if node is not None and frame.source.of(node) == name:
                value = self.evaluator.value(argument)
                found.add(value.type if value is not None else None)
        if len(found) == 1 and (only := found.pop()) is not None:
            frame.types[name] = only

    # What a parameter is

    def parameter(self, variable: Variable, path: Path, frame: Frame | None) -> Value | None:
        """A function's or template's parameter: as bound, else as every call of the unit gives it."""
        if "pointer_declarator" in variable.shape or "array_declarator" in variable.shape:
            return None
        function = variable.scope
        if function.type == "template_declaration":
            inner = next((one for one in children(function) if one.type == "function_definition"), None)
            if inner is None:
                return None
            function = inner
        if function.type != "function_definition":
            return None
        if frame is not None and frame.function == function and frame.source is variable.source:
            bound = frame.bindings.get(variable.text)
            return self._passed(variable, bound, path, frame) if bound is not None else None
        return self._agreed(variable, function, path)

    def _passed(self, variable: Variable, bound: Expression | None, path: Path, frame: Frame | None) -> Value | None:
        kind = types.of_variable(self.evaluator, variable, frame)
        return self.evaluator.assigned(bound, kind, path)

    def _agreed(self, variable: Variable, function: Node, path: Path) -> Value | None:
        sites = self.sites(variable.source, function)
        if not sites or len(sites) > MOST_SITES:
            return None
        agreed: Value | None = None
        for source, call in sites:
            bound = self._given(variable, function, source, call)
            value = self._passed(variable, bound, path, None)
            if value is None or (agreed is not None and value != agreed):
                return None
            agreed = value
        if agreed is not None and len(sites) == 1:
            source, call = sites[0]
            message = f"called with {variable.text} = {agreed.number} here"
            self.evaluator.notes.append(Note(source.path, source.span(call), message))
        return agreed

    def _given(self, variable: Variable, function: Node, source: Source, call: Node) -> Expression | None:
        """The expression that a call gives a parameter."""
        if variable.kind == TEMPLATE:
            template = template_of(function)
            given = template_arguments(call.child_by_field_name("function"))
            listed: list[Node] = children(template) if template is not None else []
        else:
            arguments = call.child_by_field_name("arguments")
            given = children(arguments) if arguments is not None else []
            listed = parameters_of(function)
        if variable.node not in listed:
            return None
        position = listed.index(variable.node)
        if any("variadic" in one.type for one in listed[:position]):
            return None
        if position < len(given):
            return self.evaluator.expression(given[position], source)
        if variable.kind == TEMPLATE and _deducible(variable, function):
            return None
        return self.evaluator.expression(variable.node.child_by_field_name("default_value"), variable.source)

    def sites(self, source: Source, function: Node) -> list[tuple[Source, Node]] | None:
        """Every call of a function in the unit; None where it may be called in other ways too."""
        key = (id(source), function.start_byte)
        if key not in self._sites:
            self._sites[key] = self._find_sites(source, function)
        return self._sites[key]

    def _find_sites(self, source: Source, function: Node) -> list[tuple[Source, Node]] | None:
        declarator = function.child_by_field_name("declarator")
        name = declared_name(declarator)
        if name is None or name.type != "identifier" or self.defined(source.of(name)) is None:
            return None
        text = source.of(name)
        if self.evaluator.unit.in_macros(text):
            return None
        found: list[tuple[Source, Node]] = []
        for place, node in self.evaluator.unit.identifiers(text):
            if function_of(place, node) is not None:
                continue
            call = call_of(node)
            if call is None:
                return None
            found.append((place, call))
        return found


def _definitions(unit: Unit, name: str) -> list[tuple[Source, Node]]:
    found = []
    for source, node in unit.introductions(name):
        declarator = function_of(source, node)
        definition = _definition(declarator) if declarator is not None else None
        if definition is not None:
            found.append((source, definition))
    return found


def _definition(declarator: Node) -> Node | None:
    parent = parent_of(declarator)
    while parent is not None and parent.type in ("pointer_declarator", "reference_declarator"):
        parent = parent_of(parent)
    return parent if parent is not None and parent.type == "function_definition" else None


def parameters_of(function: Node) -> list[Node]:
    """The parameter declarations of a function_definition."""
    declarator = function.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator")
    listed = declarator.child_by_field_name("parameters") if declarator is not None else None
    return [one for one in children(listed) if "parameter" in one.type] if listed is not None else []


def template_of(function: Node) -> Node | None:
    """The template_parameter_list of a function, None where it is no template."""
    parent = parent_of(function)
    if parent is None or parent.type != "template_declaration":
        return None
    return parent.child_by_field_name("parameters")


def template_arguments(function: Node | None) -> list[Node]:
    """The template arguments in a callee: `k<float, 4>`, `ns::k<4>`."""
    while function is not None and function.type in ("qualified_identifier", "dependent_name"):
        function = function.child_by_field_name("name") or next(iter(children(function)), None)
    if function is None or function.type != "template_function":
        return []
    listed = function.child_by_field_name("arguments")
    return children(listed) if listed is not None else []


def call_of(name: Node) -> Node | None:
    """The call_expression whose callee is this name, None where it is used otherwise."""
    child, parent = name, parent_of(name)
    while parent is not None and parent.type in ("qualified_identifier", "template_function", "dependent_name"):
        child, parent = parent, parent_of(parent)
    if parent is None or parent.type != "call_expression" or parent.child_by_field_name("function") != child:
        return None
    return parent


def _parameter_name(source: Source, parameter: Node) -> str:
    declarator = parameter.child_by_field_name("declarator") or parameter.child_by_field_name("name")
    name = declared_name(declarator) if declarator is not None else next(iter(children(parameter)), None)
    return source.of(name) if name is not None else ""


def _deducible(variable: Variable, function: Node) -> bool:
    """Whether a template parameter may follow from the arguments of a call: a parameter's type mentions it."""
    listed = parameters_of(function)
    uses = variable.source.identifiers_in(variable.text, function.start_byte, function.end_byte)
    return any(inside(use, one) for one in listed for use in uses)


def _returns(node: Node) -> bool:
    if node.type == "return_statement":
        return True
    return node.type != "lambda_expression" and any(_returns(child) for child in node.named_children)


__all__ = ["Calls", "ancestors", "call_of", "parameters_of", "template_arguments", "template_of"]
