"""A small firmware in a folder, and what the tests of the verifier "link" ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.finding import Finding, Outcome, Status
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.mcu.link.link import Link
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot

SCRIPT = """ENTRY(Reset_Handler)
MEMORY
{
  FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 16K
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4K
}
_estack = ORIGIN(RAM) + LENGTH(RAM);
SECTIONS
{
  .isr_vector : { KEEP(*(.isr_vector)) } > FLASH
  .text : { *(.text*) *(.rodata*) } > FLASH
  .data : { _sdata = .; *(.data*) _edata = .; } > RAM AT> FLASH
  .bss : { *(.bss*) *(COMMON) end = .; } > RAM
}
"""
STARTUP = """extern int _estack;
int main(void);
void Reset_Handler(void) { main(); for (;;) { } }
__attribute__((used, section(".isr_vector"))) static void *const vectors[] = {&_estack, (void *)Reset_Handler};
"""
LED_H = """#ifndef LED_H
#define LED_H
void led_on(int pin);
void led_off(int pin);
static inline void led_blink(int pin) { led_on(pin); led_off(pin); }
#define LED_FLASH(pin) led_on(pin)
#endif
"""
LED_C = """#include "led.h"
static volatile int state[8];
void led_on(int pin) { state[pin] = 1; }
void led_off(int pin) { state[pin] = 0; }
"""
MAIN_C = """#include "led.h"
int main(void)
{
    led_blink(3);
    return 0;
}
"""
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-O2", "-ffunction-sections", "-fdata-sections")

Check = Callable[..., "asyncio.Future[Outcome]"]


class Firmware:
    """One image in a folder, and a verifier with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fw"
        for name, text in (("main.c", MAIN_C), ("led.c", LED_C), ("led.h", LED_H), ("startup.c", STARTUP)):
            self.write(name, text)
        self.write("part.ld", SCRIPT)
        self.sources = ["main.c", "led.c", "startup.c"]
        self.store = Store(folder / "cache")
        self.link = Link(store=self.store)
        self.flags: tuple[str, ...] = FLAGS
        self.image_fields: dict[str, object] = {}

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def project(self, **texts: str) -> Project:
        units = tuple(
            CompileUnit(
                self.path(name),
                str(self.folder),
                "arm-none-eabi-gcc",
                (str(self.folder),),
                flags=self.flags,
                declared=True,
            )
            for name in self.sources
        )
        image = Image(
            "blinky",
            str(self.folder),
            self.path("part.ld"),
            "CMake",
            True,
            True,
            units,
            (self.path("part.ld"),),
            ("-mcpu=cortex-m4", "-mthumb", "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections"),
        )
        image = replace(image, **self.image_fields)  # type: ignore[arg-type]
        buffers = tuple(Snapshot("", self.path(name.replace("_", ".")), "c", 1, text) for name, text in texts.items())
        return Project(str(self.folder), "blinky", unit=units[0], image=image, buffers=buffers)

    async def check(self, text: str | None = None, **texts: str) -> Outcome:
        path = self.folder / "main.c"
        snapshot = Snapshot(path.as_uri(), str(path), "c", 1, path.read_text() if text is None else text)
        return await self.link.run(snapshot, self.project(**texts))


def image_of(outcome: Outcome) -> LinkedImage:
    found = outcome.facts["image"]
    assert isinstance(found, LinkedImage)
    return found


def only(outcome: Outcome) -> Finding:
    assert outcome.status is Status.FINDINGS, outcome
    assert len(outcome.findings) == 1, (outcome.findings, outcome.message)
    return outcome.findings[0]


def shown(one: Finding, firmware: Firmware) -> tuple[str, int, str]:
    """(file, line from 1, the text that is marked)."""
    line = Path(one.path).read_text().splitlines()[one.span.start_line]
    return Path(one.path).name, one.span.start_line + 1, line[one.span.start_column : one.span.end_column]
