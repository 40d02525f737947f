"""Which declarations matter at a cursor: those of the statement go with it (near), those of the function before all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from signoff.completion.facts import told
from signoff.completion.facts.cursor import Cursor, words
from signoff.completion.facts.likely import PARTS_OF_BITS, Likely
from signoff.completion.facts.names import Names
from signoff.completion.passage import Passage
from signoff.verifiers.declarations.facts import Declaration, Kind

KERNEL = re.compile(r"__global__\b[^;{}]*?([A-Za-z_]\w*)\s*\([^;{}]*\{")
# Characters of what goes with the statement, and of what stands before the document.
NEAR, FAR = 2_600, 7_000
MOST_FAMILY = 14
MOST_LIKELY, MOST_NEXT, MOST_INSIDE = 60, 16, 10
MOST_BITS = 40
MOST_BESIDE = 40
MOST_FOLLOWING = 3
SHORTEST_HALF = 3
# Weights: what the statement needs, what the function names, what may come next.
MEMBER, CALL, VALUE, NAMED, HALF = 6.0, 5.0, 4.5, 3.5, 3.0
HARDWARE = 2.8
FUNCTION, TYPES, LIKELY, FILE, BESIDE = 2.5, 2.2, 1.8, 1.4, 1.0


def near(cursor: Cursor, names: Names, likely: Likely) -> tuple[Passage, ...]:
    """What the statement at the cursor needs, what matters most first; where it has no name yet, what is `likely`."""
    found = [*_member(cursor, names), *_calls(cursor, names), *_value(cursor, names)]
    found += [*_following(cursor, names), *_named(cursor, names)]
    if not cursor.chain:
        found += _begun(cursor, names, likely)
    if not cursor.chain and not cursor.half:
        found += _likely(names, likely.next(names, MOST_INSIDE if cursor.names else MOST_NEXT), HALF, near=True)
    return tuple(_within(found, NEAR))


def far(cursor: Cursor, names: Names, likely: Sequence[str] = ()) -> tuple[Passage, ...]:
    """What the function around the cursor uses, and what may come next in it; in an order that stays."""
    found = [*_of_function(cursor, names), *_of_types(cursor, names), *_of_file(names), *_beside(names)]
    found += _likely(names, likely, LIKELY)
    return tuple(_within(found, FAR))


def hardware(cursor: Cursor, known: Sequence[tuple[str, str]]) -> tuple[Passage, ...]:
    """What the GPU allows, and what the kernels take that the place is about: one that is written, or launched."""
    launched = "<<<" in cursor.statement
    written = KERNEL.search(cursor.region)
    if not known or not (launched or written):
        return ()
    about = {"", *(name for name, _ in cursor.calls), *((written[1],) if written else ())}
    told_of = ((kernel, text) for kernel, text in known if kernel in about)
    return tuple(
        Passage("", text, why=f"what {kernel} takes" if kernel else "limits of the GPU", weight=HARDWARE, near=launched)
        for kernel, text in told_of
    )


def _within(found: Iterable[Passage], room: int) -> Iterator[Passage]:
    seen: set[str] = set()
    for one in sorted(found, key=lambda passage: -passage.weight):
        if one.text not in seen and len(one.text) <= room:
            seen.add(one.text)
            room -= len(one.text)
            yield one


def _member(cursor: Cursor, names: Names) -> Iterator[Passage]:
    if cursor.chain:
        record = names.chained(cursor.chain)
        if record is not None:
            yield told.declaration(record, record.name, MEMBER, near=True)


def _calls(cursor: Cursor, names: Names) -> Iterator[Passage]:
    for depth, (callee, argument) in enumerate(cursor.calls):
        known = names.find(callee)
        if known is None or known.kind not in (Kind.FUNCTION, Kind.MACRO):
            continue
        yield told.declaration(known, callee, CALL - depth / 10, near=True)
        if known.kind is Kind.FUNCTION and argument < len(known.parameters) and not depth:
            kind = names.record(known.parameters[argument])
            if kind is not None and kind.kind is Kind.ENUM:
                yield told.declaration(kind, kind.name, VALUE, near=True)


def _value(cursor: Cursor, names: Names) -> Iterator[Passage]:
    """What may be assigned to the member, or compared with it, that the statement names."""
    target = cursor.target
    found = names.member(target)
    if found is None:
        kind = names.record(names.type_of(target[0])) if len(target) == 1 else None
        if kind is not None and kind.kind is Kind.ENUM:
            yield told.declaration(kind, kind.name, VALUE, near=True)
        return
    record, member = found
    constants = names.scope.groups.get(member.group, ())
    if constants:
        yield told.group(member.group, constants, VALUE, near=True)
    kind = names.record(member.type)
    if kind is not None and kind.kind is Kind.ENUM:
        yield told.declaration(kind, kind.name, VALUE, near=True)
    if bits := names.bits(record, member)[:MOST_BITS]:
        yield told.listed(f"{record.name}.{member.name}", bits, VALUE, near=True)


def _following(cursor: Cursor, names: Names) -> Iterator[Passage]:
    """The constants of the members that come behind the one that was assigned to last."""
    found = names.member(cursor.previous) if not cursor.names else None
    if found is None:
        return
    record, member = found
    at = record.members.index(member)
    groups = (one.group for one in (*record.members[at + 1 :], *record.members[:at]) if one.group)
    for number, name in enumerate([one for one in groups if one in names.scope.groups][:MOST_FOLLOWING]):
        yield told.group(name, names.scope.groups[name], NAMED - number / 10, near=True)


def _named(cursor: Cursor, names: Names) -> Iterator[Passage]:
    """The names of the statement that the rest of the function does not have."""
    elsewhere = set(words(cursor.region))
    for name in cursor.names:
        known = names.foreign(name)
        if known is not None and name not in elsewhere:
            yield _told(known, name, names, NAMED, near=True)


def _begun(cursor: Cursor, names: Names, likely: Likely) -> Iterator[Passage]:
    """What the half-typed name may become: its family, which stays while the name is typed on."""
    if len(cursor.half) < SHORTEST_HALF:
        return
    best: list[str] = []
    for stem in stems(cursor.half):
        family = [name for name in names.beginning(stem) if names.foreign(name) and not name.endswith(PARTS_OF_BITS)]
        best = likely.of(family) if family else best
        if len(family) <= MOST_FAMILY:
            break
    for number, name in enumerate(best[:MOST_FAMILY]):
        yield _told(names.scope.names[name], name, names, HALF - number / 1000, near=True)


def stems(half: str) -> Iterator[str]:
    """Beginnings of a half-typed name, the shortest first: they change only with every few letters."""
    cuts = [match.end() for match in re.finditer(r"_+|[a-z0-9](?=[A-Z])", half)]
    cuts += (SHORTEST_HALF, *range(cuts[-1] if cuts else 0, len(half) + 1, 2))
    yield from (half[:cut] for cut in sorted(set(cuts)) if cut >= SHORTEST_HALF)


def _told(known: Declaration, name: str, names: Names, weight: float, *, near: bool = False) -> Passage:
    if known.kind is Kind.MACRO:
        return told.constant(known, names.scope, weight, near=near)
    return told.declaration(known, name, weight, near=near)


def _of_function(cursor: Cursor, names: Names) -> Iterator[Passage]:
    for name in dict.fromkeys(words(cursor.region)):
        known = names.foreign(name)
        if known is not None:
            yield _told(known, name, names, FUNCTION)
        elif (own := names.own.declared.get(name)) is not None and own.kind is not Kind.VARIABLE:
            yield told.declaration(own, name, FUNCTION, path=names.own.path)


def _of_types(cursor: Cursor, names: Names) -> Iterator[Passage]:
    """The records of the function's variables, and the constants that their members may be."""
    for name in dict.fromkeys((*words(cursor.region), *cursor.names)):
        record = names.record(names.type_of(name)) if not name.isupper() else None
        if record is None or record.name in names.own.declared:
            continue
        yield told.declaration(record, record.name, TYPES)
        for member in record.members:
            inner = names.record(member.type)
            for one in (member, *(inner.members if inner is not None and inner.kind is Kind.RECORD else ())):
                constants = names.scope.groups.get(one.group, ())
                if constants:
                    yield told.group(one.group, constants, LIKELY)


def _likely(names: Names, likely: Sequence[str], weight: float, *, near: bool = False) -> Iterator[Passage]:
    """What functions like this one use elsewhere."""
    for number, name in enumerate(likely):
        known = names.foreign(name)
        if known is not None:
            yield _told(known, name, names, weight - number / 1000, near=near)


def _of_file(names: Names) -> Iterator[Passage]:
    for name, count in names.own.used.most_common():
        known = names.foreign(name)
        if known is not None:
            yield _told(known, name, names, FILE + min(count, 8) / 100)


def _beside(names: Names) -> Iterator[Passage]:
    """What the headers declare that the document includes itself: its project's own are small, and meant for it."""
    for functions in names.scope.beside:
        if len(functions) <= MOST_BESIDE:
            yield from (told.declaration(one, one.name, BESIDE) for one in functions)
