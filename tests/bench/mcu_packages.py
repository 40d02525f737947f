"""Firmware made of what pip can bring: ARM's CMSIS-DSP, around a main() of ours, for the STM32F407 of the examples.

CMSIS-DSP's sources come with its Python package (Apache-2.0), but without CMSIS' own headers. So it is compiled as that
package compiles it, as plain C (`__GNUC_PYTHON__`), and without the DSP instructions, whose intrinsics are CMSIS'.
Start-up code and linker script are those of docs/examples/firmware.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sources import sources, unpacked
from wheels import NotToBeHad

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "firmware"
PROJECTS = ROOT / ".cache" / "firmware"
# Half precision and vectors are not in a Cortex-M4; the last include their neighbours.
NOT_FOR_M4 = re.compile(r"f16|mve|_neon|Functions\.c$")
CALLED = re.compile(r"\b(arm_\w+)\s*\(")
# Whose functions come of macros that a template uses.
MACROS_DEFINE = ("arm_boolean_distance.c",)
DEFINED = re.compile(r"^[ \t]*(?:\w+[ \t]+)+\**(arm_\w+)\s*\([^;{}]*\)\s*\{", re.MULTILINE)
OWN = ("startup_stm32f407.c", "ticks.c", "uart.c", "board.h", "stm32f407.h", "stm32f407.ld")
RECIPE = """\
[[firmware]]
name = "dsp"
sources = [{sources}]
include_dirs = [".", "{package}/Include", "{package}/PrivateInclude"]
defines = ["STM32F407xx", "__GNUC_PYTHON__"]
cpu = "cortex-m4"
flags = ["-std=c11", "-O2", "-ffunction-sections", "-fdata-sections", "-U__ARM_FEATURE_DSP"]
linker_script = "stm32f407.ld"
link_flags = ["-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections"]
libraries = ["m"]
part = "stm32f407vg"
"""
MAIN = """\
/* Every function of the library that is built is in the image, as a table has it. */
#include "arm_math.h"
#include "board.h"
#include "dsp/window_functions.h"

static const void *const functions[] = {{
{functions}
}};

int main(void)
{{
    static float32_t samples[64], filtered[64];
    float32_t mean = 0;

    ticks_init();
    uart_init();
    for (uint32_t i = 0; i < 64U; i++)
        samples[i] = (float32_t)i;
    arm_scale_f32(samples, 0.5F, filtered, 64U);
    arm_mean_f32(filtered, 64U, &mean);
    uart_print("mean ");
    uart_print_number((uint32_t)mean);
    uart_print("\\r\\nfunctions ");
    for (uint32_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (!functions[i])
            uart_print("missing");
    for (;;)
        ticks_wait(1000U);
}}
"""


def dsp(name: str, most: int) -> Path:
    """The folder, made anew, of an image with `most` sources of CMSIS-DSP and those they need. Raises NotToBeHad."""
    (source,) = sources("firmware")
    package = next(unpacked(source).glob("cmsisdsp-*"))
    folder = PROJECTS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in OWN:
        shutil.copy(EXAMPLE / file, folder)
    shutil.copytree(package, folder / "cmsis-dsp", ignore=shutil.ignore_patterns("PythonWrapper", "cmsisdsp*", "*.py"))
    chosen = _chosen(folder / "cmsis-dsp" / "Source", most)
    _write(folder, chosen)
    return folder


def _chosen(folder: Path, most: int) -> list[Path]:
    """Sources evenly from all folders of the library, with those that define what they and main() call."""
    every = [path for path in sorted(folder.rglob("*.c")) if not NOT_FOR_M4.search(path.name)]
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in every}
    defined = {name: path for path, text in texts.items() for name in DEFINED.findall(text)}
    step = max(len(every) / most, 1.0)
    waiting = [every[int(number * step)] for number in range(int(len(every) / step))]
    waiting += [path for path in every if path.parent.name == "CommonTables" or path.name in MACROS_DEFINE]
    waiting += [defined[name] for name in CALLED.findall(MAIN) if name in defined]
    taken: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in taken:
            taken.add(path)
            waiting += [defined[name] for name in CALLED.findall(texts[path]) if name in defined]
    return sorted(taken)


def _write(folder: Path, chosen: Sequence[Path]) -> None:
    files = ["main.c", *(file for file in OWN if file.endswith(".c"))]
    files += [path.relative_to(folder).as_posix() for path in chosen]
    (folder / "signoff.toml").write_text(
        RECIPE.format(sources=", ".join(f'"{file}"' for file in files), package="cmsis-dsp"), encoding="utf-8"
    )
    headers = "".join(path.read_text("utf-8", "replace") for path in folder.glob("cmsis-dsp/Include/dsp/*.h"))
    names = [path.stem for path in chosen if re.search(rf"\b{path.stem}\s*\(", headers)]
    text = MAIN.format(functions="\n".join(f"    (const void *){name}," for name in names))
    (folder / "main.c").write_text(text, encoding="utf-8")


def packages() -> list[Path]:
    """Firmware folders to check: all of CMSIS-DSP; nothing, and said, where it cannot be had."""
    try:
        return [dsp("cmsis-dsp-whole", 10_000)]
    except NotToBeHad as error:
        print(f"without CMSIS-DSP: {error}", file=sys.stderr)
        return []
