"""Exact context for Verilog and SystemVerilog: the declarations of what the document names, from the whole design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from signoff.completion.context import Hole
from signoff.completion.facts.hdl_place import Place, place_of
from signoff.completion.passage import Passage
from signoff.completion.reader import below
from signoff.verifiers.hdl.declared import Declared, DeclaredFacts, Wanted
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# Ports a line of those that are not connected yet: few, so that a small budget holds the first of them.
GROUP = 6
# Weights: what is to be written now, what the cursor's expression is made of, what the statement names, the rest.
HERE, OWNER, STATEMENT, UNIT = 6.0, 4.0, 3.0, 1.0


class HdlFacts:
    """Asks slang's syntax trees, which hold every file of the design as it is now."""

    def __init__(self, slang: Slang) -> None:
        self.languages = frozenset(slang.languages)
        self._slang = slang

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """See ContextSource."""
        place = place_of(hole)
        # A port's own text comes with the module: its name is nobody else's.
        names = tuple(name for name in (place.call, *place.names) if name)
        wanted = Wanted(names, place.owner, place.typed, place.module)
        facts = await self._slang.declared(snapshot, project, hole.line, hole.column, wanted)
        return passages(facts, place, project.root)


def passages(facts: DeclaredFacts, place: Place, root: str) -> tuple[Passage, ...]:
    """The facts as passages: first what the whole unit names, then what the statement does."""
    unit = (_passage(one, root, UNIT) for one in facts.unit)
    weights = (OWNER if place.owner and number == 0 else STATEMENT - number / 50 for number in range(1000))
    # Of the module being connected the ports come one by one.
    shown = [one for one in facts.statement if not place.instance or one != facts.module]
    named = (_passage(one, root, weight, near=True) for one, weight in zip(shown, weights, strict=False))
    return (*unit, *named, *_offered(facts, place, root), *_instance(facts.module, place, root))


def _passage(one: Declared, root: str, weight: float, *, near: bool = False) -> Passage:
    text = f"{one.text} // in package {one.scope}" if _is_of_package(one) else one.text
    return Passage(below(root, one.path), text, why=f"{one.kind} {one.name}", weight=weight, near=near)


def _is_of_package(one: Declared) -> bool:
    """Whether the package has to be said: mostly its file is called after it."""
    of_package = bool(one.scope) and one.kind in ("typedef", "parameter", "function", "class")
    return of_package and PurePath(one.path).stem != one.scope


def _offered(facts: DeclaredFacts, place: Place, root: str) -> Iterator[Passage]:
    """What the name being typed may become: names alone, as many as one line holds, and the best of them in full."""
    if len(facts.similar) > 1:
        yield Passage("", f"modules: {', '.join(facts.similar)}", why="modules", weight=HERE, near=True)
    if not facts.offered:
        return
    macros = facts.offered[0].kind == "macro"
    names = [f"`{_macro_head(one)}" if macros else one.name for one in facts.offered]
    for number, group in enumerate(_groups(names, 2 * GROUP)):
        text = f"{'macros' if macros else place.owner}: {', '.join(group)}"
        yield Passage("", text, why="names", weight=HERE - number / 10, near=True)
    best = {one.text: one for one in facts.offered} if place.typed.strip("`") else {}
    for one in list(best.values())[:GROUP]:
        yield _passage(one, root, OWNER, near=True)


def _macro_head(macro: Declared) -> str:
    """The macro's name with its arguments."""
    head = re.match(r"`define\s+(\w+(?:\([^()]*\))?)", macro.text)
    return head[1] if head else macro.name


def _instance(module: Declared | None, place: Place, root: str) -> Iterator[Passage]:
    """What remains to be connected of the module that is being instantiated."""
    if module is None:
        return
    what = "parameters" if place.parameters else "ports"
    items = dict(module.parameters if place.parameters else module.items)
    path = below(root, module.path)
    if place.instance or place.parameters:
        # The one whose connection is being written is not yet connected: so the list stays while it is.
        left = [name for name in items if name not in place.connected or name == place.port]
        for number, group in enumerate(_groups(left)):
            text = f"{what} of {module.name} to connect: {', '.join(items[name] for name in group)}"
            weight = HERE + 1 if place.port in group else HERE - number / 10
            yield Passage(path, text, why=f"{what} {number} of {module.name}", weight=weight, near=True)
        return
    yield Passage(path, module.text, why=f"{module.kind} {module.name}", weight=OWNER, near=True)


def _groups(items: Iterable[str], size: int = GROUP) -> Iterator[list[str]]:
    kept = list(items)
    for start in range(0, len(kept), size):
        yield kept[start : start + size]
