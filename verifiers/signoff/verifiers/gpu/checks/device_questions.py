"""Units that ask the device for its limits: what stands behind a condition there may be taken only where it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.source import Source
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.words import INSIDE_WORD

# Members of cudaDeviceProp and cudaFuncAttributes, attributes of cudaDeviceGetAttribute and cuDeviceGetAttribute.
LIMIT = re.compile(
    rb"\b(?:maxGridSize|maxThreadsDim|maxThreadsPerBlock|sharedMemPerBlock\w*|maxDynamicSharedSizeBytes|regsPerBlock"
    rb"|cudaDevAttrMax\w+|CU_DEVICE_ATTRIBUTE_MAX_\w+|CU_FUNC_ATTRIBUTE_MAX_\w+"
    rb"|cudaOccupancy\w+|cuOccupancy\w+)\b"
)
# One of these is in each: to look for them first is much faster.
PARTS = (b"Max", b"max", b"_MAX_", b"sharedMemPerBlock", b"regsPerBlock", b"Occupancy")


def unguarded(unit: Unit, facts: UnitFacts) -> UnitFacts:
    """The facts without the launches that the unit may take only where the device says that they fit."""
    conditional = any(launch.conditional for launch in facts.launches)
    if not conditional or not any(_asks(file.source) for file in unit.files):
        return facts
    return replace(facts, launches=tuple(launch for launch in facts.launches if not launch.conditional))


def _candidates(data: bytes) -> Iterator[int]:
    """Where the words begin that have one of PARTS in them."""
    for part in PARTS:
        at = data.find(part)
        while at >= 0:
            start = at
            while start and data[start - 1] in INSIDE_WORD:
                start -= 1
            yield start
            at = data.find(part, at + len(part))


def _asks(source: Source) -> bool:
    """Whether a file asks; remembered, for a header's text stays while the document is edited."""
    found: bool | None = source.remembered.get(("limits asked for", ""))
    if found is None:
        found = any(LIMIT.match(source.data, start) for start in _candidates(source.data))
        source.remembered["limits asked for", ""] = found
    return found
