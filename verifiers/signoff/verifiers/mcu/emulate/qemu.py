"""Runs a linked image in QEMU: what it prints as it comes, faults at their source lines, what QEMU lacks told once.

The firmware reaches nothing of this machine: no semihosting (it would give it the user's files), no network, no disk,
no monitor. QEMU's debug interface is on its standard input and output, so no port is opened either.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from signoff.verifiers import tools
from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.emulation import FAULT, LACKING, QEMU, WAITING, Emulation, Fault, not_run
from signoff.verifiers.mcu.emulate.fault_status import LAST_FAULT, Cause, missing_handler
from signoff.verifiers.mcu.emulate.frames import frames_of
from signoff.verifiers.mcu.emulate.gdb_remote import PC, GdbGone, GdbRemote
from signoff.verifiers.mcu.emulate.machines import lacking, machine
from signoff.verifiers.mcu.emulate.places import Places, chain_frames, fault, finding, finding_of
from signoff.verifiers.mcu.emulate.qemu_fault import Stop
from signoff.verifiers.mcu.emulate.qemu_log import Log
from signoff.verifiers.mcu.emulate.qemu_session import QemuSession
from signoff.verifiers.mcu.emulate.uart_text import PortFiles, UartText
from signoff.verifiers.mcu.parts import library
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project
from signoff.verifiers.run import ToolMissing, kill_group, scratch_folder, spawn
from signoff.verifiers.settings import EmulatorSettings

PROGRAM = "qemu-system-arm"
HOW = "Debian and Ubuntu: apt install qemu-system-arm; macOS: brew install qemu; Windows: qemu.org; or set its path"
# QEMU's cache of translated code; firmware needs a fraction of the default.
CODE_CACHE_MB = 64
GONE_SECONDS = 5.0
NOT_THERE = "NotEmulated"
CATEGORIES = {"MissingHandler": Category.VECTOR_TABLE, "BusFault": Category.MEMORY_REGION}


def program(settings: EmulatorSettings) -> str:
    """The path of QEMU; "" where there is none."""
    if settings.qemu:
        path = Path(settings.qemu).expanduser()
        return str(path) if path.is_absolute() and path.is_file() else ""
    return tools.on_path(PROGRAM)


def arguments(qemu: str, machine: str, elf: str, ports: PortFiles) -> tuple[str, ...]:
    """QEMU's command line."""
    serials: list[str] = []
    for number, path in enumerate(ports.paths.values()):
        # QEMU splits its options at commas; a comma in a path is doubled.
        written = str(path).replace(",", ",,")
        serials += ["-chardev", f"file,id=port{number},path={written}", "-serial", f"chardev:port{number}"]
    return (
        *(qemu, "-M", machine, "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
        *("-accel", f"tcg,tb-size={CODE_CACHE_MB}", "-d", "guest_errors,unimp", "-S", "-gdb", "stdio"),
        *(*serials, "-kernel", elf),
    )


async def run_qemu(
    image: ElfImage, project: Project, addr2line: str, settings: EmulatorSettings, on_output: Callable[[str], None]
) -> Emulation:
    """Run an image until it ends, faults, or `settings.seconds` are over. Cancelling ends QEMU."""
    qemu = program(settings)
    if not qemu:
        wrong = f"The setting emulator.qemu names {settings.qemu}, which is no program. " if settings.qemu else ""
        return not_run(QEMU, f"{wrong}{PROGRAM} was not found: {HOW}")
    start = time.monotonic()
    with scratch_folder("qemu") as folder:
        text, log = UartText(on_output), Log()
        ports = PortFiles(folder, machine(settings.machine).serials)
        argv = arguments(qemu, settings.machine, image.path, ports)
        try:
            process = await spawn(argv, cwd=folder, memory_limit_mb=project.settings.memory_limit_mb)
        except ToolMissing as error:
            return not_run(QEMU, str(error))
        assert process.stdin and process.stdout
        session = QemuSession(GdbRemote(process.stdout, process.stdin), image, log, ports, text, settings.seconds)
        listener = asyncio.ensure_future(_listen(process, log))
        try:
            ended = await session.run()
        except GdbGone:
            await asyncio.wait([listener], timeout=GONE_SECONDS)
            ended = ""
        finally:
            kill_group(process)
            await _gone(process, listener)
        text.finish()
    if not ended and log.lockup() is None:
        last = log.tail.decode(errors="replace").strip().splitlines()
        return not_run(QEMU, f"{PROGRAM} ended: {last[-1] if last else 'it said nothing'}")
    return await _told(session, ended or FAULT, project, addr2line, time.monotonic() - start)


async def _listen(process: asyncio.subprocess.Process, log: Log) -> None:
    assert process.stderr
    while data := await process.stderr.read(1 << 16):
        log.feed(data)


async def _gone(process: asyncio.subprocess.Process, listener: asyncio.Future[None]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), GONE_SECONDS)
    listener.cancel()
    await asyncio.wait([listener])


