from __future__ import annotations

import pytest
from facts_samples import DEVICE, HAL
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.verifiers.declarations.facts import Declaration, Kind
from signoff.verifiers.declarations.scan import scan
from signoff.verifiers.declarations.spelling import base_type, function_name, one_line


def named(text: str) -> dict[str, Declaration]:
    return {one.name: one for one in scan(text, "/x.h")}


@pytest.mark.parametrize(
    ("text", "name", "kind", "told"),
    [
        ("int f(int a,\n      char *b);", "f", Kind.FUNCTION, "int f(int a, char *b);"),
        ("static inline int f(void) { if (x) { y(); } return 1; }", "f", Kind.FUNCTION, "static inline int f(void);"),
        ("extern __IO int count;", "count", Kind.VARIABLE, "__IO int count;"),
        ("const uint8_t table[] = { 1, 2, 3 };", "table", Kind.VARIABLE, "const uint8_t table[] = {};"),
        ("typedef void (*callback_t)(int code);", "callback_t", Kind.TYPE, "typedef void (*callback_t)(int code);"),
        ("typedef unsigned int word;", "word", Kind.TYPE, "typedef unsigned int word;"),
        ("using half_t = __half;", "half_t", Kind.TYPE, "using half_t = __half;"),
        ("enum Mode { OFF, ON = 3 };", "Mode", Kind.ENUM, "enum Mode { OFF, ON = 3 };"),
        ("struct __attribute__((packed)) P { int x; };", "P", Kind.RECORD, "struct P { int x; };"),
        ("BEGIN_DECLS\nvoid gpio_set(uint32_t port, uint16_t pins);", "gpio_set", Kind.FUNCTION,
         "void gpio_set(uint32_t port, uint16_t pins);"),
        ("__global__ void __launch_bounds__(256, 2) scale(float *x, int n) { x[0] = n; }", "scale", Kind.FUNCTION,
         "__global__ void __launch_bounds__(256, 2) scale(float *x, int n);"),
        ("template <typename T, int N> __device__ T sum(const T (&x)[N]) { return x[0]; }", "sum", Kind.FUNCTION,
         "template <typename T, int N> __device__ T sum(const T (&x)[N]);"),
        ("namespace a { namespace b { int inner(); } }", "inner", Kind.FUNCTION, "int inner();"),
        ('extern "C" { int c_name(void); }', "c_name", Kind.FUNCTION, "int c_name(void);"),
        ("__constant__ float coefficients[64];", "coefficients", Kind.VARIABLE, "__constant__ float coefficients[64];"),
        ("extern __host__ cudaError_t CUDARTAPI cudaFree(void *p __dv(0));", "cudaFree", Kind.FUNCTION,
         "cudaError_t cudaFree(void *p);"),
    ],
)  # fmt: skip
def test_one_declaration(text: str, name: str, kind: Kind, told: str) -> None:
    found = named(text)
    assert found[name].kind is kind
    assert one_line(found[name].text) == told


def test_a_record_has_members_with_their_types_and_groups() -> None:
    found = named(HAL)["UART_InitTypeDef"]
    assert [(one.name, one.type, one.group) for one in found.members] == [
        ("BaudRate", "uint32_t", ""),
        ("WordLength", "uint32_t", "UART_Word_Length"),
        ("Parity", "uint32_t", "UART_Parity"),
    ]
    assert "/*" not in found.text and "\n" not in found.text
    handle = named(HAL)["UART_HandleTypeDef"]
    assert handle.tags == ("__UART_HandleTypeDef",)
    assert [one.type for one in handle.members] == ["USART_TypeDef", "UART_InitTypeDef"]


def test_nested_records_are_flat_for_look_up() -> None:
    found = named("struct S { union { struct { int a; } in; int b; }; int (*hook)(int); unsigned c : 3; };")["S"]
    assert {"a", "in", "b", "hook", "c"} <= {one.name for one in found.members}


def test_a_class_tells_its_functions_without_their_bodies() -> None:
    found = named("class Q : public B { public: int pop() { return x[0]; } void push(int v); private: int x[4]; };")[
        "Q"
    ]
    assert found.text == "class Q : public B { int pop(); void push(int v); int x[4]; };"


def test_groups_are_known() -> None:
    assert named(HAL)["HAL_StatusTypeDef"].group == "UART_Exported_Types"
    assert named(HAL)["HAL_UART_Init"].group == ""


@pytest.mark.parametrize(
    "broken", ["int f( {", "struct {", "void g(void) { if (x) {", "#if A\nint f(int", '"', "/*", "}}"]
)
def test_what_is_half_typed_costs_only_itself(broken: str) -> None:
    text = f"int before(void);\n\n{broken}\n}}\n\nint after(void)\n{{\n}}\n"
    found = named(text)
    assert "before" in found
    if broken not in ('"', "/*", "#if A\nint f(int", "int f( {"):
        assert "after" in found


def test_line_endings_and_characters_beyond_ascii() -> None:
    text = "/* größe 😀 */\r\nint größe_nicht;\r\nint wide(int a);\r\n"
    assert named(text)["wide"].line == 2
    assert named("") == {}


def test_the_line_of_a_declaration_is_its_first_word() -> None:
    assert named("\n\n/* comment */\nint\nx;\n")["x"].line == 3


@given(st.text(alphabet="abc{}()[];,*&=<>#\"'/\\\n \tstructypdefinu😀", max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_scan(text: str) -> None:
    for one in scan(text):
        assert "\n" not in one.text and one.name == one.name.strip()


def test_types_and_names() -> None:
    assert base_type("static const volatile struct foo * const") == "foo"
    assert base_type("unsigned int x", named=True) == "int"
    assert base_type("std::vector<float>", named=False) == "std"
    assert function_name("int a::b(int x)") == ("b", 8)
    assert function_name("if (x)")[0] == ""


def test_a_devices_header() -> None:
    found = named(DEVICE)
    assert [one.name for one in found["USART_TypeDef"].members] == ["SR", "CR1"]
    assert found["IRQn_Type"].members[1].name == "USART2_IRQn"
