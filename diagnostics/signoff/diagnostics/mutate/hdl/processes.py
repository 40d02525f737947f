"""The processes of a text: what starts each, and what is in it. Used by the mutators of processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from signoff.diagnostics.mutate.code import Code


@dataclass(frozen=True, slots=True)
class Process:
    """An always block. `keyword` is its always, always_ff ...; `events` the node of its event control, None where it
    has none; `edges` the nodes of its posedge and negedge events, in order."""

    node: Any
    keyword: Any
    events: Any
    edges: tuple[Any, ...]

    @property
    def clocked(self) -> bool:
        """Whether an edge starts it."""
        return bool(self.edges)


def processes(code: Code, *, clocked: bool | None = None) -> Iterator[Process]:
    """The always blocks; those started by edges, by levels, or both."""
    for node in code.of("always_construct"):
        events = next(iter(code.below(node, "event_control")), None)
        edges = tuple(one for one in code.below(events, "edge_identifier")) if events is not None else ()
        found = Process(node, node.children[0], events, edges)
        plain = code.words(found.keyword)
        combinational = plain == "always_comb" or (plain == "always" and events is not None and not edges)
        if clocked is None or (found.clocked if clocked else combinational):
            yield found


def branches(node: Any) -> tuple[Any, list[Any], Any]:
    """Of an `if`: its first condition, its statements in order, and its last `else` (None where it has none).

    Of `if (a) s else if (b) t else u` the statements are s, t, u.
    """
    condition = next((child for child in node.children if child.type == "cond_predicate"), None)
    statements = [child for child in node.children if child.type == "statement_or_null"]
    words = [child for child in node.children if child.type == "else"]
    last = words[-1] if words and (words[-1].next_sibling is None or words[-1].next_sibling.type != "if") else None
    return condition, statements, last


def right_side(node: Any) -> Any:
    """The expression that an assignment gives; None where it has none."""
    found = [child for child in node.children if child.type == "expression"]
    return found[-1] if found else None
