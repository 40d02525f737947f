"""A microcontroller from its CMSIS-SVD file: parsed with cmsis-svd, bounded, kept in the user's cache.

The file may come from a workspace that nobody trusts: it is data, and one that would take too much memory is refused.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.parts.svd_bounds import SvdError, check

if TYPE_CHECKING:
    from lxml.etree import _ElementTree

BYTES_LIMIT = 32 << 20
# Part of a cached file's name: raise it when what is kept changes.
FORMAT = 1
ALLOWED = frozenset({"signoff.verifiers.mcu.parts.part"})

__all__ = ["SvdError", "read"]


def read(path: str) -> Part:
    """The part that a file describes. The first time it takes a second a MiB, later some milliseconds.

    Raises SvdError, whose text is one line for the user, where the file cannot be read, is no SVD file or is too large.
    """
    content = _content(path)
    kept = _cache_folder() / f"{hashlib.sha256(content).hexdigest()}-{FORMAT}.pickle"
    part = _kept(kept)
    if part is None:
        part = parse(content, Path(path).name)
        _keep(kept, part)
    return part


def parse(content: bytes, name: str = "") -> Part:
    """The part that the text of an SVD file describes; `name` is the file's, for messages. Raises SvdError."""
    from signoff.verifiers.mcu.parts.svd_part import convert

    tree = _tree(content, name)
    check(tree.getroot(), name)
    return convert(_device(tree, name), name)


def _content(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(BYTES_LIMIT + 1)
    except OSError as error:
        raise SvdError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > BYTES_LIMIT:
        raise SvdError(f"{path} is larger than {BYTES_LIMIT >> 20} MiB: not read")
    return content


def _tree(content: bytes, name: str) -> _ElementTree:
    from io import BytesIO

    from lxml import etree

    # Entities stay unread, so that none can hold another file or grow without bound; comments would be odd children.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.parse(BytesIO(content), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SvdError(f"{name} is no XML: {' '.join(str(error).split())[:200]}") from None
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise SvdError(f"{name} declares a document type or entities, which no SVD file needs: not read")
    if tree.getroot().tag != "device":
        raise SvdError(f"{name} is no CMSIS-SVD file: its outermost element is not <device>")
    return tree


def _device(tree: _ElementTree, name: str) -> Any:
    from cmsis_svd.parser import SVDParser

    try:
        return SVDParser(tree).get_device()
    # The library raises whatever its code runs into (KeyError, TypeError, its own) on files that break the schema.
    except Exception as error:
        raise SvdError(f"{name} breaks the CMSIS-SVD schema: {type(error).__name__}: {str(error)[:200]}") from None


def _cache_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("signoff")) / "svd"


class _Facts(pickle.Unpickler):
    """Reads back only what is kept here: plain data, and the classes of part.py."""

    def find_class(self, module: str, name: str) -> Any:
        if module not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no fact of a part")
        return super().find_class(module, name)


def _kept(path: Path) -> Part | None:
    try:
        with path.open("rb") as file:
            part = _Facts(file).load()
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, TypeError, ValueError, IndexError, KeyError):
        return None
    return part if isinstance(part, Part) else None


def _keep(path: Path, part: Part) -> None:
    """Written beside and renamed: a reader never sees half a file. A cache that cannot be written is no fault."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file: IO[bytes]
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".new", delete=False) as file:
            pickle.dump(part, file, pickle.HIGHEST_PROTOCOL)
        Path(file.name).replace(path)
    except OSError:
        return
