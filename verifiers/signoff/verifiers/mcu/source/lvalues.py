"""Lvalues that are read, written, or whose address is taken: registers, variables, structures' members."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.values.macros import Macro
from signoff.verifiers.mcu.source.chains import ACCESSOR, AT_ADDRESS, REGISTER, Chain, Step, chain, text, unwrapped
from signoff.verifiers.mcu.source.facts import Access, FieldWrite, Operand, Reference, RegisterAccess, Where
from signoff.verifiers.mcu.source.recorder import DEEPEST_EXPANSION, Recorder
from signoff.verifiers.mcu.source.values import expression
from signoff.verifiers.mcu.source.vocabulary import is_peripheral, vocabulary

# Addresses below are memory, not peripherals (Armv7-M, B3.1).
FIRST_DEVICE_ADDRESS = 0x40000000


class Lvalues(Recorder):
    """Takes lvalues apart and notes what they touch."""

    def touch(
        self, node: Node, access: Access, sign: str = "", given: Operand | None = None, mask: Operand | None = None
    ) -> None:
        """An lvalue is read, written, or its address taken."""
        parts = chain(node)
        base = parts.base
        if base.type == "identifier" and self._through_macro(node, base, access, sign, given, mask):
            return
        if base.type == "call_expression":
            if parts.steps or not self._touched_call(node, base, access, sign, given, mask):
                self.read(base)
            return
        for step in parts.steps:
            if step.node is not None:
                self.read(step.node)
        if self._register(node, parts, access, sign, given, mask):
            return
        if base.type == "identifier":
            self._variable(node, parts, access, sign, given)
        elif base.type not in LVALUES:
            self.read(base)

    def _touched_call(
        self, node: Node, call: Node, access: Access, sign: str, given: Operand | None, mask: Operand | None
    ) -> bool:
        if self.accessor(call, access, sign, given, mask):
            return True
        function = call.child_by_field_name("function")
        macro = self.names.definition(text(function)) if function is not None else None
        if not isinstance(macro, Macro) or self.expanding >= DEEPEST_EXPANSION:
            return False
        return self._touch_expanded(node, access, sign, given, mask)

    def _through_macro(
        self, node: Node, base: Node, access: Access, sign: str, given: Operand | None, mask: Operand | None
    ) -> bool:
        """An lvalue whose first name is a macro; what cannot be expanded is touched by nobody that we know of."""
        name = text(base)
        if name in self.known or self.expanding >= DEEPEST_EXPANSION:
            return False
        macro = self.names.plain(name)
        if macro is None or not macro.body:
            return False
        if access is Access.READ and node.type == "identifier" and self.names.lookup(name) is not None:
            return True
        return self._touch_expanded(node, access, sign, given, mask)

    def _touch_expanded(
        self, node: Node, access: Access, sign: str, given: Operand | None, mask: Operand | None
    ) -> bool:
        expanded = self.names.expand(text(node))
        inner = expression(expanded) if expanded is not None and expanded != text(node) else None
        if inner is None:
            return False
        with self.standing_at(node):
            target = unwrapped(inner)
            if access is Access.READ and target.type not in LVALUES:
                self.read(target)
            else:
                self.touch(inner, access, sign, given, mask)
        return True

    def _register(
        self, node: Node, parts: Chain, access: Access, sign: str, given: Operand | None, mask: Operand | None
    ) -> bool:
        made = self._flat(parts) or self._pointed(parts) or self._at_address(parts)
        if made is None:
            return False
        self.registers.append(
            replace(made, where=self.where(node), access=access, operator=sign, value=given, mask=mask)
        )
        return bool(made.peripheral) or made.address is not None or not made.base.isidentifier()

    def _flat(self, parts: Chain) -> RegisterAccess | None:
        """libopencm3's RCC_AHB1ENR, TIM2_SR."""
        if parts.steps or parts.base.type != "identifier":
            return None
        match = vocabulary().flat_registers.fullmatch(text(parts.base))
        if match is None or text(parts.base) in self.known:
            return None
        return RegisterAccess(NOWHERE, match[1], match[2], Access.READ)

    def _pointed(self, parts: Chain) -> RegisterAccess | None:
        """BASE->REGISTER with whatever base."""
        arrows = [at for at, step in enumerate(parts.steps) if step.kind == "->"]
        if not arrows or parts.starred:
            return None
        last = arrows[-1]
        members = parts.steps[last:]
        base = self._base(parts.base, parts.steps[:last])
        if not is_peripheral(base) and not REGISTER.fullmatch(members[0].name):
            return None
        index = self.operand(members[1].node) if len(members) == 2 and members[1].node is not None else None
        name = members[0].name if index is not None or len(members) == 1 else _path(members)
        known = index.value if index is not None else None
        peripheral = base if is_peripheral(base) else ""
        return RegisterAccess(NOWHERE, peripheral, name, Access.READ, index=known, base=base)

    def _base(self, base: Node, steps: tuple[Step, ...]) -> str:
        if steps:
            return text(base) + _path(steps, first=False)
        name = text(base)
        return self.aliases.get(name, name) if name in self.known else self.names.resolved(name)

    def _at_address(self, parts: Chain) -> RegisterAccess | None:
        """*(volatile uint32_t *)0x40020014."""
        if not parts.starred or parts.steps or parts.base.type in ("identifier", "call_expression"):
            return None
        address = self.operand(parts.base).value
        if address is None or address < FIRST_DEVICE_ADDRESS:
            return None
        return RegisterAccess(NOWHERE, "", "", Access.READ, address=address)

    def _variable(self, node: Node, parts: Chain, access: Access, sign: str, given: Operand | None) -> None:
        name = text(parts.base)
        if parts.steps and not parts.starred and access in (Access.WRITE, Access.MODIFY) and given is not None:
            arrow = parts.steps[0].kind == "->"
            member = _path(parts.steps)
            self.fields.append(FieldWrite(self.where(node), name, member, sign, given, arrow))
        if name in self.known:
            if not parts.steps and access is not Access.READ:
                self.aliases.pop(name, None)
                if given is not None and not parts.starred:
                    self.fields.append(FieldWrite(self.where(node), name, "", sign, given))
            return
        if any(step.kind == "->" for step in parts.steps) or parts.starred:
            access, sign = Access.READ, ""  # the variable is read: what it points to is touched
        if name in self.names.outer or any(letter.islower() for letter in name):
            self.references.append(Reference(self.where(node), name, access, sign, bool(parts.steps)))

    def alias(self, name: str, initial: Node) -> None:
        """A local pointer that begins as the address of a peripheral, until it is assigned to."""
        resolved = self.names.resolved(text(initial))
        if is_peripheral(resolved):
            self.aliases[name] = resolved

    def accessor(
        self, node: Node, access: Access, sign: str, given: Operand | None, mask: Operand | None = None
    ) -> bool:
        """libopencm3's GPIO_ODR(GPIOD), MMIO32(address); False where the call is no such thing."""
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or listed is None or function.type != "identifier" or not listed.named_children:
            return False
        name, first = text(function), listed.named_children[0]
        if self.names.definition(name) is not None:
            return False
        if name in AT_ADDRESS:
            address = self.operand(first).value
            if address is not None:
                where = self.where(node)
                self.registers.append(RegisterAccess(where, "", "", access, sign, given, mask, address=address))
            return address is not None
        match = ACCESSOR.fullmatch(name)
        peripheral = self.operand(first).resolved if match else ""
        if match is None or not is_peripheral(peripheral):
            return False
        self.registers.append(RegisterAccess(self.where(node), peripheral, match[1], access, sign, given, mask))
        return True


NOWHERE = Where(Span(0, 0, 0, 0), 0)
LVALUES = frozenset(("identifier", "field_expression", "subscript_expression", "pointer_expression", "number_literal"))


def _path(steps: tuple[Step, ...], first: bool = True) -> str:
    """The steps as text: PLL.PLLM, sTxMailBox[0].TIR."""
    made = "".join(
        f"[{text(step.node) if step.node is not None else ''}]" if step.kind == "[" else f"{step.kind}{step.name}"
        for step in steps
    )
    return made.lstrip(".").removeprefix("->") if first else made
