"""The headers of a document that define what is to be defined otherwise: a -D gives way to them.

Their text with other values stands in for the files, as an open document's does: nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from signoff.completion.conditions import Values
from signoff.verifiers.gpu.compile.unit_files import Files, closure
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

_DEFINES = r"^([ \t]*#[ \t]*)define([ \t]+)({names})\b(?!\()(?:[^\n\\]|\\\r?\n|\\.)*?(?=\r?$|[ \t]*/[/*])"


def rewritten(snapshot: Snapshot, project: Project, values: Values, compared: Collection[str]) -> tuple[Snapshot, ...]:
    """The headers that a document includes, directly or not, and that define one of the names, with its value.

    `compared` are the names whose value matters; where a name has only to be defined, what it is defined as stays.
    Reads files, so call it in a thread.
    """
    wanted = {name: value for name, value in values.items() if value is None or name in compared}
    unit = project.unit
    if unit is None or not wanted:
        return ()
    texts = {buffer.path: buffer.text for buffer in project.buffers if buffer.path} | {snapshot.path: snapshot.text}
    files = Files(texts, unit)
    main = unit.source or snapshot.path
    found = closure(files, main, files.text(main) or "")
    open_ones = {buffer.path: buffer for buffer in project.buffers}
    changed = {path: _with_values(text, wanted) for path, text in found.items() if path != snapshot.path}
    return tuple(
        Snapshot(_uri(path, open_ones), path, snapshot.language, 0, text)
        for path, text in changed.items()
        if text != found[path]
    )


def _with_values(text: str, values: Values) -> str:
    mine = [name for name in values if name in text]
    if not mine:
        return text

    def replaced(match: re.Match[str]) -> str:
        value, lines = values[match[3]], "\\\n" * match[0].count("\n")
        if _is_default(text, match):
            return match[0]
        return (
            f"{match[1]}undef {match[3]} {lines}" if value is None else f"{match[1]}define {match[3]} {value} {lines}"
        )

    return re.sub(_DEFINES.format(names="|".join(map(re.escape, mine))), replaced, text, flags=re.MULTILINE)


def _is_default(text: str, match: re.Match[str]) -> bool:
    """Whether a definition is only for where there is none: it gives way, and may guard its file."""
    above = text[: match.start()].rstrip().rpartition("\n")[2]
    return re.match(rf"[ \t]*#[ \t]*(?:ifndef\s+|if\s*!\s*defined[\s(]+){match[3]}\b", above) is not None


def _uri(path: str, open_ones: Mapping[str, Snapshot]) -> str:
    return open_ones[path].uri if path in open_ones else Path(path).as_uri()
