"""Makefiles: their variables without make, and make's own answer where that may be asked."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.make_variables import UNKNOWN, Variables
from signoff.verifiers.mcu.build.makefile import read_makefile
from signoff.verifiers.mcu.build.makefile_ask import ask_make

CUBEMX = r"""
TARGET = blink
DEBUG = 1
OPT = -Og
BUILD_DIR = build
# sources
C_SOURCES =  \
Core/Src/main.c \
Core/Src/it.c
ASM_SOURCES =  \
startup.s
PREFIX = arm-none-eabi-
ifdef GCC_PATH
CC = $(GCC_PATH)/$(PREFIX)gcc
else
CC = $(PREFIX)gcc
endif
CPU = -mcpu=cortex-m4
FPU = -mfpu=fpv4-sp-d16
FLOAT-ABI = -mfloat-abi=hard
MCU = $(CPU) -mthumb $(FPU) $(FLOAT-ABI)
AS_DEFS =
C_DEFS =  \
-DUSE_HAL_DRIVER \
-DSTM32F407xx
C_INCLUDES =  \
-ICore/Inc
ASFLAGS = $(MCU) $(AS_DEFS) $(OPT) -Wall -fdata-sections -ffunction-sections
CFLAGS += $(MCU) $(C_DEFS) $(C_INCLUDES) $(OPT) -Wall -fdata-sections -ffunction-sections
ifeq ($(DEBUG), 1)
CFLAGS += -g -gdwarf-2
endif
CFLAGS += -MMD -MP -MF"$(@:%.o=%.d)"
LDSCRIPT = f4.ld
LIBS = -lc -lm -lnosys
LIBDIR =
LDFLAGS = $(MCU) -specs=nano.specs -T$(LDSCRIPT) $(LIBDIR) $(LIBS) -Wl,-Map=$(BUILD_DIR)/$(TARGET).map -Wl,--gc-sections

all: $(BUILD_DIR)/$(TARGET).elf
OBJECTS = $(addprefix $(BUILD_DIR)/,$(notdir $(C_SOURCES:.c=.o)))
vpath %.c $(sort $(dir $(C_SOURCES)))
OBJECTS += $(addprefix $(BUILD_DIR)/,$(notdir $(ASM_SOURCES:.s=.o)))
vpath %.s $(sort $(dir $(ASM_SOURCES)))
$(BUILD_DIR)/%.o: %.c Makefile | $(BUILD_DIR)
	$(CC) -c $(CFLAGS) -Wa,-a,-ad,-alms=$(BUILD_DIR)/$(notdir $(<:.c=.lst)) $< -o $@
$(BUILD_DIR)/%.o: %.s Makefile | $(BUILD_DIR)
	$(CC) -x assembler-with-cpp -c $(CFLAGS) $< -o $@
$(BUILD_DIR)/$(TARGET).elf: $(OBJECTS) Makefile
	$(CC) $(OBJECTS) $(LDFLAGS) -o $@
$(BUILD_DIR):
	mkdir $@
