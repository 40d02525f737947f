"""torch's own extension builder, on demand: what a Python file gives to load_inline is built in a child process.

The user's file itself is not run. Building loads the result, which may do anything: only in a trusted workspace.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.finding import Finding, Outcome, Span, Status
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic, diagnostics
from signoff.verifiers.gpu.compile.toolkit import Toolkit, toolkit
from signoff.verifiers.gpu.strings.embedded import together
from signoff.verifiers.gpu.strings.python_literals import PlacedText
from signoff.verifiers.gpu.strings.torch_sources import Inline, inlines
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder
from signoff.verifiers.scratch import session_folder
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

TOOL = "torch"
# Compiling torch's headers alone takes half a minute; the user waits for it and may cancel.
SECONDS = 900.0
ASK_SECONDS = 30.0
UNTRUSTED = "torch builds extensions only in a trusted workspace: building runs what the workspace's files say"
HAS_TORCH = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
# A torch without CUDA forgets CUDA_HOME; it compiles nevertheless, and fails when it links.
BUILD = """
import json, sys
from torch.utils import cpp_extension
said = json.load(sys.stdin)
cpp_extension.CUDA_HOME = cpp_extension.CUDA_HOME or said.pop("toolkit")
said.pop("toolkit", None)
if not said["no_implicit_headers"]:
    del said["no_implicit_headers"]  # older releases do not know it
