"""Stack frames and calls from machine code: hand-assembled instructions, and gcc's own word on whole functions."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.mcu.link import elf
from signoff.verifiers.mcu.link.callgraph import INDIRECT, Frame, parse
from signoff.verifiers.mcu.link.machine_code import MachineCode

BASE = 0x08000000
RETURN = 0x4770  # bx lr


def image(*functions: tuple[str, list[int]], data_at: int = -1) -> MachineCode:
    """An image with functions of half-words one behind the other; `data_at`: an offset from which on lies data."""
    code, symbols = b"", []
    for name, words in functions:
        symbols.append(elf.ElfSymbol(name, BASE + len(code) | 1, 2 * len(words), elf.STT_FUNC, elf.STB_GLOBAL, 1))
        code += struct.pack(f"<{len(words)}H", *words)
    symbols.append(elf.ElfSymbol("$t", BASE, 0, elf.STT_NOTYPE, elf.STB_LOCAL, 1))
    if data_at >= 0:
        symbols.append(elf.ElfSymbol("$d", BASE + data_at, 0, elf.STT_NOTYPE, elf.STB_LOCAL, 1))
    section = elf.Section(".text", 1, elf.SHF_ALLOC, BASE, 0, len(code), 0, 0)
    return MachineCode(elf.Elf(code, sections=(elf.Section("", 0, 0, 0, 0, 0, 0, 0), section), symbols=tuple(symbols)))


def frame(*words: int) -> Frame:
    found = image(("f", list(words))).frame("f")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ((RETURN,), 0),
        ((0xB510, 0xBD10), 8),  # push {r4, lr}; pop {r4, pc}
        ((0xB510, 0xB084, 0xB004, 0xBD10), 24),  # sub sp, #16
        ((0xE92D, 0x47F0, 0xE8BD, 0x87F0), 32),  # push.w {r4-r10, lr}; pop.w {..., pc}
        ((0xED2D, 0x8B04, RETURN), 16),  # vpush {d8-d9}
        ((0xF84D, 0xED04, 0xF85D, 0xFB04), 4),  # str lr, [sp, #-4]!; ldr pc, [sp], #4
        ((0xE96D, 0xCE04, RETURN), 16),  # strd ip, lr, [sp, #-16]!
        ((0xF5AD, 0x7D00, RETURN), 512),  # sub.w sp, sp, #512
        ((0xF6AD, 0x7DFC, RETURN), 4092),  # subw sp, sp, #4092
        ((0xBC10, 0xBC02, 0x4708), 0),  # pop {r4}; pop {r1}; bx r1: a return
    ],
)
def test_frames(words: tuple[int, ...], size: int) -> None:
    found = frame(*words)
    assert (found.bytes, found.bounded, found.calls) == (size, True, ())


@pytest.mark.parametrize("words", [(0x4798, RETURN), (0x4718,), (0x46A7,), (0xF8DF, 0xF000)])
def test_where_code_goes_by_a_register(words: tuple[int, ...]) -> None:
    assert frame(*words).calls == (INDIRECT,)


@pytest.mark.parametrize("words", [(0x4685, RETURN), (0xEBAD, 0x0D00, RETURN)])
def test_a_stack_that_the_run_decides(words: tuple[int, ...]) -> None:
    assert not frame(*words).bounded


def test_calls_tail_calls_and_falling_through() -> None:
    code = image(
        ("a", [0xB508, 0xF000, 0xF801, 0xBD08]),  # bl +2: b
        ("b", [0xBF00, 0xE7FF]),  # b +0: what is next
        ("c", [0x2000]),  # no return: goes on in d
        ("d", [RETURN, 0xBF00]),
    )
    assert {name: code.frame(name).calls for name in "abcd"} == {  # type: ignore[union-attr]
        "a": ("b",),
        "b": ("c",),
        "c": ("d",),
        "d": (),
    }


def test_constants_among_the_code_are_no_instructions() -> None:
    found = image(("f", [RETURN, 0xB5FF, 0xB0FF]), data_at=2).frame("f")
    assert found is not None and found.bytes == 0 and found.calls == ()


def test_what_is_not_known() -> None:
    assert image(("f", [RETURN])).frame("g") is None


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40))
def test_any_code(words: list[int]) -> None:
    assert image(("f", words)).frame("f") is not None


SOURCE = """
extern int out(int), other(int);
extern void fill(char *);
int leaf(int x) { return x + 1; }
int buffer(int n) { char b[200]; fill(b); return b[n]; }
int large(int n) { char b[5000]; fill(b); return b[n]; }
float fp(float x) { float y = out(1); return x * y + out(2); }
int calls(int n) { int s = 0; for (int i = 0; i < n; i++) s += out(i) * other(s); return s; }
int tail(int n) { return out(n + 1); }
int pointer(int (*f)(int), int n) { return f(n) + n; }
int choose(int n) { switch (n) { case 0: return out(3); case 1: return other(1) + 1; case 2: return out(7) * 2;
  case 3: return other(9) - 4; case 4: return out(11) ^ 5; case 5: return other(2) | 1; default: return 0; } }
int vla(int n) { char b[n]; fill(b); return b[0]; }
"""
LINKED = """
int out(int x) { return x; }
int other(int x) { return x; }
void fill(char *b) { *b = 0; }
int main(void) { return 0; }
"""


@pytest.mark.tool
@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc")
@pytest.mark.parametrize("optimised", ["-O0", "-O2", "-Os"])
def test_what_gcc_says_of_the_same_functions(tmp_path: Path, optimised: str) -> None:
    (tmp_path / "a.c").write_text(SOURCE)
    (tmp_path / "b.c").write_text(LINKED)
    flags = ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", optimised, "-fcallgraph-info=su,da"]
    names = ["a.c", "b.c"]
    for name in names:
        subprocess.run(["arm-none-eabi-gcc", *flags, "-c", name], cwd=tmp_path, check=True)
    link = ["-nostdlib", "-Wl,-e,main", "a.o", "b.o", "-lgcc", "-o", "x.elf"]
    subprocess.run(["arm-none-eabi-gcc", *flags[:4], *link], cwd=tmp_path, check=True)
    code = MachineCode(elf.read((tmp_path / "x.elf").read_bytes()))
    for told in parse((tmp_path / "a.ci").read_text()):
        found = code.frame(told.name)
        assert found is not None
        assert found.bounded == told.bounded, told.name
        # A jump by a table of addresses looks like a call through a pointer: said to be open, never closed.
        assert set(found.calls) - {INDIRECT} == set(told.calls) - {INDIRECT}, told.name
        assert INDIRECT not in told.calls or INDIRECT in found.calls, told.name
        if told.bounded:
            assert told.bytes <= found.bytes <= told.bytes + 16, told.name
