"""What a name is: variable or net, constant or variable, the type of an enumeration; a word of another language."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.modules import NETS
from signoff.diagnostics.fixes.source import quoted
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import entry_of

FAMILY = "kinds"
CODES = (
    *("CONTASSREG", "CantModifyConst", "ENUMVALUE", "EnumValueConversion", "NoImplicitConversion", "BadConversion"),
    *("InOutPortCannotBeVariable", "InOutVarPortConn", "RegAfterNettype", "MixedVarAssigns", "CONTASSINIT"),
)


def draft(place: Place) -> Iterator[Draft]:
    """Other kinds for the declaration of the name at the place; a cast to the type that is wanted."""
    if place.code in ("ENUMVALUE", "NoImplicitConversion", "BadConversion", "EnumValueConversion"):
        yield from _cast(place)
        return
    names = [*quoted(place.finding.message)[:1], *(place.src.word(n) for n in place.under)]
    for name in dict.fromkeys(names):
        entry = entry_of(place.module, name)
        if entry is None:
            continue
        words = range(entry.first, entry.name)
        if place.code == "CantModifyConst":
            keyword = next((n for n in words if place.src.word(n) in ("localparam", "parameter")), -1)
            kind = "logic" if place.snapshot.language == "systemverilog" else "reg"
            if keyword >= 0 and not entry.header:
                edit = place.replace(keyword, f"{kind} [31:0]" if not entry.packed else kind)
                yield place.draft(3, f"Declare '{name}' as {kind}", edit, FAMILY, "no longer a constant")
            continue
        variable = next((n for n in words if place.src.word(n) in ("reg", "logic")), -1)
        net = next((n for n in words if place.src.word(n) in NETS), -1)
        if variable >= 0 and entry.siblings == 1 and net < 0:
            yield place.draft(0, f"Declare '{name}' as wire", place.replace(variable, "wire"), FAMILY)


def _cast(place: Place) -> Iterator[Draft]:
    """`state_t'(state + 1)`: the conversion to the enumeration, in writing."""
    if place.snapshot.language != "systemverilog" or place.assigns < 0:
        return
    wanted = [name.rpartition(".")[2] for name in quoted(place.finding.message) if "enum" in name]
    first, last = place.assigns + 1, place.statement.stop - 2
    for name in wanted[:1]:
        if name.isidentifier() and first <= last:
            text = place.between(first, last)
            edit = place.replace(first, f"{name}'({text})", last)
            yield place.draft(0, f"Convert it in writing: {name}'({text[:30]})", edit, FAMILY)
