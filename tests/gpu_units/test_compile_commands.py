"""compile_commands.json: real shapes, broken ones, several at once."""

import json
import os
from pathlib import Path

import pytest

from signoff.verifiers import compile_commands
from signoff.verifiers.compile_commands import choose, is_cuda, load
from signoff.verifiers.finding import Severity
from signoff.verifiers.survey import in_build_folder

# As CMake 3.29 with its Ninja generator writes it.
CMAKE = """[
{
  "directory": "%s/build",
  "command": "/usr/local/cuda/bin/nvcc -forward-unknown-to-host-compiler -DN=4 --options-file CMakeFiles/k.rsp \
-O3 -DNDEBUG -std=c++17 \\"--generate-code=arch=compute_80,code=[compute_80,sm_80]\\" -x cu -c %s/k.cu -o k.cu.o",
  "file": "%s/k.cu",
  "output": "CMakeFiles/k.dir/k.cu.o"
},
{
  "directory": "%s/build",
  "arguments": ["c++", "-c", "../host.cpp"],
  "file": "../host.cpp"
}]"""


def write(folder: Path, *entries: dict[str, object]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "compile_commands.json"
    path.write_text(json.dumps(entries))
    return str(path)


def test_as_cmake_writes_it(tmp_path: Path) -> None:
    root = str(tmp_path)
    (tmp_path / "build/CMakeFiles").mkdir(parents=True)
    (tmp_path / "build/CMakeFiles/k.rsp").write_text(f"-I{root}/include -isystem=/opt/x")
    path = tmp_path / "build/compile_commands.json"
    path.write_text(CMAKE.replace("%s", root))
    database = load(str(path))
    assert (database.entries, database.findings, len(database.units)) == (2, (), 2)
    assert database.base == root
    unit = choose([database], f"{root}/k.cu")
    assert unit is not None
    assert (unit.source, unit.directory, unit.compiler) == (
        f"{root}/k.cu",
        f"{root}/build",
        "/usr/local/cuda/bin/nvcc",
    )
    assert (unit.include_dirs, unit.system_include_dirs) == ((f"{root}/include",), ("/opt/x",))
    assert (unit.defines, unit.standard, unit.architectures) == (("N=4", "NDEBUG"), "c++17", ("sm_80",))
    assert (unit.origin, unit.declared) == (str(path), True)
    host = choose([database], f"{root}/host.cpp")
    assert host is not None and host.compiler == "c++"
    assert list(load(str(path), is_cuda).units) == [os.path.realpath(f"{root}/k.cu")]


def test_a_file_is_found_by_the_name_that_a_link_gives_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/k.cu").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    path = write(tmp_path, {"directory": str(tmp_path), "file": "link/k.cu", "arguments": ["nvcc", "link/k.cu"]})
    unit = choose([load(path)], str(tmp_path / "real/k.cu"))
    assert unit is not None and unit.source == str(tmp_path / "real/k.cu")


def test_of_several_the_nearest_then_the_newest(tmp_path: Path) -> None:
    def entry(macro: str) -> dict[str, object]:
        return {"directory": str(tmp_path), "file": "sub/k.cu", "command": f"nvcc -D{macro} sub/k.cu"}

    old = write(tmp_path / "build-release", entry("OLD"))
    new = write(tmp_path / "build/Debug", entry("NEW"))
    os.utime(old, (1, 1))
    source = str(tmp_path / "sub/k.cu")
    unit = choose([load(old), load(new)], source)
    assert unit is not None and unit.defines == ("NEW",)
    near = write(tmp_path / "sub/build", entry("NEAR"))
    os.utime(near, (1, 1))
    unit = choose([load(old), load(new), load(near)], source)
    assert unit is not None and unit.defines == ("NEAR",)
    assert choose([load(old)], str(tmp_path / "other.cu")) is None
    assert in_build_folder(str(tmp_path / "build")) == (new,)


def test_what_is_broken_is_told_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "compile_commands.json"
    path.write_text('[\n{"file": "a.cu",,}]')
    (finding,) = load(str(path)).findings
    assert (finding.code, finding.severity, finding.path) == (
        "CompileCommandsSyntax",
        Severity.WARNING,
        str(path),
    )
    assert (finding.span.start_line, finding.span.start_column) == (1, 16)
    path.write_text('{"file": 1}')
    assert [one.code for one in load(str(path)).findings] == ["CompileCommandsSyntax"]
    path.write_text("[" * 100_000)
    assert [one.code for one in load(str(path)).findings] == ["CompileCommandsSyntax"]
    assert [one.code for one in load(str(tmp_path / "absent.json")).findings] == ["CompileCommandsUnreadable"]


def test_bad_entries_are_passed_over_and_the_others_count(tmp_path: Path) -> None:
    good = {"directory": str(tmp_path), "file": "k.cu", "command": "nvcc k.cu"}
    path = write(tmp_path, {"file": 3}, good, {"file": "x.cu"}, {"file": "\0", "command": ""}, {"command": "nvcc"})
    database = load(path)
    assert len(database.units) == 1
    (finding,) = database.findings
    assert "Entry 1, 3, 4, 5 " in finding.message
    binary = tmp_path / "bytes.json"
    binary.write_bytes(b'[{"directory": "/", "file": "caf\xe9.cu", "command": "nvcc"}]')
    assert len(load(str(binary)).units) == 1


def test_one_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, {"directory": "/", "file": "k.cu", "command": "nvcc"})
    monkeypatch.setattr(compile_commands, "LIMIT", 10)
    database = load(path)
    assert [one.code for one in database.findings] == ["CompileCommandsSize"] and not database.units


def test_the_compiler_it_names_is_never_run(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = tmp_path / "nvcc"
    script.write_text(f"#!/bin/sh\ntouch {told}\n")
    script.chmod(0o755)
    path = write(
        tmp_path,
        {"directory": str(tmp_path), "file": "k.cu", "command": f"{script} $(touch {told}) `touch {told}` k.cu"},
    )
    assert load(path).units and not told.exists()
