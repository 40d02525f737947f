"""Command lines of nvcc, gcc and clang: what they say, and what is left verbatim."""

from pathlib import Path

import pytest

from signoff.verifiers.compile_flags import compiler_of, language, parse, split
from signoff.verifiers.project import CompileUnit

HERE = "/w/build"


def unit(command: str) -> CompileUnit:
    return parse(split(command), HERE)


def test_every_spelling_of_folders_and_macros() -> None:
    found = unit(
        "-I ../a -Ib -I=c -iquote d -isystem /e -isystem=/f --include-path=g --system-include=/h "
        "-DA -D B=1 --define-macro=C=2 '-DF(x)=x y' -U G"
    )
    assert found.include_dirs == ("/w/a", "/w/build/b", "/w/build/c", "/w/build/d", "/w/build/g")
    assert found.system_include_dirs == ("/e", "/f", "/h")
    assert found.defines == ("A", "B=1", "C=2", "F(x)=x y")
    assert found.undefines == ("G",)
    assert found.flags == ()


def test_the_last_word_on_a_macro_counts() -> None:
    found = unit("-DA=1 -DB -UA -DA=2 -UB")
    assert (found.defines, found.undefines) == (("A=2",), ("B",))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("-arch=sm_80", ("sm_80",)),
        ("-arch sm_80", ("sm_80",)),
        ("--gpu-architecture=compute_90a", ("sm_90a",)),
        ("-arch=compute_80 -code=sm_80,sm_86", ("sm_80", "sm_86")),
        ("-gencode arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=compute_90", ("sm_80", "sm_90")),
        ('"--generate-code=arch=compute_90a,code=[compute_90a,sm_90a]"', ("sm_90a",)),
        ("-gencode 'arch=compute_75,code=\"sm_75,compute_75\"'", ("sm_75",)),
        ("--cuda-gpu-arch=sm_70 --offload-arch=sm_80,sm_90", ("sm_70", "sm_80", "sm_90")),
        ("-arch=native", ("native",)),
        ("-arch=all-major", ("all-major",)),
        ("-O2", ()),
    ],
)
def test_targets(command: str, expected: tuple[str, ...]) -> None:
    assert unit(command).architectures == expected


def test_what_to_compile_and_where_to_is_dropped_and_the_rest_stays_in_order() -> None:
    found = unit(
        "-forward-unknown-to-host-compiler -O3 -std=c++17 -x cu -c /w/a.cu -o a.o -MD -MT a.o -MF a.o.d "
        "--use_fast_math -Xptxas -v,-warn-spills -maxrregcount 64 -Werror all-warnings -lineinfo -Werror -DX -dc"
    )
    assert found.standard == "c++17"
    assert found.flags == (
        *("-forward-unknown-to-host-compiler", "-O3", "--use_fast_math", "-Xptxas", "-v,-warn-spills"),
        *("-maxrregcount", "64", "-Werror", "all-warnings", "-lineinfo", "-Werror", "-rdc=true"),
    )


def test_what_the_host_compiler_is_given_counts_for_device_code_too() -> None:
    found = unit("-Xcompiler -fPIC,-DHOST=1 -Xcompiler=-Iinc --compiler-options=-Wall")
    assert (found.defines, found.include_dirs) == (("HOST=1",), ("/w/build/inc",))
    assert found.flags == ("-Xcompiler", "-fPIC", "-Xcompiler", "-Wall")


def test_response_files_start_at_the_directory_and_never_loop(tmp_path: Path) -> None:
    (tmp_path / "inc.rsp").write_text('-I"/with blank" -DINNER @inc.rsp @absent.rsp\n-isystem=/s')
    (tmp_path / "opt.txt").write_text("-DOPT")
    found = parse(["--options-file", "inc.rsp", "--options-file=opt.txt"], str(tmp_path))
    assert found.include_dirs == ("/with blank",)
    assert found.system_include_dirs == ("/s",)
    assert found.defines == ("INNER", "OPT")


def test_forced_includes(tmp_path: Path) -> None:
    (tmp_path / "pre.h").write_text("")
    found = parse(["-include", "pre.h", "--pre-include=config.h"], str(tmp_path))
    assert found.forced_includes == (str(tmp_path / "pre.h"), "config.h")


def test_nothing_is_expanded_and_nothing_raises() -> None:
    found = unit("-I$HOME/x '-DA=$(id)' -D`id` -I")
    assert found.include_dirs == ("/w/build/$HOME/x", "/w/build")
    assert found.defines == ("A=$(id)", "`id`")
    assert split("nvcc 'unbalanced -DX") == ["nvcc", "'unbalanced", "-DX"]
    assert unit("-gencode -arch -code -D").architectures == ()


def test_the_compiler_behind_a_launcher_and_the_language() -> None:
    assert compiler_of(["ccache", "/opt/bin/nvcc", "-c"]) == ("/opt/bin/nvcc", ("-c",))
    assert compiler_of([]) == ("", ())
    assert language(["-x", "cu"]) == "cu"
    assert language(["-xcuda"]) == "cuda"
    assert language(["-Xcompiler", "-x"]) == ""


def test_cl() -> None:
    found = parse(["/I", "inc", "/DX=1", "/std:c++17", "/nologo", "/c", "a.cpp"], HERE, compiler="cl.exe")
    assert (found.include_dirs, found.defines, found.standard) == (("/w/build/inc",), ("X=1",), "c++17")
    assert found.flags == ("/nologo",)
    assert parse(["/Data/x.cu"], HERE, compiler="nvcc").defines == ()


def test_an_assembler_file_that_is_preprocessed_stays_one() -> None:
    unit = parse(["-x", "assembler-with-cpp", "-c", "startup.s"], "/p", source="/p/startup.s")
    assert unit.flags == ("-x", "assembler-with-cpp")
    assert parse(["-x", "cu", "-c", "a.c"], "/p", source="/p/a.c").flags == ()