async def _told(session: QemuSession, ended: str, project: Project, addr2line: str, seconds: float) -> Emulation:
    part = await asyncio.to_thread(library.for_project, project)
    stops = [*session.stops, *_lockup(session)]
    addresses = {address for stop in stops for address in stop.chain} | set(session.where)
    places = await frames_of(addr2line, session.image.path, addresses)
    judged = [(stop, _lacking(stop.cause, part)) for stop in stops]
    faults = tuple(_fault(stop, places, project, part) for stop, what in judged if not what)
    if ended == FAULT and stops and not faults:
        ended = LACKING
    lacks = [(what, _not_there(what, stop, places, project)) for stop, what in judged if what]
    findings = (
        *(finding_of(one, QEMU, project, CATEGORIES.get(one.kind, Category.OTHER)) for one in faults if one.path),
        *(found for _, found in lacks),
    )
    notes = (
        *_machine_notes(project, part),
        *_lack_notes(session, [what for what, found in lacks if found is None], broken=bool(lacks)),
        *_end_notes(session, ended, places, part),
    )
    return Emulation(
        QEMU,
        session.text.text,
        faults,
        tuple(found for found in findings if found is not None),
        ended,
        seconds,
        notes,
        first_output=session.first_output,
    )


def _lockup(session: QemuSession) -> list[Stop]:
    found = session.log.lockup()
    if found is None or session.stops:
        return []
    reason, registers = found
    chain = (registers[PC],) if session.image.function_at(registers.get(PC, 0)) else ()
    return [Stop(Cause("Lockup", f"a fault within the handler of a fault ({reason})"), 0, chain)]


def _fault(stop: Stop, places: Places, project: Project, part: Part | None) -> Fault:
    frames = chain_frames(stop.chain, places)
    if stop.exception <= LAST_FAULT:
        return fault(stop.cause.kind, stop.cause.text, frames, project)
    return fault("MissingHandler", missing_handler(stop.exception, part), frames, project)


def _not_there(what: str, stop: Stop, places: Places, project: Project) -> Finding | None:
    """The line whose access QEMU cannot make, and the part may: the run is cut short there, so it proves nothing."""
    message = f"An access to {what}, which QEMU does not have: the run ends here, whatever the part would do"
    frames, category = chain_frames(stop.chain, places), Category.MEMORY_REGION
    return finding(NOT_THERE, message, frames, project, tool=QEMU, category=category, severity=Severity.WARNING)


def _lacking(cause: Cause, part: Part | None) -> str:
    """What a part may have where a bus fault was, and QEMU's machine has not; "" for a fault of the program."""
    if cause.address is None:
        return ""
    region, peripheral = (part.region(cause.address), part.at(cause.address)) if part else (None, None)
    known = region.name if region else peripheral[0].name if peripheral else ""
    name = known or lacking(cause.address)
    return f"{name} (0x{cause.address:08x})" if name else ""


def _machine_notes(project: Project, part: Part | None) -> list[str]:
    name = project.settings.emulator.machine
    known = machine(name)
    own = part.name if part else project.image.part if project.image else ""
    if own and own.lower().startswith(known.near):
        return []
    chip = f"is an {known.chip}" if known.chip else "is none that Signoff knows"
    what = f"this image is for {own}" if own else "nothing names the part that this image is for"
    return [f"QEMU's {name} {chip}; {what}: memories and peripherals may differ."]


def _lack_notes(session: QemuSession, missing: list[str], *, broken: bool) -> list[str]:
    notes = []
    if session.answers:
        notes.append(
            f"Not run but answered as done, as QEMU has no clock hardware to wait for: {', '.join(session.answers)}."
        )
    if session.log.devices:
        names = ", ".join(session.log.devices)
        notes.append(f"QEMU does not emulate {names}: what is written there is lost, and 0 is read.")
    notes += [f"The run ended at an access to {what}, which QEMU does not have." for what in missing]
    notes += [f"QEMU says: {error}" for error in session.log.errors if not broken]
    return notes


def _end_notes(session: QemuSession, ended: str, places: Places, part: Part | None) -> list[str]:
    frames = chain_frames(session.where, places)
    where = " < ".join(str(frame) for frame in frames if frame.function)
    if ended == WAITING and session.waits_for:
        device, offset = session.waits_for
        peripheral = part.peripheral(device) if part else None
        found = part.at(peripheral.base + offset) if part and peripheral else None
        register = f"{device}->{found[1].name}" if found and found[1] else f"{device} + 0x{offset:02x}"
        return [f"The program waits for {register}, which QEMU does not emulate: {where}. The engine unicorn does."]
    return [f"At the end the program was in {where}."] if where and ended not in (FAULT, LACKING) else []
