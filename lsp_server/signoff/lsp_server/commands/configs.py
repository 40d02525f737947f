"""Which problems of project files belong in a report: of those that were named, and of those that the files use."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from signoff.lsp_server.commands.paths import Request, problems_of_named
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.project import Project
from signoff.verifiers.workspace import WorkspaceModel

MANIFEST = "signoff.toml"


def relevant(asked: Request, projects: Sequence[Project], workspace: WorkspaceModel) -> list[Finding]:
    """The problems of project files that were named, that lie below a folder asked about, or that the files use."""
    named = problems_of_named(asked.configs, workspace)
    below = [finding for finding in workspace.problems() if asked.wants(finding.path)]
    known = {_place(finding) for finding in named}
    others = (*below, *_of_used(asked.files, projects, workspace))
    # What was named comes first: its severity counts.
    return [*named, *(finding for finding in dict.fromkeys(others) if _place(finding) not in known)]


def _place(finding: Finding) -> tuple[str, Span, str]:
    return finding.path, finding.span, finding.code


def _of_used(files: Iterable[str], projects: Sequence[Project], workspace: WorkspaceModel) -> list[Finding]:
    """The problems, beyond remarks, of the project files that declare `projects` or hold settings for `files`."""
    folders = {str(parent) for file in files for parent in PurePath(file).parents}
    used = {project.origin for project in projects} | {os.path.join(folder, MANIFEST) for folder in folders}  # noqa: PTH118
    return [finding for finding in workspace.problems_of(used - {""}) if finding.severity < Severity.INFORMATION]
