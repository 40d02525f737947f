"""Embedded C: functions that the hardware or a library calls by name: interrupt handlers, callbacks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from signoff.completion.facts.questions import Wanted
from signoff.completion.structural.c_facts import CHeaders, handlers_of, part_of
from signoff.completion.structural.c_scope import blanked, scope_at
from signoff.completion.structural.kind import NotKnownYet
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop
from signoff.verifiers.declarations.facts import Kind as Declared
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project

_HEAD = re.compile(r"\s*(?:__attribute__\s*\(\(.*?\)\)\s*)?(void\s+)?\Z")
# What a library leaves for the program to define, by the endings of their names.
_LEFT = re.compile(r"(?:Callback|MspInit|MspDeInit|_isr|_Hook|Hook)\Z")
_PROTOTYPE = re.compile(r"(?:__weak\s+|extern\s+)?void\s+(?P<name>\w+)\s*\((?P<parameters>[^()]*)\)")
_HANDLE = re.compile(r"\b(?P<kind>[A-Z][A-Z0-9]*)_HandleTypeDef\s+(?P<name>\w+)\s*[;,={]")
SHORTEST, SHORTEST_ALONE, MOST = 2, 3, 12


class HandlerNames:
    """At file scope, where a function's name is being typed."""

    languages = C_LANGUAGES

    def __init__(self, headers: CHeaders) -> None:
        self._headers = headers

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        head = _HEAD.match(place.line_before)
        least = SHORTEST if head is not None and head[1] else SHORTEST_ALONE
        return head is not None and len(place.word) >= least and not place.line_after.strip(" \t();{}")

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        if project.image is None or scope_at(place.before).function:
            return ()
        part = await part_of(project)
        defined = _defined(place)
        handlers = [one for one in await handlers_of(project, part) if _meant(one, place.word) and one not in defined]
        found = [_handler(place, name, part) for name in handlers[:MOST]]
        try:
            looked = await self._headers.look(place, project, Wanted(stems=(place.word,)))
        except NotKnownYet:
            raise NotKnownYet(found) from None
        for name, one in looked.names:
            prototype = _PROTOTYPE.search(one.text)
            if one.kind is Declared.FUNCTION and prototype and _LEFT.search(name) and name not in defined:
                found.append(
                    _function(place, name, prototype["parameters"].strip(), (Stop(),), "called by the library")
                )
        return tuple(found[:MOST])


def _meant(handler: str, word: str) -> bool:
    return handler.startswith(word) or (handler.lower().startswith(word.lower()) and len(word) >= SHORTEST_ALONE)


def _defined(place: Place) -> frozenset[str]:
    code = blanked(place.before) + blanked(place.after)
    return frozenset(re.findall(r"\b(\w+)\s*\([^()]*\)\s*\{", code))


def _handler(place: Place, name: str, part: Part | None) -> Proposal:
    interrupt = part.interrupt(name) if part is not None else None
    told = f"interrupt {interrupt.number}" if interrupt is not None else "interrupt handler"
    why = (
        f"In the vector table of the image; raised by: {interrupt.trigger}." if interrupt and interrupt.trigger else ""
    )
    return _function(place, name, "void", _served(place, name), told, why)


def _served(place: Place, name: str) -> Body:
    """What a handler does where the document sets a handle of ST's library up for its peripheral."""
    peripheral = name.removesuffix("_IRQHandler")
    code = blanked(place.snapshot.text)
    handles = {match["name"]: match["kind"] for match in _HANDLE.finditer(code)}
    for match in re.finditer(rf"\b(\w+)\.Instance\s*=\s*{re.escape(peripheral)}\s*;", code):
        if match[1] in handles:
            return (f"HAL_{handles[match[1]]}_IRQHandler(&{match[1]});", Stop())
    return (Stop(),)


def _function(place: Place, name: str, parameters: str, inside: Body, detail: str, why: str = "") -> Proposal:
    behind = place.line_after.rstrip()
    head = "" if place.line_before.strip() else "void "
    brace = " {\n" if _same_line(place) else "\n{\n"
    text = f"{head}{name}({parameters or 'void'}){brace}{place.unit}"
    body: Body = (text, *inside, "\n}")
    # What an editor closed by itself, "()", is part of what is replaced.
    return Proposal(
        f"{name}({parameters or 'void'})",
        body,
        place.start,
        place.offset + len(behind),
        Kind.FUNCTION,
        detail,
        why,
        filter=name,
        asked=bool(place.line_before.strip()),
    )


def _same_line(place: Place) -> bool:
    """Whether this file has a function's brace in the line of its head."""
    code = place.snapshot.text
    return len(re.findall(r"^\w[^\n;]*\)\s*\{", code, re.MULTILINE)) > len(re.findall(r"^\{", code, re.MULTILINE))
