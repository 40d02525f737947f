"""Hint: a shared array whose rows are a multiple of all banks wide, read or written down a column by a warp.

Shared memory has as many banks as a warp has lanes, each 4 bytes wide (CUDA C++ Programming Guide, "Shared Memory"):
lanes that want different words of one bank wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from tree_sitter import Node

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.gpu.checks.hints_threads import Threads
from signoff.verifiers.gpu.checks.launch_site import TOOL, blocks_by_kernel
from signoff.verifiers.gpu.facts import Extent, UnitFacts
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, limits
from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.arithmetic import SINGLE, CType
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.reads import Key
from signoff.verifiers.gpu.values.source import Source, ancestors, by_function, children, declared_name, parent_of
from signoff.verifiers.gpu.values.types import Array
from signoff.verifiers.gpu.values.variables import Variable, declared

SHARED = "__shared__"
# A bank is as wide as a float.
BANK_BYTES = SINGLE.bytes
BRANCHES = frozenset(
    {
        "if_statement",
        "conditional_expression",
        "for_statement",
        "while_statement",
        "do_statement",
        "switch_statement",
    }
)


def conflicts(memo: Memo, facts: UnitFacts, path: str) -> Iterator[Finding]:
    """One hint a shared array: the first access in which a whole warp is at one bank."""
    source = memo.unit.main.source
    banks = limits(ARCHITECTURES[-1]).warp_size
    blocks = blocks_by_kernel(facts)
    for number, _ in by_function(source, source.words(SHARED)):
        found = memo.value(Key("tables", path, number), partial(_kernels, source=source, number=number, banks=banks))
        whole = tuple(name for name in found if _whole_warps(name, blocks, banks))
        if whole:
            compute = partial(_conflicts, source=source, number=number, banks=banks, kernels=whole, path=path)
            yield from memo.value(Key(("conflicts", whole), path, number), compute)


def _kernels(evaluator: Evaluator, source: Source, number: int, banks: int) -> tuple[str, ...]:
    """The names of the functions with shared arrays whose rows are a multiple of all banks wide."""
    tables = _tables(evaluator, source, number)
    names = (_function(source, variable) for variable, columns in tables if columns % banks == 0)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _conflicts(
    evaluator: Evaluator, source: Source, number: int, banks: int, kernels: tuple[str, ...], path: str
) -> tuple[Finding, ...]:
    """The hints in one function, of those of its kernels whose launches fill warps."""
    look = _Look(source, evaluator, Threads(evaluator))
    found = []
    for variable, columns in _tables(evaluator, source, number):
        if columns % banks or _function(source, variable) not in kernels:
            continue
        access = next((one for one in _accesses(source, variable) if look.conflicts(one)), None)
        if access is not None:
            found.append(_finding(source, variable, access, columns, banks, path))
    return tuple(found)


def _tables(evaluator: Evaluator, source: Source, number: int) -> Iterator[tuple[Variable, int]]:
    """(variable, columns) of a function's shared arrays of two dimensions whose elements are as wide as a bank."""
    function = source.functions[number]
    for offset in source.words_in(SHARED, function.start_byte, function.end_byte):
        node = source.leaf(offset, offset + 1)
        while node is not None and node.type != "declaration":
            node = parent_of(node)
        for declarator in node.children_by_field_name("declarator") if node is not None else ():
            name = declared_name(declarator)
            variable = declared(source, name) if name is not None else None
            kind = types.of_variable(evaluator, variable, None) if variable is not None else None
            if variable is None or not isinstance(kind, Array) or not isinstance(kind.element, Array):
                continue
            row = kind.element
            if isinstance(row.element, CType) and row.element.bytes == BANK_BYTES and row.count:
                yield variable, row.count


def _function(source: Source, variable: Variable) -> str | None:
    """The name of the kernel that declares an array; None where that cannot be told."""
    function = next((one for one in ancestors(variable.name) if one.type == "function_definition"), None)
    name = declared_name(function.child_by_field_name("declarator")) if function is not None else None
    return source.of(name) if function is not None and name is not None and not function.has_error else None


