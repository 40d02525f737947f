"""signoff.toml: what it declares, and that every mistake in it is told at its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.core import CoreLibrary
from signoff.verifiers.hdl.design import Declarations
from signoff.verifiers.hdl.manifest import ManifestReader, find_key


def read(root: Path, text: str) -> Declarations:
    (root / "signoff.toml").write_text(text)
    return ManifestReader(str(root / "signoff.toml"), CoreLibrary([]), {}).read()


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")


def names(paths: tuple[str, ...], root: Path) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in paths]


def only(declarations: Declarations) -> Finding:
    (finding,) = declarations.findings
    return finding


def test_a_whole_design(tmp_path: Path) -> None:
    put(tmp_path, "rtl/a.sv", "rtl/b.sv", "rtl/old.sv", "rtl/defs.svh", "inc/x.vh", "cells.v", "w.vlt", "lib/ram.v")
    (tmp_path / "more.f").write_text("rtl/b.sv +define+FROM_LIST")
    declared = read(
        tmp_path,
        """
        [[design]]
        name = "soc"
        files = ["rtl/**/*.sv", "!rtl/old.sv", "rtl/*.svh"]
        file_lists = ["more.f"]
        include_dirs = ["inc"]
        defines = {SYNTHESIS = true, WIDTH = 8, OFF = false}
        top = "a"
        library_dirs = ["lib"]
        library_files = ["cells.v"]
        library_extensions = [".v"]
        waivers = "w.vlt"
        black_boxes = ["PLL"]
        """,
    )
    (design,) = declared.designs
    assert declared.findings == ()
    assert (design.name, design.explicit, design.ordered) == ("soc", True, False)
    assert names(design.files, tmp_path) == ["rtl/a.sv", "rtl/b.sv"]
    assert names(design.headers, tmp_path) == ["rtl/defs.svh"]
    assert names(design.include_dirs, tmp_path) == ["inc", "rtl"]
    assert design.defines == ("FROM_LIST", "SYNTHESIS", "WIDTH=8")
    assert design.top == ("a",)
    assert names(design.library_files, tmp_path) == ["cells.v"]
    assert names(design.library_dirs, tmp_path) == ["lib"]
    assert names(design.waivers, tmp_path) == ["w.vlt"]
    assert design.black_boxes == ("PLL",)


def test_the_environment_of_file_lists(tmp_path: Path) -> None:
    put(tmp_path, "ip/a.sv")
    (tmp_path / "t.f").write_text("$IP/a.sv +define+N=$COUNT")
    declared = read(tmp_path, '[environment]\nIP = "ip"\nCOUNT = 3\n[[design]]\nfile_lists = "t.f"\n')
    assert names(declared.designs[0].files, tmp_path) == ["ip/a.sv"]
    assert declared.designs[0].defines == ("N=3",)


def test_settings_are_data_of_the_right_type(tmp_path: Path) -> None:
    declared = read(
        tmp_path,
        'disabled_codes = ["LATCH"]\n[slang]\nstrict = true\ntimeout = 3\n'
        '[verilator]\npath = "/bin/x"\n[yosys]\nenabled = "no"\n',
    )
    (override,) = declared.overrides
    assert set(override.values) == {
        ("", "disabled_codes", ("LATCH",)),
        ("slang", "strict", True),
        ("slang", "timeout", 3.0),
        ("verilator", "path", "/bin/x"),
    }
    finding = only(declared)
    assert (finding.code, finding.span.start_line) == ("ManifestType", 7)
    assert "true or false" in finding.message


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "said"),
    [
        ("[[design]]\nfiels = []\n", "ManifestUnknownKey", 1, 0, '"files"'),
        ("\n[dezign]\n", "ManifestUnknownKey", 1, 0, '"design"'),
        ("[[design]]\nfiles = 3\n", "ManifestType", 1, 0, "a string or a list of strings"),
        ("[design]\nfiles = []\n", "ManifestType", 0, 0, "[[design]]"),
        ("slang = 3\n", "ManifestType", 0, 0, "[slang]"),
        ('[[design]]\nfiles = [\n  "ghost.sv",\n]\n', "ManifestMissing", 2, 3, "ghost.sv"),
        ('[[design]]\ninclude_dirs = ["nowhere"]\n', "ManifestMissing", 1, 17, "nowhere"),
        ('[[design]]\nname = "a"\n[[design]]\nname = 1\n', "ManifestType", 3, 0, "a string"),
        ("a = \n", "ManifestSyntax", 0, 0, "TOML"),
        ("[[design]]\nname = 'x\n", "ManifestSyntax", 1, 0, "TOML"),
        ('[[design]]\ncore = "a:b:c"\n', "ManifestCore", 1, 0, "a:b:c"),
    ],
)
def test_each_mistake_has_its_place(tmp_path: Path, text: str, code: str, line: int, column: int, said: str) -> None:
    finding = only(read(tmp_path, text))
    assert (finding.code, finding.span.start_line, finding.span.start_column) == (code, line, column)
    assert said in finding.message
    assert finding.path == str(tmp_path / "signoff.toml")


def test_a_missing_file_is_a_warning_and_the_rest_stands(tmp_path: Path) -> None:
    put(tmp_path, "a.sv")
    declared = read(tmp_path, '[[design]]\nfiles = ["ghost.sv", "a.sv"]\n')
    assert only(declared).severity is Severity.WARNING
    assert names(declared.designs[0].files, tmp_path) == ["a.sv"]


def test_a_file_that_is_not_there_is_told_of() -> None:
    finding = only(ManifestReader("/nowhere/signoff.toml", CoreLibrary([]), {}).read())
    assert finding.code == "ManifestUnreadable"


def test_keys_are_found_in_their_own_section() -> None:
    text = 'name = 1\n[[design]]\n"name" = "a"\n[[design]]\n\n  name = "b"\n[slang]\nstrict = 1\n'
    assert find_key(text, "name", "design.0").start_line == 2
    assert find_key(text, "name", "design.1").start_line == 5
    assert find_key(text, "strict", "slang").start_line == 7
    assert find_key(text, "absent", "design.1").start_line == 3


_values = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text("ab*[]!./"), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=4,
)
_KEYS = ["design", "environment", "slang", "yosys", "disabled_codes", "memory_limit_mb", "other"]
_INNER = [
    "name",
    "files",
    "file_lists",
    "core",
    "target",
    "defines",
    "top",
    "include_dirs",
    "waivers",
    "strict",
    "timeout",
]


@given(
    st.dictionaries(
        st.sampled_from(_KEYS), st.one_of(_values, st.lists(st.dictionaries(st.sampled_from(_INNER), _values)))
    )
)
def test_no_content_raises(tmp_path_factory: pytest.TempPathFactory, data: dict[str, object]) -> None:
    root = tmp_path_factory.mktemp("toml")
    reader = ManifestReader(str(root / "signoff.toml"), CoreLibrary([]), {})
    reader._load = lambda: data  # type: ignore[method-assign]
    reader.read()


@given(st.text(alphabet=st.sampled_from(list("[]=\"'a.\n#,{}1 "))))
def test_no_text_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    read(tmp_path_factory.mktemp("toml"), text)
