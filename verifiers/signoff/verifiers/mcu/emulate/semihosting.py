"""Semihosting calls that print or end the program (Arm's semihosting specification, 2.0); none reaches a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

# Operations, in r0; r1 holds the argument or points at a block of them.
OPEN, WRITEC, WRITE0, WRITE, ISTTY, EXIT, EXIT_EXTENDED = 0x01, 0x03, 0x04, 0x05, 0x09, 0x18, 0x20
CONSOLE = b":tt"
CONSOLE_HANDLE = 1
FAILED = 0xFFFFFFFF
MAX_TEXT = 4096
PORT = "semihosting"


@dataclass(frozen=True, slots=True)
class Answer:
    """What r0 becomes, what is printed, and whether the program is at its end."""

    result: int = FAILED
    text: bytes = b""
    ended: bool = False


def answer(operation: int, argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    """The answer to one call. Files are refused: only the console can be opened and written."""
    return _ANSWERS.get(operation, _refused)(argument, memory)


class _Wanted(Exception):
    """Memory that is to be fetched: (address, size)."""


async def answer_by(fetch: Callable[[int, int], Awaitable[bytes]], operation: int, argument: int) -> Answer:
    """answer() where memory takes time to fetch: what it asks for is fetched, and the call tried again."""
    known: dict[tuple[int, int], bytes] = {}

    def memory(address: int, size: int) -> bytes:
        if (address, size) not in known:
            raise _Wanted(address, size)
        return known[address, size]

    while True:
        try:
            return answer(operation, argument, memory)
        except _Wanted as wanted:
            address, size = wanted.args
            known[address, size] = await fetch(address, size)


def _words(address: int, count: int, memory: Callable[[int, int], bytes]) -> list[int]:
    raw = memory(address, 4 * count).ljust(4 * count, b"\0")
    return [int.from_bytes(raw[at : at + 4], "little") for at in range(0, 4 * count, 4)]


def _refused(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    return Answer()


def _open(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    name, _, length = _words(argument, 3, memory)
    return Answer(CONSOLE_HANDLE) if memory(name, max(length, 4))[:length] == CONSOLE else Answer()


def _write_character(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    return Answer(0, memory(argument & ~3, 4)[argument & 3 :][:1])


def _write_text(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    return Answer(0, memory(argument, MAX_TEXT).partition(b"\0")[0])


def _write(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    handle, start, length = _words(argument, 3, memory)
    if handle != CONSOLE_HANDLE:
        return Answer(length)
    return Answer(0, memory(start & ~3, min(length, MAX_TEXT) + 7)[start & 3 :][: min(length, MAX_TEXT)])


def _terminal(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    return Answer(1)


def _exit(argument: int, memory: Callable[[int, int], bytes]) -> Answer:
    return Answer(0, ended=True)


_ANSWERS: Mapping[int, Callable[[int, Callable[[int, int], bytes]], Answer]] = {
    OPEN: _open,
    WRITEC: _write_character,
    WRITE0: _write_text,
    WRITE: _write,
    ISTTY: _terminal,
    EXIT: _exit,
    EXIT_EXTENDED: _exit,
}
