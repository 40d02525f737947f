"""cudaFuncSetAttribute: which kernels have their limit of dynamic shared memory raised, and to what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Kernel, Launch, OptIn
from signoff.verifiers.gpu.values.calls import call_of
from signoff.verifiers.gpu.values.effects import callee, function_of
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.names import Callee, kernel_of
from signoff.verifiers.gpu.values.reach import Reach, reached
from signoff.verifiers.gpu.values.source import Source, ancestors, children, declared_name, inside, parent_of
from signoff.verifiers.gpu.values.variables import declared

SETTER = "cudaFuncSetAttribute"
ATTRIBUTE = re.compile(r"(?:\w+::)*cudaFuncAttributeMaxDynamicSharedMemorySize$")
OTHER_ATTRIBUTE = re.compile(r"(?:\w+::)*cudaFuncAttribute\w+$")
# Runtime functions that take a kernel and leave its limit alone.
HARMLESS = re.compile(r"cuda(?:Occupancy\w*|FuncGet\w*|FuncSetCacheConfig|FuncSetSharedMemConfig|Launch\w*|Graph\w*)$")
LAUNCHED = re.compile(rb"\w+\s*(?:<[^;{}<]*>\s*)?<<<")
WORDS = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One call of cudaFuncSetAttribute for a kernel that is certain."""

    template_arguments: tuple[str, ...]
    opt_in: OptIn


class OptIns:
    """What the unit says of its kernels' limits."""

    def __init__(self, evaluator: Evaluator, kernels: Sequence[Kernel]) -> None:
        self.evaluator = evaluator
        self.defined = {kernel.name for kernel in kernels if kernel.defined}
        self._entries: dict[str, list[_Entry]] = {}
        self._doubtful: set[str] = set()
        self._uses: dict[str, bool] = {}
        self._macros = self._macro_words()
        for file in evaluator.unit.files:
            for node in file.source.identifiers(SETTER):
                call = call_of(node)
                if call is not None:
                    self._call(file.source, call)

    def completed(self, launch: Launch, kernel: Callee) -> Launch:
        """The launch with what is known of its kernel's limit."""
        name = kernel.name
        if not name:
            return replace(launch, opt_in_unknown=True)
        entries = self._entries.get(name, [])
        fitting = [one for one in entries if _fits(one.template_arguments, kernel.template_arguments)]
        sizes = {entry.opt_in.bytes for entry in fitting}
        unknown = name in self._doubtful or name not in self.defined or len(fitting) < len(entries) or len(sizes) > 1
        if fitting and len(sizes) == 1:
            return replace(launch, opt_in=fitting[0].opt_in, opt_in_unknown=unknown or self._elsewhere(name))
        return replace(launch, opt_in_unknown=unknown or self._elsewhere(name))

    def _call(self, source: Source, call: Node) -> None:
        listed = call.child_by_field_name("arguments")
        arguments = children(listed) if listed is not None else []
        if len(arguments) < 2 or reached(self.evaluator, source, call) == Reach.NEVER:
            return
        which = source.of(arguments[1])
        if OTHER_ATTRIBUTE.match(which) and not ATTRIBUTE.match(which):
            return
        kernel = kernel_of(self.evaluator, source, arguments[0])
        own = source is self.evaluator.unit.main.source
        if not kernel.name or not ATTRIBUTE.match(which) or len(arguments) < 3 or not own:
            self._doubtful |= {*(kernel.may or ()), kernel.name}
            return
        value = self.evaluator.value(self.evaluator.expression(arguments[2], source))
        number = value.number if value is not None and isinstance(value.number, int) else None
        opt_in = OptIn(source.span(call), number, source.span(arguments[2]))
        self._entries.setdefault(kernel.name, []).append(_Entry(kernel.template_arguments, opt_in))

    def _elsewhere(self, name: str) -> bool:
        """Whether the kernel is handed to something that may raise its limit."""
        if name not in self._uses:
            uses = self.evaluator.unit.identifiers(name)
            self._uses[name] = name in self._macros or any(self._hands_out(*use, 0) for use in uses)
        return self._uses[name]

    def _macro_words(self) -> set[str]:
        """The names in the bodies of macros, but for those that a body launches."""
        found: set[str] = set()
        for file in self.evaluator.unit.files:
            for macro in file.macros.macros():
                found.update(WORDS.findall(re.sub(r"\w+\s*(?:<[^<>]*>\s*)?<<<", " ", macro.body)))
        return found

    def _hands_out(self, source: Source, node: Node, depth: int) -> bool:
        if LAUNCHED.match(source.data, node.start_byte):
            return False
        if function_of(source, node) is not None or declared(source, node) is not None or depth > 3:
            return depth > 3
        call = call_of(node)
        if call is not None:
            return False  # launched, or called by name
        outer = next((one for one in ancestors(node) if one.type in ("call_expression", "init_declarator")), None)
        while outer is not None and outer.type == "call_expression" and "cast" in callee(source, outer):
            outer = next((one for one in ancestors(outer) if one.type in ("call_expression", "init_declarator")), None)
        store = next((one for one in ancestors(node) if one.type == "assignment_expression"), None)
        if store is not None and (outer is None or inside(store, outer)):
            return self._kept(source, store.child_by_field_name("left"), depth)
        if outer is not None and outer.type == "call_expression":
            return self._passed(source, outer)
        if outer is not None:
            return self._kept(source, declared_name(outer.child_by_field_name("declarator")), depth)
        parent = parent_of(node)
        return parent is not None and parent.type not in ("using_declaration", "friend_declaration")

    @staticmethod
    def _passed(source: Source, call: Node) -> bool:
        name = callee(source, call)
        return name != SETTER and not HARMLESS.match(name)

    def _kept(self, source: Source, name: Node | None, depth: int) -> bool:
        """Whether a variable that holds the kernel is handed out."""
        if name is None or name.type != "identifier":
            return True
        variable = declared(source, name) or self.evaluator.variable(Expression(name, source))
        if variable is None or variable.kind != "local":
            return True
        for use in source.identifiers(variable.text):
            own = inside(use, variable.scope) and use != variable.name and not _assigned(use)
            if own and self._hands_out(source, use, depth + 1):
                return True
        return False


def _assigned(use: Node) -> bool:
    parent = parent_of(use)
    return parent is not None and parent.type == "assignment_expression" and parent.child_by_field_name("left") == use


def _fits(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    plain = [tuple("".join(one.split()) for one in given) for given in (first, second)]
    return not first or not second or plain[0] == plain[1]
