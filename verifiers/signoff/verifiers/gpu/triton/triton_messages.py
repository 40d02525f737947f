"""What Triton says, in plain words, and which of our codes it gets. Standard library only (triton_data)."""

from __future__ import annotations

import ast
import re

UNDEFINED = re.compile(r"^(\w+) is not defined$")
GLOBAL = re.compile(r"^Cannot access global variable (\w+) ")
MODULE_MEMBER = re.compile(r"^module '([\w.]+)' has no attribute '(\w+)'")
MEMBER = re.compile(r"^'(\w+)' object has no attribute '(\w+)'")
KEYWORD = re.compile(r"got an unexpected keyword argument '(\w+)'")
BINDING = re.compile(
    r"got an unexpected keyword argument|missing (a|\d+) required|takes \d+ positional|takes from \d+|"
    r"too many positional arguments|multiple values for argument"
)
REMOVED = re.compile(r"(?:has|have) been removed")
# What the API adds to arguments by itself: never the user's to give.
INTERNAL = re.compile(r" ?'?_(semantic|builder|generator)'?( and| or)?")
CODES = {
    "NameError": "TritonName",
    "AttributeError": "TritonAttribute",
    "TypeError": "TritonType",
    "IncompatibleTypeErrorImpl": "TritonType",
    "ValueError": "TritonValue",
    "AssertionError": "TritonType",
    "NotImplementedError": "TritonUnsupported",
    "UnsupportedLanguageConstruct": "TritonUnsupported",
    "CompileTimeAssertionFailure": "TritonAssertion",
    "CompilationError": "TritonValue",
}
UNSUPPORTED_NODE = re.compile(r"unsupported AST node type: (\w+)")
NODES = {
    "Try": "try/except",
    "Raise": "raise",
    "Break": "break",
    "Continue": "continue",
    "Lambda": "lambda",
    "Dict": "a dict",
    "Set": "a set",
    "DictComp": "a dict comprehension",
    "SetComp": "a set comprehension",
    "GeneratorExp": "a generator expression",
    "Global": "global",
    "Nonlocal": "nonlocal",
    "Delete": "del",
    "ClassDef": "a class",
    "Match": "match",
    "Starred": "a starred expression",
}
LOOPS = re.compile(r"Only `range` and `static_range` iterators")
PLACES = {
    "For": "a for loop in a Triton kernel runs over range(), tl.range() or tl.static_range(), and nothing else",
    "With": "with in a Triton kernel takes the call of a context manager of Triton's",
}
PYTHON_BUILTINS = frozenset(
    (
        *("sum", "abs", "any", "all", "zip", "enumerate", "map", "filter", "sorted", "reversed", "pow", "round"),
        *("divmod", "tuple", "set", "dict"),
    )
)


def unread(kind: str, message: str) -> bool:
    """Whether Triton stumbled over Python that it does not expect: it asks a syntax node for what that lacks."""
    method = MEMBER.match(message)
    return kind == "AttributeError" and method is not None and issubclass(getattr(ast, method[1], object), ast.AST)


def code(kind: str, message: str) -> str:
    """Our code for an exception of the front end, "" for one that is Triton's own failure."""
    if unread(kind, message) or LOOPS.match(message):
        return "TritonUnsupported"
    if kind == "NameError" and GLOBAL.match(message):
        return "TritonGlobal"
    if kind == "TypeError" and BINDING.search(message):
        return "TritonArgument"
    if kind == "ValueError" and "constexpr" in message:
        return "TritonConstexpr"
    return CODES.get(kind, "")


def text(kind: str, message: str, call: str = "", node: str = "") -> str:
    """The message as it is shown; `call` is the function called at the place, as the user writes it, `node` its kind.

    `node` is the name of a class of Python's ast ("For").
    """
    said = " ".join(INTERNAL.sub("", message).split())
    if unread(kind, said) or LOOPS.match(said):
        what = PLACES.get(node, "")
        return what or "Triton's compiler cannot read this: it expects another kind of expression here"
    for make in (_name, _member, _node, _operation):
        better = make(kind, said, call)
        if better:
            return better
    return _sentence(said) or f"Triton refuses this ({kind})"


def _name(kind: str, said: str, call: str) -> str:
    undefined, variable = UNDEFINED.match(said), GLOBAL.match(said)
    if variable:
        name = variable[1]
        return (
            f"Triton kernels cannot read the global variable {name} unless it is a constexpr: "
            f"write {name} = tl.constexpr(...), or hand it in as an argument"
        )
    if undefined and undefined[1] in PYTHON_BUILTINS:
        return f"{undefined[1]}: Triton kernels cannot call this function of Python's; see triton.language for its like"
    return f"{undefined[1]} is not defined" if undefined else ""


def _member(kind: str, said: str, call: str) -> str:
    member, method = MODULE_MEMBER.match(said), MEMBER.match(said)
    if member:
        module = member[1].replace("triton.language", "tl")
        return f"{module} has no {member[2]}"
    if method:
        return f"a {method[1]} has no {method[2]}"
    return ""


def _node(kind: str, said: str, call: str) -> str:
    node = UNSUPPORTED_NODE.search(said)
    if not node:
        return ""
    return f"Triton kernels cannot contain {NODES.get(node[1], node[1])}"


def _operation(kind: str, said: str, call: str) -> str:
    if kind == "CompileTimeAssertionFailure":
        return f"static_assert fails: {said}" if said else "static_assert fails"
    return f"{call}: {_sentence(said)}" if call and said and BINDING.search(said) and call not in said else ""


def _sentence(said: str) -> str:
    return said[:1].lower() + said[1:] if said[:2].istitle() and not said[:4].isupper() else said
