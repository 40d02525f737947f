"""Asking make for a Makefile's commands (make -n): only where trusted, as $(shell ...) and sub-makes do run."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Sequence

from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.mcu.build.commands import Origin, images_of
from signoff.verifiers.mcu.build.guard import NOT_GUARDED, guarded, harmless_path
from signoff.verifiers.mcu.build.makefile import KIND, makefile_in, makefiles_of
from signoff.verifiers.mcu.build.reading import Reading, chosen, problem
from signoff.verifiers.mcu.build.shell_lines import commands_in
from signoff.verifiers.project import Image
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder

SECONDS = 60.0
MEMORY_MB = 4096
# -B: all of it, also what is up to date; -k: on after what cannot be made; -w: where each make runs.
_QUESTION = ("-n", "-B", "-k", "-w")
# No job server of an outer make, messages in English, git writes no index.
_ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": "C", "MAKEFLAGS": "", "MAKELEVEL": "0", "GIT_OPTIONAL_LOCKS": "0"}
_STOP = re.compile(rb"^(?:\S*make\S*: )?(?P<file>[^:\n]+):(?P<line>\d+): \*\*\* (?P<what>[^\n]*)", re.MULTILINE)


async def ask_make(
    folder_or_file: str,
    target: str = "",
    *,
    workspace: str = "",
    names: Sequence[str] = (),
    timeout: float = SECONDS,
) -> Reading:
    """The images that a Makefile makes, by its own commands. Only for a trusted workspace: what it names is run.

    `target` is what is to be made ("" for the default), `workspace` the folder that nothing may be written into
    (default: the Makefile's own). A make that fails or takes over `timeout` seconds gives what it told until then.
    """
    path = makefile_in(folder_or_file)
    make = next((found for name in ("make", "gmake", "mingw32-make") if (found := shutil.which(name))), "")
    if not path or not make:
        return Reading(files=(path,) if path else ())
    folder = os.path.dirname(path)
    argv = [make, "-f", os.path.basename(path), *_QUESTION, *([target] if target else [])]
    try:
        done = await _ask(argv, folder, workspace or folder, timeout)
    except ToolMissing:
        return Reading(files=(path,))
    # A makefile that sits in a folder of its own (gcc/Makefile) still has its sources beside that folder.
    origin = Origin(folder, path, KIND, _doubts(done, timeout))
    # In a thread: the answer of a large build is megabytes of commands.
    images = await asyncio.to_thread(_images, done.stdout, folder, origin)
    # What make could not do only because nothing was built is no fault of a Makefile that told its commands.
    problems = () if images else tuple(_problems(done.stderr, folder))
    return chosen(Reading(images, problems, makefiles_of(path)), names)


async def _ask(argv: list[str], folder: str, workspace: str, timeout: float) -> Completed:
    with scratch_folder("make") as private:
        safe = guarded(argv, folder=folder, workspace=workspace, private=private)
        if safe is not None:
            done = await run(safe, cwd=folder, env=_ENVIRONMENT, timeout=timeout, memory_limit_mb=MEMORY_MB)
            if done.returncode != NOT_GUARDED:
                return done
        environment = {**_ENVIRONMENT, "PATH": harmless_path(private)}
        return await run(argv, cwd=folder, env=environment, timeout=timeout, memory_limit_mb=MEMORY_MB)


def _images(output: bytes, folder: str, origin: Origin) -> tuple[Image, ...]:
    return images_of(commands_in(output.decode("utf-8", errors="replace"), folder), origin)


def _doubts(done: Completed, timeout: float) -> tuple[str, ...]:
    if done.timed_out:
        return (f"make -n did not end within {timeout:g} s: what it told until then is taken.",)
    if done.overflowed:
        return ("make -n told more than can be taken: the start of it counts.",)
    return ()


def _problems(errors: bytes, folder: str) -> list[Finding]:
    """What make says is wrong, at its place; what it only cannot make without building (-k) is none."""
    found = []
    for match in _STOP.finditer(errors[:1_000_000]):
        path = os.path.normpath(os.path.join(folder, os.fsdecode(match["file"])))
        what = match["what"].decode("utf-8", errors="replace").strip().removesuffix("  Stop.").strip()
        line = max(int(match["line"]) - 1, 0)
        if os.path.isfile(path) and what and "No such file or directory" not in what:
            found.append(problem(path, "MakefileError", f"make stops here: {what}", Span(line, 0, line, 0)))
    return list(dict.fromkeys(found))