"""

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Core/Src/main.c", "Core/Src/it.c", "startup.s", "f4.ld"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "Makefile").write_text(CUBEMX)
    return tmp_path


def listing(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


def test_a_cubemx_makefile_is_read_in_full(folder: Path) -> None:
    (image,) = read_makefile(str(folder)).images
    main = image.units[0]
    assert (image.name, image.declared, image.link_declared) == ("blink", True, True)
    assert [Path(unit.source).name for unit in image.units] == ["main.c", "it.c", "startup.s"]
    assert main.defines == ("USE_HAL_DRIVER", "STM32F407xx") and main.include_dirs == (str(folder / "Core/Inc"),)
    assert {"-mcpu=cortex-m4", "-mfloat-abi=hard", "-Og", "-g"} <= set(main.flags)
    assert image.linker_scripts == (str(folder / "f4.ld"),) and image.libraries == ("c", "m", "nosys")
    assert image.link_flags[-2:] == ("-specs=nano.specs", "-Wl,--gc-sections")


def test_a_listed_source_that_is_gone_is_told(folder: Path) -> None:
    (folder / "Core/Src/it.c").unlink()
    reading = read_makefile(str(folder))
    (finding,) = reading.findings
    assert finding.code == "MakefileMissingSource" and finding.span.start_line == 8
    assert reading.images[0].declared and not reading.images[0].link_declared


def test_what_a_shell_would_tell_is_a_guess(folder: Path) -> None:
    text = CUBEMX.replace("-DSTM32F407xx", "-DSTM32F407xx -DV=$(shell git rev-parse HEAD)")
    (folder / "Makefile").write_text(text)
    (image,) = read_makefile(str(folder)).images
    assert not image.declared and len(image.guessed) == 1
    assert image.units[0].defines == ("USE_HAL_DRIVER", "STM32F407xx")


def test_a_hosts_makefile_is_no_firmware(folder: Path) -> None:
    (folder / "Makefile").write_text("CC = gcc\nSRCS = Core/Src/main.c\nCFLAGS = -O2\n")
    assert read_makefile(str(folder)).images == ()


def test_variables_of_other_names_are_guessed_from(folder: Path) -> None:
    (folder / "rules.mk").write_text(
        "CC = arm-none-eabi-gcc\nTGT_CFLAGS += $(ARCH_FLAGS) -Os\nTGT_CPPFLAGS += $(DEFS) -ICore/Inc\n"
        "TGT_LDFLAGS += -nostartfiles -T$(LDSCRIPT)\nLDLIBS += -lc\n"
    )
    (folder / "Makefile").write_text(
        "BINARY = usart\nOBJS = Core/Src/main.o\nLDSCRIPT = f4.ld\nDEFS = -DSTM32F4\n"
        "ARCH_FLAGS = -mthumb -mcpu=cortex-m4\ninclude rules.mk\nSRCS = elsewhere.c Core/Src/main.c\n"
    )
    reading = read_makefile(str(folder))
    (image,) = reading.images
    assert (image.name, image.declared, reading.findings) == ("usart", False, ())
    assert [Path(unit.source).name for unit in image.units] == ["main.c"]
    assert image.units[0].defines == ("STM32F4",) and "-mcpu=cortex-m4" in image.units[0].flags
    assert image.link_flags == ("-nostartfiles",) and image.linker_scripts == (str(folder / "f4.ld"),)


def test_functions_and_conditions(folder: Path) -> None:
    variables = Variables(str(folder))
    (folder / "x.mk").write_text(
        "A := a.c b.s\nB = $(patsubst %.c,out/%.o,$(A))\nC = $(filter %.c,$(A)) $(filter-out %.c,$(A))\n"
        "D = $(wildcard Core/Src/*.c)\nE = $(subst a,z,$(firstword $(A)))\nF = $(A:.c=.o)\nG = $(shell date)\n"
        "ifeq ($(A),a.c b.s)\nH = yes\nelse ifeq (1,1)\nH = no\nelse\nH = never\nendif\n"
        "ifneq (,$(G))\nI = maybe\nendif\nJ ?= 1\nJ ?= 2\n"
        "define X\nA = broken\nendef\nK = $(call X,1)$(L)\n-include gone.mk\n"
    )
    variables.read(str(folder / "x.mk"))
    found = {name: variables.value(name) for name in "ABCDEFHIJ"}
    assert found == {
        "A": "a.c b.s",
        "B": "out/a.o b.s",
        "C": "a.c b.s",
        "D": "Core/Src/it.c Core/Src/main.c",
        "E": "z.c",
        "F": "a.o b.s",
        "H": "yes",
        "I": "maybe",
        "J": "1",
    }
    assert UNKNOWN in variables.value("G") and UNKNOWN in variables.value("K") and variables.uncertain
    assert str(folder / "gone.mk") in variables.files


def test_variables_that_double_end(folder: Path) -> None:
    lines = [f"A{number} = $(A{number + 1})$(A{number + 1})" for number in range(60)]
    (folder / "Makefile").write_text("\n".join([*lines, "A60 = x", "B = $(B)", "C_SOURCES = $(A0) $(B) main.c"]))
    start = time.process_time()
    read_makefile(str(folder))
    assert time.process_time() - start < 10.0


@needs_make
@pytest.mark.tool
async def test_make_tells_the_same_as_its_variables(folder: Path) -> None:
    (asked,) = (await ask_make(str(folder))).images
    (read,) = read_makefile(str(folder)).images
    assert (asked.name, asked.declared, asked.link_declared) == ("blink", True, True)
    assert {unit.source for unit in asked.units} == {unit.source for unit in read.units}
    assert asked.units[0].defines == read.units[0].defines and asked.linker_scripts == read.linker_scripts
    assert set(asked.link_flags) == set(read.link_flags)
    assert not (folder / "build").exists()


@needs_make
@pytest.mark.tool
async def test_asking_make_writes_nothing_into_the_workspace(folder: Path) -> None:
    text = CUBEMX.replace(
        "OPT = -Og", "X := $(shell mkdir -p made; touch made/x; rm -f f4.ld)\nOPT = -Og\n-include late.mk"
    )
    (folder / "Makefile").write_text(f"{text}\nlate.mk:\n\tmkdir deps; touch deps/x\n")
    before = listing(folder)
    (image,) = (await ask_make(str(folder))).images
    assert len(image.units) == 3
    assert listing(folder) == before


@needs_make
@pytest.mark.tool
async def test_sub_makes_and_their_libraries(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "drv.c").write_text("")
    (folder / "lib" / "Makefile").write_text(
        "libdrv.a: drv.o\n\tarm-none-eabi-ar rcs $@ $^\ndrv.o: drv.c\n\tarm-none-eabi-gcc -mcpu=cortex-m4 -c $< -o $@\n"
    )
    (folder / "Makefile").write_text(
        "MAKEFLAGS += --no-print-directory\nfw.elf: main.o lib/libdrv.a\n"
        "\t@arm-none-eabi-gcc -Tf4.ld main.o -Llib -ldrv -o $@\n"
        "main.o: Core/Src/main.c\n\t@echo CC $<; arm-none-eabi-gcc -mcpu=cortex-m4 -c $< -o $@\n"
        "lib/libdrv.a:\n\t$(MAKE) -C lib\n"
    )
    (image,) = (await ask_make(str(folder))).images
    assert image.archives == ((str(folder / "lib/libdrv.a"), (str(folder / "lib/drv.c"),)),)
    assert (image.declared, image.link_declared, image.libraries) == (True, True, ())


@needs_make
@pytest.mark.tool
async def test_a_makefile_that_make_rejects_is_told_at_its_line(folder: Path) -> None:
    (folder / "Makefile").write_text("CC = arm-none-eabi-gcc\nall:\n        echo spaces\n")
    reading = await ask_make(str(folder))
    assert [(one.code, one.span.start_line) for one in reading.findings] == [("MakefileError", 2)]


async def test_no_makefile_is_nothing(tmp_path: Path) -> None:
    reading = await ask_make(str(tmp_path))
    assert reading.images == () and read_makefile(str(tmp_path)).images == ()


@needs_make
@pytest.mark.tool
async def test_without_a_namespace_programs_that_write_do_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.verifiers.mcu.build.makefile_ask.guarded", lambda argv, **where: None)
    (folder / "Makefile").write_text(CUBEMX.replace("OPT = -Og", "X := $(shell mkdir -p made; touch f; rm -f f4.ld)"))
    before = listing(folder)
    (image,) = (await ask_make(str(folder))).images
    assert len(image.units) == 3 and listing(folder) == before
