"""What a file or folder is, going by its name: light, as the server asks it of everything that changes on disk."""

from __future__ import annotations

import os
import re

from signoff.verifiers.hdl.index import HDL_EXTENSIONS

# LSP language ids by the ending of a file's name, in lower case.
LANGUAGES = {
    ".v": "verilog",
    ".vh": "verilog",
    ".sv": "systemverilog",
    ".svh": "systemverilog",
    ".svi": "systemverilog",
    ".cu": "cuda-cpp",
    ".cuh": "cuda-cpp",
    ".py": "python",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".cc": "cpp",
    ".cxx": "cpp",
    ".hpp": "cpp",
    ".hh": "cpp",
    ".hxx": "cpp",
}

MANIFEST = "signoff.toml"
LIST_NAMES = ("verible.filelist",)
LIST_ENDINGS = (".f", ".vc", ".flist", ".filelist")

UNIT_EXTENSIONS = (".cu",)
CUDA_EXTENSIONS = (".cu", ".cuh")
HEADER_EXTENSIONS = (".cuh", ".h", ".hh", ".hpp", ".hxx", ".inl", ".inc", ".ipp", ".tpp", ".tcc", ".impl")
HOST_EXTENSIONS = (".c", ".cc", ".cpp", ".cxx")
C_EXTENSIONS = UNIT_EXTENSIONS + HEADER_EXTENSIONS + HOST_EXTENSIONS

DATABASE = "compile_commands.json"
CMAKE_LISTS = "CMakeLists.txt"
CMAKE_PRESETS = ("CMakePresets.json", "CMakeUserPresets.json")
SETUP = "setup.py"
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
CMAKE_CACHE = "CMakeCache.txt"
CUBEIDE, ECLIPSE = ".cproject", ".project"
PLATFORMIO = "platformio.ini"
# EIDE keeps its project in a folder of its own.
EIDE_FOLDER, EIDE = ".eide", ("eide.json", "eide.yml", "eide.yaml")
KEIL_ENDING, IAR_ENDING = ".uvprojx", ".ewp"
BUILD_FILES = frozenset({DATABASE, CMAKE_LISTS, SETUP, *CMAKE_PRESETS, *MAKEFILES}) | frozenset(
    {CMAKE_CACHE, CUBEIDE, ECLIPSE, PLATFORMIO, *EIDE}
)
LINKER_ENDINGS = (".ld", ".lds")
BUILD_ENDINGS = (".cmake", ".mk", *LINKER_ENDINGS, ".svd", ".ioc", KEIL_ENDING, IAR_ENDING)
# What counts also in folders that are skipped otherwise.
KEPT = frozenset({DATABASE, CMAKE_CACHE, *EIDE})

SKIPPED = frozenset(
    {"node_modules", "obj_dir", "build", "_build", "__pycache__", "site-packages", "xsim.dir", "simv.daidir"}
    | {"CMakeFiles"}
)
# Vivado's generated folders are named after the project: top.runs, top.cache.
SKIPPED_ENDINGS = (".runs", ".cache", ".hw", ".ip_user_files", ".egg-info", ".Xil")
# Folders where builds are made: they may hold a compile_commands.json.
_BUILD_FOLDER = re.compile(r"\.?_?(?:cmake-)?(?:build|out)\b.*|.*[_-]build", re.IGNORECASE)


def is_config(path: str) -> bool:
    """Whether the file may say which files belong together."""
    name = os.path.basename(path)
    return (
        name == MANIFEST or name in LIST_NAMES or name.endswith((".core", *LIST_ENDINGS)) or name.startswith("Flist.")
    )


def is_source(path: str) -> bool:
    """Whether the file is Verilog or SystemVerilog."""
    return path.lower().endswith(HDL_EXTENSIONS)


def is_unit_file(path: str) -> bool:
    """Whether the file is C, C++ or CUDA, or a header of these."""
    return path.lower().endswith(C_EXTENSIONS)


def is_cuda_file(path: str) -> bool:
    """Whether the file is CUDA."""
    return path.lower().endswith(CUDA_EXTENSIONS)


def is_build_file(path: str) -> bool:
    """Whether the file may say how C, C++ or CUDA is compiled and linked."""
    return os.path.basename(path) in BUILD_FILES or path.lower().endswith(BUILD_ENDINGS)


def is_skipped(name: str) -> bool:
    """Whether a folder of this name holds nothing of the user's own."""
    return name.startswith(".") or name in SKIPPED or name.endswith(SKIPPED_ENDINGS)


def is_build_folder(name: str) -> bool:
    """Whether builds are made in a folder of this name (build, build-debug, cmake-build-release, out)."""
    return _BUILD_FOLDER.fullmatch(name) is not None
