"""Which Python strings are CUDA, and where each of their characters is in the file."""

from __future__ import annotations

import ast
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.strings.embedded import Embedded, units
from signoff.verifiers.gpu.strings.python_literals import PlacedText, pieces
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

KERNEL = "__global__ void k(float *x) { x[0] = 1; }"


def found(text: str) -> tuple[Embedded, ...]:
    return units(Snapshot("file:///w/k.py", "/w/k.py", "python", 1, text))


def at(unit: Embedded, document: str, word: str) -> str:
    """The document's text at the place of a word of the unit."""
    start = unit.text.index(word)
    span = unit.placed.span(LineIndex(unit.text).span(start, start + len(word)))
    first, last = LineIndex(document).offsets(span)
    return document[first:last]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (f"k = cupy.RawKernel(r'''{KERNEL}''', 'k')", "CuPy RawKernel"),
        (f"import cupy as cp\nm = cp.RawModule(code='{KERNEL}')", "CuPy RawModule"),
        (f"SRC = '''\n{KERNEL}\n'''\nmod = SourceModule(SRC)", "pycuda SourceModule"),
        (f"k = torch.cuda._compile_kernel('{KERNEL}', 'k')", "torch compile_kernel"),
        (f"load_inline('m', ['void f();'], ['{KERNEL}'])", "torch load_inline"),
        (f"SRC = '{KERNEL}'\nload_inline(name='m', cpp_sources='', cuda_sources=[SRC])", "torch load_inline"),
        (f"def f():\n    src = ('{KERNEL}'\n           '// b')\n    return RawKernel(src, 'k')", "CuPy RawKernel"),
        (f"class A:\n    SRC = '{KERNEL}'\n    K = RawKernel(SRC, 'k')", "CuPy RawKernel"),
        (f"for n in range(3):\n    with x:\n        ks = [RawKernel('{KERNEL}', m) for m in y]", "CuPy RawKernel"),
        (f"try:\n    pass\nfinally:\n    f = lambda: RawKernel('{KERNEL}', 'k')", "CuPy RawKernel"),
        (f"SRC: str = '{KERNEL}'\nif (s := SRC):\n    k = RawKernel(s, 'k')", "CuPy RawKernel"),
    ],
)
def test_strings_for_a_loader_are_cuda(text: str, origin: str) -> None:
    (unit,) = found(text)
    assert unit.origin == origin
    assert KERNEL in unit.text
    assert at(unit, text, "float *x") == "float *x"


@pytest.mark.parametrize(
    "text",
    [
        f"SRC = '{KERNEL}'\nprint(SRC)",  # no loader gets it
        f"k = RawKernel(f'{KERNEL.replace('{', '{{').replace('}', '}}')} {{n}}', 'k')",
        f"SRC = '{KERNEL} %d'\nk = RawKernel(SRC % 4, 'k')",
        f"SRC = '{KERNEL}'\nk = RawKernel(SRC.replace('k', 'q'), 'q')",
        f"SRC = '{KERNEL}'\nSRC = SRC.replace('k', 'q')\nk = RawKernel(SRC, 'q')",
        f"SRC = '{KERNEL}'\nSRC += other()\nk = RawKernel(SRC, 'q')",
        f"SRC = '{KERNEL}'\ndef f(SRC):\n    return RawKernel(SRC, 'q')",
        f"SRC = '{KERNEL}'\nfor SRC in sources:\n    RawKernel(SRC, 'q')",
        f"SRC = '{KERNEL}'\ndef g():\n    global SRC\n    SRC = read()\nRawKernel(SRC, 'q')",
        f"class A:\n    SRC = '{KERNEL}'\n    def f(self):\n        return RawKernel(SRC, 'k')",
        f"RawKernel(*['{KERNEL}', 'k'])",
        f"load_inline('m', ['{KERNEL}'], functions=['f'])",  # C++, not CUDA
        f"load_inline('m', '', ['{KERNEL}', more()])",
        f"RawKernel(b'{KERNEL}', 'k')",
        f"SRC = '{KERNEL}'\nks = [RawKernel(SRC, n) for n, SRC in more()]",
        f"SRC = '{KERNEL}'\nf = lambda SRC: RawKernel(SRC, 'k')",
        f"SRC = '{KERNEL}'\nfrom other import SRC\nRawKernel(SRC, 'k')",
        f"SRC = '{KERNEL}'\ntry:\n    pass\nexcept OSError as SRC:\n    RawKernel(SRC, 'k')",
        f"SRC = '{KERNEL}'\nmatch x:\n    case [SRC]:\n        RawKernel(SRC, 'k')",
        f"SRC = '{KERNEL}'\nwith open('x') as SRC:\n    RawKernel(SRC, 'k')",
        f"load_inline('m', '', '{KERNEL}', extra_cuda_cflags=['--offload-arch=gfx942'])",  # AMD's
        f"load_inline('m', '', '#include <hip/hip_runtime.h>\\n{KERNEL}')",
    ],
)
def test_what_is_not_certainly_the_text_is_left_alone(text: str) -> None:
    ast.parse(text)
    assert found(text) == ()


def test_either_of_two_literals_may_be_meant_so_both_are_looked_at() -> None:
    text = f"SRC = '{KERNEL}' if fast else '__global__ void slow() {{}}'\nRawKernel(SRC, 'k')"
    assert [unit.text for unit in found(text)] == [KERNEL, "__global__ void slow() {}"]


