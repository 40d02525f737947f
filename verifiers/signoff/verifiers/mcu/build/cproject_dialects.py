"""Options of the Eclipse tools that ST had before STM32CubeIDE, under STM32CubeIDE's names for the same.

Atollic TrueSTUDIO and Ac6 System Workbench keep their projects in a .cproject, too, and CubeMX wrote them for years.
Source: projects that they wrote (TrueSTUDIO 8 and 9, System Workbench 1.x and 2.x).
"""

from __future__ import annotations

import re

from signoff.verifiers.mcu.build.xml_tree import Node

OWN = "com.st.stm32cube"
KNOWN = ("com.atollic.truestudio", "fr.ac6.managedbuild")
# A list that has no valueType of its own, a word of an enumeration, and a text that is split into a list.
_LISTS = (
    (re.compile(r"atollic\..*\.symbols\.defined"), "definedSymbols"),
    (re.compile(r"atollic\..*\.general\.incpath"), "includePath"),
)
_CHOICES = (
    (re.compile(r"atollic\..*\.target\.fpucore|ac6\..*\.gnu\.cross\.fpu"), "fpu"),
    (re.compile(r"atollic\..*\.target\.fpu|ac6\..*\.gnu\.cross\.floatabi"), "floatabi"),
    (re.compile(r"(?:atollic|ac6)\..*\.optimization\.level"), "optimization.level"),
)
_TEXTS = (
    (re.compile(r"atollic\..*\.(?:toolchain_options\.mcu|target\.mcpu)|ac6\..*\.gnu\.cross\.mcu"), "target_mcu"),
    (re.compile(r"atollic\..*\.ld(?:cc)?\.general\.scriptfile|ac6\..*\.linker\.script"), "script"),
)
_FLAGS = re.compile(
    r"atollic\..*\.(?:misc|general)\.(?:other|linker)flags|ac6\..*\.compiler\.option\.misc\.other"
    r"|gnu\.c(?:pp)?\.link\.option\.(?:ldflags|flags)"
)
# TrueSTUDIO has them as "0s", System Workbench in words.
_LEVELS = {"none": "o0", "debug": "og", "optimize": "o1", "more": "o2", "most": "o3", "size": "os"}
# What picks the core, which TrueSTUDIO tells each tool.
CORE = frozenset(("target_mcu", "fpu", "floatabi"))


def list_kind(node: Node) -> str:
    """The valueType that STM32CubeIDE has for a list of this option; "" where it is none of another tool."""
    return _named(_LISTS, node)


def value_of(node: Node) -> tuple[str, str] | None:
    """(STM32CubeIDE's name of an option with one value, that value as STM32CubeIDE writes it); None where it has it
    under its own name."""
    value = node.get("value")
    choice = _named(_CHOICES, node)
    if choice:
        last = value.rpartition(".")[2]
        level = _LEVELS.get(last, f"o{last[1:]}") if choice == "optimization.level" else last
        return choice, f".value.{level}"
    name = _named(_TEXTS, node)
    return (name, value) if name else None


def flags_of(node: Node) -> list[tuple[str, Node]] | None:
    """Flags that are kept as one text, as the list that STM32CubeIDE keeps; None where the option is none such."""
    if not _FLAGS.fullmatch(_short(node)):
        return None
    return [(node.get("value"), node)] if node.get("value") else []


def _named(table: tuple[tuple[re.Pattern[str], str], ...], node: Node) -> str:
    short = _short(node)
    return next((name for pattern, name in table if pattern.fullmatch(short)), "")


def _short(node: Node) -> str:
    """An option's class from its maker's name on."""
    return re.sub(r"^(?:com|fr)\.", "", node.get("superClass"))
