"""The only place that publishes diagnostics: merged, capped, in the client's units, with the document's version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from signoff.diagnostics.merge import merge, without
from signoff.diagnostics.store import Store
from signoff.lsp_server.convert import diagnostic_json
from signoff.lsp_server.documents import Document, Documents
from signoff.lsp_server.uris import uri_of
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.text import LineIndex


class Publisher:
    """Sends what the store holds. `send` takes the params of textDocument/publishDiagnostics as plain JSON data."""

    def __init__(self, documents: Documents, store: Store, send: Callable[[dict[str, Any]], None]) -> None:
        self.cap = 100
        self.hidden_codes: frozenset[str] = frozenset()
        self.push = True
        self._documents = documents
        self._store = store
        self._send = send
        self._sent: dict[str, tuple[int, list[dict[str, Any]]]] = {}

    def merged(self, path: str) -> tuple[Finding, ...]:
        """What is shown of a file: one finding a fault, at most `cap` of them."""
        return merge(without(self._store.findings(path), self.hidden_codes), cap=self.cap)

    def diagnostics(self, path: str) -> list[dict[str, Any]]:
        """A file's diagnostics, ready for JSON. Of a file that is not open only errors are shown."""
        document = self._documents.at_path(path)
        findings = self.merged(path)
        if document is None:
            findings = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
        index = self.index_of(path)
        return [diagnostic_json(finding, index, self._documents.encoding, self.index_of) for finding in findings]

    def index_of(self, path: str) -> LineIndex:
        """The lines of a file: the open document's, else those on disk."""
        document = self._documents.at_path(path)
        return document.index if document is not None else _index_on_disk(path, _modified(path))

    def publish(self, paths: Iterable[str]) -> None:
        """Send the diagnostics of these files where they differ from what the client has."""
        for path in paths:
            document = self._documents.at_path(path)
            if document is not None or path in self._sent or self._store.findings(path):
                self._publish(path, document)

    def withdraw(self, path: str) -> None:
        """Tell the client that there is nothing to say about a file any more."""
        if self._sent.pop(path, None) is not None:
            self._send({"uri": uri_of(path), "diagnostics": []})

    def _publish(self, path: str, document: Document | None) -> None:
        if not self.push:
            return
        diagnostics = self.diagnostics(path)
        version = document.version if document is not None else 0
        if document is None and not diagnostics:
            self.withdraw(path)
            return
        if self._sent.get(path) == (version, diagnostics):
            return
        self._sent[path] = (version, diagnostics)
        params: dict[str, Any] = {"uri": document.uri if document else uri_of(path), "diagnostics": diagnostics}
        if document is not None:
            params["version"] = version
        self._send(params)


def _modified(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=64)
def _index_on_disk(path: str, modified: float) -> LineIndex:
    try:
        return LineIndex(Path(path).read_bytes().decode("utf-8-sig", errors="replace"))
    except OSError:
        return LineIndex("")
