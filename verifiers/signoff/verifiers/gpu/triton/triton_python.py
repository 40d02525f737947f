"""Which Python's Triton is used: the setting's, that of a trusted workspace's environment, or Signoff's own.

The workspace's goes first: its kernels are right or wrong for the Triton that they will run with.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import threading
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from signoff.verifiers.project import Project
from signoff.verifiers.run import ToolMissing, run_blocking
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.tools import version_numbers
from signoff.verifiers.verifier import Availability

HOW = "pip install triton (Linux), or set triton.python to a Python that has it"
# What the engine knows of the compiler's inside holds from here on.
OLDEST = (3, 5)
ASK_SECONDS = 10.0
# Finds without importing: importing Triton takes a second.
ASK = (
    "import sys; sys.path[:1] = []\n"
    "import importlib.metadata as m, importlib.util as u\n"
    "spec = u.find_spec('triton')\n"
    "print(m.version('triton') if spec else '', spec.origin if spec else '', sys.version_info >= (3, 10), sep='\\n')"
)
ENVIRONMENTS = (".venv", "venv")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python with Triton. `python` is "" for Signoff's own; `reason` says what is wrong where `version` is ""."""

    python: str = ""
    version: str = ""
    path: str = ""
    reason: str = ""
    note: str = ""

    @property
    def availability(self) -> Availability:
        """The same, as verifiers report it."""
        return Availability(bool(self.version), self.version and f"Triton {self.version}", self.path, self.reason)


_asked: dict[str, Interpreter] = {}
_lock = threading.Lock()


def interpreter(settings: VerifierSettings, project: Project | None = None) -> Interpreter:
    """The Python to use for a project's kernels. May block for a moment the first time that a Python is asked.

    Without a project, only what does not depend on one: the setting and Signoff's own Python.
    """
    note = ""
    if settings.triton.python:
        found = ask(str(Path(settings.triton.python).expanduser()))
        if found.version:
            return found
        note = f"The setting triton.python names {settings.triton.python}, which {found.reason}."
    if project is not None and project.trusted:
        for python in workspace_pythons(project.root):
            found = ask(python)
            if found.version:
                return replace(found, note=note)
    own = _own()
    if own.version:
        return replace(own, note=note and f"{note} Using Signoff's own Triton instead.")
    why = f"Signoff's own Python {own.reason}" if own.reason else "Triton is not installed"
    return Interpreter(reason=" ".join(filter(None, (note, f"{why}: {HOW}."))))


def workspace_pythons(root: str) -> list[str]:
    """The interpreters of the workspace's own environments that hold Triton. Looks, and runs nothing."""
    found = []
    for name in ENVIRONMENTS if root else ():
        folder = Path(root, name)
        packages = [*folder.glob("lib/python3.*/site-packages/triton"), *folder.glob("Lib/site-packages/triton")]
        python = next((path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()), None)
        if packages and python is not None:
            found.append(str(python))
    return found


@cache
def _own() -> Interpreter:
    spec = importlib.util.find_spec("triton")
    if spec is None or not spec.origin:
        return Interpreter()
    return _fit(Interpreter("", importlib.metadata.version("triton"), spec.origin))


def _fit(found: Interpreter) -> Interpreter:
    """The interpreter, or none where its Triton is too old."""
    if version_numbers(found.version)[:2] >= OLDEST:
        return found
    oldest = ".".join(map(str, OLDEST))
    return Interpreter(reason=f"has Triton {found.version}, and {oldest} or newer is needed")


def ask(python: str) -> Interpreter:
    """Whether a Python has Triton, and which."""
    with _lock:
        if python not in _asked:
            _asked[python] = _ask(python)
        return _asked[python]


def _ask(python: str) -> Interpreter:
    try:
        done = run_blocking((python, "-c", ASK), timeout=ASK_SECONDS)
    except ToolMissing as error:
        return Interpreter(reason=f"cannot be started ({error})")
    version, path, new = [*done.stdout.decode(errors="replace").splitlines(), "", "", ""][:3]
    if done.returncode != 0 or new not in ("True", "False"):
        return Interpreter(reason="is no working Python")
    if new == "False":
        return Interpreter(reason="is older than Python 3.10")
    if not version:
        return Interpreter(reason="has no Triton")
    return _fit(Interpreter(python, version, path))