cpp_extension.load_inline(verbose=True, **said)
print("signoff: built")
"""
BUILT = "signoff: built"
NO_LIBRARY = re.compile(r"cannot find -l(?:c10_cuda|torch_cuda)\b")
LINKED = "compiled; not linked, as this torch was built without CUDA"


async def build(snapshot: Snapshot, project: Project) -> Outcome:
    """Build every extension that the file's text gives to load_inline; errors are at their places in the file.

    An Outcome for every failure: not trusted, no torch, no toolkit, a build that ends in something else than errors.
    """
    if not project.trusted:
        return Outcome(TOOL, Status.MISSING, message=UNTRUSTED)
    found = inlines(snapshot.text)
    if not found.known:
        lines = ", ".join(str(line + 1) for line in found.unknown)
        what = f"the arguments at line {lines} are not literals" if lines else "there is no call of load_inline"
        return Outcome(TOOL, complete=False, notice=f"nothing to build: {what}")
    python = await _interpreter(project)
    if not python:
        how = "set triton.python to an interpreter that has torch, or make a .venv with it in the workspace"
        return Outcome(TOOL, Status.MISSING, message=f"torch is not installed: {how}")
    tools = await asyncio.to_thread(toolkit, project.settings)
    outcomes = [await _built(inline, snapshot, project, python, tools) for inline in found.known]
    return replace(together(outcomes), complete=not found.unknown and all(one.complete for one in outcomes))


async def _interpreter(project: Project) -> str:
    """The interpreter whose torch builds: the setting's, the workspace's own, ours; "" where none has torch."""
    own = [Path(project.root, name, *_PROGRAM) for name in (".venv", "venv")]
    setting = project.settings.triton.python
    for candidate in (setting, *map(str, own), sys.executable):
        if not candidate:
            continue
        try:
            done = await run((candidate, "-c", HAS_TORCH), cwd=session_folder(), timeout=ASK_SECONDS)
        except ToolMissing:
            continue
        if done.returncode == 0 and not done.timed_out:
            return candidate
    return ""


_PROGRAM = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")


async def _built(inline: Inline, snapshot: Snapshot, project: Project, python: str, tools: Toolkit) -> Outcome:
    start = time.perf_counter()
    with scratch_folder("torch") as folder:
        build_folder = folder / "build"
        build_folder.mkdir()
        said = {
            "name": inline.name,
            "cpp_sources": [inline.cpp.text],
            "cuda_sources": [inline.cuda.text] if inline.cuda.text else [],
            "build_directory": str(build_folder),
            "no_implicit_headers": inline.no_implicit_headers,
            "toolkit": tools.root,
            # Without functions torch makes no module: the sources then define it themselves.
            **{keyword: words for keyword, words in inline.words.items() if words},
        }
        try:
            done = await run(
                (python, "-c", BUILD),
                cwd=folder,
                env=_environment(project, python, tools, folder),
                stdin=json.dumps(said).encode(),
                timeout=SECONDS,
            )
        except ToolMissing as error:
            return Outcome(TOOL, Status.MISSING, message=str(error))
        outcome = _outcome(done, inline, snapshot, build_folder)
    return replace(outcome, seconds=time.perf_counter() - start)


def _environment(project: Project, python: str, tools: Toolkit, folder: Path) -> dict[str, str]:
    architectures = ";".join(_torch_name(name) for name in project.architectures)
    return {
        **tools.env,
        "PATH": os.pathsep.join((str(Path(python).parent), os.environ.get("PATH", ""))),  # ninja lies beside python
        "CUDA_HOME": tools.root,
        "TORCH_EXTENSIONS_DIR": str(folder / "extensions"),
        **({"TORCH_CUDA_ARCH_LIST": architectures} if architectures else {}),
    }


def _torch_name(architecture: str) -> str:
    """ "sm_80" as torch writes it: "8.0"."""
    digits = architecture.removeprefix("sm_").rstrip("af")
    return f"{digits[:-1]}.{digits[-1:]}"


def _outcome(done: Completed, inline: Inline, snapshot: Snapshot, folder: Path) -> Outcome:
    if done.timed_out:
        return Outcome(TOOL, Status.TIMED_OUT, message=f"the build took longer than {SECONDS:g} s and was ended")
    output = (done.stdout + done.stderr).decode(errors="replace")
    findings = tuple(_findings(output, inline, snapshot, folder))
    if done.returncode == 0 and BUILT in output:
        return Outcome(TOOL, findings=findings)
    if findings:
        return Outcome(TOOL, findings=findings)
    if NO_LIBRARY.search(output):
        return Outcome(TOOL, complete=False, notice=LINKED)
    return Outcome(TOOL, Status.CRASHED, message=f"the build failed: {_last_words(output)}")


def _findings(output: str, inline: Inline, snapshot: Snapshot, folder: Path) -> Iterator[Finding]:
    """The messages about the two files that torch writes, at their places in the Python file."""
    places = {"cuda.cu": inline.cuda, "main.cpp": inline.cpp}
    seen: set[tuple[Span, str]] = set()
    for told in diagnostics(output):
        placed = places.get(Path(told.file).name)
        if placed is None or not placed.text:
            continue
        span = _span(told, placed, folder / Path(told.file).name)
        if (span, told.message) not in seen:
            seen.add((span, told.message))
            yield Finding(snapshot.path, span, told.severity, told.number or "build", told.message, TOOL)


def _span(told: Diagnostic, placed: PlacedText, written: Path) -> Span:
    """torch puts its headers before the text: the line in what it wrote, less those."""
    try:
        before, found, _ = written.read_text("utf-8", errors="replace").partition(placed.text)
    except OSError:
        return placed.first_line
    line = told.line - 1 - before.count("\n")
    text = LineIndex(placed.text)
    if not found or not 0 <= line < len(text.starts):
        return placed.first_line
    content = text.line(line)
    start = told.column if 0 <= told.column < len(content) else len(content) - len(content.lstrip())
    word = re.match(r"\w+", content[start:])
    end = start + len(word[0]) if word and told.column >= 0 else len(content.rstrip())
    return placed.span(Span(line, start, line, max(end, start)))


def _last_words(output: str) -> str:
    lines: Sequence[str] = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"[\w.]*Error\b|.*(?:error:|cannot find)", line)]
    return "; ".join((telling or lines)[-3:])[:600]
