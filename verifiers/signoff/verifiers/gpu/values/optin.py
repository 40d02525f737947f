"""cudaFuncSetAttribute: which kernels have their limit of dynamic shared memory raised, and to what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Kernel, Launch, OptIn
from signoff.verifiers.gpu.values.calls import call_of
from signoff.verifiers.gpu.values.effects import callee, function_of
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.names import Callee, kernel_of
from signoff.verifiers.gpu.values.reach import Reach, reached
from signoff.verifiers.gpu.values.reads import Key, around
from signoff.verifiers.gpu.values.source import Source, ancestors, children, declared_name, inside, parent_of
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import declared

SETTER = "cudaFuncSetAttribute"
# The driver's, whose kernel is a handle: it may be any.
DRIVER_SETTER = "cuFuncSetAttribute"
DRIVER_OTHER = re.compile(r"CU_FUNC_ATTRIBUTE_(?!MAX_DYNAMIC_SHARED_SIZE_BYTES)\w+$")
ANY = "*"
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

    def __init__(self, memo: Memo, kernels: Sequence[Kernel]) -> None:
        self.memo = memo
        self.defined = {kernel.name for kernel in kernels if kernel.defined}
        self._entries: dict[str, list[_Entry]] = {}
        self._doubtful: set[str] = set()
        self._handed_out: dict[str, bool] = {}
        self._macros = _macro_words(memo.unit)
        for file in memo.unit.files:
            self._collect(file.source)

    def _collect(self, source: Source) -> None:
        """The calls of cudaFuncSetAttribute in a file, function by function."""
        own = source is self.memo.unit.main.source
        named = sorted(
            (*source.identifiers(SETTER), *source.identifiers(DRIVER_SETTER)), key=lambda node: node.start_byte
        )
        calls = [call for node in named if (call := call_of(node)) is not None]
        numbered = ((source.number_at(call.start_byte) if own else None, call) for call in calls)
        for number, group in groupby(numbered, key=itemgetter(0)):
            listed = [call for _, call in group]
            key = Key("opt-in", source.path, number, *((0, 0) if number is not None else around(listed)))
            for setting in self.memo.value(key, partial(_settings, source=source, calls=listed), steady=True):
                self._doubtful.update(setting.doubtful)
                if setting.entry is not None:
                    self._entries.setdefault(setting.kernel, []).append(setting.entry)

    def completed(self, launch: Launch, kernel: Callee) -> Launch:
        """The launch with what is known of its kernel's limit."""
        name = kernel.name
        if not name:
            return replace(launch, opt_in_unknown=True)
        entries = self._entries.get(name, [])
        fitting = [one for one in entries if _fits(one.template_arguments, kernel.template_arguments)]
        sizes = {entry.opt_in.bytes for entry in fitting}
        doubtful = name in self._doubtful or ANY in self._doubtful
        unknown = doubtful or name not in self.defined or len(fitting) < len(entries) or len(sizes) > 1
        if fitting and len(sizes) == 1:
            return replace(launch, opt_in=fitting[0].opt_in, opt_in_unknown=unknown or self._elsewhere(name))
        return replace(launch, opt_in_unknown=True) if unknown or self._elsewhere(name) else launch

    def _elsewhere(self, name: str) -> bool:
        """Whether the kernel is handed to something that may raise its limit."""
        if name in self._macros:
            return True
        if name not in self._handed_out:
            self._handed_out[name] = self.memo.value(Key(("elsewhere", name)), partial(_handed_out, name=name))
        return self._handed_out[name]


@dataclass(frozen=True, slots=True)
class _Setting:
    """What one call of cudaFuncSetAttribute says: a kernel's limit, or of which kernels it leaves it open ("": any)."""

    kernel: str = ""
    entry: _Entry | None = None
    doubtful: tuple[str, ...] = ()


