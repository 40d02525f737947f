"""What a GGUF file says of its model before its weights: name, vocabulary, context length.

Source: the GGUF specification (github.com/ggml-org/ggml, docs/gguf.md), versions 2 and 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"GGUF"
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
# No model comes near; a file above them is damaged, or made to exhaust the memory.
MOST_KEYS, MOST_ITEMS, LONGEST_STRING = 10_000, 4_000_000, 16 << 20
WANTED_ARRAY = "tokenizer.ggml.tokens"


class NotGguf(Exception):
    """The file is no GGUF file, or a damaged one; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """`tokens` is the whole vocabulary, `context_tokens` what the model was trained for (0: not said).

    `chat_template`: it says how the model is talked to.
    """

    name: str
    tokens: frozenset[str]
    context_tokens: int
    chat_template: bool = False


def read(path: Path) -> Metadata:
    """The metadata of the file at `path`; a fifth of a second for a vocabulary of 150,000. Raises NotGguf, OSError."""
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> Metadata:
    try:
        with path.open("rb") as file:
            values = _values(file)
    except (struct.error, UnicodeDecodeError, KeyError) as error:
        raise NotGguf(f"{path.name} is damaged ({error or type(error).__name__})") from None
    architecture = values.get("general.architecture", "")
    context = values.get(f"{architecture}.context_length", 0)
    name = values.get("general.name") or path.stem
    tokens, template = frozenset(values.get(WANTED_ARRAY, ())), values.get("tokenizer.chat_template")
    return Metadata(str(name), tokens, context if isinstance(context, int) else 0, bool(template))


def _values(file: BinaryIO) -> dict[str, Any]:
    if file.read(4) != MAGIC:
        raise NotGguf("it is no GGUF file")
    version = _number(file, "<I")
    if version not in (2, 3):
        raise NotGguf(f"it is of GGUF version {version}, which is not known")
    _number(file, "<Q")  # how many tensors
    keys = _bounded(_number(file, "<Q"), MOST_KEYS)
    values = {}
    for _ in range(keys):
        key = _string(file).decode()
        values[key] = _value(file, _number(file, "<I"), key)
    return values


def _value(file: BinaryIO, kind: int, key: str) -> Any:
    if kind == _STRING:
        return _string(file).decode(errors="replace")
    if kind != _ARRAY:
        return _number(file, _SCALARS[kind])
    kind, count = _number(file, "<I"), _bounded(_number(file, "<Q"), MOST_ITEMS)
    if kind == _STRING:
        wanted = key == WANTED_ARRAY
        texts = (_string(file) for _ in range(count))
        return [text.decode(errors="replace") for text in texts] if wanted else sum(1 for _ in texts)
    file.seek(count * struct.calcsize(_SCALARS[kind]), 1)
    return count


def _string(file: BinaryIO) -> bytes:
    size = _bounded(_number(file, "<Q"), LONGEST_STRING)
    text = file.read(size)
    if len(text) < size:
        raise NotGguf("it ends too early")
    return text


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _bounded(number: int, most: int) -> int:
    if number > most:
        raise NotGguf("it is damaged")
    return number
