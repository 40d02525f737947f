"""One unit as it is handed to a CUDA compiler: its text, its flags, its targets, and shadows of unsaved files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.checks.headers import include_dirs
from signoff.verifiers.gpu.compile.toolkit import Toolkit
from signoff.verifiers.gpu.compile.unit_files import Files, closure, reaching, rewritten
from signoff.verifiers.gpu.hardware.limits import normal
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.slips import near
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM, LINE_END, LineIndex, unmarked

UNTITLED = "untitled.cu"
# Never compiled alone: what they need may come from the file that includes them.
HEADERS = frozenset({".cuh", ".h", ".hpp", ".hh", ".hxx", ".inl", ".inc", ".ipp"})
# The target where nothing names one: the oldest that most code of today is written for, and bf16 with it.
USUAL = "sm_80"

UNDEFINED = re.compile(r'identifier "([A-Z][A-Z0-9_]{2,})" is undefined')
DEFINED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+([A-Z]\w+)", re.MULTILINE)


class NoUnit(Exception):
    """The document cannot be compiled: a header that no known unit includes."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to compile.

    `main` is the path of the unit's own file (the document, or for a header the unit that includes it), `found` it and
    all files that it includes from the unit's folders, `changed` those whose text is not what the disk has.
    """

    main: str
    document: str
    unit: CompileUnit
    files: Files
    found: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The unit's own text."""
        return self.found[self.main]

    def text_of(self, path: str) -> str:
        """Any file's text as it is compiled; "" where there is none."""
        return self.found[path] if path in self.found else self.files.text(path) or ""


def job(snapshot: Snapshot, project: Project, alone: bool = False) -> Job:
    """The job for a document. Reads the files that it includes, so call it in a thread. Raises NoUnit.

    `alone`: a header that no known unit includes is taken for a unit of its own.
    """
    path = snapshot.path or str(Path(project.root or "/", UNTITLED))
    unit = _unit(path, project, alone)
    texts = {
        buffer.path: unmarked(buffer.text) for buffer in project.buffers if buffer.path and buffer.language != "python"
    }
    texts[path] = unmarked(snapshot.text)
    files = Files(texts, unit)
    main = unit.source or path
    text = files.text(main)
    if text is None:
        raise NoUnit(f"{main}, which includes this file, cannot be read")
    return Job(main, path, unit, files, closure(files, main, text))


def _unit(path: str, project: Project, alone: bool) -> CompileUnit:
    """The unit with the folders and macros of the user's settings."""
    unit = project.unit
    if not alone and orphan(path, unit):
        raise NoUnit("a header is compiled through a file that includes it, and none is known")
    unit = unit or CompileUnit(path, directory=str(PurePath(path).parent))
    defines = (*unit.defines, *(one for one in project.settings.cuda.defines if one not in unit.defines))
    return replace(unit, source=unit.source or path, include_dirs=include_dirs(project), defines=defines)


def orphan(path: str, unit: CompileUnit | None) -> bool:
    """Whether the file is a header that no known unit includes."""
    return (unit is None or unit.source in ("", path)) and PurePath(path).suffix.lower() in HEADERS


@dataclass(frozen=True, slots=True)
class Targets:
    """What to compile for, as nvcc spells it ("sm_90a"); `named` False where it was our choice.

    `refused` are targets of the project that the toolkit does not compile for.
    """

    names: tuple[str, ...]
    named: bool = True
    refused: tuple[str, ...] = ()


def targets(project: Project, supported: Sequence[str]) -> Targets:
    """The project's targets that a toolkit supports; where none is named or supported, a usual one."""
    variants = {normal(name): name for name in (project.unit.architectures if project.unit else ())}
    wanted = [variants.get(name, name) for name in project.architectures]
    good = tuple(dict.fromkeys(name for name in wanted if normal(name) in supported or not supported))
    refused = tuple(name for name in wanted if name not in good)
    if good:
        return Targets(good, True, refused)
    usual = USUAL if USUAL in supported or not supported else supported[0]
    return Targets((usual,), False, refused)


def refusal(kit: Toolkit, chosen: Targets) -> str:
    """What to tell the user of targets that the toolkit does not know; "" where it knows all."""
    if not chosen.refused:
        return ""
    known = f" (it knows {kit.architectures[0]} to {kit.architectures[-1]})" if kit.architectures else ""
    return f"CUDA {kit.version} does not compile for {', '.join(chosen.refused)}{known}."


def lay_out(work: Job, folder: Path) -> Path:
    """Write the unit's text, and shadows of unsaved headers with all that lead to them, into `folder`.

    Returns the file to compile. A shadow begins with a #line directive, so that messages name the original; where the
    disk has the same text, the original itself is read.
    """
    changed = {path for path in work.found if path in work.files.texts and path != work.main and _unsaved(work, path)}
    shadowed = sorted((reaching(work.files, work.found, changed) if changed else set()) | {work.main})
    names = {path: str(folder / str(number) / PurePath(path).name) for number, path in enumerate(shadowed)}
    names[work.main] = str(folder / (PurePath(work.main).stem + ".cu"))
    for path, name in names.items():
        text = rewritten(work.files, path, LINE_END.sub("\n", work.found[path]), names)
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(f'#line 1 "{quoted}"\n{text}'.encode("utf-8", "replace"))
    return Path(names[work.main])


def _unsaved(work: Job, path: str) -> bool:
    try:
        saved = Path(path).read_bytes().decode("utf-8", "replace")
    except OSError:
        return True
    return work.files.texts[path] not in (saved.removeprefix(BOM), unmarked(saved))


def unknown_macro(work: Job, message: str) -> str:
    """The name in capitals that a message calls undefined where a flag nobody has declared may define it; "" for none.

    One that is a slip of a macro's name in the unit's files is a fault whatever the flags.
    """
    match = None if work.unit.declared else UNDEFINED.match(message)
    if match is None:
        return ""
    defined = {name for text in work.found.values() for name in DEFINED.findall(text)}
    return "" if near(match[1], defined - {match[1]}) else match[1]


def find_kernel(work: Job, name: str) -> tuple[str, Span]:
    """(path, span) of a kernel's name where it is defined; without one, of its first mention or the first line."""
    pattern = re.compile(rf"\b__global__\b[^;{{}}]*?(?<![\w:])({re.escape(name)})\s*\(") if name else None
    fallback: tuple[str, Span] | None = None
    for path, text in work.found.items() if pattern else ():
        index = LineIndex(text)
        for match in pattern.finditer(text) if pattern else ():
            span = index.span(*match.span(1))
            if _defined(text, match.end()):
                return path, span
            fallback = fallback or (path, span)
    return fallback or _mentioned(work, name)


def _defined(text: str, at: int) -> bool:
    """Whether a body follows the parameters that begin at `at`."""
    brace, end = text.find("{", at), text.find(";", at)
    return brace >= 0 and (end < 0 or brace < end)


def _mentioned(work: Job, name: str) -> tuple[str, Span]:
    index = LineIndex(work.text)
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", work.text) if name else None
    return work.main, index.span(*match.span()) if match else Span(0, 0, 0, len(index.line(0)))
