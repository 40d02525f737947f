"""The text of one document at one version: the only thing a verifier may read of an open file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One document as it stood at one moment.

    `path` is the absolute file path ("" for an untitled buffer), `language` the LSP language id
    ("verilog", "systemverilog", "cuda-cpp", ...), `version` the client's number (0: read from disk).
    """

    uri: str
    path: str
    language: str
    version: int
    text: str
