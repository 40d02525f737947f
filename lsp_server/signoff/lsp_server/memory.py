"""What a linked firmware image takes of its memory, as JSON data: the same for editors and for scripts."""

from __future__ import annotations

from typing import Any

from signoff.verifiers.mcu.facts import LinkedImage


def regions_json(image: LinkedImage) -> list[dict[str, Any]]:
    """An object a region, all in bytes; `change` is more (or fewer) than at the link before."""
    changes = dict(image.change)
    return [
        {
            "name": region.name,
            "origin": region.origin,
            "size": region.size,
            "used": region.used,
            "change": changes.get(region.name, 0),
        }
        for region in image.regions
    ]
