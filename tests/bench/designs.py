"""The real designs of designs.toml, unpacked and declared: each in a folder of its own with a signoff.toml."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wheels import unpacked

TABLE = Path(__file__).with_name("designs.toml")


@dataclass(frozen=True)
class Design:
    """One real design on this disk. `environment` is what its own file lists want set."""

    name: str
    folder: Path
    files: tuple[Path, ...]
    environment: dict[str, str]
    edit: dict[str, str]

    @property
    def lines(self) -> int:
        """Lines of all its files (those that its own lists name are not counted)."""
        return sum(path.read_bytes().count(b"\n") for path in self.files)


def language_of(path: Path) -> str:
    """The LSP language id of an HDL file."""
    return "systemverilog" if path.suffix in (".sv", ".svh") else "verilog"


@cache
def _table() -> dict[str, dict[str, Any]]:
    designs = tomllib.loads(TABLE.read_text(encoding="utf-8"))["design"]
    return {entry["name"]: entry for entry in designs}


def names() -> list[str]:
    """All designs of the table, in its order."""
    return list(_table())


def design(name: str) -> Design:
    """Unpack and declare one design. Raises wheels.NotToBeHad."""
    entry = _table()[name]
    folder = unpacked(entry["package"], entry["version"]) / entry["folder"]
    if "primitives" in entry:
        _make_primitives(folder / entry["primitives"], folder / "generated")
    files = _files(folder, entry)
    if entry.get("absent") == "drop":
        _drop_absent([folder / path for path in entry["file_lists"]], folder)
    environment = {name: str((folder / path).resolve()) for name, path in entry.get("env", {}).items()}
    (folder / "signoff.toml").write_text(_declaration(folder, entry, files), encoding="utf-8")
    return Design(name, folder, files, environment, entry.get("edit", {}))


def _files(folder: Path, entry: dict[str, Any]) -> tuple[Path, ...]:
    taken_away = {path for pattern in entry.get("exclude", ()) for path in folder.glob(pattern)}
    found = (path for pattern in entry.get("files", ()) for path in sorted(folder.glob(pattern)))
    return tuple(path for path in dict.fromkeys(found) if path not in taken_away)


def _declaration(folder: Path, entry: dict[str, Any], files: tuple[Path, ...]) -> str:
    values: dict[str, Any] = {"name": entry["name"]}
    if files:
        values["files"] = [path.relative_to(folder).as_posix() for path in files]
    values |= {key: entry[key] for key in ("file_lists", "include_dirs", "defines", "top") if key in entry}
    # JSON's strings and arrays of strings are TOML's.
    return "[[design]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def _drop_absent(lists: list[Path], folder: Path) -> None:
    """Take files that are not there out of file lists; for lists whose only variable names the design's folder."""
    for path in lists:
        lines = path.read_text(encoding="utf-8").splitlines()
        named = [re.sub(r"^\$\{\w+\}", str(folder), line.strip()) for line in lines]
        kept = [line for line, name in zip(lines, named, strict=True) if name[:1] != "/" or Path(name).exists()]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _make_primitives(generic: Path, into: Path) -> None:
    """As ibex's own build does for a target without a technology: prim_buf is prim_generic_buf, and so on."""
    into.mkdir(exist_ok=True)
    for path in sorted(generic.glob("prim_generic_*.sv")):
        plain = path.stem.replace("_generic", "")
        text = path.read_text(encoding="utf-8").replace(path.stem, plain)
        (into / f"{plain}.sv").write_text(text, encoding="utf-8")
