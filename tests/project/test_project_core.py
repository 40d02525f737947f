"""FuseSoC cores: dependencies, virtual cores, conditions, targets; nothing of a core is ever run."""

from pathlib import Path

import pytest

from signoff.verifiers.hdl.core import CoreLibrary, evaluate, load, split_name
from signoff.verifiers.hdl.design import Design

TOP = """CAPI=2:
name: acme:soc:top:1.0
filesets:
  rtl:
    depend: ["acme:prim:ram", ">=acme:lib:util:1.2", "tool_vivado ? (acme:xilinx:ip)"]
    files:
      - rtl/pkg.sv
      - inc/defs.svh: {is_include_file: true, include_path: inc}
      - rtl/top.sv
      - "tool_verilator ? (rtl/model.sv)"
      - flow.tcl: {file_type: tclSource}
    file_type: systemVerilogSource
  waive:
    files: [lint.vlt]
    file_type: vlt
  bench:
    files: [tb/tb.sv]
    file_type: systemVerilogSource-3.0
parameters:
  SYNTH: {datatype: bool, paramtype: vlogdefine}
  WIDTH: {datatype: int, default: 8, paramtype: vlogdefine}
  DEPTH: {datatype: int, default: 4, paramtype: vlogparam}
targets:
  default: &default
    filesets: [rtl, "tool_verilator ? (waive)"]
    toplevel: top
    parameters: [SYNTH=true, WIDTH, DEPTH]
  sim:
    filesets: [rtl, bench]
    toplevel: tb
"""
RAM = """CAPI=2:
name: acme:prim_generic:ram
virtual: ["acme:prim:ram"]
filesets: {rtl: {files: [ram.sv: {file_type: systemVerilogSource}]}}
targets: {default: {filesets: [rtl]}}
"""
OTHER_RAM = RAM.replace("prim_generic", "prim_asic")
UTIL = """CAPI=2:
name: acme:lib:util:VERSION
filesets: {rtl: {files: [util.v], file_type: verilogSource}}
targets: {default: {filesets: [rtl]}}
"""


@pytest.fixture
def library(tmp_path: Path) -> CoreLibrary:
    for name in ("rtl/pkg.sv", "rtl/top.sv", "rtl/model.sv", "inc/defs.svh", "lint.vlt", "tb/tb.sv"):
        put(tmp_path / name)
    put(tmp_path / "top.core", TOP)
    for folder, text in (("generic", RAM), ("asic", OTHER_RAM)):
        put(tmp_path / folder / "ram.core", text)
        put(tmp_path / folder / "ram.sv")
    for version in ("1.2", "1.10"):
        put(tmp_path / version / "util.core", UTIL.replace("VERSION", version))
        put(tmp_path / version / "util.v")
    cores = [load(str(path))[0] for path in sorted(tmp_path.rglob("*.core"))]
    return CoreLibrary([core for core in cores if core is not None])


def put(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def names(paths: tuple[str, ...], root: Path) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in paths]


def the_design(library: CoreLibrary, target: str) -> Design:
    top = library.find("acme:soc:top", "")
    assert top is not None
    design = library.design(top, target)
    assert design is not None
    return design


def test_a_core_with_its_dependencies_in_order(library: CoreLibrary, tmp_path: Path) -> None:
    design = the_design(library, "default")
    assert names(design.files, tmp_path) == [
        "generic/ram.sv",
        "1.10/util.v",
        "rtl/pkg.sv",
        "rtl/top.sv",
        "rtl/model.sv",
    ]
    assert names(design.own, tmp_path) == ["rtl/pkg.sv", "rtl/top.sv", "rtl/model.sv"]
    assert names(design.headers, tmp_path) == ["inc/defs.svh"]
    assert names(design.include_dirs, tmp_path) == ["inc"]
    assert names(design.waivers, tmp_path) == ["lint.vlt"]
    assert design.defines == ("SYNTH=1", "WIDTH=8")
    assert design.top == ("top",)
    assert design.problems == ()


def test_a_further_target_counts_only_where_it_brings_files(library: CoreLibrary) -> None:
    top = library.find("acme:soc:top", "")
    assert top is not None
    assert [design.name for design in library.designs(top)] == ["acme:soc:top (default)", "acme:soc:top (sim)"]


def test_a_virtual_core_named_outright_elsewhere_stands_in(library: CoreLibrary, tmp_path: Path) -> None:
    put(
        tmp_path / "chip.core",
        TOP.replace("soc:top", "soc:chip").replace('"acme:prim:ram"', '"acme:prim:ram", "acme:prim_asic:ram"'),
    )
    core, _ = load(str(tmp_path / "chip.core"))
    assert core is not None
    design = CoreLibrary([*library.cores, core]).design(core, "default")
    assert design is not None
    assert names(design.files, tmp_path)[0] == "asic/ram.sv"


def test_what_is_not_there_is_named(library: CoreLibrary, tmp_path: Path) -> None:
    (tmp_path / "rtl/top.sv").unlink()
    lone = CoreLibrary([core for core in library.cores if core.name == "acme:soc:top"])
    problems = the_design(lone, "default").problems
    assert problems[0] == "the core acme:prim:ram, which acme:soc:top depends on, is not in the workspace"
    assert f"{tmp_path / 'rtl/top.sv'} does not exist" in problems


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("a b", ["a", "b"]),
        ("tool_verilator ? (a)", ["a"]),
        ("!tool_verilator ? (a) b", ["b"]),
        ("tool_verilator ? (a target_x ? (b c)) d", ["a", "b", "c", "d"]),
        ("tool_vivado ? (a (b)) c", ["c"]),
        ("tool_verilator ? (open", ["open"]),
    ],
)
def test_conditions(expression: str, words: list[str]) -> None:
    assert evaluate(expression, frozenset({"tool_verilator", "target_x"})) == words


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("v:l:n:1.0", ("v:l:n", "1.0")),
        (">=v:l:n:2", ("v:l:n", "2")),
        ("::n:1", ("::n", "1")),
        ("n", ("::n", "")),
        ("v:l:n", ("v:l:n", "")),
    ],
)
def test_names(written: str, name: tuple[str, str]) -> None:
    assert split_name(written) == name


@pytest.mark.parametrize("text", ["CAPI=2:\nname: [unclosed\n", "CAPI=2:\n\tname: x\n", "CAPI=2:\nfilesets: {}\n"])
def test_a_broken_core_is_told_of_not_raised(tmp_path: Path, text: str) -> None:
    put(tmp_path / "bad.core", text)
    core, findings = load(str(tmp_path / "bad.core"))
    assert core is None
    assert [finding.path for finding in findings] == [str(tmp_path / "bad.core")]


def test_odd_types_in_a_core_do_not_raise(tmp_path: Path) -> None:
    put(
        tmp_path / "odd.core",
        "CAPI=2:\nname: a:b:c\nfilesets: [1]\ntargets: {default: {filesets: {a: 1}, toplevel: 3}}\n",
    )
    core, _ = load(str(tmp_path / "odd.core"))
    assert core is not None
    assert CoreLibrary([core]).designs(core) == ()


def test_yaml_that_asks_to_run_code_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "evil.core", f"CAPI=2:\nname: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    core, findings = load(str(tmp_path / "evil.core"))
    assert core is None
    assert findings
    assert not (tmp_path / "made").exists()
