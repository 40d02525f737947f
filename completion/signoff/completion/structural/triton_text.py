"""A Triton file by its tokens: kernels with their parameters, and what stands around a cursor. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.completion.structural.c_scope import split

_KERNEL = re.compile(
    r"^(?P<indent>[ \t]*)@(?:triton\.)?jit\b[^\n]*\n(?:[ \t]*(?:@|#)[^\n]*\n)*[ \t]*def\s+(?P<name>\w+)\s*\(",
    re.MULTILINE,
)
_TUNED = re.compile(r"@(?:triton\.)?(?:autotune|heuristics)\b")
_DEF = re.compile(r"^(?P<indent>[ \t]*)(?:async\s+)?def\s+(?P<name>\w+)\s*\(", re.MULTILINE)
_ASSIGNED = re.compile(r"^[ \t]*(?P<names>\w+(?:\s*,\s*\w+)*)\s*=(?!=)", re.MULTILINE)
_QUOTED = re.compile(
    r"\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|#[^\n]*|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A kernel's parameter; `constexpr` where it is one, `default` where it has one."""

    name: str
    constexpr: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class TritonKernel:
    """A kernel. `tuned` are the names that @triton.autotune or heuristics set, which a launch must not.

    `axes` is how many dimensions of the grid it asks for.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    tuned: frozenset[str] = frozenset()
    axes: int = 1
    body: str = ""


def blanked(text: str) -> str:
    """The text with blanks in place of comments and strings; every offset stays."""
    return _QUOTED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def kernels(text: str) -> list[TritonKernel]:
    """The kernels of a file, in their order."""
    code = blanked(text)
    found = []
    for match in _KERNEL.finditer(code):
        end = closing(code, match.end())
        if end is None:
            continue
        above = code.rfind("\n\n", 0, match.start()) + 1
        body = _body(code, end, match["indent"])
        axes = max((int(axis) + 1 for axis in re.findall(r"program_id\s*\(\s*(?:axis\s*=\s*)?(\d)", body)), default=1)
        tuned = _tuned(text[above : match.end()]) if _TUNED.search(code, above, match.end()) else frozenset()
        given = tuple(_parameter(one) for one in split(code[match.end() : end]) if one.strip() not in ("*", "/"))
        found.append(TritonKernel(match["name"], given, tuned, axes, body))
    return found


def closing(code: str, start: int) -> int | None:
    """Where the bracket is closed that was opened before `start`."""
    depth = 0
    for match in re.compile(r"[()\[\]{}]").finditer(code, start):
        depth += 1 if match[0] in "([{" else -1
        if depth < 0:
            return match.start()
    return None


def function_at(before: str) -> tuple[str, str, list[str]]:
    """(name, decorators, names that are known in it) of the function around the end of a text; "" outside of any."""
    code = blanked(before)
    line = before[before.rfind("\n") + 1 :]
    column = len(line) - len(line.lstrip())
    for match in reversed(list(_DEF.finditer(code))):
        if len(match["indent"]) < column or not column:
            end = closing(code, match.end())
            if end is None or not column:
                break
            names = [one.name for one in map(_parameter, split(code[match.end() : end]))]
            for given in _ASSIGNED.finditer(code, end):
                names += re.split(r"\s*,\s*", given["names"])
            above = code[: match.start()].rsplit("\n\n", 1)[-1]
            return match["name"], above, list(dict.fromkeys(name for name in names if name))
    return "", "", []


def _parameter(text: str) -> Parameter:
    head, _, default = text.partition("=")
    name, _, kind = head.partition(":")
    return Parameter(name.strip().lstrip("*"), "constexpr" in kind, default.strip())


def _body(code: str, end: int, indent: str) -> str:
    lines = []
    for line in code[code.find("\n", end) + 1 :].split("\n"):
        if line.strip() and not line.startswith(indent + " ") and not line.startswith(indent + "\t"):
            break
        lines.append(line)
    return "\n".join(lines)


def _tuned(decorators: str) -> frozenset[str]:
    """The names that configurations and heuristics give."""
    configs = re.findall(r"Config\s*\(\s*(?:kwargs\s*=\s*)?\{([^}]*)\}", decorators)
    heuristics = re.findall(r"heuristics\s*\(\s*(?:values\s*=\s*)?\{(.*?)\}\s*\)", decorators, re.DOTALL)
    return frozenset(name for part in (*configs, *heuristics) for name in re.findall(r"[\"'](\w+)[\"']\s*:", part))
