"""The kernels of a unit: __global__ functions, their bounds and what shared memory they declare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Bounds, Extent, Kernel
from signoff.verifiers.gpu.values.arithmetic import Value
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.reads import Key
from signoff.verifiers.gpu.values.shared_memory import dynamic_shared, static_shared
from signoff.verifiers.gpu.values.source import Source, ancestors, children, declared_name, parent_of
from signoff.verifiers.gpu.values.spelling import closing
from signoff.verifiers.gpu.values.unit import File

HOLDERS = frozenset(("function_definition", "declaration", "field_declaration"))


def kernels(memo: Memo) -> tuple[Kernel, ...]:
    """Every kernel, definitions merged with their declarations."""
    merged: dict[str, Kernel] = {}
    for file in memo.unit.files:
        for holder in holders(file, memo.unit.bodies):
            kernel = memo.value(_key(memo, file.source, holder), partial(_kernel, file=file, holder=holder))
            if kernel is None:
                continue
            known = merged.get(kernel.name)
            merged[kernel.name] = _merged(known, kernel) if known is not None else kernel
    return tuple(merged.values())


def _key(memo: Memo, source: Source, holder: Node) -> Key:
    """What a kernel's facts are remembered by."""
    number = source.number_at(holder.start_byte) if source is memo.unit.main.source else None
    base = source.functions[number].start_byte if number is not None else 0
    return Key("kernel", source.path, number, holder.start_byte - base, holder.end_byte - base)


def holders(file: File, bodies: str) -> Iterator[Node]:
    """The declarations and definitions with __global__, or with a macro that stands for it."""
    words = ["__global__"]
    if "__global__" in bodies:
        own = (macro for macro in file.macros.macros() if "__global__" in macro.body and macro.parameters is None)
        words += {macro.name for macro in own}
    seen: set[int] = set()
    for word in words:
        for offset in file.source.words(word):
            node = file.source.leaf(offset, offset + len(word))
            holder = next((one for one in ancestors(node) if one.type in HOLDERS), None) if node is not None else None
            if holder is not None and holder.start_byte not in seen and offset < _head_end(holder):
                seen.add(holder.start_byte)
                yield holder


def _head_end(holder: Node) -> int:
    body = holder.child_by_field_name("body")
    return body.start_byte if body is not None else holder.end_byte


def _kernel(evaluator: Evaluator, file: File, holder: Node) -> Kernel | None:
    source = file.source
    declarator = holder.child_by_field_name("declarator")
    name = declared_name(declarator)
    broken = source.root.has_error and any(one.type == "ERROR" for one in ancestors(holder))
    if name is None or declarator is None or broken:
        return None
    function: Node | None = declarator
    while function is not None and function.type != "function_declarator":
        function = function.child_by_field_name("declarator")
    if function is None:
        return None
    outer = parent_of(holder)
    template = outer if outer is not None and outer.type == "template_declaration" else None
    body = holder.child_by_field_name("body")
    return Kernel(
        name=source.of(name),
        span=source.span(holder),
        name_span=source.span(name),
        parameters=_parameters(source, function),
        templated=template is not None,
        bounds=_bounds(evaluator, source, holder),
        cluster=_cluster(evaluator, file, holder),
        static_shared=static_shared(evaluator, source, body, template is not None) if body is not None else 0,
        dynamic_shared=body is not None and dynamic_shared(evaluator, source, body),
        defined=body is not None,
        path=source.path,
    )


def _parameters(source: Source, function: Node) -> tuple[str, ...]:
    listed = function.child_by_field_name("parameters")
    found = []
    for parameter in children(listed) if listed is not None else []:
        if "parameter" in parameter.type:
            name = declared_name(parameter.child_by_field_name("declarator"))
            found.append(source.of(name) if name is not None else "")
    return tuple(found)


def _bounds(evaluator: Evaluator, source: Source, holder: Node) -> Bounds | None:
    node = next((one for one in children(holder) if one.type == "launch_bounds"), None)
    if node is None:
        return None
    values = [evaluator.value(evaluator.expression(one, source)) for one in children(node)]
    most, blocks, cluster = [*map(_whole, values), None, None, None][:3]
    threads = next(iter(children(node)), None)
    which = _template_parameter(source, holder, source.of(threads)) if threads is not None else None
    return Bounds(source.span(node), most, blocks, cluster, which)


def _template_parameter(source: Source, holder: Node, name: str) -> int | None:
    """Which parameter of the holder's template a name is; None where that cannot be told from a list of arguments."""
    outer = parent_of(holder)
    listed = outer.child_by_field_name("parameters") if outer is not None else None
    for place, parameter in enumerate(children(listed) if listed is not None else []):
        if "variadic" in parameter.type:
            return None
        declared = declared_name(parameter.child_by_field_name("declarator"))
        if declared is not None and source.of(declared) == name:
            return place
    return None


def _whole(value: Value | None) -> int | None:
    return value.number if value is not None and isinstance(value.number, int) else None


def _cluster(evaluator: Evaluator, file: File, holder: Node) -> Extent | None:
    """__cluster_dims__, which was blanked for the grammar; missing dimensions are 1."""
    source = file.source
    for offset in file.clusters:
        if holder.start_byte <= offset < _head_end(holder):
            opening = source.original.index(b"(", offset)
            end = closing(source.original, opening)
            text = source.original[opening + 1 : end].decode("utf-8", "replace") if end is not None else ""
            given = [_number(evaluator, source, offset, part) for part in text.split(",")]
            return Extent(*[*given, 1, 1][:3])
    return None


def _number(evaluator: Evaluator, source: Source, offset: int, text: str) -> int | None:
    expander = evaluator.unit.expander(source, offset)
    try:
        snippet = evaluator.unit.snippet(source, offset, expander.expand(text))
    except Exception:
        return None
    node = snippet.expression if snippet is not None else None
    return _whole(evaluator.value(evaluator.expression(node, snippet))) if snippet is not None else None


def _merged(known: Kernel, other: Kernel) -> Kernel:
    """One kernel of two declarations: the definition's places, and what either says of bounds and clusters."""
    if known.defined and other.defined:  # overloads, specialisations: what they do not share is not known
        same = known.static_shared == other.static_shared
        return replace(
            known,
            bounds=known.bounds if known.bounds == other.bounds else None,
            cluster=known.cluster if known.cluster == other.cluster else None,
            static_shared=known.static_shared if same else None,
            dynamic_shared=known.dynamic_shared or other.dynamic_shared,
        )
    first, second = (known, other) if known.defined or not other.defined else (other, known)
    return replace(first, bounds=first.bounds or second.bounds, cluster=first.cluster or second.cluster)
