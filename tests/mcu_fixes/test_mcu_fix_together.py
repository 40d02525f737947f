"""Several fixes of a C file at once, with the real compiler."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcu_fix_helpers import document, fixes_for, judges, project_of, unit

from signoff.diagnostics.fixes.together import together
from signoff.diagnostics.prove import baselines
from signoff.verifiers.text import apply_edits

pytestmark = pytest.mark.tool
TEXT = """#include <stdint.h>
static volatile uint32_t counter;
void first(void)
{
    conter = 1u;
}
void second(void)
{
    uint32_t step = 2u;
    counter += stepp;
}
"""


async def test_what_is_misspelt_in_several_places_is_mended_in_one_edit(tmp_path: Path) -> None:
    path = tmp_path / "main.c"
    snapshot, project = document(path, TEXT, project_of(path, [unit(path)]))
    async with judges() as verifiers:
        _, fixes = await fixes_for(snapshot, project, verifiers)
        known = await baselines(snapshot, project, verifiers)
        found = await together(fixes, snapshot, project, verifiers, known)
    assert found is not None and len(found.fixes) == 2, [fix.title for fix in fixes]
    assert apply_edits(TEXT, found.edits) == TEXT.replace("conter", "counter").replace("stepp", "step")
    assert found.proof.tools == ("part", "gcc")
