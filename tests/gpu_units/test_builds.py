"""Makefiles and setup.py: only what is written out counts."""

from pathlib import Path

import pytest

from signoff.verifiers.gpu.units.builds import makefile, merged, setup
from signoff.verifiers.gpu.units.cmake_targets import Said
from signoff.verifiers.project import CompileUnit


def of_makefile(root: Path, text: str) -> Said | None:
    path = root / "Makefile"
    path.write_text(text)
    return makefile(str(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k: k.cu\n\tnvcc -arch=sm_80 -Iinc -o k k.cu", ("sm_80",)),
        (
            "NVCC = nvcc\nFLAGS = -gencode arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=sm_90",
            ("sm_80", "sm_90"),
        ),
        ("NVCC := nvcc\nSMS ?= 70 80\n", ("70", "80")),
        ("nvcc --gpu-architecture=sm_75", ("sm_75",)),
    ],
)
def test_a_makefile(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    found = of_makefile(tmp_path, text)
    assert found is not None and (found.architectures, found.contradictory) == (expected, False)
    assert found.named_by == found.unit.origin == str(tmp_path / "Makefile")


@pytest.mark.parametrize(
    "text",
    [
        "nvcc -arch=compute_$(CC) k.cu",
        "# nvcc -arch=sm_80",
        "NVCC=nvcc\nSMS ?= 70\nSMS ?= 80",
        "NVCC=nvcc\nifeq ($(A),1)\nF=-arch=sm_80\nelse\nF=-arch=sm_90\nendif",
    ],
)
def test_a_makefile_that_decides_when_it_is_run(tmp_path: Path, text: str) -> None:
    found = of_makefile(tmp_path, text)
    assert found is None or found.architectures == ()


def test_a_makefile_without_cuda_and_folders_of_one_with(tmp_path: Path) -> None:
    assert of_makefile(tmp_path, "all:\n\tcc -Iinc a.c") is None
    found = of_makefile(tmp_path, "all:\n\tnvcc -I../Common -I $(X)/no -std=c++17 a.cu")
    assert found is not None
    assert (found.unit.include_dirs, found.unit.standard) == ((str(tmp_path.parent / "Common"),), "c++17")


@pytest.mark.parametrize("standard", ["c99", "gnu++98", "gnu11", "c++98", "$(STD)", "c++1$(Y)"])
def test_a_makefiles_standard_of_host_files(tmp_path: Path, standard: str) -> None:
    found = of_makefile(tmp_path, f"CFLAGS = -std={standard} -O3\nall:\n\tnvcc -Iinc a.cu")
    assert found is not None
    assert (found.unit.include_dirs, found.unit.standard) == ((str(tmp_path / "inc"),), "")


SETUP = """
import os
from torch.utils.cpp_extension import CUDAExtension
HERE = os.path.dirname(__file__)
setup(ext_modules=[CUDAExtension("k", ["k.cu"], include_dirs=["csrc", HERE],
    extra_compile_args={"cxx": ["-O2"], "nvcc": [%s]})])
"""


def of_setup(root: Path, text: str, **environment: str) -> Said | None:
    path = root / "setup.py"
    path.write_text(text)
    return setup(str(path), environment)


def test_a_setup_py(tmp_path: Path) -> None:
    found = of_setup(tmp_path, SETUP % '"-O3", "-DX", "-gencode", "arch=compute_90a,code=sm_90a"')
    assert found is not None
    assert (found.architectures, found.unit.defines, found.unit.flags) == (("sm_90a",), ("X",), ("-O3",))
    assert (found.unit.include_dirs, found.unit.declared) == ((str(tmp_path / "csrc"),), False)


def test_a_setup_py_that_computes_its_flags(tmp_path: Path) -> None:
    found = of_setup(tmp_path, SETUP % '"-arch=sm_80", *flags')
    assert found is not None and (found.architectures, found.contradictory) == ((), True)


def test_torchs_list_of_architectures(tmp_path: Path) -> None:
    assigned = of_setup(tmp_path, SETUP % "" + 'os.environ["TORCH_CUDA_ARCH_LIST"] = "8.0;9.0+PTX"')
    assert assigned is not None and assigned.architectures == ("8.0", "9.0+PTX")
    given = of_setup(tmp_path, SETUP % '"-arch=sm_80"', TORCH_CUDA_ARCH_LIST="8.6 Ampere")
    assert given is not None and (given.architectures, given.named_by) == (("8.6",), "TORCH_CUDA_ARCH_LIST")


@pytest.mark.parametrize("text", ["", "import setuptools", "CUDAExtension(", "CUDAExtension\0"])
def test_a_setup_py_of_something_else(tmp_path: Path, text: str) -> None:
    assert of_setup(tmp_path, text) is None


def test_of_several_build_files_each_gives_what_the_others_lack() -> None:
    cmake = Said(CompileUnit("k.cu", include_dirs=("/a",), standard="c++17", origin="/CMakeLists.txt"))
    make = Said(CompileUnit("k.cu", include_dirs=("/b",), standard="c++14"), ("80",), named_by="/Makefile")
    found = merged((cmake, None, make), "/k.cu")
    assert (found.unit.include_dirs, found.unit.standard, found.unit.origin) == (
        ("/a", "/b"),
        "c++17",
        "/CMakeLists.txt",
    )
    assert (found.architectures, found.named_by) == (("80",), "/Makefile")
    unsure = merged((Said(CompileUnit("k.cu"), contradictory=True), make), "/k.cu")
    assert (unsure.architectures, unsure.contradictory) == ((), True)
    assert merged((), "/d/k.cu").unit == CompileUnit("/d/k.cu", directory="/d")
