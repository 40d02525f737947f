"""NVRTC where a fault stands in no declaration of its own: directives, the end of the source; and any letters."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.compile import letters
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic
from signoff.verifiers.gpu.compile.gnu import extension
from signoff.verifiers.gpu.compile.nvrtc_engine import Answer, NvrtcEngine
from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot

SETTINGS = VerifierSettings()
real = pytest.mark.skipif(not toolkit(SETTINGS).nvrtc.path, reason="no NVRTC")
KERNEL = "__global__ void k(float *a) { a[0] = 1; }\n"


@cache
def engine() -> NvrtcEngine:
    return NvrtcEngine()


def check(root: Path, text: str, *architectures: str) -> Answer:
    path = root / "a.cu"
    known = Project(str(root), architectures=architectures)
    return engine().check(Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text), known, toolkit(SETTINGS).nvrtc)


@real
@pytest.mark.tool
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__global__ void k(float *a) {\n  a[0] = 2;\n\n", [(2, 'expected a "}"')]),
        (
            "__global__ void k(float *a) {\n  if (a[0]) {\n    a[0] = 2;\n}\nvoid h() { int x; }\n",
            [(5, 'expected a ";"'), (5, 'expected a "}"')],
        ),
        (f"#inclde <x>\n{KERNEL}", [(1, "unrecognized preprocessing directive")]),
        (f"#if 1\n{KERNEL}", [(1, "the #endif for this directive is missing")]),
        (
            "__gloabl__ void k(float *a) { a[0] = 1; }\n",
            [(1, "this declaration has no storage class or type specifier")],
        ),
    ],
)
def test_faults_outside_of_statements_are_found(tmp_path: Path, text: str, said: list[tuple[int, str]]) -> None:
    answer = check(tmp_path, text)
    assert [(one.span.start_line + 1, one.message) for one in answer.findings] == said
    assert answer.reason == ""


@real
@pytest.mark.tool
@pytest.mark.parametrize(
    "text",
    [
        f'#ident "x"\n{KERNEL}',  # nvcc takes it
        f"#if 0\n#inclde <x>\n#endif\n{KERNEL}",
        f"#define __gloabl__ __global__\n__gloabl__ void g(float *a) {{ a[0] = 1; }}\n{KERNEL}",
        # A brace that a condition splits belongs to host code: what is left of it says nothing.
        f"void h(int x) {{\n#if A\n  if (x) {{\n#else\n  {{\n#endif\n  }}\n}}\n{KERNEL}",
        "struct V { int x; };\n__device__ V f() { return (V){1}; }\n" + KERNEL,
    ],
)
def test_what_nvcc_takes_is_no_fault(tmp_path: Path, text: str) -> None:
    assert [one.message for one in check(tmp_path, text).findings if one.severity is Severity.ERROR] == []


@real
@pytest.mark.tool
def test_names_may_have_any_letters(tmp_path: Path) -> None:
    text = '__device__ int 数(int ü) { return ü; }  // é\n__global__ void größe(int *ä) { *ä = 数("ö"[0]) + ß; }\n'
    (found,) = check(tmp_path, text).findings
    line = text.split("\n")[1]
    assert (found.message, line[found.span.start_column : found.span.end_column]) == (
        'identifier "ß" is undefined',
        "ß",
    )
    answer = check(tmp_path, text.replace(" + ß", ""))
    assert (answer.findings, answer.reason) == ((), "")
    assert [cost.kernel for cost in answer.costs] == ["größe"]


@real
@pytest.mark.tool
def test_what_one_of_the_targets_does_not_take_is_a_warning_whichever_comes_first(tmp_path: Path) -> None:
    text = "__global__ void k(float *p) {\n#if __CUDA_ARCH__ < 800\n  *p = nosuch;\n#endif\n  *p = other;\n}\n"
    for targets in (("sm_75", "sm_80"), ("sm_80", "sm_75")):
        found = sorted(check(tmp_path, text, *targets).findings, key=lambda one: one.span)
        assert [(one.span.start_line, one.severity) for one in found] == [(2, Severity.WARNING), (4, Severity.ERROR)]
        assert found[0].message == 'identifier "nosuch" is undefined (on sm_75 but not on sm_80)'


def test_stand_ins_for_names_are_as_long_and_none_of_the_text() -> None:
    text = 'int größe = 1, 数, 𝒙; // ünd\nchar *s = "ö" R"(ä)"; char c = \'é\'; /* ü */ auto n = 1\'000;'
    names = letters.words([text])
    assert set(names) == {"größe", "数", "𝒙"}
    assert all(short.isascii() and len(short) == len(name.encode()) for name, short in names.items())
    plain = letters.plain(text, names)
    assert len(plain.encode()) == len(text.encode()) and letters.told(plain, names) == text
    assert not letters.beyond("größe = 数; // ü", names) and letters.beyond("größe = é;", names)
    taken = names["数"]
    assert letters.words([f"{text} int {taken};"]) == {}


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("  x = (V){1};", True),
        ("  return (V){1};", True),
        ("void h() { int x; }", False),
        ("void h(int (*f)(int), V v) {", False),
    ],
)
def test_braces_behind_parameters_are_no_literal(line: str, may: bool) -> None:
    said = Diagnostic("a.cu", 1, Severity.ERROR, 'expected a ";"', column=line.index("{"), shown=line)
    assert extension(said, frozenset()) is may
