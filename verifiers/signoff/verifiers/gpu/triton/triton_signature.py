"""With which types and constants a kernel is compiled: from a comment, annotations, launches, configurations, use.

Each choice is a Variant; what had to be guessed is named in it, as nothing that hangs on a guess may be reported.
Standard library only (triton_data).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from signoff.verifiers.gpu.triton import triton_comments, triton_parse, triton_values
from signoff.verifiers.gpu.triton.triton_calls import Argument, Host, Known, Site, Typed, bound
from signoff.verifiers.gpu.triton.triton_comments import TYPE, TYPE_NAMES
from signoff.verifiers.gpu.triton.triton_extract import Constexpr, Dtype, Function, Module, environment
from signoff.verifiers.gpu.triton.triton_heuristics import computed
from signoff.verifiers.gpu.triton.triton_tuning import OPTIONS, Config, accepted, tuning
from signoff.verifiers.gpu.triton.triton_use import FLOAT_NAME, Use
from signoff.verifiers.gpu.triton.triton_values import dotted

# Guesses of a constexpr that nothing tells: as an extent, as the number of unrolled rounds.
EXTENT, ROUNDS = 32, 4
# And of one that is named like a small number (eps, scale).
SMALL = 0.0625
INT32 = 1 << 31
MOST_VARIANTS = 6


@dataclass(frozen=True)
class Variant:
    """One way to compile a kernel. `types` has an entry a parameter ("constexpr" for those in `constants`).

    `odd` are integer parameters known not to be multiples of 16; `site` is the launch that it comes from.
    `set_by_config` is what the configuration of an autotuned kernel sets, `tuned` True for all but the first.
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
    set_by_config: dict[str, Any] = field(default_factory=dict)


class Unguessable(Exception):
    """A parameter has no value that would make sense (a function handed in as a constexpr)."""


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
            options = {**variant.options, **config.usable}
            constants = {**variant.constants, **known}
            guessed = variant.guessed_values - set(known)
            found.append(
                replace(
                    variant,
                    types=types,
                    constants=constants,
                    options=options,
                    guessed_values=guessed,
                    tuned=True,
                    set_by_config=config.values,
                )
            )
    return distinct(found)


class _Chooser:
    def __init__(self, function: Function, module: Module, use: Use, config: Config | None) -> None:
        self._function = function
        self._module = module
        self._use = use
        self._config = config
        self._comment = triton_comments.said(function, triton_parse.lines(module.text))
        self._scope = {**environment(module.triton_names()), **module.constants}

    def variant(self, site: Site | None) -> Variant:
        host = Host(self._module, site.function if site else None)
        given = bound(site, self._function) if site else {}
        made = _Made(bool(site))
        for parameter in self._function.parameters:
            self._choose(parameter, given.get(parameter.arg), host, made)
        options = dict(self._config.usable) if self._config else {}
        for name in OPTIONS:
            value = host.known(site.keywords[name].value) if site and name in site.keywords else None
            if isinstance(value, int) and accepted(name, value):
                options[name] = value
        self._apply_heuristics(made)
        values = self._config.values if self._config else {}
        return replace(made.variant(options, site), set_by_config=values)

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
        constexpr = triton_comments.is_constexpr(parameter)
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
        found = triton_comments.read(text, self._scope)
        if found is None:
            return False
        if constexpr:
            made.constant(name, found.value)
        else:
            self._runtime(name, Known(found.value), made)
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
