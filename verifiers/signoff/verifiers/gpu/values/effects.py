"""What a use of a variable may do to it: store a known expression, change it somehow, or hand out its address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tree_sitter import Node

from signoff.verifiers.gpu.values.source import Source, ancestors, children, inside, parent_of
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import FUNCTION, MEMBER, Variable, declarations

# They only return something: a call whose result nobody takes is one of somebody's own function of that name.
PURE = frozenset(("clamp", "min", "max", "abs", "round", "gcd", "lcm", "ceil", "floor"))
STORE, CLOBBER, ESCAPE = "store", "clobber", "escape"
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of a variable: at `node`, of the part `path`; `value` is the expression stored, `sign` a compound
    assignment's operator. ESCAPE: from here on anything may change it."""

    kind: str
    node: Node
    source: Source
    path: Path = ()
    value: Node | None = None
    sign: str = ""

    def touches(self, path: Path) -> bool:
        """Whether the change may concern the part `path`."""
        return all(mine == other for mine, other in zip(self.path, path, strict=False))


# Take a pointer, but only read what it points to.
CONST_POINTER = frozenset(("cudaLaunchKernelEx", "cudaLaunchKernelExC", "cuLaunchKernelEx"))
# A variable that is mentioned more often is taken to be changed: nobody writes such code by hand.
MOST_USES = 2000
TRANSPARENT = frozenset(("parenthesized_expression",))


@cache
def _by_value() -> re.Pattern[str]:
    """The names of functions that change no number that they are given."""
    text = files(__package__).joinpath("host_functions.txt").read_text("utf-8")
    return re.compile(f"(?:{'|'.join(line for line in text.splitlines() if line and not line.startswith('#'))})$")


def effects(unit: Unit, variable: Variable) -> list[Effect]:
    """Every change of a variable after its declaration, in the order of the text."""
    scope = variable.scope
    uses = variable.source.identifiers_in(variable.text, scope.start_byte, scope.end_byte)
    unit.main.source.reads.spelled.add(variable.text)
    if variable.text in written_by_macros(unit) or len(uses) > MOST_USES:
        return [Effect(ESCAPE, variable.node, variable.source)]
    found: list[Effect] = []
    array, broken = "array_declarator" in variable.shape, variable.scope.has_error
    for source, node in _uses(unit, variable):
        effect = _effect(unit, source, node, array)
        if effect is None and broken and any(one.type == "ERROR" for one in ancestors(node)):
            effect = Effect(CLOBBER, node, source)
        if effect is not None:
            found.append(effect)
    return found


def _uses(unit: Unit, variable: Variable) -> Iterator[tuple[Source, Node]]:
    """The identifiers that mean this variable, but for its declaration."""
    scope = variable.scope
    wide = scope.type in ("translation_unit", "declaration_list")
    if not wide:
        yield from _local_uses(variable)
        return
    for file in unit.files:
        every = declarations(file.source, variable.text).every
        hiding = [one for one in every if one.name != variable.name and one.kind != FUNCTION]
        named = {one.name.start_byte for one in every}
        for node in file.source.identifiers(variable.text):
            if node.start_byte in named or node.type == "field_identifier":
                continue
            if file.source is variable.source and not inside(node, scope):
                continue
            if not any(_hides(one, variable, file.source, node) for one in hiding):
                yield file.source, node


def _local_uses(variable: Variable) -> Iterator[tuple[Source, Node]]:
    """The uses of a variable that only its own scope can see."""
    source, scope = variable.source, variable.scope
    uses = source.identifiers_in(variable.text, scope.start_byte, scope.end_byte)
    inner = declarations(source, variable.text).within(scope)
    hiding = [one for one in inner if one.name != variable.name and one.kind != FUNCTION]
    named = {variable.name.start_byte, *(one.name.start_byte for one in inner)}
    for node in uses:
        if node.start_byte in named or node.type == "field_identifier" or _qualified(node):
            continue
        if not any(_hides(one, variable, source, node) for one in hiding):
            yield source, node


def _qualified(node: Node) -> bool:
    parent = parent_of(node)
    return parent is not None and parent.type == "qualified_identifier" and parent.child_by_field_name("name") == node


def _hides(other: Variable, variable: Variable, source: Source, node: Node) -> bool:
    """Whether another declaration of the name is the one that a use means."""
    scope = other.scope
    if not scope.start_byte <= node.start_byte < scope.end_byte or (
        other.kind != MEMBER and other.name.start_byte > node.start_byte
    ):
        return False
    return source is not variable.source or (inside(scope, variable.scope) and scope != variable.scope)


def _effect(unit: Unit, source: Source, node: Node, array: bool) -> Effect | None:
    target, path = _lvalue(source, node)
    parent = parent_of(target)
    if parent is None:
        return None
    kind = parent.type
    if array and target == node and _decays(source, parent, target):
        return Effect(ESCAPE, parent, source)
    if kind == "assignment_expression" and parent.child_by_field_name("left") == target:
        return _assignment(source, parent, path)
    if kind == "update_expression":
        return Effect(CLOBBER, parent, source, path)
    if kind == "pointer_expression" and parent.children[0].type == "&":
        return _address(source, parent, path)
    if kind == "argument_list":
        return _argument(unit, source, parent, target, path)
    if kind in ("init_declarator", "for_range_loop"):
        return _bound(source, parent, target, path)
    if kind == "binary_expression" and parent.child_by_field_name("right") == target:
        return _extraction(source, parent, path)
    if kind == "field_expression" and _is_callee(parent):
        return Effect(CLOBBER, parent, source, path)
    return _asm(source, parent, path)