def _whole_warps(name: str, blocks: dict[str, tuple[Extent, ...]], warp: int) -> bool:
    """Whether every launch of a kernel is known, and its rows of threads fill warps."""
    # Launched through a pointer, it is one of those launches that name no kernel.
    rows = [block.x for block in blocks.get(name) or blocks.get("", ())]
    return bool(rows) and all(row is not None and row > 0 and row % warp == 0 for row in rows)


def _accesses(source: Source, variable: Variable) -> Iterator[Node]:
    """The whole subscripts `array[row][column]` of a variable."""
    for name in source.identifiers_in(variable.text, variable.scope.start_byte, variable.scope.end_byte):
        row = parent_of(name)
        whole = parent_of(row)
        if row is None or whole is None or row.type != "subscript_expression" or whole.type != row.type:
            continue
        outer = parent_of(whole)
        address = outer is not None and outer.type == "pointer_expression"
        if not address and row.child_by_field_name("argument") == name:
            yield whole


@dataclass(frozen=True, slots=True)
class _Look:
    source: Source
    evaluator: Evaluator
    threads: Threads

    def conflicts(self, access: Node) -> bool:
        """Whether the lanes of a warp want different rows of one column, all at the same time."""
        row = access.child_by_field_name("argument")
        down, across = self._index(row), self._index(access)
        if down is None or across is None:
            return False
        return bool(self.threads.slope(down)) and self.threads.slope(across) == 0 and self._all_lanes(access)

    def _index(self, access: Node | None) -> Expression | None:
        listed = access.child_by_field_name("indices") if access is not None else None
        inner = children(listed) if listed is not None else []
        return self.evaluator.expression(inner[0], self.source) if len(inner) == 1 else None

    def _all_lanes(self, access: Node) -> bool:
        """Whether nothing around the access may leave lanes out, but for the edge of the data."""
        for node in ancestors(access):
            if node.type == "function_definition":
                return True
            if node.type == "lambda_expression":
                return False
            condition = node.child_by_field_name("condition")
            if node.type in BRANCHES and (condition is None or not self._even(condition)):
                return False
        return False

    def _even(self, node: Node) -> bool:
        """Whether a condition is the same for all lanes, or compares them with a bound that is not constant."""
        inner = children(node)
        if node.type in ("condition_clause", "parenthesized_expression"):
            return len(inner) == 1 and self._even(inner[0])
        sign = node.child_by_field_name("operator")
        if node.type != "binary_expression" or sign is None:
            return self._slope(node) == 0
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return False
        if self.source.of(sign) == "&&":
            return self._even(left) and self._even(right)
        if self._slope(left) == 0 and self._slope(right) == 0:
            return True
        bound = right if self._slope(left) else left
        ordered = self.source.of(sign) in ("<", "<=", ">", ">=")
        return ordered and self._slope(bound) == 0 and self.evaluator.value(self._expression(bound)) is None

    def _slope(self, node: Node) -> int | None:
        return self.threads.slope(self._expression(node))

    def _expression(self, node: Node) -> Expression | None:
        return self.evaluator.expression(node, self.source)


def _finding(source: Source, variable: Variable, access: Node, columns: int, banks: int, path: str) -> Finding:
    message = (
        f"All {banks} lanes of a warp are at the same bank: rows of {variable.text} are {columns} words wide, a "
        f"multiple of the {banks} banks (one more column takes them apart)"
    )
    related = (Related(path, source.span(variable.name), f"{variable.text} has {columns} columns here"),)
    data = (("array", variable.text), ("columns", str(columns)), ("banks", str(banks)))
    span, category = source.span(access), Category.BANK_CONFLICT
    return Finding(path, span, Severity.HINT, "BankConflict", message, TOOL, category, related=related, data=data)
