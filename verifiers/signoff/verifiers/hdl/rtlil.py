"""Yosys' dumps (RTLIL) read as far as hovers and findings need them: nets, memories, registers. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SRC = re.compile(r'^\s*attribute \\src "([^"|]*)')
MODULE = re.compile(r"^module (\S+)")
WIRE = re.compile(r"^\s*wire (.*?)(\S+)$")
MEMORY = re.compile(r"^\s*memory (?:width (?P<width>\d+) )?(?:size (?P<size>\d+) )?.*?(?P<name>\S+)$")
CELL = re.compile(r"^\s*cell (\S+) (\S+)$")
WIDTH = re.compile(r"^\s*parameter \\WIDTH (\d+)$")
OUTPUT = re.compile(r"^\s*connect \\Q (.*)$")
CONNECT = re.compile(r"^  connect \\(\S+(?: \[[\d:]+\])?) ")
NET = re.compile(r"\\\S+")
# "/a/b.v:3.5-3.9" or "/a/b.v:3.5"
PLACE = re.compile(r"^(?P<path>.*):(?P<line>\d+)\.(?P<column>\d+)(?:-(?P<end_line>\d+)\.(?P<end_column>\d+))?$")


@dataclass(frozen=True, slots=True)
class Register:
    """One flip-flop or latch cell of `width` bits that drives `nets` (names as in the source)."""

    module: str
    kind: str
    name: str
    nets: tuple[str, ...]
    width: int
    src: str

    @property
    def latch(self) -> bool:
        """True for a latch, False for a flip-flop."""
        return "latch" in self.kind or self.kind == "$sr"


@dataclass(frozen=True, slots=True)
class Nets:
    """What a module declares: net name to src, memory name to bits; `inouts` are its bidirectional ports.

    `assigned` counts how often a net, or a part of one ("data [3:0]"), is connected to something else.
    """

    src: dict[str, str] = field(default_factory=dict)
    memories: dict[str, int] = field(default_factory=dict)
    inouts: set[str] = field(default_factory=set)
    assigned: Counter[str] = field(default_factory=Counter)

    @property
    def assigned_twice(self) -> tuple[str, ...]:
        """Nets of which the same bits are assigned more than once by plain connection."""
        return tuple(dict.fromkeys(target.split()[0] for target, times in self.assigned.items() if times > 1))


def module_name(name: str) -> str:
    """The name in the source of a module as Yosys names it, whatever its parameters ("$paramod\\\\fifo\\\\W=8")."""
    if name.startswith("\\"):
        return name[1:].partition("$")[0] or name[1:]
    parts = name.split("\\")
    return parts[1] if len(parts) > 1 else name


def asked_for(children: Mapping[str, Iterable[str]]) -> set[str]:
    """The modules that a design uses, given what each one instantiates: those nobody instantiates and all below.

    Yosys also elaborates every module by itself, with default parameters that may make no sense.
    """
    instantiated = {module_name(child) for row in children.values() for child in row}
    waiting = [name for name in children if module_name(name) not in instantiated]
    found: set[str] = set()
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += (child for child in children.get(name, ()) if child in children)
    return found or set(children)


def instances(dump: str) -> dict[str, set[str]]:
    """What each module instantiates, of a dump of all instances."""
    found: dict[str, set[str]] = {}
    module = ""
    for line in dump.splitlines():
        if match := MODULE.match(line):
            module = match[1]
        elif match := CELL.match(line):
            found.setdefault(module, set()).add(match[1])
    return found


def registers(dump: str) -> tuple[Register, ...]:
    """All flip-flops and latches of a dump of such cells."""
    found: list[Register] = []
    module = src = kind = name = ""
    width = 1
    nets: tuple[str, ...] = ()
    for line in dump.splitlines():
        if match := SRC.match(line):
            src = match[1]
        elif match := MODULE.match(line):
            module = match[1]
        elif match := CELL.match(line):
            kind, name, width, nets = match[1], match[2], 1, ()
        elif match := WIDTH.match(line):
            width = int(match[1])
        elif match := OUTPUT.match(line):
            nets = tuple(dict.fromkeys(net[1:] for net in NET.findall(match[1])))
        elif line.strip() == "end" and kind:
            found.append(Register(module, kind, name, nets, width, src))
            kind = src = ""
    return tuple(found)


def declared(dump: str) -> dict[str, Nets]:
    """What each module declares, of a dump of nets and memories."""
    found: dict[str, Nets] = {}
    current, src = Nets(), ""
    for line in dump.splitlines():
        if match := SRC.match(line):
            src = match[1]
        elif match := MODULE.match(line):
            current = found.setdefault(match[1], Nets())
        elif (match := WIRE.match(line)) and match[2].startswith("\\"):
            current.src[match[2][1:]] = src
            if "inout" in match[1]:
                current.inouts.add(match[2][1:])
            src = ""
        elif match := CONNECT.match(line):
            current.assigned[match[1]] += 1
        elif (match := MEMORY.match(line)) and match["name"].startswith("\\"):
            current.memories[match["name"][1:]] = int(match["width"] or 1) * int(match["size"] or 1)
            src = ""
    return found
