"""The pieces of an emulated run that need no emulator: registers, interrupts, logs, texts, calls that print."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.mcu.emulate import answered, elf_image, fault_status, machines, semihosting
from signoff.verifiers.mcu.emulate.core import PENDSV, SVCALL, SYSTICK, Core
from signoff.verifiers.mcu.emulate.elf_image import Code, ElfImage, NotAnImage
from signoff.verifiers.mcu.emulate.frames import parse_addr2line
from signoff.verifiers.mcu.emulate.qemu_log import Log
from signoff.verifiers.mcu.emulate.registers import Registers
from signoff.verifiers.mcu.emulate.uart_text import PortFiles, UartText
from signoff.verifiers.mcu.emulate.watch import ClockWatch
from signoff.verifiers.mcu.parts.library import find
from signoff.verifiers.mcu.parts.part import Part

NVIC_ISER0, NVIC_ISPR0, NVIC_IPR0, ICSR, SHPR3 = 0xE000E100, 0xE000E200, 0xE000E400, 0xE000ED04, 0xE000ED20
SYST_CSR, SYST_RVR = 0xE000E010, 0xE000E014


@pytest.fixture(scope="module")
def part() -> Part:
    found = find("stm32f407vg")
    assert found is not None
    return found


def at(part: Part, peripheral: str, register: str) -> int:
    one = part.peripherals[peripheral]
    found = one.register(register)
    assert found is not None
    return one.base + found.offset


def registers(part: Part, printed: list[tuple[str, int]] | None = None) -> Registers:
    sink: list[tuple[str, int]] = [] if printed is None else printed
    return Registers(part, lambda port, byte: sink.append((port, byte)), lambda address, value: None)


def test_what_is_written_is_read_in_words_and_bytes(part: Part) -> None:
    ours, arr = registers(part), at(part, "TIM12", "ARR")
    ours.write(arr, 4, 0x12345678)
    assert [ours.read(arr, 4), ours.read(arr + 1, 1), ours.read(arr + 2, 2)] == [0x12345678, 0x56, 0x1234]
    ours.write(arr + 1, 1, 0xAB)
    assert ours.read(arr, 4) == 0x1234AB78


def test_registers_begin_with_their_reset_values(part: Part) -> None:
    moder = part.peripherals["GPIOA"].register("MODER")
    assert moder is not None and moder.reset
    assert registers(part).read(at(part, "GPIOA", "MODER"), 4) == moder.reset


def test_an_oscillator_that_is_switched_on_is_ready(part: Part) -> None:
    ours, control, switch = registers(part), at(part, "RCC", "CR"), at(part, "RCC", "CFGR")
    assert not ours.read(control, 4) & 1 << 17
    ours.write(control, 4, 1 << 16)
    assert ours.read(control, 4) & 1 << 17
    ours.write(switch, 4, 2)
    assert ours.read(switch, 4) & 0xC == 8


def test_a_usart_is_always_ready_and_prints(part: Part) -> None:
    printed: list[tuple[str, int]] = []
    ours = registers(part, printed)
    assert ours.read(at(part, "USART2", "SR"), 4) & 0xC0 == 0xC0
    ours.write(at(part, "USART2", "DR"), 1, ord("A"))
    assert printed == [("USART2", ord("A"))]


def test_flags_are_cleared_as_their_register_says(part: Part) -> None:
    ours, status, pending = registers(part), at(part, "TIM2", "SR"), at(part, "EXTI", "PR")
    ours.write(at(part, "TIM2", "EGR"), 4, 1)
    assert ours.read(status, 4) & 1
    ours.write(status, 4, 0xFFFF)
    assert ours.read(status, 4) & 1
    ours.write(status, 4, 0xFFFE)
    assert not ours.read(status, 4) & 1
    ours.set_word(pending, 5)
    ours.write(pending, 4, 1)
    assert ours.read(pending, 4) == 4


def test_the_watch_knows_which_bit_lets_a_peripheral_run(part: Part) -> None:
    ours = registers(part)
    watch = ClockWatch(part, ours.word)
    gate = watch.off(at(part, "TIM12", "ARR"))
    assert gate is not None and (gate.peripheral.name, gate.enable.register, gate.enable.bit) == ("TIM12", "APB1ENR", 6)
    ours.write(at(part, "RCC", "APB1ENR"), 4, 1 << 6)
    assert watch.off(at(part, "TIM12", "ARR")) is None
    for free in ("RCC", "EXTI", "FLASH", "SysTick"):
        assert watch.off(part.peripherals[free].base) is None
    assert watch.off(0x20000000) is None


def core(priority_bits: int | None = 4) -> Core:
    return Core(0x08000000, priority_bits)


def test_an_interrupt_comes_when_enabled_pending_and_urgent_enough() -> None:
    ours = core()
    ours.write(NVIC_ISPR0, 4, 1 << 28, 0)
    assert ours.due(0, 0, 0, 0) == 0
    ours.write(NVIC_ISER0, 4, 1 << 28, 0)
    assert ours.due(0, 0, 0, 0) == 16 + 28
    assert ours.due(0, 1, 0, 0) == 0
    ours.write(NVIC_IPR0 + 28, 1, 0x50, 0)
    assert ours.due(0, 0, 0x50, 0) == 0
    assert ours.due(0, 0, 0x60, 0) == 16 + 28
    ours.enter(16 + 28)
    ours.write(NVIC_ISPR0, 4, 1 << 28, 0)
    assert ours.due(0, 0, 0, 0) == 0, "no exception interrupts itself"
    ours.leave()
    assert ours.due(0, 0, 0, 0) == 16 + 28


def test_the_most_urgent_comes_first_and_the_core_s_by_their_own_priorities() -> None:
    ours = core()
    ours.write(SHPR3, 4, 0xF0F00000, 0)
    ours.write(ICSR, 4, 1 << 28 | 1 << 26, 0)
    assert ours.due(0, 0, 0, 0) == PENDSV
    ours.pend(SVCALL)
    assert ours.due(0, 0, 0, 0) == SVCALL
    ours.enter(SVCALL)
    assert ours.due(0, 0, 0, 0) == 0


def test_priorities_have_the_bits_of_the_part() -> None:
    for bits, kept in ((4, 0xF0), (3, 0xE0), (None, 0xFF)):
        ours = core(bits)
        ours.write(NVIC_IPR0, 1, 0xFF, 0)
        assert ours.read(NVIC_IPR0, 1, 0) == kept


def test_systick_counts_and_interrupts() -> None:
    ours = core()
    ours.write(SYST_RVR, 4, 1999, 0)
    ours.write(SYST_CSR, 4, 7, 100)
    assert ours.next_event(100) == 2100
    assert ours.due(2000, 0, 0, 0) == 0
    assert ours.due(2100, 0, 0, 0) == SYSTICK
    assert ours.read(SYST_CSR, 4, 2100) & 1 << 16
    assert not ours.read(SYST_CSR, 4, 2101) & 1 << 16, "reading clears it"


def test_the_fault_registers_are_put_into_words() -> None:
    found = fault_status.cause(3, fault_status.Status(cfsr=1 << 9 | 1 << 15, bfar=0x30000000))
    assert (found.kind, found.address) == ("BusFault", 0x30000000)
    assert "0x30000000" in found.text
    assert fault_status.cause(3, fault_status.Status(cfsr=1 << 9)).address is None
    assert fault_status.cause(3, fault_status.Status(cfsr=1 << 25)).kind == "UsageFault"
    assert "semihosting" in fault_status.cause(3, fault_status.Status(), 0xBEAB).text
    assert fault_status.cause(3, fault_status.Status()).text == fault_status.UNKNOWN


def test_the_log_tells_devices_once_and_what_is_waited_for() -> None:
    log = Log()
    log.feed(b"GPIOA: unimplemented device write (size 4, offset 0x020, value 0x00000700)\ntimer[12]: unimpl")
    log.feed(b"emented device read  (size 4, offset 0x000)\nNVIC: Bad read offset 0x12\n")
    assert list(log.devices) == ["GPIOA", "TIM12"]
    assert list(log.errors) == ["NVIC: Bad read offset 0x12"]
    assert log.waits_for() is None
    log.feed(b"RCC: unimplemented device read  (size 4, offset 0x000)\n" * 2000)
    assert log.waits_for() == ("RCC", 0)
    log.forget()
    assert log.waits_for() is None


def test_the_last_words_of_a_locked_processor() -> None:
    log = Log()
    log.feed(
        b"qemu: fatal: Lockup: can't escalate 3 to HardFault\n\nR00=00000001 R01=00000002\nR14=fffffff9 R15=0800003e\n"
    )
    found = log.lockup()
    assert found is not None
    assert (found[1][0], found[1][15]) == (1, 0x0800003E)
    assert "escalate" in found[0]


def test_addr2line_s_answer() -> None:
    output = b"0x08000188\ninner\n/w/a.c:5 (discriminator 2)\nmain\n/w/b.c:9\n0x08000200\n??\n??:0\n0x1\n_start\n??:?\n"
    found = parse_addr2line(output)
    assert [(frame.function, frame.path, frame.line) for frame in found[0x08000188]] == [
        ("inner", "/w/a.c", 4),
        ("main", "/w/b.c", 8),
    ]
    assert (found[0x08000200][0].path, found[0x08000200][0].line) == ("", -1)
    assert found[1][0].function == "_start"


def test_one_port_is_shown_as_it_is_and_others_by_name(tmp_path: Path) -> None:
    shown: list[str] = []
    text = UartText(shown.append)
    ports = PortFiles(tmp_path, ("USART1", "USART2"))
    ports.poll(text)
    ports.paths["USART2"].write_bytes("gr\u00fc".encode()[:3])
    ports.poll(text)
    with ports.paths["USART2"].open("ab") as file:
        file.write("\u00fc\n".encode()[1:])
    ports.paths["USART1"].write_bytes(b"one\nt")
    ports.poll(text)
    ports.paths["USART1"].write_bytes(b"one\ntwo")
    ports.poll(text)
    assert text.finish() == "gr\n[USART1] one\n\u00fc\n[USART1] two\n"
    assert "".join(shown) == text.text


def test_semihosting_prints_and_opens_nothing() -> None:
    memory = bytearray(64)
    memory[0:12] = (32).to_bytes(4, "little") + (0).to_bytes(4, "little") + (3).to_bytes(4, "little")
    memory[32:35] = b":tt"

    def read(address: int, size: int) -> bytes:
        return bytes(memory[address : address + size])

    assert semihosting.answer(semihosting.OPEN, 0, read).result == semihosting.CONSOLE_HANDLE
    memory[32:35] = b"abc"
    assert semihosting.answer(semihosting.OPEN, 0, read).result == semihosting.FAILED
    memory[40:46] = b"hello\0"
    assert semihosting.answer(semihosting.WRITE0, 40, read).text == b"hello"
    assert semihosting.answer(semihosting.EXIT, 0, read).ended
    # remove, rename, system: whatever it is, it is refused
    assert all(semihosting.answer(operation, 0, read) == semihosting.Answer() for operation in (0x0E, 0x0F, 0x12))


def test_every_answered_function_has_a_sound_entry() -> None:
    for answer in answered.answers():
        assert bool(answer.then) == bool(answer.argument)
    image = ElfImage("x", (), (), {"HAL_RCC_OscConfig": 0x08000101, "main": 0x08000001})
    assert [answer.name for answer in answered.in_image(image).values()] == ["HAL_RCC_OscConfig"]
    assert list(answered.in_image(image)) == [0x08000100]


def test_qemu_s_machines() -> None:
    assert machines.machine("netduinoplus2").serials[1] == "USART2"
    assert machines.machine("nothing").chip == ""
    assert (machines.device("timer[7]"), machines.device("Flash Int"), machines.device("RCC")) == (
        "TIM7",
        "FLASH",
        "RCC",
    )
    assert machines.lacking(0x10000000) and not machines.lacking(0x30000000)


def test_the_vector_table_ends_where_functions_end() -> None:
    code = (Code(0x08000100, 8, "Reset_Handler"), Code(0x08000108, 2, "Default_Handler"))
    words = [0x20020000, 0x08000101, *[0x08000109] * 30, 0x12345678, 0x08000109]
    data = b"".join(word.to_bytes(4, "little") for word in words)
    image = ElfImage("x", ((0x08000000, data),), code, {}, 0x08000000)
    assert len(image.vectors) == 32
    assert image.unhandled == 0x08000108
    assert image.function_at(0x08000105) is code[0]
    assert image.function_at(0x0800010C) is None


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF" + bytes(200), b"no image at all" * 100])
def test_garbage_in_place_of_an_image_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "image.elf"
    path.write_bytes(content)
    with pytest.raises(NotAnImage):
        elf_image.load(str(path))
    with pytest.raises(NotAnImage):
        elf_image.load(str(tmp_path / "nowhere"))
