"""What is generated from the settings is what lies in the repository."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from signoff.lsp_server.settings import DEFAULTS
from signoff.lsp_server.settings_schema import (
    CHECKOUT,
    MANIFEST,
    REFERENCE,
    configuration,
    is_restricted,
    manifest,
    reference,
    stale,
    user_options,
)
from signoff.lsp_server.settings_values import options


def test_the_generated_files_are_up_to_date() -> None:
    assert stale(CHECKOUT) == (), "run python -m signoff.lsp_server.settings_schema --write"


def test_stale_files_are_found_and_written(tmp_path: Path) -> None:
    for path in (MANIFEST, REFERENCE):
        (tmp_path / path).parent.mkdir(parents=True)
        shutil.copy(CHECKOUT / path, tmp_path / path)
    (tmp_path / REFERENCE).write_text("old", "utf-8")
    data = json.loads((tmp_path / MANIFEST).read_text("utf-8"))
    data["contributes"]["configuration"] = []
    (tmp_path / MANIFEST).write_text(json.dumps(data), "utf-8")
    assert set(stale(tmp_path)) == {MANIFEST, REFERENCE}
    stale(tmp_path, write=True)
    assert stale(tmp_path) == ()


def test_every_option_but_the_trust_is_in_the_manifest_and_the_reference() -> None:
    names = {f"signoff.{option.name}" for option in options(DEFAULTS)} - {"signoff.trusted"}
    properties = {name for group in configuration() for name in group["properties"]}
    assert properties == names
    assert names <= set(re.findall(r"`(signoff\.[\w.]+)`", reference()))


def test_properties_are_json_schema_of_the_fields() -> None:
    properties = {name: schema for group in configuration() for name, schema in group["properties"].items()}
    assert properties["signoff.verifiers.slang.enabled"]["type"] == "boolean"
    assert (
        properties["signoff.verifiers.slang.timeout"] | {"minimum": 0.1, "default": 20.0}
        == (properties["signoff.verifiers.slang.timeout"])
    )
    assert properties["signoff.verifiers.disabledCodes"]["items"] == {"type": "string"}
    assert properties["signoff.server.logLevel"]["enum"] == ["error", "warning", "info", "debug"]


def test_an_untrusted_workspace_may_not_say_what_is_run() -> None:
    restricted = json.loads(manifest((CHECKOUT / MANIFEST).read_text("utf-8")))["capabilities"]["untrustedWorkspaces"]
    assert restricted["supported"] == "limited"
    wanted = {"signoff.server.path", "signoff.verifiers.verilator.path", "signoff.verifiers.yosys.path"}
    wanted |= {"signoff.verifiers.verilator.arguments"}
    assert wanted <= set(restricted["restrictedConfigurations"])


def test_what_names_a_program_or_an_address_is_restricted() -> None:
    """A guard for settings to come: free text whose description speaks of a path, URL or command must be restricted."""
    words = re.compile(r"\b(path|url|command line|arguments? for|environment variable)\b", re.IGNORECASE)
    free = [option for option in user_options() if "enum" not in option.schema]
    assert [option.name for option in free if words.search(option.description) and not is_restricted(option)] == []
