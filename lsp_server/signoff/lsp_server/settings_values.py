"""Dataclasses of settings as a list of options, and JSON values as their fields' types. Pure, knows no setting."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: `name` is dotted camelCase (verifiers.slang.timeout), `schema` what JSON schema adds to the type."""

    name: str
    kind: Any
    default: object
    description: str
    schema: Mapping[str, Any]


def camel(name: str) -> str:
    """memory_limit_mb as memoryLimitMb."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def options(settings: Any, prefix: str = "") -> tuple[Option, ...]:
    """Every option of an instance of a settings dataclass, nested ones included; its values are the defaults."""
    hints = typing.get_type_hints(type(settings))
    found: list[Option] = []
    for item in fields(settings):
        name, value = prefix + camel(item.name), getattr(settings, item.name)
        if is_dataclass(value):
            found += options(value, name + ".")
        else:
            description, schema = item.metadata.get("description", ""), item.metadata.get("schema", {})
            found.append(Option(name, hints[item.name], value, description, schema))
    return tuple(found)


def with_values(settings: T, values: Mapping[str, object], prefix: str = "") -> T:
    """The settings with the named options set; options that are not named keep their value."""
    changes: dict[str, Any] = {}
    for item in fields(settings):  # type: ignore[arg-type]
        name, value = prefix + camel(item.name), getattr(settings, item.name)
        if is_dataclass(value):
            changes[item.name] = with_values(value, values, name + ".")
        elif name in values:
            changes[item.name] = values[name]
    return replace(settings, **changes)  # type: ignore[type-var]


def allowed(option: Option) -> str:
    """What an option takes, in words: "a number of at least 0.1"."""
    schema = option.schema
    if "enum" in schema:
        return "one of " + ", ".join(f'"{value}"' for value in schema["enum"])
    words = _KIND_WORDS[_base(option.kind)[0]]
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{words} from {low} to {high}"
    if low is not None:
        return f"{words} of at least {low}"
    return f"{words} of at most {high}" if high is not None else words


def convert(option: Option, value: object) -> object:
    """A JSON value as the option's Python value. Raises ValueError where the option does not take it."""
    kind, optional = _base(option.kind)
    if value is None and optional:
        return None
    result = _CONVERTERS[kind](value)
    schema = option.schema
    if "enum" in schema and result not in schema["enum"]:
        raise ValueError("not one of the choices")
    if kind in (int, float) and not schema.get("minimum", -math.inf) <= result <= schema.get("maximum", math.inf):
        raise ValueError("out of range")
    return result


def json_schema(option: Option) -> dict[str, Any]:
    """The option as a property of a JSON schema, with its description and default."""
    kind, optional = _base(option.kind)
    schema: dict[str, Any] = {"type": [_JSON_TYPES[kind], "null"] if optional else _JSON_TYPES[kind]}
    if kind is tuple:
        schema["items"] = {"type": "string"}
    if kind is dict:
        schema["additionalProperties"] = {"type": "string"}
    default = list(option.default) if isinstance(option.default, tuple) else option.default
    return {**schema, "default": default, "markdownDescription": option.description, **option.schema}


def _base(kind: Any) -> tuple[type, bool]:
    """(bool | int | float | str | tuple | dict, whether None is allowed) of an annotation."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (part for part in typing.get_args(kind) if part is not types.NoneType)
        return _base(inner)[0], True
    if origin is typing.Literal:
        return str, False
    return (origin or kind), False


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not a boolean")
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("too large") from error
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _int(value: object) -> int:
    # Clients written in Lua or JavaScript may send 100 as 100.0.
    number = _float(value)
    if not number.is_integer():
        raise ValueError("not whole")
    return int(number)


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        # An empty Lua table is written as an empty JSON object.
        if value == {}:
            return ()
        raise ValueError("not a list")
    return tuple(_str(item) for item in value)


def _string_map(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        if value == []:
            return {}
        raise ValueError("not an object")
    return {_str(key): _str(item) for key, item in value.items()}


_CONVERTERS: dict[type, typing.Callable[[object], Any]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    tuple: _strings,
    dict: _string_map,
}
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", tuple: "array", dict: "object"}
_KIND_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list of texts",
    dict: "an object of texts",
}
