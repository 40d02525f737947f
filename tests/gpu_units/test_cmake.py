"""CMakeLists.txt read as text: what is certain, what is only possible, and what nobody can say."""

from pathlib import Path

import pytest

from signoff.verifiers.gpu.units.cmake import read
from signoff.verifiers.gpu.units.cmake_targets import Said
from signoff.verifiers.gpu.units.cmake_text import commands


def said(root: Path, source: str, **texts: str) -> Said:
    """What the CMake files say of a source; names of `texts` are folders ("_" for the root, "__" for "/")."""
    folders = []
    for name, text in texts.items():
        folder = root / name.strip("_").replace("__", "/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "CMakeLists.txt").write_text(text)
        folders.append(str(folder))
    sources = [str(path) for path in root.rglob("*.cu")]
    found = read(folders, sources).said_of(str(root / source))
    assert found is not None
    return found


def architectures(root: Path, text: str) -> tuple[tuple[str, ...], bool]:
    found = said(root, "k.cu", _=text + "\nadd_executable(k k.cu)\n")
    return found.architectures, found.contradictory


def test_the_grammar() -> None:
    text = """
    # a comment (with parens
    #[[ a block
    comment ]]
    Set(A "x y;z" b\\;c [=[raw ${X} ]] ]=] # tail
        unquoted"with quotes")
    if((A) AND NOT B)
    add_executable(
    """
    first, second = list(commands(text))
    assert first.name == "set"
    assert [one.text for one in first.arguments] == ["A", "x y;z", "b\\;c", "raw ${X} ]] ", 'unquoted"with quotes"']
    assert [one.quoted for one in first.arguments] == [False, True, False, True, False]
    assert [one.text for one in second.arguments] == ["(", "A", ")", "AND", "NOT", "B"]


@pytest.mark.parametrize(
    "text", ["", "set(", '")(', "if(", "endif()", "else()\nset()\nlist()\nfile()", "add_library()"]
)
def test_broken_text_says_nothing(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, "k.cu", _=text).architectures == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set(CMAKE_CUDA_ARCHITECTURES 75 80)", ("75", "80")),
        ('set(CMAKE_CUDA_ARCHITECTURES "75;80-real")', ("75", "80-real")),
        ("set(A 80)\nset(B ${A} 90a)\nset(CMAKE_CUDA_ARCHITECTURES ${B})", ("80", "90a")),
        ('set(CMAKE_CUDA_ARCHITECTURES 86 CACHE STRING "which")', ("86",)),
        ("set(CMAKE_CUDA_ARCHITECTURES 70)\nset(CMAKE_CUDA_ARCHITECTURES 86 CACHE STRING x)", ("70",)),
        ("if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()", ("80",)),
        ("set(CMAKE_CUDA_ARCHITECTURES 80)\nlist(APPEND CMAKE_CUDA_ARCHITECTURES 90)", ("80", "90")),
        ("set(CMAKE_CUDA_ARCHITECTURES native)", ("native",)),
        ("set(CMAKE_CUDA_ARCHITECTURES OFF)", ()),
        ("if(FALSE)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()", ()),
        ("if(ON)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nelse()\nset(CMAKE_CUDA_ARCHITECTURES 90)\nendif()", ("80",)),
        ("option(X x ON)\nif(X)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()", ("80",)),
        ('set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} -gencode arch=compute_86,code=sm_86")', ("sm_86",)),
        ("if(X)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nelse()\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()", ("80",)),
        (
            "set(CMAKE_CUDA_ARCHITECTURES 70)\nif(X)\nset(Y 1)\nset(CMAKE_CUDA_ARCHITECTURES 80)\n"
            "else()\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()",
            ("80",),
        ),
        ("if(X)\nset(A 80)\nelse()\nset(A 80)\nendif()\nset(CMAKE_CUDA_ARCHITECTURES ${A})", ("80",)),
        ("if(OFF)\nelseif(X)\nelse()\nendif()\nif(X)\nset(CMAKE_CUDA_ARCHITECTURES 80)", ("80",)),
        ("message(STATUS CMAKE_CUDA_ARCHITECTURES)\nset(CMAKE_CUDA_ARCHITECTURES 80)", ("80",)),
    ],
)
def test_architectures_that_are_certain(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    assert architectures(tmp_path, text) == (expected, False)


@pytest.mark.parametrize(
    "text",
    [
        "if(X)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nelse()\nset(CMAKE_CUDA_ARCHITECTURES 90)\nendif()",
        "if(A)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nelseif(B)\nset(CMAKE_CUDA_ARCHITECTURES 90)\nendif()",
        "set(CMAKE_CUDA_ARCHITECTURES 80)\nif(CUDA_VERSION VERSION_GREATER 12)\n"
        "list(APPEND CMAKE_CUDA_ARCHITECTURES 90)\nendif()",
        "set(CMAKE_CUDA_ARCHITECTURES 70)\nif(X)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()",
        "set(CMAKE_CUDA_ARCHITECTURES 70)\nif(X)\nelseif(ON)\nset(CMAKE_CUDA_ARCHITECTURES 80)\nendif()",
        "set(CMAKE_CUDA_ARCHITECTURES ${ARCHS})",
        "set(CMAKE_CUDA_ARCHITECTURES $ENV{ARCHS})",
        "execute_process(COMMAND x OUTPUT_VARIABLE CMAKE_CUDA_ARCHITECTURES)",
        "set(CMAKE_CUDA_ARCHITECTURES 80)\nlist(TRANSFORM CMAKE_CUDA_ARCHITECTURES APPEND -real)",
        "foreach(a 80 90)\nlist(APPEND CMAKE_CUDA_ARCHITECTURES ${a})\nendforeach()",
        "macro(pick)\nset(CMAKE_CUDA_ARCHITECTURES 90)\nendmacro()\nset(CMAKE_CUDA_ARCHITECTURES 80)\npick()",
        "set(CMAKE_CUDA_ARCHITECTURES 80)\nstring(REPLACE 8 9 CMAKE_CUDA_ARCHITECTURES 80)",
    ],
)
def test_architectures_that_nobody_can_say(tmp_path: Path, text: str) -> None:
    assert architectures(tmp_path, text) == ((), True)


def test_a_function_that_is_never_called_changes_nothing(tmp_path: Path) -> None:
    text = "set(CMAKE_CUDA_ARCHITECTURES 80)\nfunction(f)\nset(CMAKE_CUDA_ARCHITECTURES 90)\nendfunction()"
    assert architectures(tmp_path, text) == (("80",), False)


def test_properties_of_the_target_that_has_the_file(tmp_path: Path) -> None:
    text = """
    set(CMAKE_CUDA_ARCHITECTURES 70)
    add_library(a a.cu)
    add_library(b STATIC b.cu)
    set_target_properties(a PROPERTIES CUDA_STANDARD 20 CUDA_ARCHITECTURES "80;90")
    set_property(TARGET b PROPERTY CUDA_ARCHITECTURES 86 89)
    """
    a, b = said(tmp_path, "a.cu", _=text), said(tmp_path, "b.cu", _=text)
    assert (a.architectures, a.unit.standard, a.listed) == (("80", "90"), "c++20", True)
    assert (b.architectures, b.named_by) == (("86", "89"), str(tmp_path / "CMakeLists.txt"))
    # The targets of the folder do not agree about a file that none of them has.
    other = said(tmp_path, "c.cu", _=text)
    assert (other.architectures, other.contradictory, other.listed) == ((), True, False)


def test_folders_and_macros(tmp_path: Path) -> None:
    top = """
    project(p LANGUAGES CUDA)
    include_directories(inc ${CMAKE_CURRENT_SOURCE_DIR}/cur ${PROJECT_SOURCE_DIR}/prj ${UNKNOWN}/no)
    if(OPTION)
      include_directories(SYSTEM maybe)
      add_compile_definitions(MAYBE)
    endif()
    add_compile_definitions(TOP N=4 $<$<CONFIG:Debug>:DBG>)
    add_definitions(-DOLD -Wall)
    add_compile_options($<$<COMPILE_LANGUAGE:CUDA>:--extended-lambda> $<$<COMPILE_LANGUAGE:CXX>:-Wall>
        "SHELL:-Xptxas -v")
    add_library(lib INTERFACE)
    target_include_directories(lib INTERFACE $<BUILD_INTERFACE:${p_SOURCE_DIR}/lib> $<INSTALL_INTERFACE:include>)
    target_compile_definitions(lib PRIVATE HIDDEN INTERFACE -DSEEN)
    add_subdirectory(sub)
    """
    sub = """
    file(GLOB SRC src/*.cu)
    add_executable(k ${SRC})
    target_include_directories(k PRIVATE . INTERFACE theirs)
    target_link_libraries(k PRIVATE lib)
    target_compile_features(k PRIVATE cuda_std_17)
    """
    (tmp_path / "sub/src").mkdir(parents=True)
    (tmp_path / "sub/src/k.cu").write_text("")
    found = said(tmp_path, "sub/src/k.cu", _=top, sub=sub)
    assert found.listed
    expected = ("inc", "cur", "prj", "maybe", "sub", "lib")
    assert found.unit.include_dirs == tuple(str(tmp_path / name) for name in expected)
    assert found.unit.defines == ("TOP", "N=4", "OLD", "SEEN")
    assert found.unit.flags == ("--extended-lambda", "-Xptxas", "-v")
    assert (found.unit.standard, found.unit.declared) == ("c++17", False)
    assert found.unit.origin == str(tmp_path / "sub/CMakeLists.txt")


def test_what_an_optional_folder_says_of_others_targets_is_not_certain(tmp_path: Path) -> None:
    top = "add_library(core core.cu)\nif(PLUGIN)\nadd_subdirectory(plugin)\nendif()"
    plugin = (
        "target_compile_definitions(core PRIVATE PLUGIN)\nadd_library(p p.cu)\ntarget_compile_definitions(p PRIVATE P)"
    )
    assert said(tmp_path, "core.cu", _=top, plugin=plugin).unit.defines == ()
    assert said(tmp_path, "plugin/p.cu", _=top, plugin=plugin).unit.defines == ("P",)


def test_what_a_conditional_target_is_given_under_the_same_condition_is_certain(tmp_path: Path) -> None:
    text = """
    if(OPENMP)
      add_library(k k.cu)
      target_compile_definitions(k PRIVATE OMP)
      if(FAST)
        target_compile_definitions(k PRIVATE FAST)
      endif()
    else()
      target_compile_definitions(k PRIVATE NONE)
    endif()
    """
    assert said(tmp_path, "k.cu", _=text).unit.defines == ("OMP",)


def test_flags_that_depend_are_left_out(tmp_path: Path) -> None:
    text = """
    if(DEBUG)
      set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} -G")
    else()
      set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} -lineinfo")
    endif()
    set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} --extended-lambda -Isome")
    """
    unit = said(tmp_path, "k.cu", _=text).unit
    assert (unit.flags, unit.include_dirs) == (("--extended-lambda",), (str(tmp_path / "some"),))


def test_separable_compilation(tmp_path: Path) -> None:
    text = "add_library(k k.cu)\nset_target_properties(k PROPERTIES CUDA_SEPARABLE_COMPILATION ON)"
    assert said(tmp_path, "k.cu", _=text).unit.flags == ("-rdc=true",)


def test_subfolders_start_with_what_is_above_them_also_where_nothing_adds_them(tmp_path: Path) -> None:
    top = "set(CMAKE_CUDA_ARCHITECTURES 80)\nset(CMAKE_CUDA_STANDARD 20)\n"
    top += "foreach(d a b)\nadd_subdirectory(${d})\nendforeach()"
    found = said(tmp_path, "a/k.cu", _=top, a="add_executable(k k.cu)")
    assert (found.architectures, found.unit.standard) == (("80",), "c++20")


def test_includes_and_presets(tmp_path: Path) -> None:
    (tmp_path / "cmake").mkdir()
    (tmp_path / "cmake/Archs.cmake").write_text("include(Archs)\nset(MINE ${CMAKE_CUDA_ARCHITECTURES})")
    (tmp_path / "CMakePresets.json").write_text(
        '{"configurePresets": [{"name": "a", "cacheVariables": {"CMAKE_CUDA_ARCHITECTURES": {"value": "89"}}}, 3]}'
    )
    text = """
    list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_SOURCE_DIR}/cmake")
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 70)
    endif()
    include(Archs)
    set(CMAKE_CUDA_ARCHITECTURES ${MINE})
    """
    assert architectures(tmp_path, text) == (("89",), False)
    (tmp_path / "CMakePresets.json").write_text("{broken")
    assert architectures(tmp_path, text) == (("70",), False)


def test_no_cmake_above(tmp_path: Path) -> None:
    assert read([str(tmp_path / "a")], []).said_of(str(tmp_path / "b/k.cu")) is None
