"""The text of NVIDIA's front end (in nvcc and NVRTC) and of the host's compiler, as diagnostics. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Severity

# x.cu(5): error: identifier "y" is undefined     x.cu(6): warning #177-D: ...     x.cu(5): error C2065: ... (cl)
HEAD = re.compile(
    r"(?P<file>\S.*?)\((?P<line>\d+)(?:,(?P<column>\d+))?\) ?: "
    r"(?P<kind>error|warning|remark|note|(?:catastrophic|fatal|internal) error)"
    r"(?: #?(?P<number>[A-Z]*\d+)(?:-D)?)?: (?P<message>.*)"
)
# x.cu:19:10: fatal error: nope.h: No such file or directory
HOST = re.compile(
    r"(?P<file>\S.*?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<kind>fatal error|error|warning|note): (?P<message>.*)"
)
# At end of source: error: expected a "}"
END_OF_SOURCE = re.compile(r"At end of source: (?P<kind>error|warning)(?: #?(?P<number>\d+)(?:-D)?)?: (?P<message>.*)")
CARET = re.compile(r"(\s*)\^\s*")
INSTANTIATED = re.compile(r"\bat line (\d+)(?: of \"?(.+?)\"?)?$")
ENDS = re.compile(r"Remark: |\d+ (?:catastrophic )?errors? detected|Compilation terminated|ptxas |nvcc ")
# How the host's preprocessor shows CUDA's own words, and characters that are not ASCII.
REWRITTEN = re.compile(
    r"__attribute__\(\((global|device|host|shared|constant|managed|noinline|grid_constant)\)\)|\\U([0-9a-fA-F]{8})"
)
WORDS = {"noinline": "__noinline__"}
GRAVITY = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.HINT, "remark": Severity.HINT}


@dataclass(frozen=True, slots=True)
class Context:
    """Where a template that is complained about was instantiated; `line` counts from 1, `file` "" for the same file."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `line` counts from 1; `column` from 0 in code points of `shown`, -1 where there is none.

    `shown` is the line as the compiler had it: macros expanded, comments gone; "" where it shows the file's own.
    `number` is the front end's ("177", "" for most errors). `fatal`: the compiler stopped there. At the end of the
    unit's own file `file` is "" and `line` 0.
    """

    file: str
    line: int
    severity: Severity
    message: str
    number: str = ""
    column: int = -1
    shown: str = ""
    host: bool = False
    fatal: bool = False
    notes: tuple[Diagnostic, ...] = ()
    contexts: tuple[Context, ...] = ()


def diagnostics(output: str) -> tuple[Diagnostic, ...]:
    """Every message with a place, in the order of the output, notes with what they belong to; each once."""
    found: dict[Diagnostic, None] = {}
    last: Diagnostic | None = None
    for one in _each(output.splitlines()):
        if one.severity is Severity.HINT:
            last = last and replace(last, notes=(*last.notes, one))
            continue
        if last is not None and _follows(one, last):
            continue
        if last is not None:
            found[last] = None
        last = one
    if last is not None:
        found[last] = None
    return tuple(found)


def _follows(one: Diagnostic, cause: Diagnostic) -> bool:
    """Whether a message only says where the front end went on after a word that it does not know ("__gloabl__")."""
    beside = (one.file, one.line, one.message) == (cause.file, cause.line, 'expected a ";"')
    return beside and cause.message.startswith("this declaration has no storage class")


def _each(lines: Sequence[str]) -> Iterator[Diagnostic]:
    at = 0
    while at < len(lines):
        head = HEAD.fullmatch(lines[at]) or END_OF_SOURCE.fullmatch(lines[at])
        host = HOST.fullmatch(lines[at]) if head is None else None
        at += 1
        match = head or host
        if match is None:
            continue
        end = _end(lines, at)
        if host is not None:
            yield _host(host)
        elif match.re is END_OF_SOURCE:
            yield Diagnostic("", 0, GRAVITY[match["kind"]], match["message"].strip(), match["number"] or "")
        elif match["kind"] != "remark":
            yield _front_end(match, lines[at:end])
        at = end


def _end(lines: Sequence[str], at: int) -> int:
    """Where what belongs to one message ends: at an empty line, the next message, or the summary."""
    while at < len(lines) and lines[at].strip() and not ENDS.match(lines[at]):
        if HEAD.fullmatch(lines[at]) or HOST.fullmatch(lines[at]):
            break
        at += 1
    return at


def _host(match: re.Match[str]) -> Diagnostic:
    kind = match["kind"]
    return Diagnostic(
        file=match["file"],
        line=int(match["line"]),
        severity=GRAVITY[kind.split()[-1]],
        message=match["message"].strip(),
        column=int(match["column"]) - 1 if match["column"] else -1,
        host=True,
        fatal=kind.startswith("fatal"),
    )


def _front_end(match: re.Match[str], body: Sequence[str]) -> Diagnostic:
    caret = next((n for n, line in enumerate(body) if n and CARET.fullmatch(line)), None)
    details = body[: caret - 1] if caret else ()
    shown, column = _normal(body[caret - 1][2:], len(body[caret].rstrip()) - 3) if caret else ("", -1)
    kind = match["kind"]
    return Diagnostic(
        file=match["file"],
        line=int(match["line"]),
        severity=GRAVITY[kind.split()[-1]],
        message=_joined([_unescaped(one.strip()) for one in (match["message"], *details)]),
        number=match["number"] or "",
        column=column,
        shown=shown,
        fatal=kind.startswith(("catastrophic", "fatal", "internal")),
        contexts=tuple(_contexts(body[caret + 1 :] if caret else ())),
    )


def _joined(parts: Sequence[str]) -> str:
    """A message and the lines that belong to it, as one line."""
    message = parts[0]
    for part in parts[1:]:
        message += (" " if message.endswith((":", ",")) or part.startswith("(") else "; ") + part
    return message


def _contexts(lines: Sequence[str]) -> Iterator[Context]:
    for line in lines:
        text = line.strip()
        match = INSTANTIATED.search(text)
        if match is not None:
            told = text[: match.start()].strip().removeprefix("detected during ")
            yield Context(match[2] or "", int(match[1]), told)


def _normal(shown: str, column: int) -> tuple[str, int]:
    """The line with CUDA's words as the user writes them; the column, which counts bytes, in its code points."""
    column = len(shown.encode("utf-8", "replace")[: max(column, 0)].decode("utf-8", "ignore"))
    parts: list[str] = []
    last, moved = 0, column
    for match in REWRITTEN.finditer(shown):
        new = _word(match)
        parts += (shown[last : match.start()], new)
        last = match.end()
        if last <= column:
            moved -= len(match[0]) - len(new)
        elif match.start() < column:
            moved -= column - match.start()
    return "".join((*parts, shown[last:])), moved


def _word(match: re.Match[str]) -> str:
    if match[2]:
        number = int(match[2], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "?"
    return WORDS.get(match[1], f"__{match[1]}__")


def _unescaped(message: str) -> str:
    """Names as the user wrote them: the front end quotes "\\u00e9" for é."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), message)
