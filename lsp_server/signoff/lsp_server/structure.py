"""Outlines and folds as the protocol sends them: plain JSON, in the client's own position units.

Made in a worker process, JSON and all: tree-sitter's binding holds the interpreter's lock while it parses (0.13 s in a
file of 20,000 lines), and thousands of symbols take as long again. So nothing here imports lsprotocol, which would keep
the worker from starting fast.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from signoff.lsp_server.encoding import range_json
from signoff.verifiers.hdl.facts import SymbolKind
from signoff.verifiers.hdl.folding import Fold, folds
from signoff.verifiers.hdl.outline import OutlineSymbol, outline
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

log = logging.getLogger(__name__)

ENGINE = Engine("signoff.lsp_server.structure:StructureEngine", idle_seconds=300.0, memory_limit_mb=2048)
KEY = "structure"
SECONDS = 10.0
# The protocol's SymbolKind. It knows no hardware: the icon that is nearest.
ICONS = {
    SymbolKind.MODULE: 2,  # Module
    SymbolKind.INTERFACE: 11,  # Interface
    SymbolKind.PACKAGE: 4,  # Package
    SymbolKind.CLASS: 5,  # Class
    SymbolKind.PORT: 8,  # Field
    SymbolKind.PARAMETER: 14,  # Constant
    SymbolKind.LOCALPARAM: 14,
    SymbolKind.TYPE_PARAMETER: 26,  # TypeParameter
    SymbolKind.NET: 13,  # Variable
    SymbolKind.VARIABLE: 13,
    SymbolKind.GENVAR: 13,
    SymbolKind.INSTANCE: 19,  # Object
    SymbolKind.FUNCTION: 12,  # Function
    SymbolKind.TASK: 12,
    SymbolKind.TYPEDEF: 23,  # Struct
    SymbolKind.ENUM_VALUE: 22,  # EnumMember
    SymbolKind.MODPORT: 11,
    SymbolKind.BLOCK: 3,  # Namespace
}


class Structure:
    """Asks the worker; where it does not answer in time, there is no outline and nothing folds."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def outline(self, text: str, encoding: str) -> list[dict[str, Any]]:
        """The DocumentSymbols of a text."""
        return await self._ask("outline", text, encoding)

    async def flat(self, text: str, encoding: str, uri: str) -> list[dict[str, Any]]:
        """The same as SymbolInformation, for clients that know no hierarchy."""
        return await self._ask("flat", text, encoding, uri)

    async def folds(self, text: str) -> list[dict[str, Any]]:
        """The FoldingRanges of a text."""
        return await self._ask("folds", text)

    async def _ask(self, method: str, *arguments: str) -> list[dict[str, Any]]:
        try:
            return list(await self._pool.call(ENGINE, KEY, method, *arguments, timeout=SECONDS))
        except (WorkerCrashed, WorkerTimeout, EngineError) as error:
            log.warning("no %s: %s", method, error)
            return []


class StructureEngine:
    """The worker's side."""

    def outline(self, text: str, encoding: str) -> list[dict[str, Any]]:
        """See Structure.outline."""
        index = LineIndex(text)
        return [_symbol(symbol, index, encoding) for symbol in outline(text)]

    def flat(self, text: str, encoding: str, uri: str) -> list[dict[str, Any]]:
        """See Structure.flat."""
        return _flat(outline(text), uri, LineIndex(text), encoding, "")

    def folds(self, text: str) -> list[dict[str, Any]]:
        """See Structure.folds."""
        return [_fold(fold) for fold in folds(text)]


def _symbol(symbol: OutlineSymbol, index: LineIndex, encoding: str) -> dict[str, Any]:
    return {
        "name": symbol.name,
        "kind": ICONS[symbol.kind],
        "detail": symbol.detail,
        "range": range_json(symbol.span, index, encoding),
        "selectionRange": range_json(symbol.name_span, index, encoding),
        "children": [_symbol(child, index, encoding) for child in symbol.children],
    }


def _flat(
    symbols: Iterable[OutlineSymbol], uri: str, index: LineIndex, encoding: str, container: str
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for symbol in symbols:
        location = {"uri": uri, "range": range_json(symbol.span, index, encoding)}
        found.append(
            {"name": symbol.name, "kind": ICONS[symbol.kind], "location": location, "containerName": container}
        )
        found += _flat(symbol.children, uri, index, encoding, symbol.name)
    return found


def _fold(fold: Fold) -> dict[str, Any]:
    plain: dict[str, Any] = {"startLine": fold.start_line, "endLine": fold.end_line}
    return {**plain, "kind": fold.kind.value} if fold.kind else plain
