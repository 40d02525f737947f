"""The workspace: which project each file gets, before, while and after things change."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from signoff.verifiers.finding import Severity
from signoff.verifiers.hdl.index_engine import IndexEngine
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

TOP = "module top; leaf u_leaf (); endmodule"
LEAF = "module leaf; endmodule"


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    await pool.close()


def put(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        stem, _, ending = name.replace("__", os.sep).rpartition("_")
        path = root / f"{stem}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(paths: tuple[str, ...], root: Path) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in paths]


def snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "systemverilog", 1, text)


async def model(pool: WorkerPool, *folders: Path, trusted: bool = False) -> WorkspaceModel:
    workspace = WorkspaceModel(pool, [str(folder) for folder in folders], VerifierSettings(), trusted)
    await workspace.scan()
    return workspace


async def test_before_the_scan_a_file_is_by_itself(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, top_sv=TOP, leaf_sv=LEAF)
    workspace = WorkspaceModel(pool, [str(tmp_path)], VerifierSettings())
    before = workspace.project_for(str(tmp_path / "top.sv"))
    assert (before.declared, names(before.files, tmp_path), before.root) == (False, ["top.sv"], str(tmp_path))
    told: list[tuple[str, int | None]] = []
    await workspace.scan(lambda message, percentage: told.append((message, percentage)))
    after = workspace.project_for(str(tmp_path / "top.sv"))
    assert names(after.files, tmp_path) == ["top.sv", "leaf.sv"]
    assert after is workspace.project_for(str(tmp_path / "top.sv"))
    assert told


async def test_an_untitled_document_has_a_project(pool: WorkerPool, tmp_path: Path) -> None:
    workspace = await model(pool, tmp_path)
    project = workspace.project_for("")
    assert (project.files, project.declared) == ((), False)
    assert not await workspace.buffer_changed(Snapshot("untitled:1", "", "verilog", 1, TOP))


async def test_signoff_toml_before_file_lists_before_the_guess(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, a__top_sv=TOP, a__leaf_sv=LEAF, b__x_sv="module x; endmodule", c__y_sv="module y; endmodule")
    put(tmp_path, a__near_f="top.sv\nleaf.sv", b__b_f="x.sv")
    put(tmp_path, signoff_toml='[[design]]\nname = "mine"\nfiles = ["a/*.sv"]\ntop = "top"\n')
    workspace = await model(pool, tmp_path)
    top = workspace.project_for(str(tmp_path / "a/top.sv"))
    assert (top.name, top.declared, top.origin) == ("mine", True, str(tmp_path / "signoff.toml"))
    assert top.top == ("top",)
    assert workspace.project_for(str(tmp_path / "b/x.sv")).origin == str(tmp_path / "b/b.f")
    guessed = workspace.project_for(str(tmp_path / "c/y.sv"))
    assert (guessed.declared, guessed.origin) == (False, "")
    assert "signoff.toml" in workspace.describe(str(tmp_path / "a/top.sv"))
    assert "b.f" in workspace.describe(str(tmp_path / "b/x.sv"))
    assert "guessed" in workspace.describe(str(tmp_path / "c/y.sv"))
    assert [project.name for project in workspace.declared_by(str(tmp_path / "signoff.toml"))] == ["mine"]


async def test_globs_are_put_in_order_and_include_folders_found(pool: WorkerPool, tmp_path: Path) -> None:
    put(
        tmp_path,
        rtl__a_sv='`include "defs.svh"\nmodule a import z_pkg::*; (); endmodule',
        rtl__z_pkg_sv="package z_pkg; endpackage",
        inc__defs_svh="`define X",
        signoff_toml='[[design]]\nfiles = ["rtl/*.sv"]\n',
    )
    project = (await model(pool, tmp_path)).project_for(str(tmp_path / "rtl/a.sv"))
    assert names(project.files, tmp_path) == ["rtl/z_pkg.sv", "rtl/a.sv"]
    assert names(project.include_dirs, tmp_path) == ["inc"]


async def test_a_found_list_counts_as_declared_only_where_it_holds_all_it_uses(
    pool: WorkerPool, tmp_path: Path
) -> None:
    put(tmp_path, whole__top_sv=TOP, whole__leaf_sv=LEAF, whole__all_f="top.sv leaf.sv")
    put(tmp_path, part__top2_sv="module top2; leaf2 u (); endmodule", part__part_f="top2.sv")
    put(tmp_path, part__more__leaf2_sv="module leaf2; endmodule")
    put(tmp_path, vendor__v_sv="module v; SB_PLL40_CORE u (); endmodule", vendor__v_f="v.sv")
    put(tmp_path, slip__s_sv="module s; counter_8 u (); endmodule module counter_8b; endmodule", slip__s_f="s.sv")
    put(tmp_path, scope__q_sv="module q; localparam int X = gone_pkg::X; endmodule", scope__q_f="q.sv")
    workspace = await model(pool, tmp_path)
    assert workspace.project_for(str(tmp_path / "whole/top.sv")).declared
    assert not workspace.project_for(str(tmp_path / "scope/q.sv")).declared
    part = workspace.project_for(str(tmp_path / "part/top2.sv"))
    assert not part.declared
    assert names(part.files, tmp_path) == ["part/top2.sv", "part/more/leaf2.sv"]
    vendor = workspace.project_for(str(tmp_path / "vendor/v.sv"))
    assert (vendor.declared, vendor.missing) == (False, ("SB_PLL40_CORE",))
    assert "SB_PLL40_CORE" in workspace.describe(str(tmp_path / "vendor/v.sv"))
    assert workspace.project_for(str(tmp_path / "slip/s.sv")).declared


async def test_a_design_that_signoff_toml_names_is_taken_at_its_word(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, v_sv="module v; unknown_m u (); PLL p (); endmodule")
    put(tmp_path, signoff_toml='[[design]]\nfiles = "v.sv"\nblack_boxes = ["PLL"]\n')
    project = (await model(pool, tmp_path)).project_for(str(tmp_path / "v.sv"))
    assert (project.declared, project.missing) == (True, ("PLL",))


async def test_a_header_is_checked_through_a_file_that_includes_it(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, inc__defs_svh="assign y = 1;", inc__body_sv="assign z = 1;", alone_svh="wire q;")
    put(tmp_path, top_sv='module top; `include "inc/defs.svh"\n`include "inc/body.sv"\nendmodule', t_f="top.sv")
    workspace = await model(pool, tmp_path)
    for header in ("inc/defs.svh", "inc/body.sv"):
        project = workspace.project_for(str(tmp_path / header))
        assert (project.declared, names(project.files, tmp_path)) == (True, ["top.sv"])
        assert project.headers == (str(tmp_path / header),)
    assert workspace.project_for(str(tmp_path / "alone.svh")).files == (str(tmp_path / "alone.svh"),)


async def test_an_edit_changes_what_is_drawn_in(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, top_sv="module top; endmodule", leaf_sv=LEAF)
    workspace = await model(pool, tmp_path)
    top = tmp_path / "top.sv"
    assert names(workspace.project_for(str(top)).files, tmp_path) == ["top.sv"]
    assert await workspace.buffer_changed(snapshot(top, TOP))
    assert names(workspace.project_for(str(top)).files, tmp_path) == ["top.sv", "leaf.sv"]
    assert not await workspace.buffer_changed(snapshot(top, TOP + "\n// said again"))
    assert await workspace.buffer_closed(str(top))
    assert names(workspace.project_for(str(top)).files, tmp_path) == ["top.sv"]


async def test_typing_an_unknown_name_leaves_a_declared_design_declared(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, top_sv=TOP, leaf_sv=LEAF, t_f="top.sv leaf.sv")
    workspace = await model(pool, tmp_path)
    top = str(tmp_path / "top.sv")
    assert workspace.project_for(top).declared
    assert not await workspace.buffer_changed(snapshot(tmp_path / "top.sv", "module top; absent u (); endmodule"))
    assert workspace.project_for(top).declared


async def test_changes_on_disk(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, top_sv=TOP)
    workspace = await model(pool, tmp_path)
    top = str(tmp_path / "top.sv")
    assert workspace.project_for(top).missing == ("leaf",)
    put(tmp_path, leaf_sv=LEAF)
    assert await workspace.files_changed([str(tmp_path / "leaf.sv")])
    assert workspace.project_for(top).missing == ()
    put(tmp_path, t_f="top.sv leaf.sv")
    assert await workspace.files_changed([str(tmp_path / "t.f")])
    assert workspace.project_for(top).declared
    (tmp_path / "t.f").unlink()
    assert await workspace.files_changed([str(tmp_path / "t.f")])
    assert not workspace.project_for(top).declared
    (tmp_path / "leaf.sv").unlink()
    assert await workspace.files_changed([str(tmp_path / "leaf.sv")])
    assert workspace.project_for(top).missing == ("leaf",)
    assert not await workspace.files_changed([top])
    assert not await workspace.files_changed([str(tmp_path / "notes.txt"), "/elsewhere/x.sv"])


async def test_a_folder_that_comes_or_goes_is_read_anew(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, top_sv=TOP)
    workspace = await model(pool, tmp_path)
    put(tmp_path, ip__leaf_sv=LEAF)
    assert await workspace.files_changed([str(tmp_path / "ip")])
    assert workspace.project_for(str(tmp_path / "top.sv")).missing == ()
    (tmp_path / "ip/leaf.sv").unlink()
    (tmp_path / "ip").rmdir()
    assert await workspace.files_changed([str(tmp_path / "ip")])
    assert workspace.project_for(str(tmp_path / "top.sv")).missing == ("leaf",)


async def test_several_folders_nested_and_apart(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, one__top_sv=TOP, one__sub__leaf_sv=LEAF, two__other_sv="module other; endmodule")
    workspace = await model(pool, tmp_path / "one", tmp_path / "one/sub", tmp_path / "two")
    assert workspace.project_for(str(tmp_path / "one/top.sv")).root == str(tmp_path / "one")
    assert workspace.project_for(str(tmp_path / "one/sub/leaf.sv")).root == str(tmp_path / "one/sub")
    assert workspace.project_for(str(tmp_path / "two/other.sv")).root == str(tmp_path / "two")
    workspace.configure(VerifierSettings(), folders=[str(tmp_path / "two")])
    assert workspace.folders == (str(tmp_path / "two"),)


async def test_a_document_outside_every_folder_is_seen_with_the_files_beside_it(
    pool: WorkerPool, tmp_path: Path
) -> None:
    put(tmp_path, w__a_sv="", out__top_sv=TOP, out__leaf_sv=LEAF, out__below__deep_sv="module deep; endmodule")
    workspace = await model(pool, tmp_path / "w")
    top = tmp_path / "out/top.sv"
    assert workspace.project_for(str(top)).files == (str(top),)
    assert await workspace.buffer_changed(snapshot(top, TOP + " module more; deep u (); endmodule"))
    project = workspace.project_for(str(top))
    assert names(project.files, tmp_path) == ["out/top.sv", "out/leaf.sv"]
    assert (project.root, project.missing) == (str(tmp_path / "out"), ("deep",))


async def test_an_untrusted_workspace_names_nothing_that_is_run(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, a_sv="module a; endmodule")
    put(
        tmp_path,
        signoff_toml='[verilator]\npath = "./evil"\narguments = ["--exe"]\ntimeout = 5\n[yosys]\npath = "./evil"\n',
    )
    path = str(tmp_path / "a.sv")
    settings = (await model(pool, tmp_path)).project_for(path).settings
    assert (settings.verilator.path, settings.verilator.arguments, settings.yosys.path) == ("", (), "")
    assert settings.verilator.timeout == 5.0
    trusted = (await model(pool, tmp_path, trusted=True)).project_for(path)
    assert trusted.trusted
    assert (trusted.settings.verilator.path, trusted.settings.verilator.arguments) == ("./evil", ("--exe",))


async def test_settings_of_a_folder_hold_below_it_only(pool: WorkerPool, tmp_path: Path) -> None:
    put(
        tmp_path,
        a__x_sv="module x; endmodule",
        b__y_sv="module y; endmodule",
        a__signoff_toml="[slang]\nstrict = true\n",
    )
    workspace = await model(pool, tmp_path)
    assert workspace.project_for(str(tmp_path / "a/x.sv")).settings.slang.strict
    assert not workspace.project_for(str(tmp_path / "b/y.sv")).settings.slang.strict


async def test_problems_of_a_list_that_nobody_uses_are_kept_quiet(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, a_sv="module a; endmodule", old__sim_f="a.sv ghost.sv", signoff_toml="[[design]]\nfiles = 3\n")
    workspace = await model(pool, tmp_path)
    assert [finding.code for finding in workspace.problems()] == ["ManifestType"]
    workspace.project_for(str(tmp_path / "a.sv"))
    found = {finding.code: finding.severity for finding in workspace.problems()}
    assert found["FileListMissing"] is Severity.INFORMATION


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
async def test_links(pool: WorkerPool, tmp_path: Path) -> None:
    put(tmp_path, real__top_sv=TOP, real__leaf_sv=LEAF, w__t_f="ip/top.sv ip/leaf.sv")
    (tmp_path / "w/ip").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "w/loop").symlink_to(tmp_path / "w", target_is_directory=True)
    workspace = await model(pool, tmp_path / "w")
    listed = workspace.project_for(str(tmp_path / "w/ip/top.sv"))
    assert listed.declared
    assert listed.files == (str(tmp_path / "w/ip/top.sv"), str(tmp_path / "w/ip/leaf.sv"))
    real = workspace.project_for(str(tmp_path / "real/top.sv"))
    assert real.declared
    assert real.files == (str(tmp_path / "real/top.sv"), str(tmp_path / "w/ip/leaf.sv"))


async def test_odd_names_and_bytes(pool: WorkerPool, tmp_path: Path) -> None:
    folder = tmp_path / "mit leer/日本"
    folder.mkdir(parents=True)
    (folder / "töp.sv").write_text(TOP)
    (folder / "leaf.sv").write_bytes(b"// caf\xe9 \xff\n" + LEAF.encode())
    project = (await model(pool, tmp_path)).project_for(str(folder / "töp.sv"))
    assert names(project.files, folder) == ["töp.sv", "leaf.sv"]


def test_the_walk_skips_what_is_not_the_users_own_and_says_where_it_stopped(tmp_path: Path) -> None:
    put(tmp_path, a_sv="", build__b_sv="", _git__c_sv="", node_modules__d_sv="", venv__pyvenv_cfg="", venv__e_sv="")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/f.sv").write_text("")
    survey = IndexEngine().survey(str(tmp_path))
    assert sorted(names(tuple(survey.files), tmp_path)) == ["_git/c.sv", "a.sv"]
    assert survey.left_out == ""
    many = tmp_path / "many"
    for number in range(4):
        put(many, **{f"d{number}__x_sv": ""})
    assert "too large" in IndexEngine().survey(str(tmp_path), True, 3).left_out


def test_a_huge_file_is_read_only_where_a_design_lists_it(tmp_path: Path) -> None:
    path = tmp_path / "netlist.v"
    path.write_text("module netlist; endmodule\n" + "// x\n" * 500_000)
    engine = IndexEngine()
    ((_, _, facts),) = engine.extract([str(path)])
    assert facts.modules == ()
    ((_, _, facts),) = engine.extract([str(path)], True)
    assert facts.modules == ("netlist",)