def _decays(source: Source, parent: Node, array: Node) -> bool:
    """Whether an array's name is used as a pointer, through which its elements may be written."""
    if parent.type in ("sizeof_expression", "kernel_call_syntax", "lambda_capture_specifier", "for_range_loop"):
        return False
    call = parent_of(parent) if parent.type == "argument_list" else None
    if call is not None and call.type == "call_expression":
        return callee(source, call) not in (*LAUNCHERS, "size")
    left = parent.child_by_field_name("left") if parent.type == "assignment_expression" else None
    # A launch configuration only reads its list of attributes.
    return left is None or left == array or not source.of(left).endswith((".attrs", "->attrs"))


def _lvalue(source: Source, node: Node) -> tuple[Node, Path]:
    """The largest expression that names (a part of) the variable, and which part."""
    path: list[str | int] = []
    exact = True
    outer = parent_of(node)
    current = outer if outer is not None and outer.type == "qualified_identifier" else node
    while (parent := parent_of(current)) is not None:
        if parent.type == "field_expression" and parent.child_by_field_name("argument") == current:
            if _is_callee(parent):
                return current, tuple(path)
            field = parent.child_by_field_name("field")
            if exact and field is not None:
                path.append(source.of(field))
        elif parent.type == "subscript_expression" and parent.child_by_field_name("argument") == current:
            number = source.of(parent)[current.end_byte - parent.start_byte :].strip(" []")
            exact = exact and number.isdigit()
            if exact:
                path.append(int(number))
        elif parent.type not in TRANSPARENT:
            break
        current = parent
    return current, tuple(path)


def _is_callee(node: Node) -> bool:
    parent = parent_of(node)
    return parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node


def _assignment(source: Source, node: Node, path: Path) -> Effect:
    sign = node.child_by_field_name("operator")
    text = source.of(sign) if sign is not None else "="
    value = node.child_by_field_name("right")
    if value is None:
        return Effect(CLOBBER, node, source, path)
    return Effect(STORE, node, source, path, value, text[:-1])


def _address(source: Source, node: Node, path: Path) -> Effect | None:
    call = next((one for one in ancestors(node) if one.type == "call_expression"), None)
    if call is not None and inside(node, call.child_by_field_name("arguments") or call):
        if callee(source, call) in CONST_POINTER or call.child_by_field_name("function") is None:
            return None
        if any(child.type == "kernel_call_syntax" for child in call.children):
            return Effect(ESCAPE, node, source, path)
        return Effect(ESCAPE, node, source, path)
    return None if _launch_arguments(source, node) else Effect(ESCAPE, node, source, path)


LAUNCHERS = frozenset(
    (
        "cudaLaunchKernel",
        "cudaLaunchCooperativeKernel",
        "cudaLaunchKernelExC",
        "cuLaunchKernel",
        "cuLaunchCooperativeKernel",
    )
)


def _launch_arguments(source: Source, node: Node) -> bool:
    """Whether the address goes into an array that only ever is a launch's `void* args[]`: kernels get copies."""
    declarator = next((one for one in ancestors(node) if one.type in ("init_declarator", "lambda_expression")), None)
    if declarator is None or declarator.type != "init_declarator":
        return False
    shape = declarator.child_by_field_name("declarator")
    name = next((one for one in _leaves(shape) if one.type == "identifier"), None) if shape is not None else None
    block = next((one for one in ancestors(declarator) if one.type == "compound_statement"), None)
    if name is None or block is None or "array_declarator" not in {one.type for one in _chain(shape)}:
        return False
    for use in source.identifiers_in(source.of(name), block.start_byte, block.end_byte):
        if use != name and not _passed_to_launch(source, use):
            return False
    return True


def _chain(node: Node | None) -> list[Node]:
    found = []
    while node is not None:
        found.append(node)
        node = node.child_by_field_name("declarator")
    return found


def _leaves(node: Node) -> list[Node]:
    return [node] if not node.named_child_count else [leaf for child in node.named_children for leaf in _leaves(child)]


def _passed_to_launch(source: Source, use: Node) -> bool:
    call = next((one for one in ancestors(use) if one.type == "call_expression"), None)
    return call is not None and callee(source, call) in LAUNCHERS


def callee(source: Source, call: Node) -> str:
    """The bare name of what is called, "" for an expression."""
    function = call.child_by_field_name("function")
    while function is not None and function.type in (
        "qualified_identifier",
        "template_function",
        "dependent_name",
        "field_expression",
        "template_method",
    ):
        field = "field" if function.type == "field_expression" else "name"
        function = function.child_by_field_name(field) or next(iter(children(function)), None)
    if function is None or not ("identifier" in function.type or function.type == "primitive_type"):
        return ""
    return source.of(function)


