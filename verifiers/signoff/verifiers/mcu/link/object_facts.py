"""What one compiled object says: the symbols it defines and asks for, and its functions' frames and calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from signoff.verifiers.mcu.link import elf
from signoff.verifiers.mcu.link.callgraph import Frame, parse
from signoff.verifiers.mcu.link.store import Stored

# Relocations of branches (IHI 0044, table 4-8): R_ARM_PC24, R_ARM_THM_CALL, R_ARM_PLT32, R_ARM_CALL, R_ARM_JUMP24,
# R_ARM_THM_JUMP24, R_ARM_THM_JUMP19, R_ARM_THM_JUMP11.
BRANCHES = frozenset({1, 10, 27, 28, 29, 30, 51, 102})
VECTOR_NAMES = ("isr_vector", "vector", "vectors", "intvec", "intvecs", "vtable", "vector_table", "ivt")


@dataclass(frozen=True, slots=True)
class Defined:
    """One symbol that an object defines. `kind` and `binding` are ELF's numbers."""

    name: str
    section: str
    offset: int
    size: int
    kind: int
    binding: int


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """`defined` by name; `asked` are symbols of other objects; `reaches` leads from a function to symbols that its
    code branches to (inline assembly is in no call graph); `vectors` are its sections that look like a vector table.
    """

    defined: dict[str, Defined] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    frames: tuple[Frame, ...] = ()
    reaches: dict[str, frozenset[str]] = field(default_factory=dict)
    vectors: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def facts(stored: Stored) -> ObjectFacts:
    """The facts of an object in the store, where a name never stands for two contents. Empty where it is gone."""
    try:
        data = Path(stored.path).read_bytes()
        graph = Path(stored.graph).read_text("utf-8", "replace") if stored.graph else ""
    except OSError:
        return ObjectFacts()
    return of_bytes(data, graph)


def of_bytes(data: bytes, graph: str = "") -> ObjectFacts:
    """The facts of an object file."""
    file = elf.read(data)
    defined: dict[str, Defined] = {}
    asked = set()
    for symbol in file.symbols:
        section = file.section_of(symbol)
        if not symbol.name or symbol.kind in (elf.STT_SECTION, elf.STT_FILE) or symbol.name.startswith("$"):
            continue
        if symbol.section == elf.SHN_UNDEF:
            asked.add(symbol.name)
        elif section is not None or symbol.section == elf.SHN_COMMON:
            where = section.name if section is not None else "COMMON"
            value = symbol.value & ~1 if symbol.kind == elf.STT_FUNC else symbol.value
            defined[symbol.name] = Defined(symbol.name, where, value, symbol.size, symbol.kind, symbol.binding)
    vectors = tuple(one.name for one in file.sections if one.loaded and one.size and _is_vectors(one.name))
    return ObjectFacts(defined, frozenset(asked), parse(graph), _reaches(file, defined), vectors)


def _is_vectors(section: str) -> bool:
    return section.strip(".").lower().partition(".")[0] in VECTOR_NAMES


def _reaches(file: elf.Elf, defined: dict[str, Defined]) -> dict[str, frozenset[str]]:
    """The symbols that each function's code branches to, going by relocations."""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for one in defined.values():
        if one.kind == elf.STT_FUNC:
            spans.setdefault(one.section, []).append((one.offset, one.offset + max(one.size, 1), one.name))
    found: dict[str, set[str]] = {}
    for section, offset, kind, symbol in file.relocations():
        if kind in BRANCHES and symbol.name:
            for start, end, name in spans.get(section.name, ()):
                if start <= offset < end:
                    found.setdefault(name, set()).add(symbol.name)
    return {name: frozenset(names) for name, names in found.items()}
