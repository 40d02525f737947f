"""Faults seeded into firmware that nobody here wrote: `python tests/mcu_fixes/real_seeds.py FOLDER... [--show]`.

Each folder holds projects (STM32CubeF4 examples, libopencm3-examples); nothing in them is changed. One fault at a time
is put into the text of an open document, and every finding is asked for fixes. "right": the first fix gives back the
code that was there; "other": it is accepted and does something else; "none": nothing is offered.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mcu_fix_helpers import code_alone, fixes_for

from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.verifiers.mcu.facts import GCC, LINK, PART
from signoff.verifiers.text import apply_edits

SEED, PER_KIND = 4, 8
CALL = re.compile(
    r"^[ \t]+((?:__)?(?:HAL|LL|BSP)_\w{6,}|(?:gpio|usart|timer|rcc|nvic|exti|adc|dac|dma)_\w{4,})[ \t]*\(", re.M
)
HANDLER = re.compile(r"^void[ \t]+(\w+(?:_IRQHandler|_isr|_Handler|_handler))[ \t]*\(", re.MULTILINE)
VOLATILE = re.compile(r"^(?:static[ \t]+)?(?:volatile|__IO)[ \t]+(?=[\w \t*]+(?:=[^;]*)?;)", re.MULTILINE)
INCLUDE = re.compile(r"^#include[ \t]*[<\"][^>\"\n]+[>\"][^\n]*\n", re.MULTILINE)
ENABLE = re.compile(
    r"^[ \t]+(?:__HAL_RCC_(?:GPIO|USART|TIM|SPI|I2C|ADC|DMA)\w+_CLK_ENABLE\(\)|rcc_periph_clock_enable\(\w+\));.*\n",
    re.M,
)
BUS = re.compile(r"RCC->(AHB1|APB1|APB2)ENR(?=[ \t]*\|=)|LL_(AHB1|APB1|APB2)_GRP1_EnableClock")
TYPE = re.compile(r"^[ \t]*(?:static[ \t]+)?((?:GPIO|UART|TIM|RCC|ADC|DMA|SPI|I2C)_\w+TypeDef)\b", re.MULTILINE)


@dataclass(frozen=True)
class Seed:
    """One fault: its kind, the file, the faulty text."""

    kind: str
    path: Path
    text: str
    clean: str


def slipped(word: str, dice: random.Random) -> str:
    """The word with a letter dropped, doubled or swapped, away from its ends and numbers."""
    places = [
        n for n in range(4, len(word) - 2) if word[n].isalpha() and word[n + 1].isalpha() and word[n] != word[n + 1]
    ]
    if not places:
        return word
    at = dice.choice(places)
    return dice.choice(
        (word[:at] + word[at + 1 :], word[: at + 1] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    )


def renamed(pattern: re.Pattern[str]) -> Callable[[str, random.Random], str]:
    def change(text: str, dice: random.Random) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text
        one = dice.choice(found)
        return text[: one.start(1)] + slipped(one[1], dice) + text[one.end(1) :]

    return change


def removed(pattern: re.Pattern[str]) -> Callable[[str, random.Random], str]:
    def change(text: str, dice: random.Random) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text
        one = dice.choice(found)
        gone = one[0].replace("volatile ", "").replace("__IO ", "") if pattern is VOLATILE else ""
        return text[: one.start()] + gone + text[one.end() :]

    return change


def other_bus(text: str, dice: random.Random) -> str:
    found = list(BUS.finditer(text))
    if not found:
        return text
    one = dice.choice(found)
    bus = one[1] or one[2]
    wrong = dice.choice([name for name in ("AHB1", "APB1", "APB2") if name != bus])
    return text[: one.start()] + one[0].replace(bus, wrong) + text[one.end() :]


KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "misspelt call": renamed(CALL),
    "misspelt type": renamed(TYPE),
    "misspelt handler": renamed(HANDLER),
    "missing volatile": removed(VOLATILE),
    "removed include": removed(INCLUDE),
    "removed clock": removed(ENABLE),
    "wrong bus": other_bus,
}


def seeds(files: list[Path]) -> Iterator[Seed]:
    dice = random.Random(SEED)
    for kind, change in KINDS.items():
        shuffled = files[:]
        dice.shuffle(shuffled)
        count = 0
        for path in shuffled:
            clean = path.read_bytes().decode("utf-8", "replace")
            text = change(clean, dice)
            if text != clean and count < PER_KIND:
                count += 1
                yield Seed(kind, path, text, clean)


def same(one: str, other: str) -> bool:
    """Whether two texts are one program: the order of their includes and statements' lines aside."""

    def lines(text: str) -> Counter[str]:
        text = text.replace("__IO", "volatile")
        return Counter(code_alone(line) for line in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines())

    return lines(one) == lines(other) if code_alone(one) != code_alone(other) else True


async def tried(seed: Seed, session: Session, *, show: bool) -> str:
    await session.workspace.find_firmware([str(seed.path)])
    project = session.workspace.project_for(str(seed.path))
    if project.image is None or project.unit is None:
        return "no image"
    judges = [one for one in session.verifiers if one.name in (PART, GCC, LINK)]
    clean = replace(snapshot_of(seed.path), text=seed.clean)
    before = [await one.run(clean, replace(project, buffers=(clean,))) for one in judges]
    snapshot = replace(clean, text=seed.text, version=1)
    findings, fixes = await fixes_for(snapshot, replace(project, buffers=(snapshot,)), judges)
    old = Counter((one.code, one.message) for outcome in before for one in outcome.findings)
    fresh = [one for one in findings if not old[one.code, one.message]]
    own = [fix for fix in fixes if any(one == fix.finding for one in fresh)]
    texts = [apply_edits(fix.elsewhere.text if fix.elsewhere else seed.text, fix.edits) for fix in own]
    right = [same(text, seed.clean) for text in texts]
    verdict = "not found" if not fresh else "none" if not own else "right" if right[0] else "other"
    if any(right) and not right[0]:
        verdict = "right among others"
    if show:
        print(f"{seed.kind}: {seed.path}: {verdict}")
        for finding in fresh[:4] if verdict != "right" else ():
            print(f"    {finding.span.start_line + 1}: {finding.code}: {finding.message[:160]}")
        for fix in own if verdict != "right" else ():
            print(f"    -> {fix.title} ({fix.finding.code} of line {fix.finding.span.start_line + 1})")
    return verdict


def sources(folders: list[str]) -> list[Path]:
    """The programs' own C files: what ST's tools write into each project has no faults worth seeding."""
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*.c"))]
    return [path for path in files if not path.name.startswith(("system_stm32", "syscalls", "sysmem"))]


async def run(folders: list[str], *, show: bool) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in seeds(sources(folders)):
        home = next(
            (one for one in seed.path.parents if one.name not in ("Src", "Inc") and str(one) not in folders), None
        )
        async with open_session([home or seed.path.parent]) as session:
            counts[seed.kind][await tried(seed, session, show=show)] += 1
    for kind, found in counts.items():
        print(f"{kind:20}", ", ".join(f"{verdict} {count}" for verdict, count in found.most_common()))
    total = sum(counts.values(), Counter())
    print(f"{'all':20}", ", ".join(f"{verdict} {count}" for verdict, count in total.most_common()))


if __name__ == "__main__":
    asyncio.run(run([one for one in sys.argv[1:] if not one.startswith("--")], show="--show" in sys.argv))
