"""True texts made wrong in one way each, as models get them wrong. What must be refused, by the kind of fault. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.completion import nesting

WORDS = """
    if else for while do return int void float double char bool unsigned signed long short struct const static auto
    sizeof switch case break continue default begin end assign wire reg logic input output inout module endmodule
    always always_ff always_comb posedge negedge endcase initial parameter localparam in not and or None True False
    def import from as is lambda with pass yield true false nullptr extern typedef enum union this new delete unique
    priority casez casex inside int8_t uint8_t uint16_t uint32_t uint64_t size_t signed genvar integer
"""
KEYWORDS = frozenset(WORDS.split())
NAME = re.compile(r"(?<![\w.'`$\"#])[A-Za-z_]\w{2,}\b(?!\s*')")
CALL = re.compile(r"(?<![\w.])([A-Za-z_]\w+)(\s*\()")
PORT = re.compile(r"\.([A-Za-z_]\w*)(\s*\()")
MEMBER = re.compile(r"(?:->|\.)([A-Za-z_]\w*)\b(?!\s*\()")
LAUNCH = re.compile(r"(<<<\s*)([^,>]+)(,\s*)([^,>]+)")


def mutants(text: str, language: str) -> Iterator[tuple[str, str]]:
    """(kind of fault, the text with it)."""
    code = _masked(text, language)
    for kind, pattern, group in (("unknown function", CALL, 1), ("unknown member", MEMBER, 1)):
        if kind == "unknown member" and language in nesting.VERILOG:
            continue
        found = next((match for match in pattern.finditer(code) if match[group] not in KEYWORDS), None)
        if found is not None and not (kind == "unknown function" and language in nesting.VERILOG):
            yield kind, text[: found.end(group)] + "_Zq" + text[found.end(group) :]
    port = PORT.search(code) if language in nesting.VERILOG else None
    if port is not None:
        yield "wrong port", text[: port.end(1)] + "_zq" + text[port.end(1) :]
    names = [match for match in NAME.finditer(code) if match[0] not in KEYWORDS and _used(code, match, language)]
    if names:
        last = names[-1]
        yield "unknown name", text[: last.start()] + "zq_" + text[last.start() :]
    closers = [mark for mark in nesting.marks(text, language) if mark.closes]
    if closers:
        yield "missing closer", text[: closers[-1].start] + text[closers[-1].end :]
    if text.rstrip().endswith(";") and language not in nesting.PYTHON:
        yield "statement cut off", text.rstrip()[:-1].rstrip() + " +"
    launch = LAUNCH.search(text)
    if launch is not None:
        yield "illegal block", text[: launch.start(4)] + "4096" + text[launch.end(4) :]
    arguments = _first_call(code, language)
    if arguments is not None:
        start, end = arguments
        yield "wrong number of arguments", f"{text[:start]}{text[start:end]}, 1, 2, 3, 4, 5, 6, 7{text[end:]}"


def _masked(text: str, language: str) -> str:
    """The text with blanks for comments and strings."""
    out = list(text)
    for token in nesting.tokens(text, language):
        if token[0][0] in "\"'/#" and not (token[0][0] == "#" and language not in nesting.PYTHON):
            out[token.start() : token.end()] = " " * len(token[0])
    return "".join(out)


def _used(code: str, match: re.Match[str], language: str) -> bool:
    """Whether a name is used there and not declared, a label, a keyword argument or a type's name before one."""
    after, before = code[match.end() :].lstrip(), code[: match.start()].rstrip()
    if re.match(r"[A-Za-z_(:]|<(?!=)|=(?!=)", after) or before.endswith(("->", ".", "::", "goto", "struct")):
        return False
    declared = re.search(r"[\w>*&\]]\s*$", before) and not re.search(
        r"\b(?:return|else|case|in|not|and|or)\s*$", before
    )
    return not (declared and language not in nesting.PYTHON)


def _first_call(code: str, language: str) -> tuple[int, int] | None:
    """Where the arguments of the first call stand; None in HDL, where calls are few."""
    if language in nesting.VERILOG:
        return None
    for match in CALL.finditer(code):
        if match[1] in KEYWORDS or match[1].isupper() or "printf" in match[1]:
            continue
        depth = 0
        for at in range(match.end() - 1, len(code)):
            depth += (code[at] in "([{") - (code[at] in ")]}")
            if depth == 0:
                inner = code[match.end() : at]
                return (match.end(), at) if inner.strip() else None
    return None
