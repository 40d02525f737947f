"""The expressions of a function: calls, registers, variables and members that they touch, in their order."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from signoff.verifiers.gpu.values.macros import Macro
from signoff.verifiers.mcu.source.chains import operator, text
from signoff.verifiers.mcu.source.facts import Access, Call, Operand
from signoff.verifiers.mcu.source.lvalues import Lvalues
from signoff.verifiers.mcu.source.names import bare
from signoff.verifiers.mcu.source.recorder import DEEPEST, DEEPEST_EXPANSION
from signoff.verifiers.mcu.source.values import snippet
from signoff.verifiers.mcu.source.vocabulary import RegisterMacro, vocabulary

ASM = frozenset(("asm", "__asm", "__asm__"))


class Expressions(Lvalues):
    """Reads expressions. Where a macro is used, its expansion is read at the macro's place."""

    def read(self, node: Node) -> None:
        """Read an expression whose value is used."""
        if self.depth > DEEPEST:
            return
        self.depth += 1
        reader = EXPRESSIONS.get(node.type)
        if reader is not None:
            reader(self, node)
        else:
            for child in node.named_children:
                self.read(child)
        self.depth -= 1

    def skip(self, node: Node) -> None:
        """What is not evaluated."""

    def assignment(self, node: Node) -> None:
        """=, |= and the like: the right side first."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        sign = operator(node) or "="
        self.read(right)
        self.touch(left, Access.WRITE if sign == "=" else Access.MODIFY, sign, self.operand(right))

    def update(self, node: Node) -> None:
        """++ and --."""
        argument = node.child_by_field_name("argument")
        if argument is not None:
            self.touch(argument, Access.MODIFY, operator(node))

    def pointer(self, node: Node) -> None:
        """& and *."""
        argument = node.child_by_field_name("argument")
        if argument is not None and operator(node) == "&":
            self.touch(argument, Access.ADDRESS)
        else:
            self.value_of(node)

    def value_of(self, node: Node) -> None:
        """A name, a member or an element that is read."""
        self.touch(node, Access.READ)

    def binary(self, node: Node) -> None:
        """A binary operator; the right side of && and || is evaluated under a condition."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None:
            self.read(left)
        if right is not None and operator(node) in ("&&", "||"):
            with self.branching():
                self.read(right)
        elif right is not None:
            self.read(right)

    def choice(self, node: Node) -> None:
        """The operator ?:."""
        condition = node.child_by_field_name("condition")
        if condition is not None:
            self.read(condition)
        for name in ("consequence", "alternative"):
            side = node.child_by_field_name(name)
            if side is not None:
                with self.branching():
                    self.read(side)

    def pair(self, node: Node) -> None:
        """An initialiser with a designator."""
        held = node.child_by_field_name("value")
        if held is not None:
            self.read(held)

    def asm(self, node: Node) -> None:
        """Inline assembler."""
        code = node.child_by_field_name("assembly_code")
        for name in ("output_operands", "input_operands"):
            operands = node.child_by_field_name(name)
            if operands is not None:
                self.read(operands)
        what = (Operand(text(code), text(code), None),) if code is not None else ()
        self.calls.append(Call(self.where(node), "asm", what))

    def nested(self, node: Node) -> None:
        """Statements inside of an expression."""
        self.statement(node)

    def later(self, node: Node) -> None:
        """A lambda's body: executed when, and whether, somebody calls it."""
        body = node.child_by_field_name("body")
        if body is not None:
            with self.branching():
                self.statement(body)

    def call(self, node: Node) -> None:
        """A call of a function or a macro."""
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        arguments = [one for one in listed.named_children if one.type != "comment"] if listed is not None else []
        if function is None:
            return
        if function.type != "identifier":
            self._call_through(node, function, arguments)
            return
        name = text(function)
        macro = vocabulary().register_macros.get(name)
        if macro is not None and len(arguments) > max(macro.register, macro.value, macro.mask):
            self._register_macro(macro, arguments)
        elif not self.accessor(node, Access.READ, "", None):
            self._named_call(node, name, arguments)

    def _call_through(self, node: Node, function: Node, arguments: list[Node]) -> None:
        self.read(function)
        for one in arguments:
            self.read(one)
        qualified = function.type == "qualified_identifier"
        callee = text(function)
        self.calls.append(Call(self.where(node), callee, tuple(map(self.operand, arguments)), not qualified))

    def _named_call(self, node: Node, name: str, arguments: list[Node]) -> None:
        macro = self.names.definition(name)
        if name in ASM:
            name = "asm"
        operands = tuple(self.operand(one) for one in arguments)
        pointer = name in self.known
        if isinstance(macro, Macro) and macro.parameters is not None and self.expanding < DEEPEST_EXPANSION:
            self.calls.append(Call(self.where(node), name, operands))
            if self._expanded_call(node):
                return
        for one in arguments:
            self.read(one)
        if isinstance(macro, Macro) and macro.parameters is None:
            name = bare(self.names.expand(name) or name)
        if not (isinstance(macro, Macro) and macro.parameters is not None):
            self.calls.append(Call(self.where(node), name, operands, pointer))

    def _expanded_call(self, node: Node) -> bool:
        expanded = self.names.expand(text(node))
        if expanded is None or expanded == text(node):
            return False
        tree = snippet(expanded)
        function = tree.root_node.named_children[0] if tree and tree.root_node.named_children else None
        body = function.child_by_field_name("body") if function is not None else None
        if body is None:
            return False
        with self.standing_at(node):
            self.statement(body)
        return True

    def _register_macro(self, macro: RegisterMacro, arguments: list[Node]) -> None:
        held = arguments[macro.value] if macro.value >= 0 else None
        mask = self.operand(arguments[macro.mask]) if macro.mask >= 0 else None
        for number_, one in enumerate(arguments):
            if number_ != macro.register:
                self.read(one)
        given = self.operand(held) if held is not None else None
        if given is not None and macro.operator == "&=":
            inverse = None if given.value is None else ~given.value & 0xFFFFFFFF
            given = Operand(f"~({given.text})", f"~({given.resolved})", inverse)
        kind = {"": Access.READ, "=": Access.WRITE}.get(macro.operator, Access.MODIFY)
        self.touch(arguments[macro.register], kind, macro.operator, given, mask)


EXPRESSIONS: dict[str, Callable[[Expressions, Node], None]] = {
    "assignment_expression": Expressions.assignment,
    "update_expression": Expressions.update,
    "pointer_expression": Expressions.pointer,
    "identifier": Expressions.value_of,
    "field_expression": Expressions.value_of,
    "subscript_expression": Expressions.value_of,
    "call_expression": Expressions.call,
    "binary_expression": Expressions.binary,
    "conditional_expression": Expressions.choice,
    "initializer_pair": Expressions.pair,
    "gnu_asm_expression": Expressions.asm,
    "compound_statement": Expressions.nested,
    "lambda_expression": Expressions.later,
    "sizeof_expression": Expressions.skip,
    "alignof_expression": Expressions.skip,
    "type_descriptor": Expressions.skip,
    "comment": Expressions.skip,
    "string_literal": Expressions.skip,
    "char_literal": Expressions.skip,
    "number_literal": Expressions.skip,
}
