"""What the workspace says about itself: which files make a design, and how they are compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a verifier needs beside the document: plain data, cheap to replace().

    All paths are absolute. `files` are in compilation order. `defines` are NAME or NAME=VALUE.
    `declared` is False where the files were only guessed: then no cross-file fault may be shown as an
    error (unknown module, missing include). `origin` names what declared it (a path) for messages.
    `trusted` is False until the user trusts the workspace: then nothing that the workspace names is run.
    `headers` are files that belong to it only by being included: they are never compiled by themselves.
    `buffers` are the open documents, whose text stands in for the file of the same path.
    """

    root: str
    name: str = ""
    origin: str = ""
    declared: bool = False
    trusted: bool = False
    files: tuple[str, ...] = ()
    include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    library_files: tuple[str, ...] = ()
    library_extensions: tuple[str, ...] = (".v", ".sv")
    top: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    buffers: tuple[Snapshot, ...] = ()
    settings: VerifierSettings = field(default_factory=VerifierSettings)
