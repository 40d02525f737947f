"""Why an image does not link where nothing can be told of its code: in sentences, not in the linker's own lines."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.verifiers.mcu.link.ld_messages import Complaint, Kind
from signoff.verifiers.mcu.link.scene import LinkScene

# So many names are told.
NAMED = 3


def why_not(complaints: Sequence[Complaint], scene: LinkScene) -> str:
    """What stops the link, and what of it was guessed."""
    image = scene.image
    known = "" if image.declared and image.link_declared else " as far as its build is known"
    guessed = f" {' '.join(image.guessed)}" if known else ""
    return f"{image.name} does not link{known}: {_first(complaints, scene)}.{guessed}"


def _first(complaints: Sequence[Complaint], scene: LinkScene) -> str:
    fatal = [one for one in complaints if one.fatal]
    missing = list(dict.fromkeys(one.name for one in fatal if one.kind is Kind.UNDEFINED))
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        return f"nothing defines {', '.join(repr(name) for name in missing[:NAMED])}{more}"
    if not fatal:
        return "the linker does not say why"
    one = fatal[0]
    if one.kind is Kind.OVERFLOW:
        return f"region {one.name} overflows by {one.bytes:,} bytes"
    if one.kind is Kind.MULTIPLE:
        return f"'{one.name}' is defined more than once"
    if one.kind in (Kind.SCRIPT_MISSING, Kind.LIBRARY):
        return f"{one.name} is not there"
    text = one.text
    for path, source in scene.linked.objects.items():
        text = text.replace(path, scene.shown(source))
    return text.rstrip(".")
