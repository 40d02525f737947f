"""Files named like Verilog that are something else: what would be said of them as Verilog means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from signoff.verifiers.finding import Finding, Severity, Span

CODE = "NotVerilog"
# Bytes at addresses: objcopy and SREC tools call this format "verilog", after $readmemh, and name its files .v.
_IMAGE = re.compile(r"\s*@[0-9A-Fa-f]{1,16}\s+[0-9A-Fa-f]{2,16}\b")
# Yosys' own dialect: a cell of its library, named without the backslash that Verilog asks for.
_MAP = re.compile(r"^[ \t]*module[ \t]+\$\w", re.MULTILINE)
# Mako's and Jinja's control lines.
_TEMPLATE = re.compile(r"^[ \t]*(?:%[ \t]*(?:if|for|endif|endfor)\b|<%|\{%)", re.MULTILINE)
_KINDS = (
    (_MAP, "a technology map for Yosys"),
    (_TEMPLATE, "a template from which Verilog is made"),
)


@lru_cache(maxsize=64)
def kind(text: str) -> str:
    """What a text is that is no Verilog, in words; "" for Verilog, faulty or not."""
    if _IMAGE.match(text):
        return "a memory image"
    return next((words for pattern, words in _KINDS if pattern.search(text)), "")


def without_foreign(findings: Iterable[Finding], text: Callable[[str], str], tell: bool) -> list[Finding]:
    """The findings without those about files with errors that are no Verilog; one line says so where `tell`."""
    found = list(findings)
    faulty = {item.path for item in found if item.severity is Severity.ERROR}
    kinds = {path: words for path in sorted(faulty) if (words := kind(text(path)))}
    kept = [item for item in found if item.path not in kinds]
    return kept + [_line(path, words) for path, words in kinds.items()] if tell else kept


def _line(path: str, words: str) -> Finding:
    message = f"Not checked, as this is {words}, not Verilog"
    return Finding(path, Span(0, 0, 0, 1), Severity.INFORMATION, CODE, message, "slang")
