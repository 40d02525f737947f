"""What the cursor's statement names, from its text as it is half written: a lexer's view. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from signoff.completion.context import Hole
from signoff.verifiers.hdl.index import KEYWORDS

# Characters before the cursor that most statements take; what a long one may take; and what is looked at after it.
BEFORE, LONG, AFTER = 3_000, 24_000, 3_000
MAX_NAMES = 40
_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|`?[A-Za-z_][\w$]*(?:::(?:[A-Za-z_][\w$]*)?)*|\d[\w']*|'\w+|\S",
    re.DOTALL,
)
_NAME = re.compile(r"`?[A-Za-z_]")
_TYPED = re.compile(r"`|[A-Za-z_]")
_BOUNDS = frozenset(
    {"begin", "end", "else", "endmodule", "endcase", "endfunction", "endtask", "endpackage", "endinterface",
     "endgenerate", "generate", "fork", "join", "join_any", "join_none", "endclass", "endproperty", "endsequence", ";",
     "initial", "final", "always_comb", "always_latch"}
)  # fmt: skip
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor is. `typed` is the name that ends at the cursor, `owner` what it is a member of.

    `module` and `instance` are those of an instantiation around the cursor, `parameters` whether it is in the list
    of parameters, `connected` what is connected there already, `port` the connection that the cursor is inside of.
    `call` is the function whose arguments are being written. `names` are those of the statement, and of the case
    statement around it, the nearest first.
    """

    names: tuple[str, ...] = ()
    typed: str = ""
    owner: str = ""
    module: str = ""
    instance: str = ""
    parameters: bool = False
    connected: frozenset[str] = frozenset()
    port: str = ""
    call: str = ""


def place_of(hole: Hole) -> Place:
    """The place of a hole in Verilog or SystemVerilog."""
    text = hole.prefix[-BEFORE:]
    tokens = _tokens(text)
    start = _statement(tokens)
    if not start and len(text) < len(hole.prefix):
        tokens = _tokens(hole.prefix[-LONG:])
    typed = tokens.pop() if tokens and _TYPED.match(tokens[-1]) and text.endswith(tokens[-1]) else ""
    owner = _owner(tokens, typed)
    if "::" in typed:
        typed = typed.rpartition("::")[2]
    start = _statement(tokens)
    statement, after = tokens[start:], _tokens(hole.suffix[:AFTER])
    found = _instantiation(statement, after)
    rest = _tokens(hole.suffix[: _line_end(hole.suffix)])
    # What other connections of an instance name is of no use to this one.
    named = _tokens(hole.line_prefix)[: -1 if typed else None] if found else statement
    names = [*reversed(named), *rest, *_case(tokens[:start])]
    used = [name for name in dict.fromkeys(names) if _NAME.match(name) and name not in KEYWORDS]
    place = found or Place(call=_call(statement))
    return _with(place, tuple(used[:MAX_NAMES]), typed, owner, statement)


def _with(place: Place, names: tuple[str, ...], typed: str, owner: str, statement: Sequence[str]) -> Place:
    # A module's name alone in its statement is the beginning of an instantiation.
    module = place.module or (typed if typed and not statement and not typed.startswith("`") else "")
    if not module and not typed and len(statement) == 1 and _is_name(statement[0]):
        module = statement[0]
    return Place(names, typed, owner, module, place.instance, place.parameters, place.connected, place.port, place.call)


def _tokens(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if not token.startswith(("//", "/*", '"'))]


def _line_end(text: str) -> int:
    end = text.find("\n")
    return end if end >= 0 else len(text)


def _is_name(token: str) -> bool:
    return _NAME.match(token) is not None and token not in KEYWORDS


def _owner(tokens: list[str], typed: str) -> str:
    """What stands before the "." or "::" at the cursor; an index in between is left out."""
    if "::" in typed:
        return typed.rpartition("::")[0]
    if not tokens or tokens[-1] != ".":
        return ""
    at = len(tokens) - 2
    while at >= 0 and tokens[at] == "]":
        at = _opener(tokens, at) - 1
    chain = [tokens[at]] if at >= 0 and _is_name(tokens[at]) else []
    while chain and at >= 2 and tokens[at - 1] == "." and _is_name(tokens[at - 2]):
        at -= 2
        chain.append(tokens[at])
    return chain[-1] if chain else ""


