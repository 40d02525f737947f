"""The statements of a function: what is executed under which condition, and in which loop."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from signoff.verifiers.mcu.source.chains import text
from signoff.verifiers.mcu.source.expressions import Expressions
from signoff.verifiers.mcu.source.facts import FieldWrite, Local, Loop, Operand
from signoff.verifiers.mcu.source.recorder import DEEPEST
from signoff.verifiers.mcu.source.values import value

LOOPS = frozenset(("while_statement", "do_statement", "for_statement", "for_range_loop"))
BREAKABLE = LOOPS | {"switch_statement"}
UNKNOWN = Operand("", "", None)


class Statements(Expressions):
    """Reads statements in the order of the text."""

    def statement(self, node: Node) -> None:
        """Read one statement and what is in it."""
        if self.depth > DEEPEST:
            return
        self.depth += 1
        reader = STATEMENTS.get(node.type)
        if reader is not None:
            reader(self, node)
        elif node.is_named:
            self.read(node)
        self.depth -= 1

    def block(self, node: Node) -> None:
        """Read all statements of a block."""
        for child in node.named_children:
            self.statement(child)

    def inside(self, node: Node | None) -> None:
        """Read a statement that is executed under a condition."""
        if node is not None:
            with self.branching():
                self.statement(node)

    def if_statement(self, node: Node) -> None:
        """if and else."""
        self._optional(node.child_by_field_name("condition"))
        self.inside(node.child_by_field_name("consequence"))
        self.inside(node.child_by_field_name("alternative"))

    def switch(self, node: Node) -> None:
        """switch: each case under a condition of its own."""
        self._optional(node.child_by_field_name("condition"))
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            self.inside(child)

    def case(self, node: Node) -> None:
        """The statements of a case."""
        label = node.child_by_field_name("value")
        for child in node.named_children:
            if child != label:
                self.statement(child)

    def labeled(self, node: Node) -> None:
        """A label: the text's order is not that of the run."""
        self.jumps = True
        for child in node.named_children:
            if child.type != "statement_identifier":
                self.statement(child)

    def goto(self, node: Node) -> None:
        """A goto."""
        self.jumps = True

    def loop(self, node: Node) -> None:
        """while, do and for."""
        number = len(self.loops)
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        self._optional(node.child_by_field_name("initializer"))
        operand = self.operand(condition) if condition is not None else UNKNOWN
        forever = self._forever(node, condition)
        self.loops.append(Loop(self.where(node), node.type.partition("_")[0], operand, forever, _empty(body)))
        calls = len(self.calls)
        if node.type != "do_statement" and condition is not None:
            self._condition(condition, number)
        self._body(node, body, number, forever)
        if node.type == "do_statement" and condition is not None:
            self._condition(condition, number)
        made = self.loops[number]
        self.loops[number] = Loop(
            made.where, made.kind, made.condition, made.forever, made.empty, len(self.calls) > calls
        )

    def _condition(self, condition: Node, number: int) -> None:
        self.around, outer = (*self.around, number), self.around
        self.polls, polled = number, self.polls
        self.read(condition)
        self.around, self.polls = outer, polled

    def _body(self, node: Node, body: Node | None, number: int, forever: bool) -> None:
        self.around, outer = (*self.around, number), self.around
        update = node.child_by_field_name("update")
        if (forever or node.type == "do_statement") and not _breaks(body):
            self._optional(body)
        else:
            self.inside(body)
        self.inside(update)
        self.around = outer

    def _optional(self, node: Node | None) -> None:
        if node is not None:
            self.statement(node)

    def _forever(self, node: Node, condition: Node | None) -> bool:
        if condition is None:
            return node.type == "for_statement"
        found = value(condition, self.names.lookup)
        return bool(found) or text(condition).strip("() ") == "true"

    def undecided(self, node: Node) -> None:
        """An #if whose condition is not known: each branch may be compiled or not."""
        alternative = node.child_by_field_name("alternative")
        head = {one.id for one in (node.child_by_field_name(name) for name in ("condition", "name")) if one}
        with self.branching():
            for child in node.named_children:
                if child != alternative and child.id not in head:
                    self.statement(child)
        if alternative is not None:
            self.undecided(alternative)

    def declaration(self, node: Node) -> None:
        """Local variables and their initialisers."""
        words = {text(one) for one in node.children if one.type in ("storage_class_specifier", "type_qualifier")}
        kind = node.child_by_field_name("type")
        if kind is None or "extern" in words or "typedef" in words:
            return
        for declarator in node.children_by_field_name("declarator"):
            self._declared(declarator, text(kind), "static" in words)

    def _declared(self, node: Node, kind: str, static: bool) -> None:
        initial = node.child_by_field_name("value") if node.type == "init_declarator" else None
        inner = node.child_by_field_name("declarator") if node.type == "init_declarator" else node
        forms: set[str] = set()
        while inner is not None and inner.type not in ("identifier", "field_identifier"):
            forms.add(inner.type)
            inner = inner.child_by_field_name("declarator") or (
                inner.named_children[0] if inner.type == "parenthesized_declarator" and inner.named_children else None
            )
        if inner is None or forms == {"function_declarator"}:
            return
        name, pointer = text(inner), "pointer_declarator" in forms
        if initial is not None:
            self.read(initial)
        self.known.add(name)
        where = self.where(inner)
        self.locals.append(Local(where, name, kind, static, pointer, "array_declarator" in forms))
        if initial is not None:
            self._initial(name, initial, pointer)

    def _initial(self, name: str, initial: Node, pointer: bool) -> None:
        if initial.type != "initializer_list":
            self.fields.append(FieldWrite(self.where(initial), name, "", "=", self.operand(initial), False, True))
            if pointer:
                self.alias(name, initial)
            return
        pairs = [one for one in initial.named_children if one.type == "initializer_pair"]
        self.fields.append(FieldWrite(self.where(initial), name, "*", "=", self.operand(initial), False, True))
        for pair in pairs:
            self._pair(name, "", pair)

    def _pair(self, name: str, prefix: str, pair: Node) -> None:
        held = pair.child_by_field_name("value")
        member = prefix + "".join(text(one) for one in pair.children_by_field_name("designator"))
        if held is None:
            return
        if held.type == "initializer_list":
            for inner in (one for one in held.named_children if one.type == "initializer_pair"):
                self._pair(name, member, inner)
        operand = self.operand(held)
        self.fields.append(FieldWrite(self.where(pair), name, member.lstrip("."), "=", operand, False, True))


