"""Which functions need nothing of what a unit lacks: told from the places of a front end's errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.gpu.compile.front_whole import Place, Skipped, WholeEngine
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# Lines count from 1 below, as a compiler's do.
TEXT = """#include <torch/all.h>
using Half = at::Half;
struct Options {
  at::Tensor weight;
  int rows;
  __device__ int twice() const { return rows * 2; }
};
#define CHECK(x) check_tensor(x)
template <typename T> __device__ T square(T v) { return v * v; }
__global__ void scale(float *x, int n) {
  x[threadIdx.x] = square(x[n]);
}
__global__ void halves(Half *x) {
  x[0] = x[1];
}
__global__ void optional(float *x) {
  Options *o = nullptr;
  x[0] = 1;
}
void launch(at::Tensor x) {
  scale<<<1, 1>>>(x.data_ptr<float>(), 1);
}
void check(int n) {
  CHECK(n);
}
auto deduced() {
  return unknown();
}
int uses() {
  return deduced();
}
int plain() {
  return 3;
}
"""


def whole(root: Path, errors: list[int], skipped: tuple[Skipped, ...] = (), text: str = TEXT) -> set[str]:
    """The names of the whole functions, by the lines of the errors."""
    path = str(root / "a.cu")
    snapshot = Snapshot(Path(path).as_uri(), path, "cuda-cpp", 1, text)
    places: list[tuple[Place, ...]] = [((path, line),) for line in errors]
    found = WholeEngine().whole(snapshot, Project(str(root)), places, skipped)
    rows = text.split("\n")
    return {name for first, _ in found for name in ALL if f"{name}(" in rows[first]}


ALL = {"twice", "square", "scale", "halves", "optional", "launch", "check", "deduced", "uses", "plain"}


def test_without_an_error_all_are_whole(tmp_path: Path) -> None:
    assert whole(tmp_path, []) == ALL


@pytest.mark.parametrize(
    ("errors", "doubtful"),
    [
        ([11], {"scale"}),  # in a body: who launches it only needs its parameters
        ([10], {"scale", "launch"}),  # in its head
        ([2], {"halves"}),  # a type that may be anything
        ([4], {"twice", "optional"}),  # a member: its class, and all that is in it
        ([6], {"twice", "optional"}),  # a body on the line of its head
        ([24], {"check"}),
        ([27], {"deduced", "uses"}),  # what it returns is what it returns in its body
    ],
)
def test_what_is_doubtful(tmp_path: Path, errors: list[int], doubtful: set[str]) -> None:
    assert ALL - whole(tmp_path, errors) == doubtful


def test_macros_bring_in_what_they_are_made_of(tmp_path: Path) -> None:
    text = TEXT.replace("#include", "#define TWO Half\n#include").replace("int plain() {", "int plain(TWO *x) {")
    assert ALL - whole(tmp_path, [3], text=text) == {"halves", "plain"}


def test_parameters_are_nobody_else_s(tmp_path: Path) -> None:
    text = TEXT.replace("void launch(", "at::Tensor n;\nvoid launch(")
    assert whole(tmp_path, [19], text=text) >= {"scale", "check"}


def test_what_was_passed_over_is_doubtful(tmp_path: Path) -> None:
    path = str(tmp_path / "a.cu")
    assert ALL - whole(tmp_path, [10], ((path, 10, 16),)) >= {"scale", "halves", "optional"}


def test_an_error_between_declarations_is_about_the_next(tmp_path: Path) -> None:
    text = TEXT.replace("int plain() {", "\n\nint plain() {")
    assert ALL - whole(tmp_path, [33], text=text) == {"plain"}


def test_an_error_in_a_file_that_is_not_known_leaves_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "a.cu")
    snapshot = Snapshot(Path(path).as_uri(), path, "cuda-cpp", 1, TEXT)
    for places in ((), (("/usr/include/x.h", 3),)):
        assert WholeEngine().whole(snapshot, Project(str(tmp_path)), [places]) == ()
    led = (("/usr/include/x.h", 3), (path, 11))
    assert len(WholeEngine().whole(snapshot, Project(str(tmp_path)), [led])) == len(ALL) - 1


@pytest.mark.parametrize(
    "text", ["", "{", "__global__ void k(", "#define", 'void f() { "', "}\n}\nint é() { return 1; }"]
)
def test_half_typed_texts(tmp_path: Path, text: str) -> None:
    for line in (0, 1, 99):
        whole(tmp_path, [line], text=text)
