"""The metadata of GGUF files: of our own making, damaged in every place, and of the downloaded model."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from signoff.completion import fim
from signoff.completion.model import detect, gguf, weights

MODEL = weights.path_of(weights.catalogue()[0])


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def built(*tokens: str, version: int = 3) -> bytes:
    rows = [
        text("general.architecture") + struct.pack("<I", 8) + text("qwen2"),
        text("general.name") + struct.pack("<I", 8) + text("Tiny 日本"),
        text("qwen2.context_length") + struct.pack("<II", 4, 2048),
        text("tokenizer.ggml.scores") + struct.pack("<IIQ3f", 9, 6, 3, 1, 2, 3),
        text("tokenizer.ggml.merges") + struct.pack("<IIQ", 9, 8, 1) + text("a b"),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(tokens)) + b"".join(map(text, tokens)),
        text("general.flag") + struct.pack("<I?", 7, True),
    ]
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(rows)) + b"".join(rows)


@pytest.mark.parametrize("version", [2, 3])
def test_name_vocabulary_and_context_are_read(tmp_path: Path, version: int) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(built("a", "<|fim_prefix|>", version=version))
    assert gguf.read(file) == gguf.Metadata("Tiny 日本", frozenset({"a", "<|fim_prefix|>"}), 2048)


def test_a_file_that_ends_anywhere_too_early_is_told(tmp_path: Path) -> None:
    whole = built("a", "b")
    for length in range(len(whole)):
        file = tmp_path / f"{length}.gguf"
        file.write_bytes(whole[:length])
        with pytest.raises(gguf.NotGguf):
            gguf.read(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a wheel",
        built(version=1),
        built(version=0x03000000),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 60),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("x") + struct.pack("<IIQ", 9, 8, 1 << 60),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("x") + struct.pack("<I", 77),
    ],
)
def test_what_is_no_such_file_is_told_and_takes_no_memory(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(content)
    with pytest.raises(gguf.NotGguf):
        gguf.read(file)


@pytest.mark.model
@pytest.mark.tool
@pytest.mark.skipif(not MODEL.is_file(), reason="needs `signoff model pull`")
def test_the_downloaded_model_holds_each_token_of_its_family() -> None:
    known = gguf.read(MODEL)
    family = fim.get("qwen")
    assert family is not None
    assert set(family.markers) <= known.tokens
    assert known.context_tokens == 32768
    assert detect.find_in(MODEL.stem, "", known.tokens) == detect.Found("qwen")
    assert detect.find_in("unknown-name", "", known.tokens).family == "qwen"
    assert "no token <fim_prefix>" in detect.find_in("m", "starcoder", known.tokens).note
