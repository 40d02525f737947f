"""The plain text of a Verilator too old for SARIF, read into findings."""

from __future__ import annotations

import re

from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl.columns import place
from signoff.verifiers.hdl.verilator_codes import code_of, is_summary, severity_of
from signoff.verifiers.hdl.verilator_sarif import HELP, NOWHERE, Names, details, message

# %Warning-WIDTH: /a/b.v:3:14: Operator ASSIGN expects ...
HEAD = re.compile(
    r"^%(?P<level>Error|Warning)(-(?P<code>\w+))?: ((?P<path>.+?):(?P<line>\d+):((?P<column>\d+):)? )?(?P<text>.*)$"
)
# The continuation: "  : ... In instance top", "  ... Suggest ...".
MORE = re.compile(r"^\s+(?::\s)?(\.\.\. .*)$")
EXCERPT = re.compile(r"^\s*\d+ \| ?(.*)$")


def parse(data: bytes, names: Names) -> tuple[Finding, ...]:
    """The findings of what Verilator wrote to standard error."""
    blocks: list[list[str]] = []
    for line in data.decode("utf-8", "replace").splitlines():
        if line.startswith("%"):
            blocks.append([line])
        elif blocks:
            blocks[-1].append(line)
    found = (_finding(block, names) for block in blocks)
    return tuple(dict.fromkeys(finding for finding in found if finding is not None))


def _finding(block: list[str], names: Names) -> Finding | None:
    head = HEAD.match(block[0])
    if head is None or is_summary(head["text"]):
        return None
    more = [
        match[1].replace("... In instance", "... note: In instance") for line in block if (match := MORE.match(line))
    ]
    text = "\n".join((head["text"], *more))
    named = head["code"] or ""
    code = named or code_of(text)
    path = names.path(head["path"] or NOWHERE)
    line = max(int(head["line"] or 1) - 1, 0)
    shown = next((match[1] for part in block if (match := EXCERPT.match(part))), "")
    column = int(head["column"] or 1) - 1
    return Finding(
        path=path,
        span=place(names.line(path, line), shown, line, column, column + 1),
        severity=severity_of(code, text, head["level"] == "Error"),
        code=code,
        message=message(text),
        tool="verilator",
        help_url=HELP.format(code=named) if named else "",
        data=details(text),
    )
