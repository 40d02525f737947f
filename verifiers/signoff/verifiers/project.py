"""What the workspace says about itself: which files make a design, and how they are compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class CompileUnit:
    """How one C, C++ or CUDA translation unit is compiled, in parsed form: nothing here is run as it stands.

    `source` is the file that is compiled: the document itself, or for a header a unit that includes it.
    `include_dirs` are -I and -iquote, `system_include_dirs` -isystem, all absolute; `forced_includes` -include.
    `defines` are NAME or NAME=VALUE, `undefines` names. `standard` as in "c++17". `architectures` are CUDA's,
    as in "sm_80". `flags` are the other flags, verbatim, for trusted workspaces only. `origin` names what said so
    (compile_commands.json, CMakeLists.txt, settings); `declared` is False where it was only guessed: then flags may be
    missing, and what a compiler cannot find may be there.
    """

    source: str
    directory: str = ""
    compiler: str = ""
    include_dirs: tuple[str, ...] = ()
    system_include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    undefines: tuple[str, ...] = ()
    forced_includes: tuple[str, ...] = ()
    standard: str = ""
    architectures: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    origin: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """One firmware image: what is compiled and linked into it, as the user's build says. Nothing is run as it stands.

    All paths are absolute. `units` are the C, C++ and assembler files with the flags of each. `linker_scripts` are
    given with -T, in their order. `link_flags` are the other flags of the link, verbatim, `libraries` what -l names
    ("m", ":libx.a"), `objects` object files and archives that are linked as they lie on disk. `archives` are the static
    libraries that the build makes of some of the units, as (path, their sources): the linker takes from one only what
    is asked for; the other units are linked as they are. `compiler` is as the build names it. `part` is the chip as
    something names it ("stm32f407vg", "STM32F407xx", "" where nothing does), `part_origin` what named it; `svd` a
    CMSIS-SVD file that describes it. `origin` is the file that declared the image, `kind` what sort of build that is
    ("compile_commands.json", "CMake", "PlatformIO", "Makefile", "STM32CubeIDE", "EIDE", "signoff.toml"). `declared` is
    False where the units or their flags are partly guessed, `link_declared` where the link is: then nothing may be told
    that another file or flag could explain. `guessed` says what was guessed, a sentence each. `program` is False for
    files that belong to several programs, of which none is known to be linked of just these.
    """

    name: str
    root: str
    origin: str = ""
    kind: str = ""
    declared: bool = False
    link_declared: bool = False
    units: tuple[CompileUnit, ...] = ()
    linker_scripts: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    archives: tuple[tuple[str, tuple[str, ...]], ...] = ()
    compiler: str = ""
    part: str = ""
    part_origin: str = ""
    svd: str = ""
    guessed: tuple[str, ...] = ()
    program: bool = True


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a verifier needs beside the document: plain data, cheap to replace().

    All paths are absolute. `files` are in compilation order. `defines` are NAME or NAME=VALUE.
    `declared` is False where the files were only guessed: then no cross-file fault may be shown as an
    error (unknown module, missing include). `origin` names what declared it (a path) for messages.
    `trusted` is False until the user trusts the workspace: then nothing that the workspace names is run.
    `headers` are files that belong to it only by being included: they are never compiled by themselves.
    `buffers` are the open documents, whose text stands in for the file of the same path.
    `unit` says how a C, C++ or CUDA document is compiled (None: nothing is known, or it is no such document).
    `architectures` are the GPU targets to check for ("sm_80"; () where nothing names any), `architectures_origin` what
    named them. `image` is the firmware image that a document of embedded C belongs to.
    """

    root: str
    name: str = ""
    origin: str = ""
    declared: bool = False
    trusted: bool = False
    files: tuple[str, ...] = ()
    include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    library_files: tuple[str, ...] = ()
    library_extensions: tuple[str, ...] = (".v", ".sv")
    top: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    buffers: tuple[Snapshot, ...] = ()
    unit: CompileUnit | None = None
    architectures: tuple[str, ...] = ()
    architectures_origin: str = ""
    image: Image | None = None
    settings: VerifierSettings = field(default_factory=VerifierSettings)
