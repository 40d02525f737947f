"""Names: one that is declared for one that is not, an undriven one for one that is driven twice or cannot be driven."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.instances import instance_at
from signoff.diagnostics.fixes.modules import PARAMETERS, Module, find_module, module_names
from signoff.diagnostics.fixes.source import quoted
from signoff.diagnostics.fixes.statements import always_at, assignments
from signoff.diagnostics.fixes.templates.likeness import alike, likeness, signals, unused
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import entry_of

FAMILY = "names"
UNKNOWN = ("UndeclaredIdentifier", "TypoIdentifier", "ImplicitNet", "IMPLICIT", "UnknownSystemName", "UnknownMember")
DRIVEN = ("MultipleDrivers", "MultipleAlwaysAssigns", "MultipleContAssigns", "MULTIDRIVEN", "MixedVarAssigns")
FIXED = ("AssignToNet", "ASSIGNIN", "InputPortCoercion", "CantModifyConst", "AssignmentToConstVar", "CONSTWRITTEN")
CODES = (*UNKNOWN, *DRIVEN, *FIXED, "UnknownModule", "MODMISSING", "IncompleteProject")
FUNCTIONS = ("$clog2", "$signed", "$unsigned", "$bits", "$display", "$finish", "$time", "$random", "$readmemh")


def draft(place: Place) -> Iterator[Draft]:
    """Other names at the place."""
    if place.code in ("UnknownModule", "MODMISSING", "IncompleteProject"):
        yield from _modules(place)
    if place.module is None:
        return
    if place.code in UNKNOWN:
        yield from _known(place, place.module)
    if place.code in (*DRIVEN, *FIXED):
        yield from _driven(place, place.module)
    if place.code in ("AssignToNet", "ASSIGNIN", "InputPortCoercion"):
        yield from _turned(place)
        yield from _directed(place, place.module)


def _modules(place: Place) -> Iterator[Draft]:
    """Modules of the project with nearly that name; those that have the ports that are connected first."""
    instance = instance_at(place.src, place.start)
    if instance is None:
        return
    wrong, found = instance.module, list[tuple[bool, str]]()
    for name in alike(wrong, module_names(place.snapshot, place.project), 6, 0.75):
        module = find_module(name, place.snapshot, place.project)
        found.append((module is None or not set(instance.connected) <= set(module[1].ports), name))
    number = next((n for n in range(instance.open, -1, -1) if place.src.word(n) == wrong), -1)
    for odds, (_, name) in enumerate(sorted(found, key=lambda one: one[0])):
        if number >= 0:
            yield place.draft(odds, f"Replace '{wrong}' by '{name}'", place.replace(number, name), FAMILY)


def _known(place: Place, module: Module) -> Iterator[Draft]:
    """Declared names of the same stem or nearly the same letters, those that nothing uses yet first."""
    wrong = next(iter(quoted(place.finding.message)), "")
    number = next((n for n in (*place.under, place.at + 1) if place.src.word(n) == wrong), -1)
    if number < 0:
        return
    waiting = set(unused(place.src, module))
    uses = [n for n in range(module.body, module.last) if place.src.word(n) == wrong and place.src.word(n - 1) != "."]
    called = place.src.word(number + 1) == "("
    pool = [*FUNCTIONS] if called or wrong.startswith("$") else [*module.declared]
    ranked = sorted(alike(wrong, pool, 8), key=lambda name: name not in waiting)
    # What is used again and again is no slip of the pen: it lacks its declaration, or that is misspelt.
    for odds, name in enumerate(ranked if len(uses) < 2 else ()):
        edit = place.replace(number, name)
        yield place.draft(odds, f"Replace '{wrong}' by '{name}'", edit, FAMILY)
    for odds, name in enumerate(name for name in ranked if name in waiting):
        entry = entry_of(module, name)
        if entry is not None and len(uses) > 1:
            title = f"Rename the unused '{name}' to '{wrong}'"
            yield place.draft(odds, title, place.replace(entry.name, wrong), FAMILY)


def _driven(place: Place, module: Module) -> Iterator[Draft]:
    """The assigned name becomes one of the same width that nothing drives; all of it in the block, too."""
    src = place.src
    block = always_at(place.text, place.start)
    wrong = next((src.word(n) for n in place.under if src.token(n).is_name), "")
    made = assignments(src, block.statement, block.last) if block is not None else []
    entry, taken = entry_of(module, wrong), _assigned(place, module)
    pool = [name for name in signals(module) if name not in taken and name != wrong and not _input(module, name)]
    same = [
        name
        for name in pool
        if entry is not None and (other := entry_of(module, name)) and _same(other.packed, entry.packed)
    ]
    if block is not None:
        same = [name for name in same if (other := entry_of(module, name)) and other.kind not in ("wire", "tri")]
    ranked = sorted(same, key=lambda name: (name not in module.ports, -likeness(wrong, name)))
    numbers = [n for n in place.under if src.word(n) == wrong][:1]
    every = [n for name, operator in made if name == wrong for n in _lvalues(place, operator, wrong)]
    for odds, name in enumerate(ranked[:4]):
        for targets, more in ((numbers, ""), (every if len(every) > 1 else [], " in the whole block")):
            if targets:
                edits = [place.replace(n, name) for n in targets]
                title = f"Assign '{name}', which nothing drives, instead of '{wrong}'{more}"
                yield place.draft(odds + bool(more), title, edits, FAMILY)


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _lvalues(place: Place, operator: int, name: str) -> Iterator[int]:
    number = operator - 1
    while place.src.word(number) == "]":
        number = place.src.opening(number) - 1
    if place.src.word(number) == name:
        yield number


def _input(module: Module, name: str) -> bool:
    entries = module.declared.get(name, [])
    return any(entry.direction == "input" or entry.kind in PARAMETERS for entry in entries)


def _assigned(place: Place, module: Module) -> set[str]:
    """Names that something may drive: assigned anywhere, connected to any instance, or given a value."""
    src, found = place.src, set[str]()
    for number in range(module.body, module.last):
        word = src.word(number)
        if word in ("=", "<=") or (word == "(" and src.word(number - 2) == "."):
            near = range(number - 1, max(number - 12, 0), -1) if word != "(" else range(number, src.closing(number))
            for other in near:
                if word != "(" and src.word(other) in (";", "begin", ")", "end", "else"):
                    break
                found.add(src.word(other))
    return found


def _turned(place: Place) -> Iterator[Draft]:
    """`input = output`: the sides are the wrong way round."""
    src, operator = place.src, place.assigns
    start = place.at if place.at < operator else place.statement.start + 1
    if operator < 0 or place.src.word(place.statement.stop - 1) != ";":
        return
    left, right = (start, operator - 1), (operator + 1, place.statement.stop - 2)
    if left[0] <= left[1] and right[0] <= right[1] and all(_lvalue(place, n) for n in range(right[0], right[1] + 1)):
        edits = (
            place.replace(left[0], place.between(*right), left[1]),
            place.replace(right[0], place.between(*left), right[1]),
        )
        yield place.draft(
            2, f"Assign the other way round: '{src.word(right[0])}' from '{src.word(left[0])}'", edits, FAMILY
        )


def _lvalue(place: Place, number: int) -> bool:
    token = place.src.token(number)
    return token.is_name or token.kind == "number" or token.text in ("[", "]", ":", "{", "}", ",", ".")


def _directed(place: Place, module: Module) -> Iterator[Draft]:
    """The port that is assigned is an output."""
    name = next((place.src.word(n) for n in place.under if place.src.token(n).is_name), "")
    entry = module.port(name)
    if entry is None or entry.direction != "input" or entry.siblings > 1:
        return
    word = next(n for n in range(entry.first, entry.name) if place.src.word(n) == "input")
    kind = "logic" if place.snapshot.language == "systemverilog" else "reg"
    assigned = place.code == "AssignToNet" and entry.kind not in ("reg", "logic")
    net = next((n for n in range(entry.first, entry.name) if place.src.word(n) == "wire"), -1)
    edits = [place.replace(word, f"output {kind}" if assigned and net < 0 else "output")]
    edits += [place.replace(net, kind)] if assigned and net >= 0 else []
    yield place.draft(3, f"Declare '{name}' as output", edits, FAMILY, f"'{name}' is an output of the module")
