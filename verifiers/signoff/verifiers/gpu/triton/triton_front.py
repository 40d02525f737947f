"""Triton's compiler, stage by stage, and where what it refuses lies. Only for the engine's process."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import io
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import triton
import triton.language as tl
from triton._C.libtriton import ir
from triton.backends.compiler import GPUTarget
from triton.compiler import code_generator
from triton.compiler.compiler import ASTSource, make_backend
from triton.compiler.errors import CompilationError, CompileTimeAssertionFailure, UnsupportedLanguageConstruct
from triton.runtime import jit as runtime_jit
from triton.runtime.autotuner import Autotuner

from signoff.verifiers.gpu.triton import triton_guard
from signoff.verifiers.gpu.triton.triton_build import Builder, real
from signoff.verifiers.gpu.triton.triton_extract import Function
from signoff.verifiers.gpu.triton.triton_signature import Variant

WARP = 32
# The runtime finds a tensor's address and most extents to be multiples of this many bytes or elements.
ALIGNED = 16
CALLABLE = getattr(runtime_jit, "JITCallable", runtime_jit.JITFunction)
GUARD = triton_guard.Guard(code_generator.CodeGenerator, tl, (CALLABLE, runtime_jit.JITFunction), triton)


@dataclass(frozen=True)
class Step:
    """One level of an error: the function it lies in (None: Triton's own library) and the node there."""

    function: Function | None
    node: ast.AST


@dataclass(frozen=True)
class Error:
    """What the front end refused: the exception that began it, its message, and the way to it from the kernel."""

    kind: str
    message: str
    steps: tuple[Step, ...]
    expected: bool = True


def targets(names: tuple[str, ...]) -> list[int]:
    """The numbers of architectures ("sm_90" is 90)."""
    return [int(name.removeprefix("sm_")) for name in names]


class Compilation:
    """One kernel on its way through the stages. Raises what Triton raises."""

    def __init__(self, made: Any, variant: Variant, arch: int) -> None:
        self.target = GPUTarget("cuda", arch, WARP)
        self.backend = make_backend(self.target)
        self.options = self.backend.parse_options(dict(variant.options))
        self.source = ASTSource(made, *_signature(made, variant))
        self.metadata: dict[str, Any] = {"target": self.target, **self.options.__dict__}
        self.module: Any = None

    def front(self) -> None:
        """To Triton's own intermediate representation."""
        context = ir.context()
        ir.load_dialects(context)
        self.backend.load_dialects(context)
        given = {
            "target": self.target,
            "options": self.options,
            "codegen_fns": self.backend.get_codegen_implementation(self.options),
            "module_map": self.backend.get_module_map(),
            "context": context,
        }
        wanted = inspect.signature(self.source.make_ir).parameters
        with quiet():
            self.module = self.source.make_ir(**{name: given[name] for name in wanted})

    def back(self, last: str, said: io.StringIO | None = None) -> Any:
        """On to the stage `last` ("llir", "cubin"); its result. What Triton prints meanwhile goes to `said`."""
        stages: dict[str, Any] = {}
        more = (self.source.language,) if len(inspect.signature(self.backend.add_stages).parameters) > 2 else ()
        self.backend.add_stages(stages, self.options, *more)
        with quiet(said):
            for name, stage in stages.items():
                self.module = stage(self.module, self.metadata)
                if name == last:
                    break
        return self.module


def _signature(made: Any, variant: Variant) -> tuple[dict[str, str], dict[Any, Any], dict[Any, Any]]:
    """(types, constants, attributes) as the runtime would hand them to the compiler."""
    names = list(made.arg_names)
    plain = {param.name for param in made.params if param.do_not_specialize or param.do_not_specialize_on_alignment}
    types = {name: variant.types[name] for name in names}
    constants = {(names.index(name),): real(value) for name, value in variant.constants.items() if name in names}
    aligned = [name for name in names if _alignable(types[name]) and name not in variant.odd and name not in plain]
    return types, constants, {(names.index(name),): [["tt.divisibility", ALIGNED]] for name in aligned}


def _alignable(kind: str) -> bool:
    return kind.startswith("*") or kind in ("i32", "i64", "u32", "u64")


@contextlib.contextmanager
def quiet(said: io.StringIO | None = None) -> Iterator[None]:
    """Without the warnings and prints of kernels that are compiled: nobody reads them here."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(said or io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def error(found: Exception, builder: Builder) -> Error:
    """What an exception of the front end means."""
    steps: list[Step] = []
    deepest: BaseException = found
    while isinstance(deepest, CompilationError):
        steps.append(Step(builder.of_source(deepest.src), deepest.node))
        if not isinstance(deepest.__cause__, CompilationError):
            break
        deepest = deepest.__cause__
    kind, message = _said(deepest)
    return Error(kind, message, tuple(steps), expected=isinstance(found, CompilationError))


def _said(deepest: BaseException) -> tuple[str, str]:
    """(name of the exception that began it, its message)."""
    if not isinstance(deepest, CompilationError):
        return type(deepest).__name__, str(deepest)
    if isinstance(deepest, (UnsupportedLanguageConstruct, CompileTimeAssertionFailure)):
        return type(deepest).__name__, str(deepest.error_message or "")
    origin = deepest.__cause__ or deepest.__context__
    while isinstance(origin, CompilationError):
        origin = origin.__cause__ or origin.__context__
    if origin is None:
        return "CompilationError", str(deepest.error_message or "")
    return type(origin).__name__, str(origin) or str(deepest.error_message or "")


def option_names() -> frozenset[str]:
    """The keywords that a launch takes beside the kernel's parameters, on any backend of this Triton."""
    found = {"grid", "warmup", "stream", "device", "device_type"}
    for name in ("nvidia", "amd"):
        module = sys.modules.get(f"triton.backends.{name}.compiler")
        for kind in vars(module).values() if module else ():
            if inspect.isclass(kind) and kind.__name__.endswith("Options"):
                found |= set(getattr(kind, "__dataclass_fields__", ()))
    return frozenset(found)


@functools.cache
def strict_tuning() -> bool:
    """Whether this Triton's autotuner raises for a name in `key` that is no parameter."""
    try:
        Autotuner(lambda: None, [], [], ["x"], None, None)
    except ValueError:
        return True
    return False
