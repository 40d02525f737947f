"""What an EIDE project's options say to gcc; the facts, and their source, are in eide_options.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from signoff.verifiers.compile_flags import split
from signoff.verifiers.mcu.build.cores import core_flags

LINKER = "linker"
_EXTENSIONS = re.compile(r"(?:\+[\w.]+)*")


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("signoff.verifiers.mcu.build") / "eide_options.toml").read_text("utf-8"))


def default_options() -> Mapping[str, Any]:
    """The options of a project that holds none."""
    options: Mapping[str, Any] = _table()["default"]
    return options


def tool_of(source: str) -> str:
    """Which tool of the model compiles a source: "c", "cpp" or "asm"."""
    ending = source.lower().rpartition(".")[2]
    return "c" if ending == "c" else "cpp" if ending in ("cpp", "cc", "cxx", "c++") else "asm"


@dataclass(frozen=True)
class Options:
    """The options of one target (its groups "global", "c/cpp-compiler", ...); `expand` puts values for variables."""

    groups: Mapping[str, Any]
    expand: Callable[[str], str] = str

    def takes_macros(self, tool: str) -> bool:
        """Whether the project's macros go to a tool."""
        return bool(_table()["tools"][tool].get("macros"))

    def words(self, tool: str) -> list[str]:
        """The words of a tool's command: c, cpp, asm or linker; without the core, the folders and the macros."""
        known = _table()["tools"][tool]
        standard = str(self._group(known["group"]).get(known.get("standard", "")) or "").strip()
        words = [*known.get("always", []), *([f"-std={standard}"] if standard else [])]
        for option in _table()["option"]:
            if tool in option["tools"]:
                words += self._list(tool, option) if option.get("list") else self._choice(tool, option)
        return words

    @property
    def is_library(self) -> bool:
        """Whether an archive is made, and nothing linked."""
        return self._group(LINKER).get("output-format") == "lib"

    def core(self, cpu: str, unit: str, extensions: str) -> tuple[str, ...]:
        """gcc's options for a core by EIDE's names ("cortex-m4", "single", "+nodsp"); () where it is no Cortex-M."""
        if not cpu.startswith("cortex-m"):
            return ()
        fpu = str(_table()["units"].get(unit, {}).get(cpu, ""))
        abi = _table()["abi"].get(str(self._group("global").get("$float-abi-type") or ""), _table()["abi"][""])
        added = extensions.replace(",", "") if cpu in _table()["extensions"]["cores"] else ""
        named = cpu.replace("m0+", "m0plus") + (added if _EXTENSIONS.fullmatch(added) else "")
        return core_flags(named, fpu, abi if fpu else "soft")

    def _group(self, name: str) -> Mapping[str, Any]:
        group = self.groups.get(name)
        return group if isinstance(group, dict) else {}

    def _values(self, tool: str, name: str) -> list[Any]:
        own = self._group(_table()["tools"][tool]["group"])
        if name == "optimization-lto":
            own = self._group(_table()["tools"]["c"]["group"])
        return [group[name] for group in (self._group("global"), own) if group.get(name) is not None]

    def _choice(self, tool: str, option: Mapping[str, Any]) -> list[str]:
        values = self._values(tool, option["name"])
        chosen = values[-1] if values else ""
        key = str(chosen).lower() if isinstance(chosen, bool) else str(chosen)
        words: list[str] = option["values"].get(key, option.get("otherwise", []))
        return words

    def _list(self, tool: str, option: Mapping[str, Any]) -> list[str]:
        before = option.get("before", "")
        return [before + word for value in self._values(tool, option["name"]) for word in self._split(value)]

    def _split(self, value: object) -> list[str]:
        texts = value if isinstance(value, list) else [value]
        return [word for text in texts if isinstance(text, str) for word in split(self.expand(text))]
