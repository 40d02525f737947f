"""Which of the seeded defects have a proven fix: `python tests/mcu_fixes/defects_table.py` prints the table.

"clean": the first fix makes the code of the clean twin; "accepted": the tools accept it, and it is written otherwise.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass, field

from mcu_fix_helpers import DEFECTS, code_alone, document, fixes_for, judges, project_of, unit

from signoff.verifiers.text import apply_edits


@dataclass
class Row:
    """The counts of one code of finding."""

    found: int = 0
    clean: int = 0
    accepted: int = 0
    none: list[str] = field(default_factory=list)


async def table(*, show: bool = False) -> dict[str, Row]:
    rows: dict[str, Row] = defaultdict(Row)
    async with judges() as verifiers:
        for path in sorted(DEFECTS.glob("*/*.c")):
            twin = path.with_name(f"{path.stem}_clean.c")
            if not twin.exists():
                continue
            project = project_of(path, [unit(path, DEFECTS / "include")])
            snapshot, project = document(path, path.read_text("utf-8"), project)
            findings, _ = await fixes_for(snapshot, project, verifiers, ("none",))
            for finding in findings:
                row = rows[finding.code]
                row.found += 1
                own = (await fixes_for(snapshot, project, verifiers, (finding.code,)))[1]
                texts = [apply_edits(snapshot.text, fix.edits) for fix in own]
                same = [code_alone(text) == code_alone(twin.read_text("utf-8")) for text in texts]
                row.clean += any(same)
                row.accepted += bool(own) and not any(same)
                row.none += [] if own else [path.stem]
                if show:
                    print(f"{path.parent.name}/{path.stem}: {finding.code}: {finding.message}")
                    print(
                        "\n".join(
                            f"    {'=' if is_same else '~'} {fix.title}" for fix, is_same in zip(own, same, strict=True)
                        )
                    )
            if not findings and show:
                print(f"{path.parent.name}/{path.stem}: nothing found")
    return rows


def main() -> None:
    rows = asyncio.run(table(show="--show" in sys.argv))
    print(f"{'finding':28} found clean accepted without a fix")
    for code, row in sorted(rows.items()):
        print(f"{code:28} {row.found:5} {row.clean:5} {row.accepted:8} {', '.join(row.none)}")


if __name__ == "__main__":
    main()
