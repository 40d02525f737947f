"""What QEMU's log (-d guest_errors,unimp) says, and its last words. Pure: fed bytes, asked for what they meant."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from signoff.verifiers.mcu.emulate import machines

# GPIOA: unimplemented device write (size 4, offset 0x020, value 0x00000700)
UNIMPLEMENTED = re.compile(
    rb"^(.+?): unimplemented device (read|write) +\(size \d, offset 0x([0-9a-f]+)[^\n]*", re.MULTILINE
)
LOCKUP = re.compile(rb"Lockup: ([^\n]*)")
REGISTER = re.compile(rb"R(\d\d)=([0-9a-f]{8})")
# Lines of the log that are no guest error but QEMU's own.
OWN = (b"qemu-system", b"R0", b"R1", b"XPSR", b"s0", b"s1", b"s2", b"s3", b"FPSCR")
# So many different errors are kept; more are more of the same.
MAX_ERRORS = 3
TAIL_BYTES = 16384
# A loop that waits reads one register thousands of times a second.
WAITING_READS = 1000
WAITING_SHARE = 0.9


@dataclass(slots=True)
class Log:
    """The log so far. `devices` are those used that QEMU does not have, by the reference manual's names."""

    devices: dict[str, None] = field(default_factory=dict)
    errors: dict[str, None] = field(default_factory=dict)
    size: int = 0
    tail: bytes = b""
    _recent: Counter[tuple[str, int]] = field(default_factory=Counter)
    _accesses: int = 0
    _rest: bytes = b""

    def feed(self, data: bytes) -> None:
        """Take more of the log."""
        self.size += len(data)
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        for name, kind, offset in UNIMPLEMENTED.findall(whole):
            device = machines.device(name.decode(errors="replace"))
            self.devices.setdefault(device)
            self._accesses += 1
            if kind == b"read":
                self._recent[device, int(offset, 16)] += 1
        self._note_errors(UNIMPLEMENTED.sub(b"", whole) if b"unimplemented" in whole else whole)

    def waits_for(self) -> tuple[str, int] | None:
        """(device, offset) where nearly all accesses since forget() read one register of a device that is not there."""
        if not self._recent:
            return None
        (place, count) = self._recent.most_common(1)[0]
        return place if count >= max(WAITING_READS, WAITING_SHARE * self._accesses) else None

    def forget(self) -> None:
        """Begin anew to look for a loop that waits."""
        self._recent.clear()
        self._accesses = 0

    def lockup(self) -> tuple[str, dict[int, int]] | None:
        """Why the processor locked up and its registers r0 to r15; None where it did not."""
        found = LOCKUP.search(self.tail)
        if found is None:
            return None
        registers = {int(number): int(value, 16) for number, value in REGISTER.findall(self.tail, found.end())}
        return found[1].decode(errors="replace"), registers

    def _note_errors(self, text: bytes) -> None:
        for line in text.splitlines():
            known = line.strip()
            if known and not known.startswith((*OWN, b"qemu: fatal", b"(size")) and len(self.errors) < MAX_ERRORS:
                self.errors.setdefault(known.decode(errors="replace")[:200])
