"""Builds firmware of the cases with the example's board files, and runs it: for the tests of this folder."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.verifiers.mcu.emulate.emulation import Emulation
from signoff.verifiers.mcu.emulate.run import run_elf
from signoff.verifiers.project import Image, Project
from signoff.verifiers.settings import EmulatorSettings, VerifierSettings

CASES = Path(__file__).resolve().parent / "cases"
BOARD = Path(__file__).resolve().parents[2] / "docs" / "examples" / "firmware"
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-std=c11", "-O1", "-g", "-ffunction-sections", "-DSTM32F407xx", "-nostartfiles")


@dataclass(frozen=True)
class Built:
    """A linked image, its source, and the settings of a run."""

    elf: Path
    source: Path

    def line(self, mark: str = "/* here */", kind: int = 0) -> int:
        """The line (from 0) with a mark; of several programs in one file, of that `kind`."""
        lines = self.source.read_text(encoding="utf-8").splitlines()
        first = next((at for at, line in enumerate(lines) if f"KIND == {kind} " in f"{line} "), 0)
        return next(at for at, line in enumerate(lines) if at >= first and mark in line)

    async def run(self, engine: str, seconds: float = 2.0, part: str = "stm32f407vg", **more: object) -> Emulation:
        """Run it; `more` are settings of the emulator."""
        emulator = replace(EmulatorSettings(seconds=seconds), **more)  # type: ignore[arg-type]
        settings = replace(VerifierSettings(), emulator=emulator)
        root = str(self.source.parent)
        image = Image("case", root, part=part)
        project = Project(root, image=image, settings=settings)
        return await run_elf(str(self.elf), project, engine=engine, on_output=_Nowhere())


class _Nowhere:
    def __call__(self, text: str) -> None:
        assert text


def build(
    case: str,
    kind: int,
    folder: Path,
    *,
    board: tuple[str, ...] = ("uart.c",),
    sources: tuple[Path, ...] = (),
) -> Built:
    """Build one program of a case, or of `sources`; the first is the one that lines are looked for in."""
    elf = folder / f"{case}{kind}.elf"
    own = sources or (CASES / f"{case}.c",)
    files = [*map(str, own), *(str(BOARD / name) for name in (*board, "startup_stm32f407.c"))]
    script = ("-T", str(BOARD / "stm32f407.ld"), "-I", str(BOARD))
    argv = ["arm-none-eabi-gcc", *FLAGS, f"-DKIND={kind}", *script, *files, "-o", str(elf)]
    subprocess.run(argv, check=True, capture_output=True, text=True)
    return Built(elf, own[0])