def _settings(evaluator: Evaluator, source: Source, calls: list[Node]) -> tuple[_Setting, ...]:
    made = (_setting(evaluator, source, call) for call in calls)
    return tuple(one for one in made if one is not None)


def _setting(evaluator: Evaluator, source: Source, call: Node) -> _Setting | None:
    listed = call.child_by_field_name("arguments")
    arguments = children(listed) if listed is not None else []
    if len(arguments) < 2 or reached(evaluator, source, call) == Reach.NEVER:
        return None
    which = source.of(arguments[1])
    if callee(source, call) == DRIVER_SETTER:
        return None if DRIVER_OTHER.match(which) else _Setting(doubtful=(ANY,))
    if OTHER_ATTRIBUTE.match(which) and not ATTRIBUTE.match(which):
        return None
    kernel = kernel_of(evaluator, source, arguments[0])
    own = source is evaluator.unit.main.source
    if not kernel.name or not ATTRIBUTE.match(which) or len(arguments) < 3 or not own:
        pasted = not kernel.name and _of_a_macro(evaluator, source, arguments[0])
        return _Setting(doubtful=(ANY,) if pasted else tuple(sorted({*(kernel.may or ()), kernel.name})))
    value = evaluator.value(evaluator.expression(arguments[2], source))
    number = value.number if value is not None and isinstance(value.number, int) else None
    opt_in = OptIn(source.span(call), number, source.span(arguments[2]))
    return _Setting(kernel.name, _Entry(kernel.template_arguments, opt_in))


def _of_a_macro(evaluator: Evaluator, source: Source, node: Node) -> bool:
    """Whether a macro makes a kernel's name: it may be put together from parts that are nowhere to be read."""
    return evaluator.unit.expander(source, node.start_byte).touches(source.of(node))


@lru_cache(maxsize=4096)
def _words(body: str) -> frozenset[str]:
    """The names in the body of a macro, but for those that it launches."""
    return frozenset(WORDS.findall(re.sub(r"\w+\s*(?:<[^<>]*>\s*)?<<<", " ", body)))


def _macro_words(unit: Unit) -> set[str]:
    """The names in the bodies of the unit's macros."""
    found: set[str] = set()
    for macro in unit.macros:
        found |= _words(macro.body)
    return found


def _handed_out(evaluator: Evaluator, name: str) -> bool:
    """Whether a kernel is handed to something that may raise its limit."""
    return any(_hands_out(evaluator, source, use, 0) for source, use in evaluator.unit.identifiers(name))


def _hands_out(evaluator: Evaluator, source: Source, node: Node, depth: int) -> bool:
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
        return _kept(evaluator, source, store.child_by_field_name("left"), depth)
    if outer is not None and outer.type == "call_expression":
        return _passed(source, outer)
    if outer is not None:
        return _kept(evaluator, source, declared_name(outer.child_by_field_name("declarator")), depth)
    parent = parent_of(node)
    return parent is not None and parent.type not in ("using_declaration", "friend_declaration")


def _passed(source: Source, call: Node) -> bool:
    name = callee(source, call)
    return name != SETTER and not HARMLESS.match(name)


def _kept(evaluator: Evaluator, source: Source, name: Node | None, depth: int) -> bool:
    """Whether a variable that holds the kernel is handed out."""
    if name is None or name.type != "identifier":
        return True
    variable = declared(source, name) or evaluator.variable(Expression(name, source))
    if variable is None or variable.kind != "local":
        return True
    scope = variable.scope
    for use in source.identifiers_in(variable.text, scope.start_byte, scope.end_byte):
        own = use != variable.name and not _assigned(use)
        if own and _hands_out(evaluator, source, use, depth + 1):
            return True
    return False


def _assigned(use: Node) -> bool:
    parent = parent_of(use)
    return parent is not None and parent.type == "assignment_expression" and parent.child_by_field_name("left") == use


def _fits(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    plain = [tuple("".join(one.split()) for one in given) for given in (first, second)]
    return not first or not second or plain[0] == plain[1]
