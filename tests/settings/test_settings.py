"""Settings from any client: every accepted form, every refusal with its message, and no input that raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.lsp_server.settings import DEFAULTS, Settings, parse
from signoff.lsp_server.settings_values import camel, options

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = [option.name for option in options(DEFAULTS)]
GROUPS = sorted({name.rsplit(".", i)[0] for name in NAMES for i in (1, 2) if name.count(".") >= i})
KEYS = st.sampled_from([*NAMES, *GROUPS, "signoff", "slang", "enabled", "timeout", ""]) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


@given(JSON)
def test_no_json_value_makes_parse_raise(raw: object) -> None:
    settings, messages = parse(raw)
    assert isinstance(settings, Settings)
    assert all(isinstance(message, str) and "\n" not in message[:40] for message in messages)


@given(JSON)
def test_what_parse_accepts_it_gives_back_the_same(raw: object) -> None:
    settings, _ = parse(raw)
    dumped = {option.name: option.default for option in options(settings)}
    again, messages = parse(json.loads(json.dumps(dumped)))
    assert (again, messages) == (settings, ())


@pytest.mark.parametrize(
    "raw",
    [
        {"verifiers": {"slang": {"strict": True}}},
        {"verifiers.slang.strict": True},
        {"signoff.verifiers.slang.strict": True},
        {"signoff": {"verifiers": {"slang.strict": True}}},
        {"signoff": {"verifiers.slang": {"strict": True}}, "python": {"path": "x"}},
    ],
)
def test_every_way_of_nesting_is_read(raw: object) -> None:
    settings, messages = parse(raw)
    assert settings.verifiers.slang.strict
    assert messages == ()


def test_snake_case_and_camel_case_are_the_same_setting() -> None:
    for key in ("memory_limit_mb", "memoryLimitMb"):
        settings, messages = parse({"verifiers": {key: 1024}})
        assert (settings.verifiers.memory_limit_mb, messages) == (1024, ())


@pytest.mark.parametrize("nothing", [None, {}, [], {"signoff": None}, {"signoff": {}}, {"verifiers": None}])
def test_nothing_set_is_the_defaults_without_a_word(nothing: object) -> None:
    assert parse(nothing) == (DEFAULTS, ())


def test_lists_whole_floats_and_empty_lua_tables() -> None:
    raw = {"verifiers": {"memoryLimitMb": 512.0, "disabledCodes": {}, "verilator": {"arguments": ["-Wall"]}}}
    settings, messages = parse(raw)
    assert messages == ()
    assert settings.verifiers.memory_limit_mb == 512
    assert type(settings.verifiers.memory_limit_mb) is int
    assert settings.verifiers.disabled_codes == ()
    assert settings.verifiers.verilator.arguments == ("-Wall",)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"verifiers": {"slang": {"timeout": -3}}}, ("verifiers.slang.timeout", "-3", "at least 0.1", "using 20.0")),
        ({"verifiers": {"slang": {"timeout": float("nan")}}}, ("verifiers.slang.timeout", "nan", "using 20.0")),
        ({"verifiers": {"slang": {"enabled": 1}}}, ("verifiers.slang.enabled", "1", "true or false", "using true")),
        ({"verifiers": {"memoryLimitMb": 1.5}}, ("memoryLimitMb", "1.5", "whole number", "using 4096")),
        ({"verifiers": {"memoryLimitMb": True}}, ("memoryLimitMb", "true", "whole number", "using 4096")),
        ({"verifiers": {"disabledCodes": "A"}}, ("disabledCodes", '"A"', "list of texts", "using []")),
        ({"verifiers": {"disabledCodes": ["A", 1]}}, ("disabledCodes", "['A', 1]", "list of texts")),
        ({"server": {"logLevel": "loud"}}, ("server.logLevel", '"loud"', '"debug"', 'using "info"')),
        ({"server": {"port": 10**400}}, ("server.port", "from 0 to 65535", "using 0")),
        ({"verifiers": 7}, ("signoff.verifiers", "7", "not an object")),
        ("text", ("signoff", '"text"', "not an object")),
    ],
)
def test_a_bad_value_names_the_setting_the_value_the_allowed_ones_and_the_default(
    raw: object, words: tuple[str, ...]
) -> None:
    settings, messages = parse(raw)
    assert settings == DEFAULTS
    assert len(messages) == 1
    for word in words:
        assert word in messages[0]


def test_an_unknown_setting_is_told_with_the_nearest_known_one() -> None:
    settings, messages = parse({"verifiers": {"slag": {"strict": True}}, "verifiers.slang.strit": True})
    assert settings == DEFAULTS
    assert len(messages) == 2
    assert "signoff.verifiers.slang.strict?" in messages[1]


def test_one_bad_value_leaves_the_others_alone() -> None:
    settings, messages = parse({"verifiers": {"slang": {"strict": True, "timeout": "soon"}}})
    assert settings.verifiers.slang.strict
    assert settings.verifiers.slang.timeout == DEFAULTS.verifiers.slang.timeout
    assert len(messages) == 1


def test_a_later_layer_keeps_what_it_does_not_name() -> None:
    first, _ = parse({"trusted": True, "verifiers": {"slang": {"timeout": 5}}})
    second, messages = parse({"verifiers": {"slang": {"timeout": "x", "strict": True}}}, first)
    assert second.trusted
    assert second.verifiers.slang.timeout == 5
    assert second.verifiers.slang.strict
    assert "using 5.0" in messages[0]


def test_messages_stay_short_for_huge_and_deep_values() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    _, messages = parse({"verifiers": {"disabledCodes": deep, "memoryLimitMb": "x" * 10**6, "y" * 10**5: 1}})
    assert len(messages) == 3
    assert all(len(message) < 400 for message in messages)


def test_every_option_has_a_description_and_takes_its_own_default() -> None:
    for option in options(DEFAULTS):
        assert option.description.endswith((".", "?", ")")), option.name
        _, messages = parse({option.name: json.loads(json.dumps(option.default))})
        assert messages == ()


def test_camel() -> None:
    assert [camel(name) for name in ("path", "log_level", "memory_limit_mb")] == ["path", "logLevel", "memoryLimitMb"]
