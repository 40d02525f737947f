"""One unit as NVRTC gets it: host functions blanked, project headers served the same way, host headers stood in for.

What the unit then lacks is known by name; a message that may come of the lack is doubtful. The declaration in which it
arose is left out and the rest compiled again, until everything that NVRTC says is certain or there is nothing to leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from signoff.verifiers.finding import Category, Severity
from signoff.verifiers.gpu.compile import blank, conditionals, gnu, letters
from signoff.verifiers.gpu.compile.blank import Kind, Region
from signoff.verifiers.gpu.compile.compile_job import Job, unknown_macro
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic
from signoff.verifiers.gpu.compile.front_end import code_of
from signoff.verifiers.gpu.compile.unit_files import directives, rewritten
from signoff.verifiers.slips import near
from signoff.verifiers.text import LINE_END, LineIndex

# Headers for hosts, or that NVRTC 13 refuses. All that they declare bears a prefix or is in a namespace of its own
# (API), so what comes of their being empty can be told by name.
HOST_ONLY = re.compile(
    r"thrust/.*|cub/cub\.cuh|cub/device/.*|(?:cublas|cudnn|cufft|cusparse|cusolver|nvml|nvrtc|nvtx|nvToolsExt|nccl)[^/]*\.h"
    r"|nvtx3/.*|curand\.h|cuda(?:_runtime(?:_api)?|_profiler_api|Profiler)?\.h|cuda(?:_gl_interop|GL)\.h"
    r"|device_launch_parameters\.h|driver_types\.h|mpi\.h|(?:GL|GLFW)/\w+\.h"
)
# CUDA's libraries include its number types.
LIBRARIES = re.compile(r"cu(?:blas|dnn|fft|sparse|solver)")
LIBRARY_TEXT = b"".join(
    f"#if __has_include(<{name}>)\n#include <{name}>\n#endif\n".encode()
    for name in ("cuComplex.h", "cuda_fp16.h", "cuda_bf16.h", "library_types.h")
)
# Of these, what the toolkit has serves as it is.
SERVED = frozenset(("cuda_runtime.h", "cuda_runtime_api.h", "device_launch_parameters.h", "driver_types.h"))
# A standard header has no folder and no ending, or the name of a C header.
STANDARD = re.compile(r"[a-z_]+|ciso646|(?:sys|bits)/[\w+]+\.h|experimental/\w+")
NAMESPACES = frozenset(("std", "thrust", "cub"))
DECLARES = rb"\b(?:struct|class|union|enum|typedef|using|define|namespace)\b[^;{}]*?(?<!\w)%s(?!\w)"
COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL)
USING = re.compile(rb"using\s+namespace\s")
MISSING = "signoff:missing:"
WORD = re.compile(r"[^\W\d]\w*")
RESERVED = re.compile(r"_[A-Z_]")
RESERVED_WORD = re.compile(r"\b__[a-z]\w*")
# What CUDA's own headers declare for hosts, and for kernels that launch kernels.
API = re.compile(
    r"(?:cuda|CUDA|cu|cublas|cufft|curand|cusparse|cusolver|cudnn|nvtx|nvml|nvrtc|nccl|CUB|THRUST|MPI|OMPI"
    r"|GL|gl|glew|glfw|glut|GLFW|GLEW|GLUT)[A-Z_]|(?:thrust|cub|nvcuda|nvtx3|std)$|CU\w|GL\w|nv[A-Z]"
)
OURS = re.compile(
    r"JIT mode|in NVRTC|-default-device|__host__ function|host function|host variable|execution space"
    r"|device-side kernel launch|runtime APIs|incomplete|complete object type"
)
STANDARD_TEXT = "signoff_standard.h"


@cache
def standard_names() -> frozenset[str]:
    """What the standard libraries declare."""
    text = files(__package__).joinpath("standard_names.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


@cache
def _standard_header() -> bytes:
    return files(__package__).joinpath("nvrtc_standard.h").read_bytes()


@cache
def _c_headers() -> frozenset[str]:
    """The C headers that are included by name, and those of POSIX whose names are known."""
    names = "assert complex ctype errno fenv float inttypes iso646 limits locale math memory setjmp signal stdalign"
    more = "stdarg stdbool stddef stdint stdio stdlib string strings tgmath time uchar unistd wchar wctype malloc omp"
    posix = "dirent fcntl getopt libgen pthread sched semaphore"
    return frozenset(f"{name}.h" for name in f"{names} {more} {posix}".split())


@lru_cache(maxsize=512)
def _regions(text: str, marks: frozenset[str], harmless: frozenset[str]) -> tuple[Region, ...]:
    return blank.regions(text, marks, harmless)


@dataclass(slots=True)
class _File:
    text: str
    data: bytes
    regions: tuple[Region, ...]
    gone: set[Region] = field(default_factory=set)


class Unit:
    """The unit, and what has been left out of it so far."""

    def __init__(self, work: Job, include_dirs: Sequence[str]) -> None:
        self.work = work
        self.include_dirs = include_dirs
        self.headers: dict[str, bytes] = {}
        self.missing: dict[str, str] = {}
        self.toolkit: dict[str, None] = {}
        # A namespace that is not there was opened: any name may be one of its own.
        self.opened = False
        texts = {path: LINE_END.sub("\n", text) for path, text in work.found.items()}
        marks = blank.device_words(texts.values())
        defined = frozenset(match[1] for text in texts.values() for match in blank.DEFINE.finditer(text)) - marks
        self.gnu = gnu.macros(texts.values())
        self.names = letters.words(texts.values())
        self.files = {path: self._file(path, text, marks, defined) for path, text in texts.items()}
        self.absent = {name for one in self.files.values() for region in one.gone for name in region.names}

    def _file(self, path: str, text: str, marks: frozenset[str], defined: frozenset[str]) -> _File:
        """The text with its includes as they are served; offsets are those of that text."""
        names = {one: one for one in self.work.found}
        served = gnu.as_nvcc(rewritten(self.work.files, path, self._stood_in(path, text), names))
        found = _regions(served, marks, defined)
        host = {region for region in found if region.kind is Kind.HOST}
        return _File(served, letters.plain(served, self.names).encode("utf-8", "replace"), found, host)

    def _stood_in(self, path: str, text: str) -> str:
        """Notes a stand-in for every include that the unit's folders do not hold."""
        for include in directives(text):
            if self.work.files.resolve(include, path) is None and include.name not in self.headers:
                body = self._stand_in(include.name)
                if body is not None:
                    self.headers[include.name] = body
        return text

    def _stand_in(self, name: str) -> bytes | None:
        """The text that serves for a header; None where NVRTC shall read the toolkit's own."""
        if STANDARD.fullmatch(name) or name in _c_headers():
            return f'#include "{STANDARD_TEXT}"\n'.encode()
        if name not in SERVED and HOST_ONLY.fullmatch(name):
            return LIBRARY_TEXT if LIBRARIES.match(name) else b""
        if any(Path(folder, name).is_file() for folder in self.include_dirs):
            self.toolkit[name] = None
            return None
        if name in SERVED:
            return b""
        key = str(len(self.missing))
        self.missing[key] = name
        return f'#warning "{MISSING}{key}:"\n'.encode()

    def served(self) -> tuple[bytes, Mapping[str, bytes]]:
        """The text to compile and the headers beside it, by the names they are included under."""
        texts = {path: blank.without(one.data, one.gone) for path, one in self.files.items()}
        main = texts.pop(self.work.main)
        standard = {name: f'#include "{STANDARD_TEXT}"\n'.encode() for name in _c_headers()}
        return main, {STANDARD_TEXT: _standard_header(), **standard, **self.headers, **texts}

    def lacking(self, diagnostics: Sequence[Diagnostic]) -> tuple[str, ...]:
        """The headers that were really included and that nobody has."""
        told = (one.message for one in diagnostics if MISSING in one.message)
        keys = (message.partition(MISSING)[2].partition(":")[0] for message in told)
        return tuple(dict.fromkeys(self.missing[key] for key in keys if key in self.missing))

    def region(self, diagnostic: Diagnostic) -> tuple[_File, Region] | None:
        """The declaration that a message is about."""
        if not diagnostic.file and diagnostic.notes:
            diagnostic = diagnostic.notes[0]  # at the end of the source: what is open there
        one = self.files.get(diagnostic.file)
        if one is None:
            return None
        index = LineIndex(one.text)
        column = max(diagnostic.column, 0)
        offset = len(one.text[: index.offset(diagnostic.line - 1, column)].encode("utf-8", "replace"))
        found = blank.at((region for region in one.regions if region not in one.gone), offset)
        return (one, found) if found is not None else None

    def certain(self, diagnostic: Diagnostic) -> bool:
        """Whether a message cannot come of what the unit lacks: it is about device code and names nothing absent."""
        directive = self._directive(diagnostic)
        if directive is not None:
            return directive
        place = self.region(diagnostic)
        if self.opened or place is None or place[1].kind is not Kind.DEVICE or OURS.search(diagnostic.message):
            return False
        one, region = place
        if blank.dangling(one.data, one.regions, one.gone, region):
            return False
        # The message is told with an instantiation whose arguments come from elsewhere.
        quoted = set(WORD.findall(" ".join(re.findall(r'"([^"]*)"', diagnostic.message))))
        line = set(WORD.findall(diagnostic.shown))
        category = code_of(diagnostic)[1]
        unknown = quoted if category in (Category.GPU_SYNTAX, Category.GPU_NAME) else quoted | line
        if unknown_macro(self.work, diagnostic.message):
            return False
        if category is Category.GPU_SYNTAX and letters.beyond(diagnostic.shown, self.names):
            return False  # nvcc may know what it is
        if quoted & gnu.WORDS or (category is Category.GPU_SYNTAX and gnu.extension(diagnostic, self.gnu)):
            return False
        if "is undefined" in diagnostic.message and any(map(self._declared, quoted)):
            return False
        if line & NAMESPACES or (quoted | line) & self.absent or unknown & standard_names():
            return False
        if any(API.match(word) for word in quoted):
            return False
        return all(self._known(word) for word in quoted if RESERVED.match(word))

    def _directive(self, diagnostic: Diagnostic) -> bool | None:
        """Whether a message about a directive is certain; None where it is about something else."""
        one = self.files.get(diagnostic.file)
        if one is None or diagnostic.line < 1:
            return None
        line = LineIndex(one.text).line(diagnostic.line - 1).encode("utf-8", "replace")
        return conditionals.fault(diagnostic.message, line, one.data)

    def _declared(self, word: str) -> bool:
        """Whether something that was left out, or that a condition may have, declares the name, at a glance."""
        word = letters.plain(word, self.names)
        pattern = re.compile(DECLARES % re.escape(word).encode())
        pieces = (one.data[region.start : region.end] for one in self.files.values() for region in one.gone)
        if any(word.encode() in piece and pattern.search(COMMENT.sub(b"", piece)) for piece in pieces):
            return True
        return any(conditionals.declared_under_one(one.data, one.regions, word) for one in self.files.values())

    def _known(self, word: str) -> bool:
        """Whether a reserved word is CUDA's, or a slip of one: others may be the host compiler's."""
        known = reserved_names(tuple(self.include_dirs))
        return word in known or bool(near(word, known))

    def leave_out(self, diagnostics: Sequence[Diagnostic]) -> bool:
        """Leave out the declarations of doubtful errors; False where there was nothing to leave."""
        changed = False
        for diagnostic in diagnostics:
            if diagnostic.severity is not Severity.ERROR or self.certain(diagnostic):
                continue
            for place in self._blamed(diagnostic):
                if place is not None and place[1] not in place[0].gone:
                    place[0].gone.add(place[1])
                    self.absent |= place[1].names
                    self.opened |= USING.match(place[0].data, place[1].start) is not None
                    changed = True
                    break
        return changed

    def _blamed(self, diagnostic: Diagnostic) -> Iterator[tuple[_File, Region] | None]:
        """Where the error stands, or else where the user's code led there."""
        yield self.region(diagnostic)
        for context in diagnostic.contexts:
            yield self.region(Diagnostic(context.file or diagnostic.file, context.line, Severity.ERROR, ""))

    @property
    def whole(self) -> bool:
        """Whether all functions for the device were compiled; what else was left out, none of them needs."""
        return all(region.kind is not Kind.DEVICE for one in self.files.values() for region in one.gone)

    def left_out(self) -> tuple[tuple[int, int], ...]:
        """The lines (first and last, from 0) of the document that NVRTC has not seen."""
        one = self.files.get(self.work.document)
        if one is None:
            return ()
        ordered = sorted(one.gone, key=lambda region: region.start)
        return tuple((_line(one.data, region.start), _line(one.data, region.end)) for region in ordered)

    def mine(self, path: str) -> bool:
        """Whether a file is one of those that were served."""
        return path in self.files

    def text(self, path: str) -> str:
        """A file's text as the user has it."""
        return self.work.text_of(path)


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset)


@cache
def reserved_names(include_dirs: tuple[str, ...]) -> frozenset[str]:
    """CUDA's own words with underscores (__syncthreads, __ldg), as the toolkit's headers have them."""
    found: set[str] = set()
    for folder in include_dirs:
        for path in (*Path(folder).glob("crt/*.h*"), *Path(folder).glob("*intrinsics.h"), Path(folder, "cuda_fp16.h")):
            try:
                found.update(RESERVED_WORD.findall(path.read_text("utf-8", "replace")))
            except OSError:
                continue
    return frozenset(found)