def _argument(unit: Unit, source: Source, arguments: Node, target: Node, path: Path) -> Effect | None:
    owner = parent_of(arguments)
    if owner is None or owner.type != "call_expression":
        return None  # a constructor's: taken to read
    if any(child.type == "kernel_call_syntax" for child in owner.children):
        return None
    name = callee(source, owner)
    by_value = name and _by_value().match(name) and not declarators(unit, name)
    if by_value and not (name in PURE and _discarded(owner)):
        return None
    position = children(arguments).index(target) if target in children(arguments) else -1
    if name and position >= 0 and reads_only(unit, source, owner, name, position):
        return None
    return Effect(CLOBBER, owner, source, path)


def _discarded(call: Node) -> bool:
    parent = parent_of(call)
    return parent is not None and parent.type == "expression_statement"


def reads_only(unit: Unit, source: Source, call: Node, name: str, position: int) -> bool:
    """Whether every function (or the macro) of that name leaves its argument alone."""
    macro = unit.macro(source, name, call.start_byte) if not hasattr(source, "origin") else None
    if macro is not None:
        return _macro_reads(macro, position)
    functions = declarators(unit, name)
    return bool(functions) and all(_takes_copy(function, position) for function in functions)


def _macro_reads(macro: object, position: int) -> bool:
    body, parameters = getattr(macro, "body", None), getattr(macro, "parameters", None)
    if body is None or parameters is None or position >= len(parameters):
        return False
    name = re.escape(parameters[position])
    writes = (
        rf"(?:\+\+|--|&|>>)\s*\(?\s*{name}\b|\b{name}\s*\)?\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|\b{name}\s*\)?\s*(?:\+\+|--)"
    )
    passed = rf"\b(?!if|while|switch|return|sizeof)\w+\s*\((?:[^()]*,)?\s*{name}\s*[,)]"
    return not re.search(writes, body) and not re.search(passed, body)


def function_of(source: Source, name: Node) -> Node | None:
    """The function_declarator that declares `name`, None where the identifier only uses it."""
    child, parent = name, parent_of(name)
    while parent is not None and parent.type in ("qualified_identifier", "template_function"):
        if parent.child_by_field_name("name") != child:
            return None
        child, parent = parent, parent_of(parent)
    if parent is None or parent.type != "function_declarator" or parent.child_by_field_name("declarator") != child:
        return None
    return parent


def declarators(unit: Unit, name: str) -> list[Node]:
    """The function_declarators of a name in the unit."""

    def find() -> list[Node]:
        found = (function_of(*one) for one in unit.introductions(name))
        return [one for one in found if one is not None]

    return unit.shared(("declarators", name), find)


def _takes_copy(function: Node, position: int) -> bool:
    listed = function.child_by_field_name("parameters")
    parameters = children(listed) if listed is not None else []
    if position >= len(parameters) or parameters[position].type not in (
        "parameter_declaration",
        "optional_parameter_declaration",
    ):
        return False
    shape = parameters[position].child_by_field_name("declarator")
    if shape is None or "reference_declarator" not in shape.type:
        return True
    return any(child.type == "type_qualifier" and child.text == b"const" for child in parameters[position].children)


def _bound(source: Source, parent: Node, target: Node, path: Path) -> Effect | None:
    """A reference that is bound to the variable."""
    declarator = parent.child_by_field_name("declarator")
    value = parent.child_by_field_name("value") or parent.child_by_field_name("right")
    if value != target or declarator is None or "reference" not in declarator.type:
        return None
    holder = parent if parent.type == "for_range_loop" else parent_of(parent)
    if holder is not None and any(
        child.text == b"const" for child in holder.children if child.type == "type_qualifier"
    ):
        return None
    return Effect(ESCAPE, parent, source, path)


def _extraction(source: Source, node: Node, path: Path) -> Effect | None:
    """`std::cin >> n`: a shift whose left side is no number changes the variable."""
    if source.of(node.children[1]) != ">>":
        return None
    return Effect(CLOBBER, node, source, path)


def _asm(source: Source, parent: Node, path: Path) -> Effect | None:
    return Effect(CLOBBER, parent, source, path) if parent.type.startswith("gnu_asm") else None


WRITTEN = re.compile(
    r"([A-Za-z_]\w*)\s*(?:\.\w+\s*)?(?:(?:[-+*/%&|^]|<<|>>)?=(?!=)|\+\+|--)|(?:\+\+|--|&)\s*\(?\s*([A-Za-z_]\w*)"
)


def written_by_macros(unit: Unit) -> frozenset[str]:
    """The names that the bodies of macros change: a use of such a macro does not show it."""
    if unit.written is None:
        found: set[str] = set()
        for macro in unit.macros:
            names = {name for match in WRITTEN.finditer(macro.body) for name in match.groups() if name}
            found |= names - set(macro.parameters or ())
        unit.written = frozenset(found)
    return unit.written


def overlapping(found: Sequence[Effect], path: Path) -> list[Effect]:
    """Those effects that may concern the part `path`."""
    return [effect for effect in found if effect.touches(path)]
