"""Whether a verifier reads a place at all: a text that it accepts there is spoilt, and it must say so. Pure.

A condition of the preprocessor may leave a place out, or a header is not part of what was compiled; slang passes over
names where a generate condition is false, Triton over kernels that it cannot compile.
"""

from __future__ import annotations

import re
from functools import lru_cache

from signoff.completion import balance, nesting
from signoff.completion.context import Hole
from signoff.verifiers.finding import Outcome, Severity
from signoff.verifiers.hdl.index import KEYWORDS

# The grammar does not have this, whatever stands around it.
_HDL = " ) ] ; endtable ) "
# So much of a C function tells it from others.
FUNCTION = 300
_NAME = re.compile(r"[A-Za-z_][\w$]*\Z")
_STRANGE = "_signoff_probe"
_ALIAS = re.compile(r"^[ \t]*import triton\.language as (\w+)", re.MULTILINE)
_UNBOUND = f"a{_STRANGE}"
_WRONG = f" localparam a{_STRANGE} = b{_STRANGE};"
_UNIT = re.compile(r"\s*(?:`[^\n]*\s+)*(?:module|macromodule|interface|package|program|primitive|class)\b")
_DECLARES = re.compile(
    r"\s*(?:wire|reg|logic|bit|byte|int|integer|real|time|tri\w*|localparam|parameter|genvar|typedef|signed|var|import)\b"
)
# Each begins with plain letters: what is searched for so takes a tenth of the time.
_SCENE_HDL = re.compile(r"\n[ \t]*(?:`(?:if|el|end)|(?:end)?(?:module|generate)\b)[^\n]*|begin(?<!\wbegin)\s*:[^\n]*")
_SCENE_C = re.compile(r"\n[ \t]*#[ \t]*(?:if|el|end)[^\n]*")


def spoilt(text: str, hole: Hole, verifier: str) -> str:
    """The text with what no compiler that reads it accepts; "" where it is not asked whether it is read."""
    if verifier == "slang" and _UNIT.match(text):
        return _HDL + text  # another name for a module is as good
    if verifier == "slang" and (other := _renamed(text)) != text:
        return other
    if hole.language in nesting.PYTHON:
        return _python(text, hole) if verifier == "triton" else ""
    if hole.language in nesting.VERILOG:
        return _HDL + text if hole.conditions else ""
    # In front: it may end in a comment. A name, as of a template that nothing uses NVRTC reads the letters only.
    return f"{_UNBOUND} + {text}" if hole.line_prefix.strip() else f"t{_STRANGE} {_UNBOUND}; {text}"


def of_letters(spoilt: str) -> bool:
    """Whether a spoilt text shows only that the place is parsed: that holds for texts without any name alone."""
    return spoilt.startswith(_HDL)


def _python(text: str, hole: Hole) -> str:
    """Something that triton.language does not have, in a line before the text or in an expression with it.

    A name that is not bound would not do: Triton looks for all of a kernel's names before it compiles any line.
    """
    alias = _ALIAS.search(hole.prefix)
    unknown = f"{alias[1] if alias else 'tl'}.{_UNBOUND}"
    return f"{unknown} + {text}" if hole.line_prefix.strip() else f"{unknown}\n{hole.line_prefix}{text}"


def scene(hole: Hole) -> str:
    """What decides whether the hole is read: equal ones are read alike, so that not every key asks anew."""
    if hole.language in nesting.PYTHON:
        # A value known at compile time may leave out any line.
        return str(hash(hole.prefix[: len(hole.prefix) - len(hole.line_prefix)]))
    verilog = hole.language in nesting.VERILOG
    above = "".join(_conditions(piece, verilog) for piece in balance.pieces(hole.prefix))
    if verilog:
        return f"{hole.conditions}{above}"
    function = hole.prefix[hole.prefix.rfind("\n}") + 1 :]
    return f"{above}\n{function[:FUNCTION]}"


@lru_cache(maxsize=balance.PIECES)
def _conditions(piece: str, verilog: bool) -> str:
    """The lines of whole ones that a place below them may be left out by, each after a line end."""
    text = f"\n{piece}"
    found = (_SCENE_HDL if verilog else _SCENE_C).finditer(text)
    return "".join(text[text.rfind("\n", 0, match.start() + 1) : match.end()] for match in found)


def _renamed(text: str) -> str:
    """A Verilog text with every name as one that nobody has declared; where it only declares, with one more that
    does so wrongly."""
    pieces, last = list[str](), 0
    for token in nesting.tokens(text, "systemverilog"):
        special = text[max(token.start() - 1, 0) : token.start()] in ("'", "`")
        if _NAME.match(token[0]) and token[0] not in KEYWORDS and not special:
            pieces += (text[last : token.end()], _STRANGE)
            last = token.end()
    other = "".join((*pieces, text[last:]))
    return f"{other}{_WRONG}" if _DECLARES.match(text) else other


def noticed(accepted: Outcome, answer: Outcome) -> bool:
    """Whether the verifier says of the spoilt text what it did not say of the one it has accepted."""
    return bool(_errors(answer) - _errors(accepted))


def _errors(outcome: Outcome) -> set[tuple[str, str, int]]:
    errors = (row for row in outcome.findings if row.severity is Severity.ERROR)
    return {(row.path, row.message, row.span.start_line) for row in errors}
