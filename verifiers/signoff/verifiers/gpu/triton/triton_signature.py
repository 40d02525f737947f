"""With which types and constants a kernel is compiled: from a comment, annotations, launches, configurations, use.

Each choice is a Variant; what had to be guessed is named in it, as nothing that hangs on a guess may be reported.
Standard library only (triton_data).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from signoff.verifiers.gpu.triton import triton_parse, triton_values
from signoff.verifiers.gpu.triton.triton_calls import Argument, Host, Known, Site, Typed, bound
from signoff.verifiers.gpu.triton.triton_extract import Constexpr, Dtype, Function, Module, environment, is_triton
from signoff.verifiers.gpu.triton.triton_heuristics import computed
from signoff.verifiers.gpu.triton.triton_use import FLOAT_NAME, Use
from signoff.verifiers.gpu.triton.triton_values import Unknown, dotted

COMMENT = re.compile(r"#\s*signoff:\s*(.*)$")
ENTRY = re.compile(r"\s*(\w+)\s*:\s*([^,]+?)\s*(?:,|$)")
TYPE = re.compile(r"\*{0,2}k?(?:i1|u1|i8|i16|i32|i64|u8|u16|u32|u64|fp16|bf16|fp32|fp64|fp8\w+)")
TYPE_NAMES = {
    **{f"{kind}int{bits}": f"{sign}{bits}" for kind, sign in (("", "i"), ("u", "u")) for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"fp{bits}" for bits in (16, 32, 64)},
    "bfloat16": "bf16",
    "float": "fp32",
    "bool": "i1",
    "int1": "i1",
    "int": "i32",
}
# Guesses of a constexpr that nothing tells: as an extent, as the number of unrolled rounds.
EXTENT, ROUNDS = 32, 4
# And of one that is named like a small number (eps, scale).
SMALL = 0.0625
INT32 = 1 << 31
MOST_VARIANTS = 6
# Keywords of a launch that are Triton's own.
OPTIONS = ("num_warps", "num_stages", "num_ctas", "maxnreg")


@dataclass(frozen=True)
class Variant:
    """One way to compile a kernel. `types` has an entry a parameter ("constexpr" for those in `constants`).

    `odd` are integer parameters known not to be multiples of 16; `site` is the launch that it comes from.
    """

    types: dict[str, str]
    constants: dict[str, Any] = field(default_factory=dict)
    guessed_types: frozenset[str] = frozenset()
    guessed_values: frozenset[str] = frozenset()
    options: dict[str, int] = field(default_factory=dict)
    odd: frozenset[str] = frozenset()
    site: Site | None = None
    tuned: bool = False
    default: bool = False


class Unguessable(Exception):
    """A parameter has no value that would make sense (a function handed in as a constexpr)."""


@dataclass(frozen=True)
class Config:
    """One triton.Config: the constexprs that it sets, num_warps and its like; `whole` is False if unknown in part."""

    values: dict[str, Any]
    options: dict[str, int]
    whole: bool = True


@dataclass(frozen=True)
class Tuning:
    """What the decorators between a launch and the kernel supply. `closed` is False where one cannot be followed."""

    configs: tuple[Config, ...] = ()
    supplied: frozenset[str] = frozenset()
    closed: bool = True


def tuning(function: Function, module: Module) -> Tuning:
    """Reads autotune and heuristics."""
    names = module.triton_names()
    scope = {**environment(names), **module.constants}
    configs: tuple[Config, ...] = ()
    supplied: set[str] = set()
    closed = True
    for decorator in function.decorators:
        call = decorator if isinstance(decorator, ast.Call) else None
        if call is not None and is_triton(call.func, "triton.autotune", names):
            node = _argument(call, "configs", 0)
            configs, complete = _configs(node, scope, module)
            supplied |= {name for item in configs for name in item.values}
            closed = closed and complete
        elif call is not None and is_triton(call.func, "triton.heuristics", names):
            node = _argument(call, "values", 0)
            keys = [triton_values.known(key, scope) for key in node.keys] if isinstance(node, ast.Dict) else [None]
            supplied |= {key for key in keys if isinstance(key, str)}
            closed = closed and all(isinstance(key, str) for key in keys)
        else:
            closed = False
    return Tuning(configs, frozenset(supplied), closed)


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    given = next((item.value for item in call.keywords if item.arg == name), None)
    return given if given is not None else (call.args[position] if len(call.args) > position else None)


def _configs(node: ast.expr | None, scope: dict[str, Any], module: Module) -> tuple[tuple[Config, ...], bool]:
    """The configurations, and whether these are all."""
    if isinstance(node, ast.List):
        found = [_configs(item, scope, module) for item in node.elts]
        return tuple(one for items, _ in found for one in items), all(whole for _, whole in found)
    if isinstance(node, ast.ListComp):
        try:
            rounds = list(triton_values.scopes(node.generators, scope))
        except (Unknown, TypeError, ValueError):
            return (), False
        found = [_configs(node.elt, dict(names), module) for names in rounds]
        return tuple(one for items, _ in found for one in items), all(whole for _, whole in found)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _configs(node.left, scope, module), _configs(node.right, scope, module)
        return left[0] + right[0], left[1] and right[1]
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "Config":
        config = _config(node, scope)
        return ((config,), config.whole)
    return (), False


def _config(node: ast.Call, scope: dict[str, Any]) -> Config:
    values = triton_values.known(_argument(node, "kwargs", 0), scope)
    options = {item.arg: triton_values.known(item.value, scope) for item in node.keywords if item.arg in OPTIONS}
    numbers = {name: value for name, value in options.items() if isinstance(value, int)}
    for position, name in enumerate(("num_warps", "num_stages", "num_ctas"), start=1):
        value = triton_values.known(node.args[position], scope) if len(node.args) > position else None
        if isinstance(value, int):
            numbers[name] = value
    if not isinstance(values, dict):
        return Config({}, numbers, whole=False)
    return Config({str(name): value for name, value in values.items()}, numbers)


def comment(function: Function, text_lines: list[str]) -> dict[str, str]:
    """What `# signoff: x_ptr: *fp16, BLOCK: 1024` in the lines above the kernel says of its parameters."""
    first = min([function.node.lineno, *(item.lineno for item in function.node.decorator_list)])
    found: dict[str, str] = {}
    for number in range(first - 2, -1, -1):
        line = text_lines[number].strip() if number < len(text_lines) else ""
        if not line.startswith("#"):
            break
        match = COMMENT.match(line)
        if match:
            found = dict(ENTRY.findall(match[1])) | found
    return found


def variants(function: Function, module: Module, use: Use, sites: Iterable[Site]) -> tuple[Variant, ...]:
    """Every distinct way in which the file compiles the kernel, at most six; the first configuration of each.

    Raises Unguessable.
    """
    tuned = tuning(function, module)
    config = next((item for item in tuned.configs if item.whole), None)
    chooser = _Chooser(function, module, use, config)
    found = [chooser.variant(site) for site in sites] or [chooser.variant(None)]
    return distinct(found)[:MOST_VARIANTS]


def distinct(found: Iterable[Variant]) -> tuple[Variant, ...]:
    """Without those that compile to the same, the ones that rest on fewer guesses first."""
    kept: dict[str, Variant] = {}
    for item in found:
        kept.setdefault(repr((item.types, item.constants, item.options)), item)
    return tuple(sorted(kept.values(), key=lambda item: len(item.guessed_values) * 100 + len(item.guessed_types)))


def configured(variant: Variant, configs: Iterable[Config]) -> tuple[Variant, ...]:
    """The variant once for each whole configuration of an autotuned kernel."""
    found = []
    for config in configs:
        if config.whole:
            known = {name: value for name, value in config.values.items() if name in variant.types}
            types = {**variant.types, **dict.fromkeys(known, "constexpr")}
            options = {**variant.options, **config.options}
            constants = {**variant.constants, **known}
            guessed = variant.guessed_values - set(known)
            found.append(
                replace(variant, types=types, constants=constants, options=options, guessed_values=guessed, tuned=True)
            )
    return distinct(found)


class _Chooser:
    def __init__(self, function: Function, module: Module, use: Use, config: Config | None) -> None:
        self._function = function
        self._module = module
        self._use = use
        self._config = config
        self._comment = comment(function, triton_parse.lines(module.text))
        self._scope = {**environment(module.triton_names()), **module.constants}

    def variant(self, site: Site | None) -> Variant:
        host = Host(self._module, site.function if site else None)
        given = bound(site, self._function) if site else {}
        made = _Made(bool(site))
        for parameter in self._function.parameters:
            self._choose(parameter, given.get(parameter.arg), host, made)
        options = dict(self._config.options) if self._config else {}
        for name in OPTIONS:
            value = host.known(site.keywords[name].value) if site and name in site.keywords else None
            if isinstance(value, int) and (name != "num_warps" or (value > 0 and not value & (value - 1))):
                options[name] = value
        self._apply_heuristics(made)
        return made.variant(options, site)

    def _apply_heuristics(self, made: _Made) -> None:
        """In place of guesses, so that flags fit the arguments; they stay guesses, as the arguments may be."""
        guessed = {name: value for name, value in made.constants.items() if name in made.guessed_values}
        known = {name: value for name, value in made.constants.items() if name not in made.guessed_values}
        found = computed(self._function, self._module, made.types, {**known, **guessed})
        for name, value in found.items():
            if name in made.guessed_values:
                made.constant(name, value)

    def _choose(self, parameter: ast.arg, given: ast.expr | None, host: Host, made: _Made) -> None:
        name = parameter.arg
        constexpr = self._is_constexpr(parameter)
        if name in self._comment and self._commented(name, self._comment[name], constexpr, made):
            return
        annotated = "" if constexpr else self._annotated(parameter.annotation)
        if name in self._use.objects and not constexpr and not annotated:
            raise Unguessable(f"{name} is a tuple or a tensor descriptor, whose parts are not known")
        argument = host.argument(given) if given is not None else None
        if constexpr:
            self._constant(name, argument, made, given is not None)
        elif annotated and not (isinstance(argument, Known) and argument.value is None):
            made.types[name] = annotated
        else:
            self._runtime(name, argument, made)

    def _is_constexpr(self, parameter: ast.arg) -> bool:
        node = parameter.annotation
        text = ast.unparse(node) if node is not None else ""
        return "constexpr" in text

    def _annotated(self, node: ast.expr | None) -> str:
        """Triton's type that an annotation names, "" where it names none."""
        if node is None:
            return ""
        value = triton_values.known(node, self._scope)
        text = value.name if isinstance(value, Dtype) else value if isinstance(value, str) else ""
        if not text and isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "pointer_type":
            inner = triton_values.known(node.args[0] if node.args else None, self._scope)
            return f"*{TYPE_NAMES.get(inner.name, '')}" if isinstance(inner, Dtype) and inner.name in TYPE_NAMES else ""
        text = text.removeprefix("tl.")
        text = TYPE_NAMES.get(text, text)
        return text if TYPE.fullmatch(text) else ""

    def _commented(self, name: str, text: str, constexpr: bool, made: _Made) -> bool:
        text = TYPE_NAMES.get(text, text)
        if TYPE.fullmatch(text) and not constexpr:
            made.types[name] = text
            return True
        try:
            value = triton_values.evaluate(ast.parse(text, mode="eval").body, self._scope)
        except (SyntaxError, ValueError, Unknown):
            return False
        if constexpr:
            made.constant(name, value)
        else:
            self._runtime(name, Known(value), made)
        return True

    def _constant(self, name: str, argument: Argument, made: _Made, given: bool) -> None:
        if isinstance(argument, Known):
            made.constant(name, argument.value)
        elif self._config is not None and name in self._config.values and not given:
            made.constant(name, self._config.values[name])
        else:
            default = self._function.defaults.get(name)
            value = triton_values.known(default, self._scope) if default is not None and not given else None
            if value is not None:
                made.constant(name, value)
                made.default = True
            else:
                made.constant(name, self._guess(name))
                made.guessed_values.add(name)

    def _guess(self, name: str) -> Any:
        use = self._use
        if name in use.called:
            raise Unguessable(f"{name} is a function that the launch hands in")
        if use.strings.get(name):
            return use.strings[name][0]
        if name in use.types:
            return Dtype("float32")
        if name in use.unrolled:
            return ROUNDS
        if name in use.flags and name not in use.arithmetic and name not in use.shapes:
            return True
        if FLOAT_NAME.search(name.lower()) and name not in use.shapes:
            return SMALL
        return EXTENT

    def _runtime(self, name: str, argument: Argument, made: _Made) -> None:
        if isinstance(argument, Known):
            if self._literal(name, argument.value, made):
                return
        elif isinstance(argument, Typed) and argument.type != "*" and argument.type:
            made.types[name] = argument.type
            return
        elif isinstance(argument, Typed):
            made.types[name] = self._pointer(name)
            made.guessed_types.add(name)
            return
        default = triton_values.known(self._function.defaults.get(name), self._scope)
        if default is not None and not made.launched and self._literal(name, default, made):
            return
        made.guessed_types.add(name)
        made.types[name] = self._pointer(name) if name in self._use.pointers else self._scalar(name, default)

    def _scalar(self, name: str, default: Any) -> str:
        return "fp32" if isinstance(default, float) or FLOAT_NAME.search(name.lower()) else "i32"

    def _pointer(self, name: str) -> str:
        if name in self._use.masks:
            return "*i1"
        return "*i64" if name in self._use.indices else "*fp32"

    def _literal(self, name: str, value: Any, made: _Made) -> bool:
        """What the runtime makes of a Python value that is handed to a parameter that is no constexpr."""
        if value is None:
            made.constant(name, None)
        elif isinstance(value, bool):
            made.types[name] = "i1"
        elif isinstance(value, int):
            special = value == 1 and name not in self._plain()
            if special:
                made.constant(name, 1)
            else:
                made.types[name] = "i32" if -INT32 <= value < INT32 else "i64" if value < 1 << 63 else "u64"
                if value % 16:
                    made.odd.add(name)
        elif isinstance(value, float):
            made.types[name] = "fp32"
        else:
            return False
        return True

    def _plain(self) -> set[str]:
        """Parameters that are not specialised on their value."""
        listed = self._function.options.get("do_not_specialize") or ()
        names = [item.arg for item in self._function.parameters]
        return {names[item] if isinstance(item, int) and item < len(names) else str(item) for item in listed}


class _Made:
    """A variant in the making."""

    def __init__(self, launched: bool) -> None:
        self.launched = launched
        self.types: dict[str, str] = {}
        self.constants: dict[str, Any] = {}
        self.guessed_types: set[str] = set()
        self.guessed_values: set[str] = set()
        self.odd: set[str] = set()
        self.default = False

    def constant(self, name: str, value: Any) -> None:
        self.types[name] = "constexpr"
        self.constants[name] = value.value if isinstance(value, Constexpr) else value

    def variant(self, options: dict[str, int], site: Site | None) -> Variant:
        return Variant(
            self.types,
            self.constants,
            frozenset(self.guessed_types),
            frozenset(self.guessed_values),
            options,
            frozenset(self.odd),
            site,
            default=self.default,
        )
