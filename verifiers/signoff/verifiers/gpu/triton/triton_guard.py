"""What a kernel may reach while Triton interprets it: Triton's language and nothing else.

Triton's front end evaluates attributes and calls whatever they lead to, in the compiler's own process. Only what it
offers to kernels may be reached from one: `tl.core.os.system(...)` would run at once. Two walls: refusal() reads the
text before anything is compiled, and Guard watches the objects that the front end really meets.
"""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any

# Names by which a text could reach an attribute that it does not spell out, or run text. Triton's front end knows only
# getattr and hasattr of them.
FORBIDDEN = frozenset(
    ("getattr", "hasattr", "setattr", "delattr", "eval", "exec", "compile", "open", "globals", "locals", "breakpoint")
)
# str.format reads attributes that its text names.
METHODS = frozenset({"format", "format_map", "handle", "fn", "run", "warmup", "preload"})
PACKAGE = "triton.language"
# Declarations without a body: the front end puts the target's own in their place.
STUBS = "triton.language.extra.libdevice"
# Plain functions of the language that kernels do use. By name, one by one: another of them (str_to_ty) runs its text.
HELPERS = frozenset(((f"{PACKAGE}.core", "get_int_dtype"),))
# The modules that triton_build makes of the workspace's are called so; they hold nothing but what may be bound.
OURS = "signoff kernels"
# What the front end itself hands to kernels of Python's own.
PLAIN = (int, float, bool, str, tuple, type(None))
BUILTINS = (len, list, range, float, int, isinstance)
ROOT = frozenset({"cdiv", "next_power_of_2", "language"})


class Refused(BaseException):
    """The kernel reaches for something outside Triton's language. Not an Exception: Triton must not wrap it."""


def refusal(node: ast.AST) -> str:
    """Why a function must not be handed to the front end, "" where nothing speaks against it."""
    for item in ast.walk(node):
        name = ""
        if isinstance(item, ast.Attribute):
            name = item.attr if item.attr.startswith("__") or item.attr in METHODS else ""
        elif isinstance(item, ast.Name):
            name = item.id if item.id in FORBIDDEN or item.id.startswith("__") else ""
        elif isinstance(item, (ast.Import, ast.ImportFrom)):
            name = "import"
        elif isinstance(item, (ast.Await, ast.Yield, ast.YieldFrom)):
            name = type(item).__name__.lower()
        if name:
            return f"it uses {name}, which leads out of Triton's language"
    return ""


class _Evaluated(ast.expr):
    """An expression whose value is there already."""

    _fields = ()

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Guard:
    """Watches every attribute and call that Triton's front end evaluates in this process."""

    def __init__(self, generator: Any, language: Any, callables: tuple[type, ...], root: Any) -> None:
        """`generator` is Triton's CodeGenerator, `language` and `root` its modules, `callables` its jit functions'."""
        self._language = language
        self._callables = callables
        self._tools = tuple(getattr(root, name, None) for name in ROOT)
        self._install(generator)

    def _install(self, generator: Any) -> None:
        guard, original, call = self, generator.visit_Attribute, generator.call_Function

        def visit_attribute(self: Any, node: ast.Attribute) -> Any:
            owner = self.visit(node.value)
            guard.check_attribute(owner, node.attr)
            known = ast.copy_location(ast.Attribute(_Evaluated(owner), node.attr, node.ctx), node)
            return original(self, known)

        def call_function(self: Any, node: ast.AST, fn: Any, args: Any, kws: Any) -> Any:
            guard.check_call(fn)
            return call(self, node, fn, args, kws)

        generator.visit__Evaluated = lambda self, node: node.value
        generator.visit_Attribute = visit_attribute
        generator.call_Function = call_function

    def check_attribute(self, owner: Any, name: str) -> None:
        """Raises Refused where `owner`.`name` is not Triton's to give."""
        owner = self._plain(owner)
        if name.startswith("__") or name in METHODS or isinstance(owner, self._callables):
            raise Refused(f"it reads {name} of {_name(owner)}")
        if inspect.ismodule(owner):
            self._check_member(owner, name)
        elif not self._readable(owner):
            raise Refused(f"it reads {name} of {_name(owner)}")

    def _readable(self, owner: Any) -> bool:
        """Whether a value's attributes are harmless: Triton's own, and those of numbers, texts and tuples."""
        if inspect.isroutine(owner):
            return False
        return self._own(owner) if inspect.isclass(owner) else self._own(type(owner)) or type(owner) in PLAIN

    def _check_member(self, module: ModuleType, name: str) -> None:
        if module.__name__ == OURS:
            return
        if module.__name__ == "triton":
            if name not in ROOT and hasattr(module, name):
                raise Refused(f"it reads triton.{name}, which kernels have no use for")
            return
        if not _within(module.__name__):
            raise Refused(f"it reads {name} of the module {module.__name__}")
        member = getattr(module, name, None)
        if inspect.ismodule(member) and not _within(member.__name__):
            raise Refused(f"it reaches the module {member.__name__}")
        if callable(member) and not self._offered(member):
            raise Refused(f"it reaches {name} of {module.__name__}, which is not made for kernels")

    def may_bind(self, value: Any) -> bool:
        """Whether a kernel's namespace may hold this."""
        if inspect.ismodule(value):
            return value.__name__ == "triton" or _within(value.__name__)
        return not callable(value) or self._offered(value)

    def check_call(self, function: Any) -> None:
        """Raises Refused where a kernel may not call `function`."""
        function = self._plain(function)
        owner = getattr(function, "__self__", None)
        method = owner is not None and not isinstance(owner, ModuleType)
        if not method and not self._offered(function) and not any(function is item for item in BUILTINS):
            raise Refused(f"it calls {_name(function)}")

    def _offered(self, member: Any) -> bool:
        """Whether a callable is made for kernels: a builtin of the language, a jit function, a type of it."""
        if (
            any(member is item for item in self._tools)
            or isinstance(member, self._callables)
            or getattr(member, "__triton_builtin__", False)
        ):
            return True
        if type(member).__name__ in ("BoundJITMethod", "BoundConstexprFunction"):
            return True
        if inspect.isfunction(member) and (member.__module__, member.__name__) in HELPERS:
            return True
        if inspect.isfunction(member) and member.__module__ == STUBS:
            return True
        kind = member if inspect.isclass(member) else type(member)
        return self._own(kind) or _is_method(member)

    def _own(self, kind: type) -> bool:
        return (kind.__module__ or "").startswith(PACKAGE)

    def _plain(self, value: Any) -> Any:
        while isinstance(value, self._language.constexpr):
            value = value.value
        return value


def _within(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def _is_method(member: Any) -> bool:
    """A method that was read off a value (check_attribute has let it through)."""
    return inspect.ismethod(member) or (inspect.isbuiltin(member) and not inspect.ismodule(member.__self__))


def _name(value: Any) -> str:
    return getattr(value, "__name__", None) or type(value).__name__
