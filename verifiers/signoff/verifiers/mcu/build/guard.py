"""Asking a build what it would do without letting it write into the workspace.

make -n runs no recipe, but $(shell ...), recursive makes and rules for included files are run all the same. On Linux
the question is asked in a mount namespace of its own, where writing goes into memory (overlay) or fails (read-only).
Where that is not to be had, programs that make, move or remove files are replaced on the PATH by ones that do nothing;
what a recipe writes by redirection is then still written.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from signoff.verifiers.run import ToolMissing, run_blocking

# $1 a private folder, $2 the workspace, $3 where to run; the rest is the command.
_ENTER = """
private=$1 workspace=$2 here=$3; shift 3
layers="lowerdir=$workspace,upperdir=$private/up,workdir=$private/work"
{ mount -t tmpfs tmpfs "$private" && mkdir "$private/up" "$private/work" &&
  mount -t overlay overlay -o "$layers" "$workspace"; } 2>/dev/null ||
{ mount --bind "$workspace" "$workspace" && mount -o remount,bind,ro "$workspace"; } 2>/dev/null || exit 97
cd "$here" && exec "$@"
"""
NOT_GUARDED = 97
_HARMLESS = ("mkdir", "rmdir", "rm", "mv", "cp", "ln", "touch", "install", "tee", "unlink", "truncate")
_SECONDS = 5.0


def guarded(argv: Sequence[str], *, folder: str, workspace: str, private: Path) -> list[str] | None:
    """The command in a mount namespace where `workspace` cannot be changed; None where there is no such thing.

    `private` is an empty folder. The command ends with NOT_GUARDED where the namespace could not be set up.
    """
    unshare = shutil.which("unshare", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if sys.platform != "linux" or unshare is None or any(sign in workspace for sign in ":,\\") or not _works(unshare):
        return None
    return [unshare, "--map-root-user", "--mount", "sh", "-c", _ENTER, "sh", str(private), workspace, folder, *argv]


@cache
def _works(unshare: str) -> bool:
    try:
        return run_blocking((unshare, "--map-root-user", "--mount", "true"), timeout=_SECONDS).returncode == 0
    except ToolMissing:
        return False


def harmless_path(private: Path) -> str:
    """A PATH on which programs that change files do nothing; they are written into `private`."""
    for name in _HARMLESS:
        program = private / name
        program.write_text("#!/bin/sh\nexit 0\n", "ascii")
        program.chmod(0o755)
    return os.pathsep.join((str(private), os.environ.get("PATH", os.defpath)))
