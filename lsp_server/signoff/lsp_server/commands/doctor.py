"""`signoff doctor`: what is here, what is not, why, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from signoff.lsp_server.commands import doctor_fixits, doctor_gpu, doctor_mcu, model_status
from signoff.lsp_server.commands.paths import BadPath, existing, request
from signoff.lsp_server.commands.session import Session, open_session
from signoff.lsp_server.commands.status import Status, say
from signoff.lsp_server.documents import HDL, LANGUAGES
from signoff.verifiers.finding import Finding

OK, OFF, TROUBLE = 0, 1, 2
REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9._-]+")
# A workspace of many designs is described by its first ones.
PROJECTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it works, its version or state, where it is, and what to do where it does not."""

    name: str
    ok: bool
    state: str = ""
    path: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All that doctor reports. `projects` are sentences, one for each design that the files at PATH belong to."""

    python: str
    packages: dict[str, str]
    tools: tuple[Check, ...]
    gpu: tuple[Check, ...]
    firmware: tuple[Check, ...]
    fixits: tuple[Check, ...]
    model: tuple[Check, ...]
    caches: tuple[Check, ...]
    projects: tuple[str, ...]
    problems: tuple[str, ...]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "doctor",
        help="say which tools are here, which are not, and why",
        description="Exit status: 0 every tool works, 1 one is off, 2 PATH is not there.",
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="whose project to explain (default: here)")
    parser.add_argument("--trust", action="store_true", help="as for check: ask make, CMake and pio how C is compiled")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """Look and report; the exit status is 0 all well, 1 a tool is off, 2 trouble."""
    try:
        existing([args.path])
        health = asyncio.run(examine(args.path, trusted=args.trust))
    except (BadPath, OSError) as error:
        say(str(error))
        return TROUBLE
    sys.stdout.write(json.dumps(asdict(health), indent=2) + "\n" if args.json else _text(health))
    return OK if all(tool.ok for tool in health.tools) else OFF


async def examine(path: str, *, trusted: bool = False) -> Health:
    """Look at everything. Starts each tool at most once, for its version; loads no model."""
    with Status() as status:
        async with open_session([path], trusted=trusted, progress=status.scanning) as session:
            status.show("asking the tools for their versions")
            return Health(
                python=f"{platform.python_version()} ({sys.executable}) on {platform.platform()}",
                packages=dict(_packages()),
                tools=tuple(_tools(session)),
                gpu=tuple(Check(*row) for row in await doctor_gpu.rows(session, _asked(path, session))),
                firmware=tuple(Check(*row) for row in await doctor_mcu.rows(session, _asked(path, session))),
                fixits=tuple(Check(*row) for row in await doctor_fixits.rows(session.settings)),
                model=await _model(),
                caches=tuple(_caches(session)),
                projects=tuple(_projects(path, session)),
                problems=tuple(map(_problem, session.workspace.problems())),
            )


def _packages() -> Iterator[tuple[str, str]]:
    """Signoff and the packages it needs, with their versions."""
    yield "signoff", importlib.metadata.version("signoff")
    for requirement in importlib.metadata.requires("signoff") or ():
        name = REQUIREMENT_NAME.match(requirement)
        if name and "extra ==" not in requirement:
            yield name[0], _version(name[0])


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _tools(session: Session) -> Iterator[Check]:
    for verifier in session.verifiers:
        found = verifier.available(session.settings)
        lost = "" if found.available else _loss(verifier.name)
        advice = " ".join(part for part in (found.reason, lost) if part)
        here = "found" if found.path else "part of Signoff"
        state = found.version or (here if found.available else "")
        yield Check(verifier.name, found.available, state, found.path, advice)


def _loss(verifier: str) -> str:
    """What is missing where a verifier is off; "" for one whose reason says all."""
    losses = {**doctor_gpu.LOSSES, **doctor_mcu.LOSSES}
    return f"Without it: {losses[verifier]}." if verifier in losses else ""


def _asked(path: str, session: Session) -> tuple[str, ...]:
    try:
        return request([path], session.workspace).files
    except BadPath:
        return ()


async def _model() -> tuple[Check, ...]:
    """The model on this machine (a server is named in the editor's settings only), and what was kept of its texts."""
    from signoff.completion.settings import CompletionSettings
    from signoff.completion.tally import Tally, in_words

    status = await model_status.look(CompletionSettings())
    state = status.message if status.ready else ""
    tally = Tally()
    kept = in_words(tally.rows())
    return (
        Check("completion model", status.ready, state, advice=status.note if status.ready else status.message),
        Check("accepted completions", True, kept or "none counted yet", str(tally.path) if kept else ""),
    )


def _caches(session: Session) -> Iterator[Check]:
    from signoff.completion.model.weights import directory
    from signoff.verifiers.hdl.yosys import Yosys

    yield Check("models", True, _size(directory()), str(directory()))
    for verifier in session.verifiers:
        if isinstance(verifier, Yosys):
            ready = verifier.ready()
            state = "compiled" if ready else "not compiled yet"
            advice = "" if ready else "the first `signoff check --deep` compiles it, once, in a minute or two"
            yield Check("yosys, compiled for this machine", ready, state, advice=advice)


def _size(folder: Path) -> str:
    if not folder.is_dir():
        return "empty"
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"{total / 1e6:,.0f} MB"


def _projects(path: str, session: Session) -> Iterator[str]:
    try:
        asked = request([path], session.workspace)
    except BadPath as error:
        yield str(error)
        return
    designs: dict[tuple[str, ...], list[str]] = {}
    for file in asked.files:
        designs.setdefault(_design(file, session), []).append(file)
    yield from session.workspace.messages()
    for number, files in enumerate(designs.values()):
        if number == PROJECTS_SHOWN:
            yield f"... and {len(designs) - number} more"
            return
        more = f" ({len(files)} files here)" if len(files) > 1 else ""
        yield f"{files[0]}{more}: {session.workspace.describe(files[0])}"


def _design(file: str, session: Session) -> tuple[str, ...]:
    """What files have in common that are described once: a design, or how a CUDA file is compiled."""
    project = session.workspace.project_for(file)
    if project.declared:
        return project.origin, project.name
    if LANGUAGES.get(PurePath(file).suffix.lower()) in HDL:
        return "", project.root
    if project.image is not None:
        return project.image.origin, project.image.root, project.image.name
    return "", project.root, session.workspace.describe(file)


def _problem(finding: Finding) -> str:
    return f"{finding.path}:{finding.span.start_line + 1}: {finding.message}"


def _text(health: Health) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in health.packages.items())
    lines = [f"Python {health.python}", packages, "", "Tools", *map(_line, health.tools)]
    lines += ["", "GPU", *map(_line, health.gpu)]
    lines += ["", "Firmware", *map(_line, health.firmware)]
    lines += ["", "Asked for fixes only", *map(_line, health.fixits)]
    lines += ["", "Model", *map(_line, health.model), "", "Caches", *map(_line, health.caches)]
    lines += ["", "Project", *(f"  {project}" for project in health.projects)]
    if health.problems:
        lines += ["", "Problems in project files", *(f"  {problem}" for problem in health.problems)]
    return "\n".join(lines) + "\n"


def _line(check: Check) -> str:
    text = "  ".join(
        part for part in (f"{check.name}:", check.state or ("ok" if check.ok else "off"), check.path) if part
    )
    return f"  {'+' if check.ok else '-'} {text}" + (f"\n      {check.advice}" if check.advice else "")
