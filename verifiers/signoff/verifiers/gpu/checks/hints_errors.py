"""Hint: a launch after which nothing asks whether it failed. A launch returns nothing: its error waits to be asked for.

It is given only where everything that is called after the launch, and after the calls of the functions around it up to
main() or to Python, is known not to ask. What is not known may ask.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from itertools import groupby, islice

from tree_sitter import Node

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.checks.launch_site import TOOL
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.reads import Key
from signoff.verifiers.gpu.values.source import LOOPS, Source, ancestors, enclosing
from signoff.verifiers.gpu.values.unit import Unit

FUNCTION = frozenset({"function_definition"})
# Functions looked at: a file with more launches than that is generated, and hints on it are read by nobody.
MOST_FUNCTIONS = 64
# What Python calls has no caller in C++ that could ask.
PYTHON = ".py"
# Calls and callers followed from one another; further away is what we cannot tell.
DEEPEST = 4
# Device code that launches reports to the host's launch.
DEVICE = re.compile(rb"__(?:global|device)__")
CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
# A helper of somebody's own is called like the API, too: cudaCheckErrors(), cudaSafeCall(), checkCudaErrors().
OWN_WORDS = re.compile(r"[Cc]heck|Err|[Ss]afe|Assert|Call|Try|Test|Verify")
PLAIN_TYPES = re.compile(r"(?:std::.*|cu\w+|dim3|\w+_t|__half\w*|half\d?|float\d|double\d|u?int\d?|auto)\s*")


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    asks: frozenset[str]
    reports: frozenset[str]
    harmless: frozenset[str]
    methods: frozenset[str]
    api: re.Pattern[str]

    def of_the_api(self, name: str) -> bool:
        """Whether a name is one of CUDA's libraries' that does not ask for errors."""
        return bool(self.api.match(name)) and not OWN_WORDS.search(name)


@cache
def _vocabulary() -> _Vocabulary:
    table = tomllib.loads(files(__package__).joinpath("hints_errors.toml").read_text("utf-8"))
    asks, reports, harmless, methods = (
        frozenset(table[name]) for name in ("asks", "reports", "harmless", "harmless_methods")
    )
    stems = "|".join(f"{prefix}(?:{'|'.join(stems)})" for prefix, stems in table["api"].items())
    return _Vocabulary(asks, reports, harmless, methods, re.compile(rf"(?:{stems})(?![a-z])"))


def unchecked(memo: Memo, facts: UnitFacts, path: str) -> Iterator[Finding]:
    """One hint a function: its last launch, where nothing asks for errors from there on."""
    source = memo.unit.main.source
    kernels = frozenset(kernel.name for kernel in facts.kernels)
    # A name is a kernel by its declaration, but for broken text, in which not every one counts.
    told = kernels if source.root.has_error else None
    for number, starts in islice(_reached(source, facts), MOST_FUNCTIONS):
        compute = partial(_unchecked, source=source, number=number, starts=starts, kernels=kernels, path=path)
        yield from memo.value(Key(("unchecked", starts, told), path, number), compute)


def _reached(source: Source, facts: UnitFacts) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(number, where its launches begin that may be reached, counted from its first byte) of each function."""
    reached = {(one.span.start_line, one.span.start_column) for one in facts.launches}
    for number, group in groupby(source.chevrons, key=lambda launch: source.number_at(launch.start_byte)):
        base = source.functions[number].start_byte if number is not None else 0
        starts = tuple(one.start_byte - base for one in group if _start(source, one) in reached)
        if number is not None and starts:
            yield number, starts


def _start(source: Source, node: Node) -> tuple[int, int]:
    return source.index.position(source.offset(node.start_byte))


def _unchecked(
    evaluator: Evaluator, source: Source, number: int, starts: tuple[int, ...], kernels: frozenset[str], path: str
) -> tuple[Finding, ...]:
    """The hints on the launches of one function."""
    look = _Look(evaluator.unit, kernels)
    base = source.functions[number].start_byte
    last: dict[int, tuple[Node, Node]] = {}
    for launch in source.chevrons:
        function = enclosing(launch, FUNCTION) if launch.start_byte - base in starts else None
        if function is not None and not DEVICE.search(source.data[function.start_byte : _body(function)]):
            last[function.id] = function, launch
    checked = (
        one
        for one in last.values()
        if not one[0].has_error and not look.after(source, one[1], one[0]) and not look.in_callers(source, one[0], 0)
    )
    return tuple(_finding(source, *one, path) for one in checked)


def _finding(source: Source, function: Node, launch: Node, path: str) -> Finding:
    name = _name(source, function)
    message = (
        f"Nothing that {name}() calls after this launch asks whether it failed (cudaGetLastError): "
        f"an error would go unnoticed"
    )
    callee = launch.child_by_field_name("function")
    data = (("kernel", source.of(callee) if callee is not None else ""), ("function", name))
    span, category = source.span(launch), Category.LAUNCH_ERROR
    return Finding(path, span, Severity.HINT, "UncheckedLaunch", message, TOOL, category, data=data)


