"""Verilog: the items of a case over an enumeration: all of its values, or those that are not there yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.completion import nesting
from signoff.completion.structural.hdl_statement import blanked
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop, joined
from signoff.verifiers.hdl.place_facts import Described
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.text import LineIndex

_CASE = re.compile(r"\b(?P<word>case[xz]?)\b\s*\(")
_KEYWORD = re.compile(r"(?:unique0?|priority)?\s*case\Z|unique0?\Z|priority\Z")
_LABEL = re.compile(r"(?P<names>[\w:,\s]+?)\s*:(?!:|\s*(?:begin\b)?\s*=)")
# A longer case is not looked through.
_REACH = 40_000
MOST_VALUES = 64
_STATEMENT_ENDS = frozenset({";", "end", "endcase", "join", ")"})


@dataclass(frozen=True, slots=True)
class Case:
    """The case that the cursor is in, or right behind the head of. `labels` are the names before its items' colons."""

    expression: str
    start: int
    labels: frozenset[str] = frozenset()
    default: bool = False
    closed: bool = False


class EnumCase:
    """In a case, or behind its head: an item for each value of the enumeration that has none."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang) -> None:
        self._slang = slang

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        typed = place.line_before.rstrip()
        may = not place.line_after.strip() and (not typed or typed.endswith((")", "inside")))
        return may and case_at(place) is not None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        case = case_at(place)
        if case is None:
            return ()
        described = await _described(self._slang, place, project, case)
        if described is None or not described.enumeration or len(described.members) > MOST_VALUES:
            return ()
        values = [f"{described.qualifier}{one.name}" for one in described.members]
        missing = [value for value in values if value.rpartition(":")[2] not in case.labels]
        if not missing or (place.word and not any(one.startswith(place.word) for one in missing)):
            return ()
        items = (_items(place, case, missing, rest=len(missing) < len(values)),)
        return (*items, *(_single(place, value) for value in missing)) if case.labels or place.word else items


def case_at(place: Place) -> Case | None:
    """The case whose item may begin at the cursor; None where none may."""
    base = max(len(place.before) - _REACH, 0)
    code = blanked(place.before[base:])
    stack: list[nesting.Mark] = []
    last = None
    for mark in nesting.marks(code, place.snapshot.language):
        last = mark
        if mark.closer:
            stack.append(mark)
        elif stack and stack[-1].closer == mark.closes:
            stack.pop()
        elif mark.closes:
            stack.clear()
    if not stack or stack[-1].closer != "endcase" or last is None:
        return None
    opened = stack[-1]
    head = _CASE.match(code, opened.start)
    if head is None or code[last.end :].strip() not in ("", "inside") or last.text not in _STATEMENT_ENDS:
        return None
    return _read(place, code, head, last, base)


def _read(place: Place, code: str, head: re.Match[str], last: nesting.Mark, base: int) -> Case | None:
    end = _matching(code, head.end())
    if end is None or (last.text == ")" and last.start != end):
        return None  # `)` may only be that of the head: behind another stands a statement
    expression = " ".join(code[head.end() : end].split())
    after, closed = _rest(place)
    labels = _labels(code[end + 1 :], place.snapshot.language) | _labels(after, place.snapshot.language)
    return Case(expression, base + head.start(), labels - {"default"}, "default" in labels, closed)


def _matching(code: str, start: int) -> int | None:
    depth = 0
    for match in re.compile(r"[()]").finditer(code, start):
        depth += 1 if match[0] == "(" else -1
        if depth < 0:
            return match.start()
    return None


def _rest(place: Place) -> tuple[str, bool]:
    """(the rest of the case behind the cursor, whether it is closed there)."""
    code = blanked(place.after[:_REACH])
    depth = 0
    for mark in nesting.marks(code, place.snapshot.language):
        if mark.closes and depth == 0:
            return (code[: mark.start], True) if mark.closes == "endcase" else ("", False)
        depth += bool(mark.closer) - bool(mark.closes)
    return "", False


def _labels(code: str, language: str) -> frozenset[str]:
    """The names before the colons of a case's own items."""
    flat, depth, at = [], 0, 0
    for mark in nesting.marks(code, language):
        if depth == 0:
            flat.append(code[at : mark.start])
        depth += bool(mark.closer) - bool(mark.closes)
        if depth == 0:
            flat.append(" ; ")
            at = mark.end
    flat.append(code[at:] if depth == 0 else "")
    found = (match["names"] for match in _LABEL.finditer("".join(flat)))
    names = frozenset(name.strip().rpartition(":")[2] for names in found for name in names.split(","))
    return names | ({"default"} if re.search(r"\bdefault\b", "".join(flat)) else frozenset())


async def _described(slang: Slang, place: Place, project: Project, case: Case) -> Described | None:
    """The case's expression, in the document without the case."""
    text = place.snapshot.text
    end = place.offset
    if case.closed:
        rest = re.compile(r"\bendcase\b").search(text, place.offset)
        end = rest.end() if rest is not None and "case" not in text[place.offset : rest.start()] else place.offset
    kept = text[place.offset : end].count("\n")
    mended = replace(place.snapshot, text=f"{text[: case.start]};{chr(10) * kept}{text[end:]}")
    line, column = LineIndex(mended.text).position(case.start)
    return (await slang.place(mended, project, line, column, (case.expression,))).of(case.expression)


def _items(place: Place, case: Case, values: Sequence[str], *, rest: bool) -> Proposal:
    index = place.index
    head = index.line(index.position(case.start)[0])
    outer = head[: len(head) - len(head.lstrip(" \t"))]
    inner = place.indent if not place.line_before.strip() and place.indent > outer else outer + place.unit
    bodies: list[Body] = [(f"{value}: begin\n{inner}{place.unit}", Stop(), f"\n{inner}end") for value in (*values,)]
    if not case.default:
        bodies.append((f"default: begin\n{inner}{place.unit}", Stop(), f"\n{inner}end"))
    lead = "" if not place.line_before.strip() else f"\n{inner}"
    pad = inner[len(place.indent) :] if not lead and inner.startswith(place.indent) else ""
    closing = "" if case.closed else f"\n{outer}endcase"
    what = "the missing values of" if rest else "all values of"
    return Proposal(
        f"{what} {case.expression}",
        (lead + pad, *joined(bodies, f"\n{inner}"), closing),
        place.start,
        place.offset,
        Kind.SNIPPET,
        f"{len(values)} items" + ("" if case.default else " and default"),
        f"An item for each value of the enumeration that `{case.expression}` is of and that has none here: "
        + ", ".join(f"`{value}`" for value in values)
        + ".",
        filter=place.word or values[0],
        asked=True,
    )


def _single(place: Place, value: str) -> Proposal:
    body: Body = (f"{value}: begin\n{place.indent}{place.unit}", Stop(), f"\n{place.indent}end")
    return Proposal(value, body, place.start, place.offset, Kind.ENUM_VALUE, "case item", asked=True)
