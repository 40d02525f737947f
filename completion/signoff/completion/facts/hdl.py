"""Exact context for Verilog and SystemVerilog: the interfaces of the modules that the document names."""

from __future__ import annotations

import re

from signoff.completion.context import Hole
from signoff.completion.passage import Passage
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot


class HdlFacts:
    """Asks slang, which knows the whole design."""

    def __init__(self, slang: Slang) -> None:
        self.languages = frozenset(slang.languages)
        self._slang = slang

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """See ContextSource."""
        from signoff.verifiers.hdl.facts import interface

        scope = await self._slang.scope(snapshot, project, hole.line, hole.column)
        # In the order of their names, so that the prompt's beginning stays the same from key to key.
        named = [module for module in scope.modules if re.search(rf"\b{re.escape(module.name)}\b", snapshot.text)]
        named.sort(key=lambda module: module.name)
        return tuple(Passage("", interface(module), why=f"ports of {module.name}") for module in named)