@dataclass(slots=True)
class _Look:
    """Whether code may ask for errors. Answers about functions and macros are kept by name."""

    unit: Unit
    kernels: frozenset[str]
    known: dict[str, bool] = field(default_factory=dict)

    def after(self, source: Source, node: Node, function: Node) -> bool:
        """Whether something may ask from `node` to the end of `function`, or around it in a loop or a call."""
        loops = [one for one in ancestors(node) if one.type in LOOPS and one.start_byte >= function.start_byte]
        start = loops[-1].start_byte if loops else node.end_byte
        return any(self._may_ask(source, one, 0) for one in _nodes(function, start))

    def in_callers(self, source: Source, function: Node, depth: int) -> bool:
        """Whether a caller may ask once `function` has returned; one that is not to be seen may."""
        name = _name(source, function)
        if name == "main":
            return False
        if self.unit.blanked(name):
            return True  # called in a variant that is not compiled here, or in a macro
        callers = list(self._callers(name, function))
        if not callers:
            return not source.path.endswith(PYTHON)
        return depth == DEEPEST or any(
            self.after(other, use, caller) or self.in_callers(other, caller, depth + 1)
            for other, use, caller in callers
        )

    def _callers(self, name: str, function: Node) -> Iterator[tuple[Source, Node, Node]]:
        """(source, the name's use, the function in which it is used) of a function's uses in others."""
        for source, use in self.unit.identifiers(name):
            caller = enclosing(use, FUNCTION)
            if caller is not None and caller != function and use.start_byte >= _body(caller):
                self._looked_into(source, caller)
                yield source, use, caller

    @staticmethod
    def _looked_into(source: Source, function: Node) -> None:
        number = source.number_at(function.start_byte)
        if number is not None:
            source.reads.bodies.add(number)

    def _may_ask(self, source: Source, node: Node, depth: int) -> bool:
        if node.type == "call_expression":
            return self._call(source, node, depth)
        if node.type == "new_expression":
            return True
        if node.type == "declaration":
            kind = node.child_by_field_name("type")
            return kind is not None and "identifier" in kind.type and not PLAIN_TYPES.fullmatch(source.of(kind))
        if node.type == "expression_statement" and node.named_child_count == 1:
            only = node.named_children[0]
            return only.type == "identifier" and self._named(source.of(only), depth)
        return False

    def _call(self, source: Source, node: Node, depth: int) -> bool:
        callee = node.child_by_field_name("function")
        if callee is None or any(child.type == "kernel_call_syntax" for child in node.named_children):
            return callee is None
        if callee.type == "field_expression":
            member = callee.child_by_field_name("field")
            return member is None or source.of(member) not in _vocabulary().methods
        if callee.type == "primitive_type":
            return False
        if callee.type not in ("identifier", "qualified_identifier", "template_function"):
            return True
        name = source.of(callee).split("<")[0]
        if name.startswith("std::"):
            return False
        if name in _vocabulary().reports:
            return node.parent is not None and node.parent.type != "expression_statement"
        return self._named(name.rpartition("::")[2], depth)

    def _named(self, name: str, depth: int) -> bool:
        """Whether what a name stands for may ask."""
        words = _vocabulary()
        if name in words.asks:
            return True
        self.unit.main.source.reads.declared.add(name)
        if name in words.harmless or name in self.kernels:
            return False
        if words.of_the_api(name) and name not in words.reports and not self._macro(name):
            return False
        if name not in self.known:
            self.known[name] = True  # one that calls itself, too, until the rest is seen
            self.known[name] = depth >= DEEPEST or self._defined(name, depth + 1)
        return self.known[name]

    def _macro(self, name: str) -> bool:
        source = self.unit.main.source
        return self.unit.macro(source, name, len(source.data)) is not None

    def _defined(self, name: str, depth: int) -> bool:
        self.unit.main.source.reads.macros.add(name)
        bodies = [one.body for one in self.unit.main.macros.macros() if one.name == name]
        if bodies:
            return any(self._in_macro(body, depth) for body in bodies)
        functions = [
            (source, function)
            for source, use in self.unit.identifiers(name)
            if (function := enclosing(use, FUNCTION)) is not None and use.start_byte < _body(function)
        ]
        if not functions:
            return True
        for source, one in functions:
            self._looked_into(source, one)
        return any(
            self._may_ask(source, node, depth) for source, one in functions for node in _nodes(one, one.start_byte)
        )

    def _in_macro(self, body: str, depth: int) -> bool:
        return any(name in _vocabulary().reports or self._named(name, depth) for name in CALLED.findall(body))


def _nodes(function: Node, start: int) -> Iterator[Node]:
    """The nodes of a function that end after a byte offset, and what holds it."""
    waiting = [function]
    while waiting:
        node = waiting.pop()
        if node.end_byte > start:
            yield node
            waiting.extend(node.named_children)


def _body(function: Node) -> int:
    body = function.child_by_field_name("body")
    return body.start_byte if body is not None else function.end_byte


def _name(source: Source, function: Node) -> str:
    node = function.child_by_field_name("declarator")
    while node is not None and node.type != "function_declarator":
        node = node.child_by_field_name("declarator")
    named = node.child_by_field_name("declarator") if node is not None else None
    return source.of(named).rpartition("::")[2] if named is not None else ""