def test_sums_of_literals_and_names_are_followed_to_each_place() -> None:
    text = f"HEAD = '#define N 4\\n'\nBODY = r'''{KERNEL}'''\nk = RawKernel(HEAD + BODY, 'k')"
    (unit,) = found(text)
    assert unit.text == "#define N 4\n" + KERNEL
    assert at(unit, text, "#define N") == "#define N"
    assert at(unit, text, "x[0]") == "x[0]"


def test_a_list_is_joined_as_torch_joins_it() -> None:
    text = f"load_inline('m', '', ['{KERNEL}', '__global__ void b() {{}}'])"
    (unit,) = found(text)
    head, own = unit.text[: unit.added], unit.text[unit.added :]
    assert own == f"{KERNEL}\n__global__ void b() {{}}"
    assert head == "#include <torch/types.h>\n#include <cuda.h>\n#include <cuda_runtime.h>\n", "as torch writes it"
    span = unit.placed.span(Span(0, 0, 0, 8))
    assert LineIndex(text).offset(span.start_line, span.start_column) == text.index(KERNEL)
    assert at(unit, text, "void b()") == "void b()"


def test_options_become_the_units_macros_and_folders() -> None:
    text = f"RawKernel('{KERNEL}', 'k', options=('-DN=4', '-D', 'M', '-I/inc', '-UQ', '--use_fast_math'))"
    (unit,) = found(text)
    assert unit.source.options == ("-DN=4", "-D", "M", "-I/inc", "-UQ", "--use_fast_math")
    assert found(f"RawKernel('{KERNEL}', 'k', options=flags())")[0].source.options is None
    assert found(f"RawKernel('{KERNEL}', 'k', **more)")[0].source.options is None


def test_half_typed_python_gives_what_is_certain() -> None:
    whole = f'import cupy\nSRC = r"""\n{KERNEL}\n"""\nk = cupy.RawKernel(SRC, "k")\ndef g(:\n'
    (unit,) = found(whole)
    assert unit.text == f"\n{KERNEL}\n"
    assert at(unit, whole, "x[0]") == "x[0]"
    assert found(whole.replace("RawKernel(SRC", "RawKernel(SRC % 3")) == ()
    assert found(whole.replace('"k")', '"k")\nSRC.format(3)')) == ()
    assert len(found(f"k = cp.RawKernel('''{KERNEL}''', 'k'\ndef (")) == 1


def test_a_file_cut_anywhere_is_no_failure() -> None:
    second = f'B = "#define T\\t\\"é\\x41\\"\\n" \'{KERNEL}\'\n'
    text = f"import cupy as cp\nA = '''\n{KERNEL}\n'''\n{second}cp.RawModule(code=B + A)\n"
    for end in range(len(text)):
        for unit in found(text[:end]):
            assert "__global__" in unit.text or "__global__" in text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_the_file_are_those_of_the_string(end: str) -> None:
    text = f"k = RawKernel('''{end}{KERNEL}{end}// é😋{end}int a;{end}''', 'k'){end}"
    (unit,) = found(text)
    assert "\r" not in unit.text
    assert at(unit, text, "int a;") == "int a;"
    span = unit.placed.span(Span(2, 3, 2, 5))
    assert LineIndex(text).line(span.start_line)[span.start_column : span.end_column] == "é😋"


def test_an_escape_is_one_place() -> None:
    text = "RawKernel('\\x5f_global__ void k() {\\n\\tint \\u0061 = \\\n1;\\n}', 'k')"
    assert found(text) == (), "the words that lead to CUDA must be readable"
    text = "RawKernel('__global__ void k() {\\n\\tint \\u0061bc = \\\n1;\\n}', 'k')"
    (unit,) = found(text)
    assert unit.text == "__global__ void k() {\n\tint abc = 1;\n}"
    assert at(unit, text, "abc") == "\\u0061bc"
    assert at(unit, text, "1;") == "1;"
    assert at(unit, text, "\n}") == "\\n}"


@given(
    st.lists(
        st.sampled_from(
            ["a", "é", "😋", "\n", "\\", "'", '"', "\t", "\\n", "{", "\\\n", "\\x41", "\\N{DIGIT ONE}", "\\101"]
        ),
        max_size=30,
    ).map("".join),
    st.sampled_from(["", "r", "R", "u"]),
    st.sampled_from(["'''", '"""', "'", '"']),
)
def test_pieces_say_what_python_says(body: str, prefix: str, quotes: str) -> None:
    literal = f"{prefix}{quotes}{body}{quotes}"
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return
    found_pieces = pieces(literal, 0, len(literal))
    if found_pieces is None or not isinstance(value, str):
        return
    placed = PlacedText(found_pieces, LineIndex(literal))
    assert placed.text == value
    for piece in found_pieces:
        assert 0 <= piece.source < piece.source + piece.source_length <= len(literal)


def test_a_place_inside_a_string_is_known_from_one_outside() -> None:
    text = f"n = 1\nk = RawKernel('{KERNEL}', 'k')\n"
    (unit,) = found(text)
    assert unit.placed.holds(text.index("void"))
    assert not unit.placed.holds(text.index("n ="))


def test_other_python_costs_next_to_nothing() -> None:
    text = "import numpy as np\n" + "x = np.zeros((3, 4))  # a comment\n" * 20_000
    start = time.perf_counter()
    for _ in range(10):
        assert found(text) == ()
    assert (time.perf_counter() - start) / 10 < 0.05, "milliseconds would be a parse"


def test_a_large_string_is_placed() -> None:
    body = "\n".join(f"__global__ void k{n}() {{ int a = {n}; }}" for n in range(20_000))
    text = f"RawModule(code='''{body}''')"
    (unit,) = found(text)
    assert at(unit, text, "k19999()") == "k19999()"
