"""What is to be served: a model of the catalogue, a folder, or any name of the Hugging Face hub; and what it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from signoff.completion.serve import catalogue

_BILLIONS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
# How quantised weights are called in names of repositories.
_METHODS = {"fp8": "fp8", "awq": "awq", "gptq": "gptq"}
# Weights in main memory are one file or several of these.
WEIGHT_FILES = ("*.safetensors", "*.bin", "*.pt")
REPOSITORY = re.compile(r"[\w][\w.\-]*(?:/[\w][\w.\-]*)?")


class ServeError(Exception):
    """The model cannot be served; the text says why and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One model to serve. `argument` is what vLLM gets, `name` what clients call it.

    `size` in bytes, `cache_bytes` a token of context, `context` in tokens, `heads` and `kv_heads`: 0 where unknown.
    `method` is how the weights are quantised ("" not). `notes` are sentences for the user.
    """

    name: str
    argument: str
    size: float = 0.0
    cache_bytes: int = 0
    context: int = 0
    heads: int = 0
    kv_heads: int = 0
    method: str = ""
    local: bool = False
    remote_code: bool = False
    notes: tuple[str, ...] = ()


def resolve(model: str, quantise: str = "") -> Weights:
    """What `model` stands for; `quantise` asks for the publisher's quantised weights of a catalogue's model.

    Raises ServeError.
    """
    known = catalogue.find(model)
    if known is not None:
        return _of_row(known[0], quantise or known[1])
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _of_folder(folder.resolve())
    if folder.is_file() or model.endswith(".gguf"):
        raise ServeError(f"{model} is a single file: vLLM serves a folder with config.json, weights and tokenizer.")
    if not REPOSITORY.fullmatch(model):
        raise ServeError(f"{model} is neither a folder nor a name of the Hugging Face hub.")
    if "/" not in model:
        names = ", ".join(row.name for row in catalogue.rows())
        raise ServeError(f"{model} is no folder here and no model of the list ({names}); the hub's names hold a slash.")
    if quantise:
        raise ServeError(f"--quantise chooses among a listed model's weights; name {model}'s quantised ones instead.")
    return _of_name(model)


def _of_row(row: catalogue.Row, method: str) -> Weights:
    if method and method not in row.quantised:
        have = ", ".join(row.quantised) or "none"
        raise ServeError(f"{row.name} has no weights quantised by {method}; there are: {have}.")
    notes = [f"Licence: {row.licence}."]
    if row.remote_code:
        notes.append(f"{row.quantised.get(method, row.repository)} brings Python code of its own; vLLM will run it.")
    if row.gated:
        notes.append("The hub gives it only to those who have accepted its licence (HF_TOKEN).")
    return Weights(
        f"{row.name}-{method}" if method else row.name,
        row.quantised[method] if method else row.repository,
        row.weights(method),
        row.cache_bytes,
        row.context,
        row.heads,
        row.kv_heads,
        method,
        remote_code=row.remote_code,
        notes=tuple(notes),
    )


def _of_folder(folder: Path) -> Weights:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError("no object")
    except (OSError, ValueError) as error:
        raise ServeError(
            f"{folder} holds no model that vLLM serves: its config.json cannot be read ({error})."
        ) from None
    size = max(sum(file.stat().st_size for file in folder.glob(kind)) for kind in WEIGHT_FILES)
    if not size:
        raise ServeError(f"{folder} holds no weights ({', '.join(WEIGHT_FILES)}).")
    return _shaped(Weights(folder.name, str(folder), float(size), local=True), config)


def _shaped(weights: Weights, config: Mapping[str, Any]) -> Weights:
    """`weights` with what config.json says of the model's shape; what it does not say stays unknown."""
    inner = config.get("text_config")
    config = inner if isinstance(inner, dict) else config
    heads = _number(config, "num_attention_heads")
    kv_heads = _number(config, "num_key_value_heads") or heads
    size = _number(config, "head_dim") or (_number(config, "hidden_size") // heads if heads else 0)
    quantised = config.get("quantization_config") or {}
    method = str(quantised.get("quant_method", "")) if isinstance(quantised, dict) else ""
    return replace(
        weights,
        cache_bytes=2 * _number(config, "num_hidden_layers") * kv_heads * size * 2,
        context=_number(config, "max_position_embeddings"),
        heads=heads,
        kv_heads=kv_heads,
        method=method,
        remote_code="auto_map" in config,
    )


def _number(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _of_name(model: str) -> Weights:
    """A model of the hub of which only the name is known: nothing is asked of the hub before vLLM asks."""
    method = next((method for part, method in _METHODS.items() if part in model.lower()), "")
    billions = _BILLIONS.search(model.rpartition("/")[2].replace("_", "-"))
    size = float(billions[1]) * catalogue.BITS[method] / 8 * 1e9 if billions else 0.0
    return Weights(model.rpartition("/")[2], model, size, method=method)
