"""The models that can be served by name: the rows of models.toml, which says what the fields mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("models.toml")
# Bits a parameter takes, with the scales of its group: one 16-bit scale and a 4-bit zero for 128 weights of 4 bits,
# a 32-bit scale for a block or channel of 8-bit ones.
BITS: Mapping[str, float] = {"": 16.0, "fp8": 8.1, "awq": 4.25, "gptq": 4.25}


@dataclass(frozen=True, slots=True)
class Row:
    """One model; `parameters` and `embedding` in billions, `context` in tokens."""

    name: str
    repository: str
    title: str
    family: str
    licence: str
    parameters: float
    embedding: float
    context: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    source: str
    remote_code: bool = False
    gated: bool = False
    quantised: Mapping[str, str] = field(default_factory=dict)

    def weights(self, method: str) -> float:
        """The size of the weights in bytes, in 16 bits or quantised by a method of BITS."""
        inner = self.parameters - self.embedding
        return (inner * BITS[method] + self.embedding * BITS[""]) / 8 * 1e9

    @property
    def cache_bytes(self) -> int:
        """What one token takes in the key-value cache, in bytes: a 16-bit key and value a layer and head."""
        return 2 * self.layers * self.kv_heads * self.head_dim * 2


@cache
def rows() -> tuple[Row, ...]:
    """All rows, in the table's order."""
    return tuple(Row(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["model"])


def find(name: str) -> tuple[Row, str] | None:
    """The row called `name`, or whose repository or quantised repository that is, with the method of quantisation."""
    lower = name.lower()
    for row in rows():
        if lower in (row.name, row.repository.lower()):
            return row, ""
        for method, repository in row.quantised.items():
            if lower in (repository.lower(), f"{row.name}-{method}"):
                return row, method
    return None
