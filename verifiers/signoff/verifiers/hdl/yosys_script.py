"""The script of one synthesis check, and the names that it gives to its reports. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.verifiers.hdl.yosys_names import PLAIN, Names
from signoff.verifiers.project import Project

STATE, NETS, TREE, COSTS = "state.il", "nets.il", "tree.il", "costs.json"
REPORTS = (STATE, NETS, TREE, COSTS)
# Reading by slang, for what Yosys' own front end does not know, as leniently as slang's --compat all (which it lacks).
SLANG = (
    "read_slang -j 1 --timescale 1ns/1ps --single-unit --compat vcs --best-effort-hierarchy --ignore-timing"
    " --ignore-initial --ignore-assertions --allow-use-before-declare --allow-toplevel-iface-ports"
    " --allow-hierarchical-const --allow-merging-ansi-ports --allow-dup-initial-drivers --relax-enum-conversions"
    " --relax-string-conversions -Wno-error=index-oob -Wno-error=range-oob -Wno-error=range-width-oob"
    " --diag-abs-paths --diag-column"
)
VERILOG = "read_verilog -sv"


class UnusableName(ValueError):
    """A define that cannot be written into a Yosys script."""


def script(project: Project, names: Names, tops: Sequence[str], front_end: str) -> str:
    """Read, elaborate, turn processes into registers, check; write state, nets and costs into the run's folder.

    `tops`: the modules to elaborate, with all below them; none: all that nothing instantiates. Only slang's front
    end can be given more than one. Raises UnusableName.
    """
    return "\n".join(
        (
            reading(project, names, tops, front_end),
            # Not -check: slang and Verilator tell a missing module, with its place; here it is a black box.
            f"hierarchy -top {plain(tops[0])}" if len(tops) == 1 else "hierarchy",
            "proc",
            # Before opt_clean, while each register still drives the very net that the source names.
            *_report("t:$*ff* t:$*latch* t:$sr", STATE, names),
            *_report("w:* w:$* %d m:*", NETS, names),
            # And before instances without a use are gone.
            *_report("t:* t:$* %d t:$paramod*", TREE, names),
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


def reading(project: Project, names: Names, tops: Sequence[str], front_end: str) -> str:
    """The command that reads a design. Raises UnusableName."""
    sources = names.sources
    words = [
        front_end,
        *(f"-D{plain(define)}" for define in project.defines),
        *(f"-I{names.folder_seen(folder)}" for folder in sources.include_dirs),
    ]
    if front_end == SLANG:
        words += (word for top in tops for word in ("--top", plain(top)))
    return " ".join((*words, *(names.file_seen(file) for file in (*sources.library_files, *sources.files))))


def plain(word: str) -> str:
    """A word that a script can hold. Raises UnusableName."""
    if not PLAIN.fullmatch(word):
        raise UnusableName(f"Yosys cannot be given {word!r} in a script")
    return word
