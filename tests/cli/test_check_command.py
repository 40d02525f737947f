"""`signoff check` and `signoff doctor` with the real tools, as a user starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tool

CLEAN = "module clean(input wire a, output wire b);\n    assign b = a;\nendmodule\n"
FAULTY = "module faulty(input wire a, output wire b);\n    assign b = a\nendmodule\n"
WIDE = "module wide(input wire [7:0] a, output wire [3:0] b);\n    assign b = a;\nendmodule\n"


def signoff(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "signoff.lsp_server", *arguments]
    return subprocess.run(argv, cwd=cwd, capture_output=True, encoding="utf-8", timeout=100, check=False)


@pytest.fixture
def design(tmp_path: Path) -> Path:
    """A declared project of a clean, a faulty and a warned-of file, below a name with a space and an umlaut."""
    root = tmp_path / "mein Entwürf"
    root.mkdir()
    (root / "clean.v").write_text(CLEAN)
    (root / "faulty.v").write_text(FAULTY)
    (root / "wide.v").write_text(WIDE)
    (root / "signoff.toml").write_text('[[design]]\nname = "all"\nfiles = ["clean.v", "faulty.v", "wide.v"]\n')
    return root


def test_a_fault_is_one_finding_of_both_tools_with_its_line(design: Path) -> None:
    done = signoff("check", "faulty.v", cwd=design)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("faulty.v:2:")
    assert lines[0].endswith(" error: expected ';' [ExpectedToken: slang, verilator]")
    assert lines[1].endswith("assign b = a")
    assert len(lines) == 4, "one finding, its line, its mark, the summary"
    assert done.stderr == ""


def test_a_clean_file_says_so(design: Path) -> None:
    (design / "signoff.toml").unlink()
    (design / "faulty.v").unlink()
    done = signoff("check", "clean.v", cwd=design)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No errors, no warnings in 1 file, as told by slang")


def test_a_folder_a_project_file_and_all_its_files_are_the_same_check(design: Path) -> None:
    def findings(*paths: str) -> list[object]:
        done = signoff("check", *paths, "--format", "json", cwd=design)
        assert done.returncode == 1
        found: list[object] = json.loads(done.stdout)["findings"]
        return found

    folder = findings(".")
    assert {finding["path"] for finding in folder} == {"faulty.v", "wide.v"}  # type: ignore[index]
    assert findings("signoff.toml") == folder
    assert findings("wide.v", "faulty.v", "clean.v") == folder


def test_errors_elsewhere_in_the_project_are_counted(design: Path) -> None:
    done = signoff("check", "wide.v", cwd=design)
    assert done.returncode == 0
    assert "1 error in other files of the project not shown." in done.stdout


def test_fail_on_decides_the_exit_status(design: Path) -> None:
    assert signoff("check", "wide.v", cwd=design).returncode == 0
    assert signoff("check", "wide.v", "--fail-on", "warning", cwd=design).returncode == 1


def test_the_report_can_go_to_a_file(design: Path) -> None:
    done = signoff("check", ".", "--format", "sarif", "--output", "out.sarif", cwd=design)
    assert (done.returncode, done.stdout) == (1, "")
    (run,) = json.loads((design / "out.sarif").read_text(encoding="utf-8"))["runs"]
    assert {entry["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for entry in run["results"]} == {
        "faulty.v",
        "wide.v",
    }


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("missing.v", "missing.v: no such file or folder"),
        ("empty", "no Verilog, SystemVerilog or CUDA file"),
        ("notes.txt", "not a file that Signoff can check"),
    ],
)
def test_trouble_is_said_and_told_from_findings(design: Path, path: str, said: str) -> None:
    (design / "empty").mkdir()
    (design / "notes.txt").write_text("nothing")
    done = signoff("check", path, cwd=design)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_utf8_is_checked_and_said(design: Path) -> None:
    (design / "latin.v").write_bytes(CLEAN.replace("clean", "latin").encode() + b"// \xe9t\xe9\n")
    done = signoff("check", "latin.v", cwd=design)
    assert done.returncode == 0
    assert "latin.v: not UTF-8" in done.stderr


def test_nothing_is_written_beside_the_sources(design: Path) -> None:
    before = sorted(design.rglob("*"))
    signoff("check", ".", cwd=design)
    assert sorted(design.rglob("*")) == before


def test_a_report_that_cannot_be_written_is_named(design: Path) -> None:
    done = signoff("check", ".", "--output", "no/where/out.json", cwd=design)
    assert done.returncode == 2
    assert "cannot write the report to no/where/out.json: No such file or directory; name a file" in done.stderr
    assert "Errno" not in done.stderr


def test_versions_are_bare_numbers(design: Path) -> None:
    done = signoff("check", "clean.v", "--format", "json", cwd=design)
    versions = [tool["version"] for tool in json.loads(done.stdout)["tools"]]
    assert len(versions) == 2
    assert all(version[0].isdigit() and " " not in version for version in versions), versions


@pytest.mark.parametrize("port", ["99999999", "-1", "http"])
def test_a_port_that_is_none_is_said(tmp_path: Path, port: str) -> None:
    done = signoff("serve", f"--tcp={port}", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{port} is no port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_sigterm_ends_the_watch_and_its_processes_at_once(design: Path) -> None:
    argv = [sys.executable, "-m", "signoff.lsp_server", "check", "faulty.v", "--watch"]
    with subprocess.Popen(argv, cwd=design, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as watch:
        try:
            assert watch.stdout is not None
            assert "expected ';'" in watch.stdout.readline()
            children = Path(f"/proc/{watch.pid}/task/{watch.pid}/children").read_text().split()
            assert children, "the workers"
            watch.terminate()
            watch.wait(timeout=20)
            alive = [child for child in children if Path(f"/proc/{child}").exists()]
        finally:
            watch.kill()
        assert watch.stderr is not None
        assert (watch.returncode, alive) == (143, [])
        assert "Traceback" not in watch.stderr.read()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_the_watch_and_every_process(design: Path) -> None:
    argv = [sys.executable, "-m", "signoff.lsp_server", "check", "faulty.v", "--watch"]
    watch = subprocess.Popen(
        argv, cwd=design, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    )
    try:
        assert watch.stdout is not None
        assert "expected ';'" in watch.stdout.readline()
        (design / "faulty.v").write_text(FAULTY.replace("= a", "= a;"))
        seen = ""
        while "No errors" not in seen:
            seen = watch.stdout.readline()
            assert seen, "the watch has ended"
        os.killpg(watch.pid, signal.SIGINT)
        _, errors = watch.communicate(timeout=20)
        assert watch.returncode == 130
        assert "Traceback" not in errors
    finally:
        watch.kill()
        watch.wait()


def test_doctor_names_every_tool_and_the_project(design: Path) -> None:
    done = signoff("doctor", "clean.v", "--json", cwd=design)
    health = json.loads(done.stdout)
    names = {tool["name"] for tool in health["tools"]}
    gpu, firmware = {"launch", "nvrtc", "nvcc", "triton", "triton resources"}, {"part", "gcc", "link"}
    assert names == {"slang", "verilator", "yosys"} | gpu | firmware
    for tool in health["tools"]:
        assert tool["state"] if tool["ok"] else tool["advice"], "a version, or what to do"
    assert done.returncode == (0 if all(tool["ok"] for tool in health["tools"]) else 1)
    assert "signoff.toml" in health["projects"][0]
    assert health["packages"]["pyslang"]


def test_doctor_in_words_says_what_is_wrong_with_a_project_file(design: Path) -> None:
    (design / "signoff.toml").write_text('[[design]]\nname = "all"\nfile = ["clean.v"]\n')
    done = signoff("doctor", cwd=design)
    assert "Problems in project files" in done.stdout
    assert "signoff.toml:3" in done.stdout


def test_the_command_starts_fast_and_imports_only_what_it_needs(tmp_path: Path) -> None:
    code = (
        "import sys; from signoff.lsp_server.cli import main\n"
        "try: main(['check', '--help'])\nexcept SystemExit: pass\n"
        "heavy = ('pygls', 'pyslang', 'rich', 'httpx', 'yaml', 'watchdog', 'tree_sitter')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert done.stderr.strip() == "[]"
