"""The command lines of nvcc: what a unit's flags become, and what stands in for flags that nobody has declared."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from signoff.verifiers.gpu.compile.compile_job import Job
from signoff.verifiers.project import CompileUnit, Project

# ptxas says what each kernel takes; spills and stack frames are in the same lines.
COSTS = ("-Xptxas", "-v")
# Characters of a folder's name that neither a comma-separated option nor the shell's quotes can hold.
SPECIAL = re.compile(r"[,\"'\\$`]")
# Of a unit whose flags are not known, what projects commonly switch on; they accept more and change nothing else.
COMMON = ("--extended-lambda", "--expt-relaxed-constexpr")
# Second and third opinions about such a unit: another dialect, the targets with the most features; and linkage with
# other units, as long as ptxas then still says what is in question: what shared memory is too much, the linker does.
OPINIONS = (("sm_90a", "c++20"), ("sm_100a", "c++20"))
RELOCATABLE = "-rdc=true"


def arguments(work: Job, project: Project, source: str) -> tuple[str, ...]:
    """Everything but the program, the target, the kind of output and the dialect's stand-in."""
    unit = work.unit
    own = str(PurePath(work.main).parent)
    return (
        "-x",
        "cu",
        *_host_flags(own),
        *(f"-I{folder}" for folder in unit.include_dirs),
        *(part for folder in unit.system_include_dirs for part in ("-isystem", folder)),
        *(f"-D{define}" for define in unit.defines),
        *(f"-U{name}" for name in unit.undefines),
        *(part for file in unit.forced_includes for part in ("-include", file)),
        *(() if unit.declared else COMMON),
        *(unit.flags if project.trusted else ()),
        *project.settings.cuda.arguments,
        source,
    )


def dialect(unit: CompileUnit) -> tuple[str, ...]:
    """The option for the unit's own dialect; () for the compiler's default."""
    return (f"-std={unit.standard}",) if unit.standard else ()


def _host_flags(folder: str) -> tuple[str, ...]:
    """Has "x.h" found beside the original. nvcc splits what it hands on at commas and gives it to a shell."""
    if os.name == "nt":
        return ("-I", folder)
    return () if SPECIAL.search(folder) else ("-Xcompiler", f'-iquote,"{folder}"')


def environment(folder: str) -> dict[str, str]:
    """nvcc's temporary files go to the run's folder; programs are looked up in absolute folders only."""
    path = os.pathsep.join(entry for entry in os.environ.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute())
    return {"TMPDIR": folder, "TEMP": folder, "TMP": folder, "PATH": path, "LC_ALL": "C"}


def code_options(names: Sequence[str]) -> tuple[str, ...]:
    """One -gencode a target."""
    return tuple(part for name in names for part in ("-gencode", f"arch={name.replace('sm_', 'compute_')},code={name}"))
