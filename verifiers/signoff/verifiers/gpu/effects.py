"""What a use of a variable may do to it: store a known expression, change it somehow, or hand out its address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from signoff.verifiers.gpu.source import Source, ancestors, children, inside, parent_of
from signoff.verifiers.gpu.unit import Unit
from signoff.verifiers.gpu.variables import FUNCTION, MEMBER, Variable, declarations

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


# C interfaces and std functions that take numbers by value or by const reference.
BY_VALUE = re.compile(
    r"(?:printf|fprintf|snprintf|sprintf|fopen|fclose|malloc|calloc|realloc|free|memset|memcpy|memmove|memcmp|fread|"
    r"fwrite|exit|abort|assert|static_assert|min|max|fmin|fmax|fminf|fmaxf|abs|fabs|fabsf|ceil|ceilf|floor|floorf|"
    r"sqrt|sqrtf|pow|powf|log|logf|log2|log2f|exp|expf|exp2|exp2f|round|roundf|dim3|uint3|int3|rand|srand|clamp|"
    r"fflush|puts|usleep|sleep|isnan|isinf|int|unsigned|float|double|size_t|bool|char|long|short|int64_t|uint32_t|"
    r"int32_t|uint64_t|static_cast|reinterpret_cast|const_cast|to_string|iota|fill|fill_n|generate|accumulate|"
    r"make_pair|make_tuple|make_unique|make_shared|make_shared|move|forward|size|"
    r"(?:cuda(?:[A-Z]\w*)|cu[A-Z]\w*|cublas\w+|cudnn\w+|cufft\w+|curand\w+|cusparse\w+|cusolver\w+|nccl\w+|nvtx\w+|"
    r"nvrtc\w+|MPI_\w+|make_[a-z0-9]+))$"
)
# Take a pointer, but only read what it points to.
CONST_POINTER = frozenset(("cudaLaunchKernelEx", "cudaLaunchKernelExC", "cuLaunchKernelEx"))
TRANSPARENT = frozenset(("parenthesized_expression",))


def effects(unit: Unit, variable: Variable) -> list[Effect]:
    """Every change of a variable after its declaration, in the order of the text."""
    found: list[Effect] = []
    for source, node in _uses(unit, variable):
        effect = _effect(unit, source, node)
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
    inner = declarations(source, variable.text).within(scope)
    hiding = [one for one in inner if one.name != variable.name and one.kind != FUNCTION]
    named = {variable.name.start_byte, *(one.name.start_byte for one in inner)}
    for node in source.identifiers_in(variable.text, scope.start_byte, scope.end_byte):
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


def _effect(unit: Unit, source: Source, node: Node) -> Effect | None:
    target, path = _lvalue(source, node)
    parent = parent_of(target)
    if parent is None:
        return None
    kind = parent.type
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
    if kind == "field_expression" and path and _is_callee(parent):
        return Effect(CLOBBER, parent, source, path)
    if kind == "lambda_capture_specifier" or kind == "return_statement":
        return None
    if kind == "initializer_list" and not _scalar_context(source, parent):
        return Effect(CLOBBER, parent, source, path)
    return _asm(source, parent, path)


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
    for use in source.identifiers(source.of(name)):
        if use != name and inside(use, block) and not _passed_to_launch(source, use):
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
    if name and BY_VALUE.match(name):
        return None
    position = children(arguments).index(target) if target in children(arguments) else -1
    if name and position >= 0 and reads_only(unit, source, owner, name, position):
        return None
    return Effect(CLOBBER, owner, source, path)


def reads_only(unit: Unit, source: Source, call: Node, name: str, position: int) -> bool:
    """Whether every function (or the macro) of that name leaves its argument alone."""
    macro = unit.file(source).macros.at(name, call.start_byte) if not hasattr(source, "origin") else None
    if macro is not None:
        return _macro_reads(macro, position)
    functions = [function for one in unit.identifiers(name) if (function := function_of(*one)) is not None]
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


def _scalar_context(source: Source, node: Node) -> bool:
    """An initializer list copies what it holds, except into a list of references, which nobody writes."""
    return True


def _asm(source: Source, parent: Node, path: Path) -> Effect | None:
    return Effect(CLOBBER, parent, source, path) if parent.type.startswith("gnu_asm") else None


def overlapping(found: Sequence[Effect], path: Path) -> list[Effect]:
    """Those effects that may concern the part `path`."""
    return [effect for effect in found if effect.touches(path)]
