"""The worker's side of the project model: walks folders, reads files, resolves declarations. Returns plain data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl import core as fusesoc
from signoff.verifiers.hdl import manifest
from signoff.verifiers.hdl.design import Declarations, Design, Override, within
from signoff.verifiers.hdl.filelist_reader import FileListReader
from signoff.verifiers.hdl.index import EMPTY, FileFacts, extract
from signoff.verifiers.survey import MAX_FILES, Stamp, Survey, survey

# Generated netlists of many MB say nothing about a workspace; one that a design lists is read all the same.
HUGE_BYTES = 2 * 1024 * 1024
LISTED_HUGE_BYTES = 64 * 1024 * 1024


class IndexEngine:
    """The engine class of workers.py."""

    def survey(self, folder: str, recursive: bool = True, max_files: int = MAX_FILES) -> Survey:
        """Walk a folder. Links to folders are followed once; a file that two names lead to counts once."""
        return survey(folder, recursive, max_files)

    def extract(self, paths: Iterable[str], listed: bool = False) -> list[tuple[str, Stamp, FileFacts]]:
        """The facts of files on disk. One that cannot be read, or is huge and not `listed`, has none."""
        limit = LISTED_HUGE_BYTES if listed else HUGE_BYTES
        return [(path, *_facts(path, limit)) for path in paths]

    def extract_text(self, text: str) -> FileFacts:
        """The facts of a text."""
        return extract(text)

    def declarations(self, folder: str, configs: Iterable[str]) -> Declarations:
        """What the configuration files of a folder declare. Broken ones are told of, and never raise."""
        configs = list(configs)
        loaded = [fusesoc.load(path) for path in configs if path.endswith(".core")]
        cores = fusesoc.CoreLibrary([core for core, _ in loaded if core is not None])
        manifests = [manifest.ManifestReader(path, cores, os.environ) for path in configs if _is_manifest(path)]
        read = [reader.read() for reader in manifests]
        designs = [design for one in read for design in one.designs]
        overrides: list[Override] = [override for one in read for override in one.overrides]
        findings: list[Finding] = [finding for one in read for finding in one.findings]
        findings += [finding for _, found in loaded for finding in found]
        named = {os.path.realpath(path) for reader in manifests for path in reader.lists}
        designs += [design for core in cores.cores for design in cores.designs(core)]
        variables = _environment(manifests)
        for path in configs:
            if not path.endswith(".core") and not _is_manifest(path) and os.path.realpath(path) not in named:
                designs += _file_list(path, folder, variables, findings)
        return Declarations(tuple(designs), tuple(overrides), tuple(findings), _links(designs))


def _facts(path: str, limit: int) -> tuple[Stamp, FileFacts]:
    try:
        stat = os.stat(path)
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stat.st_size > limit:
            return stamp, EMPTY
        with open(path, "rb") as file:
            return stamp, extract(file.read().decode("utf-8", errors="replace"))
    except OSError:
        return (0, 0), EMPTY


def _links(designs: Iterable[Design]) -> tuple[tuple[str, str], ...]:
    listed = {path for design in designs for path in design.members}
    return tuple((real, path) for path in sorted(listed) if (real := os.path.realpath(path)) != path)


def _is_manifest(path: str) -> bool:
    return os.path.basename(path) == manifest.NAME


def _environment(manifests: Iterable[manifest.ManifestReader]) -> Mapping[str, str]:
    variables = dict(os.environ)
    for reader in manifests:
        variables.update(reader.environment)
    return variables


def _file_list(path: str, folder: str, variables: Mapping[str, str], findings: list[Finding]) -> list[Design]:
    reader = FileListReader(folder, variables)
    design = reader.read(path)
    # Lists of the same folder ask for the same variables; what was deduced once holds for all, and is said once.
    known = {(finding.path, finding.span, finding.message): at for at, finding in enumerate(findings)}
    for one in reader.findings:
        at = known.get((one.path, one.span, one.message))
        if at is None:
            findings.append(within(one, path))
        else:
            findings[at] = within(findings[at], path)
    return [design] if design is not None else []
