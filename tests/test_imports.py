"""The architecture's rules that a machine can keep: who imports whom, where processes start, how long a file is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent
# A room may import itself and those after it.
ROOMS = ("lsp_server", "diagnostics", "completion", "verifiers")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
MAX_LINES = 400
PROCESS_STARTERS = re.compile(
    r"os\.(system|popen|fork|forkpty|posix_spawnp?|startfile|(exec|spawn)[lv]p?e?)|asyncio\.create_subprocess_(exec|shell)"
)
PROCESS_MODULES = ("subprocess", "multiprocessing", "concurrent.futures", "pty")


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Every module or "module.name" that a file imports, at its top or inside a function."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_any(path: Path, modules: tuple[str, ...]) -> set[str]:
    return {name for name in imported(path) if any(name == m or name.startswith(m + ".") for m in modules)}


def test_there_is_source_in_every_room() -> None:
    assert {room_of(path) for path in SOURCES} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_one_way(room: str) -> None:
    above = tuple(f"signoff.{name}" for name in ROOMS[: ROOMS.index(room)])
    wrong = {path.name: found for path in SOURCES if room_of(path) == room and (found := imports_any(path, above))}
    assert not wrong


def test_only_the_server_knows_the_protocol() -> None:
    protocol = ("pygls", "lsprotocol")
    users = {room_of(path) for path in SOURCES if imports_any(path, protocol)}
    assert users <= {"lsp_server"}


def starts_processes(path: Path) -> bool:
    if imports_any(path, PROCESS_MODULES):
        return True
    nodes = ast.walk(tree(path))
    return any(PROCESS_STARTERS.fullmatch(ast.unparse(node)) for node in nodes if isinstance(node, ast.Attribute))


def test_only_run_starts_processes() -> None:
    starters = {str(path.relative_to(ROOT)) for path in SOURCES if starts_processes(path)}
    assert starters == {"verifiers/signoff/verifiers/run.py"}


def test_signoff_is_a_namespace() -> None:
    assert not [str(path) for room in ROOMS for path in (ROOT / room).glob("signoff/__init__.py")]
    assert not [str(path) for room in ROOMS for path in (ROOT / room).glob("*.py")]


def test_files_stay_short() -> None:
    tests = (ROOT / "tests").rglob("*.py")
    long = {
        str(p.relative_to(ROOT)): n
        for p in [*SOURCES, *tests]
        if (n := len(p.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports them by their bare name, as there is no __init__.py among them."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_the_wheel_holds_all_four_rooms() -> None:
    """Builds nothing: asks hatchling, the build backend, which files it would take; data files must travel too."""
    held = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    packages = [ROOT / room / "signoff" for room in ROOMS]
    files = [path for package in packages for path in package.rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT / room_of(path)).as_posix() for path in files if "__pycache__" not in path.parts}
    folder = ROOT / "docs" / "examples"  # `signoff demo` shows them where there is no source tree
    examples = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert held == wanted | {f"signoff/lsp_server/examples/{path}" for path in examples}
