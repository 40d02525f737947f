"""File lists: their syntax, what they name, and what is deduced where they do not say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.finding import Severity
from signoff.verifiers.hdl.design import Design
from signoff.verifiers.hdl.filelist import parse, tokenize
from signoff.verifiers.hdl.filelist_reader import FileListReader


def make(root: Path, **files: str) -> None:
    for name, text in files.items():
        write(root / name.replace("__", "/").replace("_DOT_", "."), text)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def read(path: Path, root: Path, *, explicit: bool = True, **environment: str) -> tuple[Design, FileListReader]:
    reader = FileListReader(str(root), environment, explicit=explicit)
    design = reader.read(str(path))
    assert design is not None
    return design, reader


def names(paths: tuple[str, ...], root: Path) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in paths]


def test_words_comments_quotes_and_continuation() -> None:
    text = 'a.v // rest\n# line\n/* block\nb.v */ "with space/c.v" \\\n d\\ e.v +define+X="y z" https//f.v'
    assert [token.text for token in tokenize(text)] == [
        "a.v",
        "with space/c.v",
        "d e.v",
        "+define+X=y z",
        "https//f.v",
    ]
    assert tokenize("\n  a.v")[0].span.start_line == 1
    assert tokenize("\n  a.v")[0].span.start_column == 2


def test_options_of_all_dialects() -> None:
    entries, ignored = parse(
        "+incdir+inc1+inc2 -Iinc3 -I inc4 +define+A=1+B -DC=2 -D D -y lib -v cells.v +libext+.v+.sv "
        "--top-module t1 --top=t2 -top t3 -sv -timescale 1ns/1ps -work mylib -full64 x.sv"
    )
    found = {
        kind: [entry.value for entry in entries if entry.kind == kind] for kind in {entry.kind for entry in entries}
    }
    assert found == {
        "incdir": ["inc1", "inc2", "inc3", "inc4"],
        "define": ["A=1", "B", "C=2", "D"],
        "libdir": ["lib"],
        "libfile": ["cells.v"],
        "libext": [".v", ".sv"],
        "top": ["t1", "t2", "t3"],
        "file": ["x.sv"],
    }
    assert [token.text for token in ignored] == ["-sv", "-timescale", "-work", "-full64"]


def test_nested_lists_each_from_their_own_base(tmp_path: Path) -> None:
    for name in ("rtl/a.sv", "ip/src/b.sv", "rtl/c.sv"):
        write(tmp_path / name)
    write(tmp_path / "ip/ip.f", "src/b.sv +incdir+src")
    write(tmp_path / "rtl/more.f", "rtl/c.sv")
    top = write(tmp_path / "top.f", "rtl/a.sv -F ip/ip.f -f rtl/more.f")
    design, reader = read(top, tmp_path)
    assert names(design.files, tmp_path) == ["rtl/a.sv", "ip/src/b.sv", "rtl/c.sv"]
    assert names(design.include_dirs, tmp_path) == ["ip/src"]
    assert not reader.findings
    assert not design.problems


def test_a_list_meant_to_be_read_from_a_folder_above(tmp_path: Path) -> None:
    write(tmp_path / "rtl/a.sv")
    flow = write(tmp_path / "flow/sim/files.f", "rtl/a.sv")
    design, reader = read(flow, tmp_path)
    assert names(design.files, tmp_path) == ["rtl/a.sv"]
    assert not reader.findings


def test_variables_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path / "x/a.sv")
    write(tmp_path / "y/a.sv")
    top = write(tmp_path / "t.f", "$ONE/a.sv ${TWO}/a.sv $(ONE)/../y/a.sv")
    design, _ = read(top, tmp_path, ONE=str(tmp_path / "x"), TWO=str(tmp_path / "y"))
    assert names(design.files, tmp_path) == ["x/a.sv", "y/a.sv"]


def test_an_unset_variable_is_deduced_from_what_exists_and_said(tmp_path: Path) -> None:
    write(tmp_path / "ip/rtl/a.sv")
    write(tmp_path / "ip/rtl/b.sv")
    top = write(tmp_path / "core/t.f", "\n${IP_DIR}/rtl/a.sv\n${IP_DIR}/rtl/b.sv")
    design, reader = read(top, tmp_path)
    assert names(design.files, tmp_path) == ["ip/rtl/a.sv", "ip/rtl/b.sv"]
    assert not design.problems
    (finding,) = reader.findings
    assert finding.code == "FileListVariableDeduced"
    assert finding.span.start_line == 1
    assert str(tmp_path / "ip") in finding.message


def test_an_unset_variable_that_cannot_be_deduced_is_named_with_its_place(tmp_path: Path) -> None:
    write(tmp_path / "a.sv")
    top = write(tmp_path / "t.f", "a.sv\ncfg/${TARGET}_pkg.sv\nother/${TARGET}.sv")
    design, reader = read(top, tmp_path)
    (finding,) = reader.findings
    assert (finding.code, finding.span.start_line, finding.severity) == ("FileListVariable", 1, Severity.WARNING)
    assert "TARGET" in finding.message
    assert "[environment]" in finding.message
    assert design.problems == ("the variable TARGET is not set",)


def test_missing_files_and_loops_are_told_where_they_stand(tmp_path: Path) -> None:
    write(tmp_path / "a.sv")
    write(tmp_path / "loop.f", "-f top.f")
    top = write(tmp_path / "top.f", "a.sv\nghost.sv\n+incdir+nowhere\n-f loop.f")
    design, reader = read(top, tmp_path)
    codes = [(Path(one.path).name, one.span.start_line, one.code) for one in reader.findings]
    assert codes == [
        ("top.f", 1, "FileListMissing"),
        ("top.f", 2, "FileListMissing"),
        ("loop.f", 0, "FileListLoop"),
    ]
    assert design.problems == (f"{tmp_path / 'ghost.sv'} does not exist",)


def test_what_is_no_list_of_hdl_is_left_alone(tmp_path: Path) -> None:
    fortran = write(tmp_path / "solve.f", "      PROGRAM MAIN\n      CALL SOLVE(X)\n      END\n")
    reader = FileListReader(str(tmp_path), {})
    assert reader.read(str(fortran)) is None
    assert not reader.findings


def test_other_languages_and_waivers_in_a_list(tmp_path: Path) -> None:
    for name in ("a.sv", "dpi.cpp", "lint.vlt"):
        write(tmp_path / name)
    design, _ = read(write(tmp_path / "t.f", "a.sv dpi.cpp lint.vlt"), tmp_path)
    assert names(design.files, tmp_path) == ["a.sv"]
    assert names(design.waivers, tmp_path) == ["lint.vlt"]


@pytest.mark.parametrize("name", ["mit leer zeichen/ünïcode.sv", "日本/回路.sv"])
def test_paths_with_spaces_and_unicode(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    design, _ = read(write(tmp_path / "t.f", f'"{name}"'), tmp_path)
    assert names(design.files, tmp_path) == [name]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    write(tmp_path / "a.sv")
    top = tmp_path / "t.f"
    top.write_bytes(b"// caf\xe9\na.sv\n")
    design, reader = read(top, tmp_path)
    assert names(design.files, tmp_path) == ["a.sv"]
    assert not reader.findings


@given(st.text(alphabet=st.sampled_from(list("\"'\\/*#$+-={}() \nafvF."))))
def test_parse_takes_anything(text: str) -> None:
    parse(text)
