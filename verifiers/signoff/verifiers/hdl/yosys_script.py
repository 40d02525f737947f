"""The script of one synthesis check, and the names that it gives to its reports. Pure."""

from __future__ import annotations

from signoff.verifiers.hdl.yosys_names import PLAIN, Names
from signoff.verifiers.project import Project

STATE, NETS, COSTS = "state.il", "nets.il", "costs.json"
# Reading by slang, for what Yosys' own front end does not know. Its strictness would reject working silicon.
SLANG = (
    "read_slang -j 1 --timescale 1ns/1ps --single-unit --best-effort-hierarchy --ignore-timing --ignore-initial"
    " --ignore-assertions --allow-use-before-declare --relax-enum-conversions --diag-abs-paths --diag-column"
)
VERILOG = "read_verilog -sv"


class UnusableName(ValueError):
    """A define that cannot be written into a Yosys script."""


def script(project: Project, names: Names, top: str, front_end: str) -> str:
    """Read, elaborate, turn processes into registers, check; write state, nets and costs into the run's folder."""
    return "\n".join(
        (
            _read(project, names, top, front_end),
            # Not -check: slang and Verilator tell a missing module, with its place; here it is a black box.
            f"hierarchy -top {top}" if top else "hierarchy",
            "proc",
            # Before opt_clean, while each register still drives the very net that the source names.
            *_report("t:$*ff* t:$*latch* t:$sr", STATE, names),
            *_report("w:* w:$* %d m:*", NETS, names),
            "tribuf",
            "opt_clean",
            "check",
            f"tee -q -o {names.report(COSTS)} stat -json -width",
            "",
        )
    )


def _report(selection: str, name: str, names: Names) -> tuple[str, ...]:
    mark = name.partition(".")[0]
    # -m: without it the name of a module that is alone is left out.
    return (f"select -set {mark} {selection}", f"tee -q -o {names.report(name)} dump -m @{mark}")


def _read(project: Project, names: Names, top: str, front_end: str) -> str:
    sources = names.sources
    words = [
        front_end,
        *(f"-D{_plain(define)}" for define in project.defines),
        *(f"-I{names.folder_seen(folder)}" for folder in sources.include_dirs),
    ]
    if front_end == SLANG and top:
        words += ("--top", _plain(top))
    return " ".join((*words, *(names.file_seen(file) for file in (*sources.library_files, *sources.files))))


def _plain(word: str) -> str:
    if not PLAIN.fullmatch(word):
        raise UnusableName(f"Yosys cannot be given {word!r} in a script")
    return word