def _empty(body: Node | None) -> bool:
    if body is None:
        return True
    children = [one for one in body.named_children if one.type != "comment"]
    if body.type == "compound_statement":
        return all(one.type == "expression_statement" and not one.named_children for one in children)
    return body.type == "expression_statement" and not children


def _breaks(body: Node | None) -> bool:
    """Whether a loop's body leaves that loop."""
    waiting = [body] if body is not None else []
    while waiting:
        node = waiting.pop()
        if node.type in ("break_statement", "goto_statement"):
            return True
        waiting += [one for one in node.named_children if one.type not in BREAKABLE]
    return False


STATEMENTS: dict[str, Callable[[Statements, Node], None]] = {
    "compound_statement": Statements.block,
    "else_clause": Statements.block,
    "expression_statement": Statements.block,
    "return_statement": Statements.block,
    "if_statement": Statements.if_statement,
    "switch_statement": Statements.switch,
    "case_statement": Statements.case,
    "labeled_statement": Statements.labeled,
    "goto_statement": Statements.goto,
    "declaration": Statements.declaration,
    "preproc_if": Statements.undecided,
    "preproc_ifdef": Statements.undecided,
    "preproc_elif": Statements.undecided,
    "preproc_else": Statements.undecided,
    **dict.fromkeys(LOOPS, Statements.loop),
}