def _opener(tokens: Sequence[str], closer: int) -> int:
    """The place of the bracket that the one at `closer` closes; -1 where it has none."""
    depth = 0
    for at in range(closer, -1, -1):
        if tokens[at] in _CLOSERS:
            depth += 1
        elif tokens[at] in _OPENERS:
            depth -= 1
            if not depth:
                return at
    return -1


def _statement(tokens: Sequence[str]) -> int:
    """Where the statement begins that the last token is in."""
    at = len(tokens) - 1
    while at >= 0:
        token = tokens[at]
        if token in _CLOSERS:
            opener = _opener(tokens, at)
            if opener < 0:
                return at + 1
            at = opener - 1
            continue
        if token in _BOUNDS:
            return at + 1
        at -= 1
    return 0


def _instantiation(statement: Sequence[str], after: Sequence[str]) -> Place | None:
    """The instantiation whose list of ports or parameters is open at the end of the statement."""
    opened = _open(statement)
    for number, at in enumerate(opened):
        head = statement[:at]
        module, instance, parameters = _head(head)
        if module:
            inner = statement[at + 1 :]
            deeper = opened[number + 1 :]
            port = statement[deeper[0] - 1] if deeper and statement[deeper[0]] == "(" else ""
            names = {*_connected(inner), *_connected(_to_closer(after, len(deeper)))} - {""}
            return Place(module=module, instance=instance, parameters=parameters, connected=frozenset(names), port=port)
    return None


def _open(tokens: Sequence[str]) -> list[int]:
    """The places of the brackets that are still open, the outermost first."""
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token in _OPENERS:
            stack.append(at)
        elif token in _CLOSERS and stack:
            stack.pop()
    return stack


def _head(head: Sequence[str]) -> tuple[str, str, bool]:
    """(module, instance, in its parameters) of the tokens before an open "("."""
    if len(head) >= 2 and head[-1] == "#" and _is_name(head[-2]):
        return head[-2], "", True
    if not head or not _is_name(head[-1]):
        if head and head[-1] == "]" and (opener := _opener(head, len(head) - 1)) > 0:
            return _head(head[:opener])
        return "", "", False
    before = head[:-1]
    if before and before[-1] == ")":
        opener = _opener(before, len(before) - 1)
        if opener >= 2 and before[opener - 1] == "#" and _is_name(before[opener - 2]):
            return before[opener - 2], head[-1], False
        return "", "", False
    if before and _is_name(before[-1]) and not before[-1].startswith("`"):
        return before[-1], head[-1], False
    return "", "", False


def _connected(tokens: Sequence[str]) -> list[str]:
    """The names behind a "." outside of any bracket."""
    depth, found = 0, []
    for at, token in enumerate(tokens):
        depth += (token in _OPENERS) - (token in _CLOSERS)
        if token == "." and not depth and at + 1 < len(tokens) and _is_name(tokens[at + 1]):
            found.append(tokens[at + 1])
    return found


def _to_closer(tokens: Sequence[str], depth: int) -> Sequence[str]:
    """The tokens up to the end of the list that the cursor is in, `depth` brackets further out."""
    begin = 0 if not depth else len(tokens)
    for at, token in enumerate(tokens):
        if token == ";":
            return tokens[begin:at]
        depth += (token in _OPENERS) - (token in _CLOSERS)
        if depth < 0:
            return tokens[begin:at]
        if depth == 1 and begin > at and token == "." and (not at or tokens[at - 1] == ","):
            # The connection at the cursor has no closer yet: the next one begins here.
            begin, depth = at, 0
        if not depth and begin > at:
            begin = at + 1
    return tokens[begin:]


def _call(statement: Sequence[str]) -> str:
    """The name before the innermost open "(", where that is a call's."""
    opened = _open(statement)
    if opened and statement[opened[-1]] == "(" and opened[-1] > 0 and _is_name(statement[opened[-1] - 1]):
        return statement[opened[-1] - 1]
    return ""


def _case(tokens: Sequence[str]) -> list[str]:
    """What the innermost open case statement is about: its items are values of that."""
    depth = 0
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at] == "endcase":
            depth += 1
        elif tokens[at] in ("case", "casez", "casex"):
            if not depth:
                end = next((place for place in range(at, len(tokens)) if tokens[place] == ")"), len(tokens))
                return list(tokens[at + 1 : end])
            depth -= 1
    return []
