"""Runs of gcc: in a private folder, in plain English, and again without the flags that this gcc does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from signoff.verifiers.mcu.compile.gcc_messages import parse
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.run import Completed, run

# gcc translates its messages and their quotes where the user's locale says so.
ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": ""}
# Each run names all the flags that one of gcc's programs does not know; the next program is only then started.
ROUNDS = 5
# arm-none-eabi-gcc: error: unrecognized command-line option '-fcolor-diagnostics'; did you mean ...
# arm-none-eabi-gcc: error: unrecognized argument in option '-mfpu=none'; missing argument to '-march='
# cc1: error: unrecognized command-line option "-Wfoo" (gcc 4 to 7); within JSON as well
PROGRAM = rb"(?:^|[\"\s])[\w./+-]*(?:gcc|g\+\+|cc1|cc1plus|as|lto1)(?:-[\d.]+)?(?:\.exe)?"
REFUSED = re.compile(rb"(?m)" + PROGRAM + rb": (?:fatal )?error: [^'\"\n]*['\"](-[^'\"\n]+)['\"]")
TARGET = re.compile(rb"error: unrecognized (-m(?:cpu|arch|tune)) target: (\S+)")

QUOTED = re.compile(r"'(-[^']+)'")
CHOICES = ("-m", "-f", "-W", "-O", "-g", "-s", "--")

# arm-none-eabi-gcc: note: valid arguments are: ... cortex-m33; did you mean 'cortex-m4'?
NEAR = re.compile(rb"did you mean '([^']+)'")
# Without these it is another machine that is compiled for: what gcc says of the code then follows from that.
CORE = ("-mcpu", "-march")

_near: dict[str, str] = {}
_refused: dict[tuple[str, str, str, tuple[str, ...]], dict[str, None]] = {}


async def gcc(
    kit: Toolchain,
    language: str,
    flags: Sequence[str],
    rest: Sequence[str],
    *,
    folder: Path,
    timeout: float,
    memory_limit_mb: int | None,
) -> tuple[Completed, tuple[str, ...]]:
    """Run gcc on `flags` (the build's, vetted) and `rest` (ours, with the file); (how it ended, flags left out).

    Flags that it rejects are left out, from then on at once. Raises ToolMissing.
    """
    # What is rejected depends on the other flags: -mfloat-abi=hard on the core.
    choices = tuple(flag for flag in flags if flag.startswith(CHOICES))
    known = _refused.setdefault((kit.gcc, kit.version, language, choices), {})
    for _ in range(ROUNDS):
        kept = without(flags, known)
        program = kit.gxx if language == "c++" and kit.gxx else kit.gcc
        done = await run(
            (program, *kept, *rest), cwd=folder, env=ENVIRONMENT, timeout=timeout, memory_limit_mb=memory_limit_mb
        )
        # What another run has learnt meanwhile is news to this one.
        more = rejected(done.stderr, kept) if done.returncode else []
        known.update(dict.fromkeys(more))
        _near.update(_hints(done.stderr, more))
        if not more:
            break
    return done, tuple(flag for flag in flags if flag in known)


def near(flag: str) -> str:
    """What gcc said that was meant by a flag, or by its value, that it did not know; "" where it said nothing."""
    return _near.get(flag, "")


def _hints(output: bytes, flags: Sequence[str]) -> dict[str, str]:
    """What gcc takes the flags for that it does not know: said with each, in its line or in the note below."""
    found: dict[str, str] = {}
    lines = output.splitlines()
    for line, below in zip_longest(lines, lines[1:], fillvalue=b""):
        hint = NEAR.search(line) or (NEAR.search(below) if b" note: " in below else None)
        for flag in rejected(line, flags) if hint else ():
            found.setdefault(flag, hint[1].decode("utf-8", "replace") if hint else "")
    return found


def without(flags: Sequence[str], refused: dict[str, None]) -> tuple[str, ...]:
    """The flags less those that were rejected (and the values of two-word ones)."""
    return tuple(flag for flag in flags if flag not in refused)


def rejected(output: bytes, flags: Sequence[str]) -> list[str]:
    """Those of the flags that gcc says it does not know or cannot take."""
    named = [match[1].decode("utf-8", "replace") for match in REFUSED.finditer(output)]
    named += [b"=".join(match.groups()).decode("utf-8", "replace") for match in TARGET.finditer(output)]
    # What the compiler proper says of its options is a diagnostic without a place.
    loose = (one.message for one in parse(output).diagnostics if one.error and not one.places)
    named += [name for message in loose for name in QUOTED.findall(message)]
    return [flag for flag in dict.fromkeys(flags) if any(_meant(name, flag) for name in named)]


def _meant(name: str, flag: str) -> bool:
    """gcc names a flag whole, or without its value."""
    return flag == name or (flag.startswith("-") and flag.partition("=")[0] == name.rstrip("=").partition("=")[0] != "")
