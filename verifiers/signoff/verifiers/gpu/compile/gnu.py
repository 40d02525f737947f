"""C++ as GNU's compiler has it: nvcc, whose host compiler that is, takes it in device code, and NVRTC does not.

What differs was found by compiling each extension with NVRTC and nvcc 13.0. Code with one is no error of the user's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from signoff.verifiers.gpu.compile import blank
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic

# As long as what it stands for.
STAND_IN = "SIGNOFFN"
DRIVER = re.compile(r"\b__NVCC__\b")
# Options that let NVRTC read the harmless ones; GCC and clang let `register` stand with a warning.
OPTIONS = (
    f"-D{STAND_IN}=1",
    "-D__asm__=asm",
    "-Dregister=",
    *(("--device-int128",) if sys.platform == "linux" else ()),
)
# Words that NVRTC takes for names.
WORDS = frozenset(("typeof",))
SAYS = re.compile(r"expected (?:an? expression|a \"[:;)]\")")
# A value in parentheses and braces, "a ?: b", "case 1 ... 5".
SYNTAX = re.compile(r"\(\s*\{|\?\s*:|\bcase\b[^:\"']*\.\.\.")
LITERAL = re.compile(r"(?:[=(),?:]|\breturn)\s*\(\s*(?:struct\s+)?[A-Za-z_]\w*\s*\)\s*\{")
# The end of "f(int x)" before a body, where "(type)" before braces would be a literal.
PARAMETERS = re.compile(r"([A-Za-z_]\w*)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*$")
# extern "C"__global__ void k(): with no blank between, C++11 reads the literal's suffix.
SUFFIX = re.compile(r"[ \t](\"C(?:\+\+)?\")(?=__\w+__\b)")
WORD = re.compile(r"[A-Za-z_]\w*")


def macros(texts: Iterable[str]) -> frozenset[str]:
    """The macros of these texts that make such code."""
    return blank.macros_with(texts, lambda body: bool(SYNTAX.search(body) or LITERAL.search(body)))


def as_nvcc(text: str) -> str:
    """The text with the blank behind "C" that GNU's compiler does without, and __NVCC__ as nvcc defines it.

    Every other column stays. Defined for all, __NVCC__ would turn the toolkit's headers from NVRTC; who asks for
    __CUDACC_RTC__, too, knows how to tell them apart.
    """
    text = SUFFIX.sub(r"\1 ", text)
    return text if "__CUDACC_RTC__" in text else DRIVER.sub(STAND_IN, text)


def extension(diagnostic: Diagnostic, makers: frozenset[str]) -> bool:
    """Whether a syntax error may come of an extension that stands on its line; `makers` are macros()."""
    line, column = diagnostic.shown, max(diagnostic.column, 0)
    if SAYS.match(diagnostic.message) and (_literal(line, column) or SYNTAX.search(line)):
        return True
    return not makers.isdisjoint(WORD.findall(line))


def _literal(line: str, column: int) -> bool:
    """Whether what stands at a column may be the braces of "(type){...}"."""
    before = line[:column].rstrip()
    if not line[column:].startswith("{") or not before.endswith(")"):
        return False
    function = PARAMETERS.search(before)
    return function is None or function[1] in ("return", "sizeof")
