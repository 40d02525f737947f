"""Values that are missing: a default arm, an else, the old value first; case labels that stand twice."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.blocks import Block, structure
from signoff.diagnostics.fixes.modules import Module
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of, quoted
from signoff.diagnostics.fixes.statements import Always, always_at, assignments, statement_end
from signoff.diagnostics.fixes.templates.likeness import alike, signals
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import bits_of, entry_of, plain, value_of
from signoff.verifiers.text import Edit

FAMILY = "defaults"
LATCHES = ("InferredLatch", "LATCH", "LatchInferred")
DUPLICATES = ("CaseDup", "CASEOVERLAP", "CaseOverlap", "CaseUnreachable", "CaseOutsideRange")
OPEN = ("CASEINCOMPLETE", "CaseDefault", "CaseIncomplete", "CaseEnum")
CODES = (*LATCHES, *DUPLICATES, *OPEN)
CASES = ("case", "casez", "casex")
# Between these and the rest of a name lies what tells a register from its next value.
AFFIXES = ("next_", "_next", "_nxt", "_d", "_n", "nxt_", "n_", "_comb", "_c", "_in")
LABELS = 64
# Characters: a longer arm is no default for others.
LONGEST_BODY = 120


def draft(place: Place) -> Iterator[Draft]:
    """Assignments and labels for what the block leaves open."""
    block = always_at(place.text, place.start)
    if block is None or place.module is None:
        return
    if place.code in DUPLICATES:
        yield from _labels(place, block)
    elif place.code in OPEN:
        yield from _other(place, block)
    elif not block.clocked:
        name = next(iter(quoted(place.finding.message)), "").split(".")[-1].lstrip("\\")
        yield from _held(place, block, place.module, name)
        yield from _arm(place, block, name)
        yield from _else(place, block, name)


def _held(place: Place, block: Always, module: Module, name: str) -> Iterator[Draft]:
    """The register that a next value belongs to keeps its value: `next_state = state;` at the start."""
    stems = [name.replace(affix, "") for affix in AFFIXES if name.startswith(affix) or name.endswith(affix)]
    same = [other for other in signals(module) if _packed(module, other) == _packed(module, name)]
    twins = [other for stem in stems for other in same if other in (stem, f"{stem}_q", f"{stem}_reg", f"{stem}_r")]
    near = [other for other in alike(name, same, 2, 0.8) if place.src.word(block.statement) == "begin"]
    for odds, twin in enumerate(dict.fromkeys((*twins, *near))):
        if (edit := _first(place, block, f"{name} = {twin};")) is not None:
            title = f"Assign '{name}' the value of '{twin}' first"
            yield place.draft(odds, title, edit, FAMILY, f"'{name}' is '{twin}' where nothing else assigns it")


def _packed(module: Module, name: str) -> str:
    entry = entry_of(module, name)
    return "".join(entry.packed.split()) if entry is not None else "?"


def _first(place: Place, block: Always, statement: str) -> Edit | None:
    """The edit that puts a statement at the start of a block with `begin`."""
    src = place.src
    if src.word(block.statement) != "begin":
        return None
    head = block.statement + (2 if src.word(block.statement + 1) == ":" else 0)
    line = place.index.position(src.token(head + 1).start)[0]
    if line == place.index.position(src.token(head).start)[0]:
        return place.insert(src.token(head).end, f" {statement}")
    step = indent_of(place.index.line(line))
    return place.insert(src.token(head).end, f"{newline_of(place.text)}{step}{statement}")


def _cases(src: Source, block: Always) -> list[Block]:
    """The case statements of a block that are closed."""
    found = structure(src.text).blocks
    return [b for b in found if b.word in CASES and block.statement <= b.opener <= block.last and b.closer > 0]


def _labels_of(src: Source, case: Block) -> list[tuple[int, int]]:
    """(first token, colon) of each arm of a case statement, its default left out."""
    arms: list[tuple[int, int]] = []
    number = src.closing(case.opener + 1) + 1
    while number < case.closer and len(arms) < LABELS:
        colon = number
        while colon < case.closer and src.word(colon) != ":":
            colon = max(src.closing(colon), colon) + 1 if src.word(colon) in ("(", "[", "{") else colon + 1
        if src.word(number) != "default":
            arms.append((number, colon))
        number = statement_end(src, colon + 1) + 1
    return arms


def _arm(place: Place, block: Always, name: str) -> Iterator[Draft]:
    """A default arm for a case that assigns the name and has none."""
    for case in _open_cases(place.src, block):
        if name in {assigned for assigned, _ in assignments(place.src, case.opener, case.closer)}:
            edit = _default(place, case, f"{name} = 0;")
            changed = f"'{name}' is 0 in the cases not listed"
            yield place.draft(3, f"Add 'default: {name} = 0;'", edit, FAMILY, changed)


def _other(place: Place, block: Always) -> Iterator[Draft]:
    """A default arm for the case at the place: nothing happens there, or what one of the other arms does."""
    src = place.src
    case = next(
        (c for c in reversed(_open_cases(src, block)) if c.opener <= place.under.stop and place.at <= c.closer), None
    )
    if case is None:
        return
    if block.clocked:
        yield place.draft(0, "Add 'default: ;'", _default(place, case, ";"), FAMILY)
    for odds, (_, colon) in enumerate(reversed(_labels_of(src, case)[-3:])):
        body = place.between(colon + 1, statement_end(src, colon + 1))
        if len(body) <= LONGEST_BODY:
            title = f"Add 'default: {' '.join(body.split())[:40]}', as another arm has it"
            yield place.draft(4 + odds, title, _default(place, case, body), FAMILY, "in the cases not listed")


def _open_cases(src: Source, block: Always) -> list[Block]:
    """The case statements without a default of their own."""
    return [c for c in _cases(src, block) if not any(src.word(n) == "default" for n in range(c.opener, c.closer))]


def _default(place: Place, case: Block, body: str) -> Edit:
    """The edit that adds a default arm before `endcase`, in the layout of the others."""
    src = place.src
    line, column = place.index.position(src.token(case.closer).start)
    if place.index.line(line)[:column].strip():
        return place.insert(src.token(case.closer).start, f"default: {body} ")
    arms = _labels_of(src, case)
    first = place.index.position(src.token(arms[0][0] if arms else case.closer).start)[0]
    indent = indent_of(place.index.line(first))
    return place.insert(place.index.starts[line], f"{indent}default: {body}{newline_of(place.text)}")


def _else(place: Place, block: Always, name: str) -> Iterator[Draft]:
    """An else for the last `if` that assigns the name and has none."""
    src = place.src
    for number in range(block.statement, block.last):
        if src.word(number) != "if":
            continue
        end = statement_end(src, number)
        inside = {assigned for assigned, _ in assignments(src, number, end)}
        chained = any(src.word(n) == "else" for n in range(number, end) if src.word(n + 1) != "if")
        if name in inside and not chained and src.word(number - 1) != "else":
            line = place.index.position(src.token(number).start)[0]
            text = f"{newline_of(place.text)}{indent_of(place.index.line(line))}else {name} = 0;"
            edit = place.insert(src.token(end).end, text)
            yield place.draft(4, f"Add 'else {name} = 0;'", edit, FAMILY, f"'{name}' is 0 where the condition fails")


def _labels(place: Place, block: Always) -> Iterator[Draft]:
    """A label that stands twice, or cannot be met: one that is missing."""
    src = place.src
    case = next((c for c in reversed(_cases(src, block)) if c.opener <= place.at <= c.closer), None)
    if case is None or place.module is None:
        return
    arms = _labels_of(src, case)
    used = [place.between(first, colon - 1) for first, colon in arms if colon > first]
    here = next(((first, colon) for first, colon in arms if first <= place.at < colon), None)
    if here is None:
        return
    for odds, label in enumerate(_missing(place, place.module, used, place.between(here[0], here[1] - 1), case)):
        edit = place.replace(here[0], label, here[1] - 1)
        yield place.draft(odds, f"Write the label {label}, which no arm has", edit, FAMILY)


def _missing(place: Place, module: Module, used: list[str], wrong: str, case: Block) -> list[str]:
    """Labels like the others that no arm has: constants of the module, or the numbers in between."""
    if wrong.isidentifier():
        constants = [n for n, es in module.declared.items() if any(e.kind in ("localparam", "parameter") for e in es)]
        return alike(wrong, [name for name in constants if name not in used], 4, 0.3)
    size, quote, digits = wrong.rpartition("'")
    base = {"b": 2, "d": 10, "h": 16, "o": 8}.get(digits[:1].lower(), 10) if quote else 10
    own = digits[1:] if quote else digits
    width = plain(size) if size.isdigit() else bits_of(module, place.src.word(case.opener + 2))
    if not own or not 0 < width <= 6:
        return []
    shown = {2: "b", 8: "o", 10: "d", 16: "h"}[base]
    values = [value_of(shown, text.rpartition("'")[2].lstrip("bdhoBDHO")) for text in used if text != wrong]
    free = [value for value in range(1 << width) if value not in values]
    return [f"{size}{quote}{digits[:1] if quote else ''}{_digits(value, base, len(own))}" for value in free[:4]]


def _digits(value: int, base: int, least: int) -> str:
    return {2: f"{value:0{least}b}", 8: f"{value:o}", 10: str(value), 16: f"{value:0{least}x}"}[base]
