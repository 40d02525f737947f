"""Units that ask the device for its limits: what stands behind a condition there may be taken only where it fits."""

from __future__ import annotations

import re
from dataclasses import replace

from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.unit import Unit

# Members of cudaDeviceProp and cudaFuncAttributes, attributes of cudaDeviceGetAttribute and cuDeviceGetAttribute.
LIMIT = re.compile(
    rb"\b(?:maxGridSize|maxThreadsDim|maxThreadsPerBlock|sharedMemPerBlock\w*|maxDynamicSharedSizeBytes|regsPerBlock"
    rb"|cudaDevAttrMax\w+|CU_DEVICE_ATTRIBUTE_MAX_\w+|CU_FUNC_ATTRIBUTE_MAX_\w+"
    rb"|cudaOccupancy\w+|cuOccupancy\w+)\b"
)


def unguarded(unit: Unit, facts: UnitFacts) -> UnitFacts:
    """The facts without the launches that the unit may take only where the device says that they fit."""
    conditional = any(launch.conditional for launch in facts.launches)
    if not conditional or not any(LIMIT.search(file.source.data) for file in unit.files):
        return facts
    return replace(facts, launches=tuple(launch for launch in facts.launches if not launch.conditional))
