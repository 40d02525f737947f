"""CubeMX's .ioc files (a Java properties file): which part a project is made for."""

from __future__ import annotations

import os
from collections.abc import Mapping

from signoff.verifiers.mcu.build.reading import Unreadable, read_text

# The order number first: it names the package and the memories.
_PART_KEYS = ("Mcu.CPN", "Mcu.UserName", "Mcu.Name")


def read_ioc(path: str) -> Mapping[str, str]:
    """The keys and values of an .ioc file; {} where it cannot be read."""
    try:
        lines = read_text(path).splitlines()
    except Unreadable:
        return {}
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith(("#", "!")))
    return {key.strip().replace("\\ ", " "): value.strip() for key, equals, value in pairs if equals}


def ioc_part(folder: str) -> tuple[str, str]:
    """(part, .ioc file that names it) of a folder; ("", "") where no .ioc lies there, or several do."""
    try:
        found = sorted(name for name in os.listdir(folder) if name.endswith(".ioc"))
    except OSError:
        return "", ""
    if len(found) != 1:
        return "", ""
    path = os.path.join(folder, found[0])
    keys = read_ioc(path)
    part = next((keys[key] for key in _PART_KEYS if keys.get(key)), "")
    return (part, path) if part else ("", "")
