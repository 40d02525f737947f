"""What does not link, or does not fit into the chip."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mcu.interrupts import HANDLER
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category

# Elements: more than the memory of any Cortex-M holds.
TOO_LONG = "8388608"


def renamed_function(code: Code) -> Iterator[Mutation]:
    """A function is defined under a name with a slip in it, and called under the right one."""
    for node in code.of("function_definition"):
        static = any(code.words(child) == "static" for child in node.children)
        for declarator in code.below(node, "function_declarator")[:1]:
            name = declarator.child_by_field_name("declarator")
            words = code.words(name) if name is not None else ""
            if static or not words.isidentifier() or words == "main" or HANDLER.fullmatch(words):
                continue
            for slip in slips(words):
                if slip not in code.known:
                    yield one(code.start(name), code.end(name), slip)


def nowhere_defined(code: Code) -> Iterator[Mutation]:
    """A variable that is only declared."""
    for node in code.of("declaration"):
        first = node.children[0]
        plain = all(child.type != "init_declarator" for child in node.children)
        if node.parent.type == "translation_unit" and code.words(first) == "static" and plain:
            yield one(code.start(first), code.end(first), "extern")


def oversized_array(code: Code) -> Iterator[Mutation]:
    """An array that no memory of the chip has room for."""
    for node in code.of("array_declarator"):
        declaration = code.above(node, "declaration")
        size = node.child_by_field_name("size")
        if size is None or declaration is None or code.above(node, "parameter_declaration", "struct_specifier"):
            continue
        static = any(code.words(child) == "static" for child in declaration.children)
        if static or declaration.parent.type == "translation_unit":
            yield one(code.start(size), code.end(size), TOO_LONG)


MUTATORS = (
    Mutator("renamed-function", Category.LINK, renamed_function),
    Mutator("nowhere-defined", Category.LINK, nowhere_defined),
    Mutator("oversized-array", Category.MEMORY_REGION, oversized_array),
)
