"""Where NVIDIA's headers lie among the installed packages, and what arch_traits.h says in them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

SPECIALISATION = re.compile(r"arch_traits<arch_id::sm_(?P<sm>\d+)>\(\) noexcept\n\{\n(?P<body>.*?)\n\};", re.DOTALL)
COMMON = re.compile(r"__common_arch_traits\(arch_id __arch_id\) noexcept\n\{\n(?P<body>.*?)\n\}", re.DOTALL)
ASSIGNMENT = re.compile(r"__traits\.(?P<member>\w+)\s*=\s*(?P<value>[^;]+);")
PARENT = re.compile(r"::cuda::arch_traits<arch_id::sm_(\d+)>\(\)")
# "(__cc >= compute_capability{80}) ? 1024 : 0", or without numbers for a yes or no.
SINCE = re.compile(r"\(__cc >= compute_capability\{(\d+)\}\)(?: \? (\d+) : (\d+))?")
ARITHMETIC = re.compile(r"[\d\s+*/()-]+")
INT_MAX = 2**31 - 1


def header(name: str) -> list[Path]:
    """The files of that name (a path below an include folder) in the packages that pip brought."""
    found = []
    for package, pattern in (("nvidia", f"*/include/{name}"), ("triton", f"backends/nvidia/include/{name}")):
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found += sorted(Path(folder).glob(pattern))
    return found


def arch_traits(text: str) -> dict[str, dict[str, int]]:
    """Every architecture of arch_traits.h ("sm_80") with its members, as far as they are numbers."""
    common = COMMON.search(text)
    assert common is not None, "arch_traits.h is built differently now: this parser must follow"
    table: dict[str, dict[str, int]] = {}
    for match in SPECIALISATION.finditer(text):
        parent = PARENT.search(match["body"])
        traits = dict(table[f"sm_{parent[1]}"]) if parent else _members(common["body"], {}, int(match["sm"]))
        table[f"sm_{match['sm']}"] = _members(match["body"], traits, int(match["sm"]))
    return table


def _members(body: str, traits: dict[str, int], capability: int) -> dict[str, int]:
    for match in ASSIGNMENT.finditer(re.sub(r"//.*", "", body)):
        value = _value(match["value"], traits, capability)
        if value is not None:
            traits[match["member"]] = value
    return traits


def _value(text: str, traits: dict[str, int], capability: int) -> int | None:
    if chosen := SINCE.fullmatch(text.strip()):
        return int(chosen[2] or 1) if capability >= int(chosen[1]) else int(chosen[3] or 0)
    text = re.sub(r"::cuda::std::numeric_limits<::cuda::std::int32_t>::max\(\)", str(INT_MAX), text)
    text = re.sub(r"__traits\.(\w+)", lambda name: str(traits[name[1]]), text)
    return int(eval(text.replace("/", "//"))) if ARITHMETIC.fullmatch(text) else None
