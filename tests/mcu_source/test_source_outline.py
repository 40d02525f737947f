"""Functions, variables and declarations; vendors' macros; half-typed and hostile texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_units import facts_of, function_of


def test_variables(tmp_path: Path) -> None:
    text = """
__IO uint32_t ticks;
static volatile uint8_t flag;
CCMRAM uint16_t samples[64];
uint8_t buffer[16] __attribute__((section(".ccmram"), aligned(4))) = {0};
extern int elsewhere;
const uint32_t table[] = {RCC_AHB1ENR_GPIOAEN, 2};
void (*callback)(int) = handler;
"""
    header = '#define CCMRAM __attribute__((section(".ccmram")))\n'
    facts = facts_of(tmp_path, '#include "memory.h"\n' + text, memory=header)
    found = {one.name: one for one in facts.variables}
    assert found["ticks"].volatile
    assert (found["flag"].volatile, found["flag"].static) == (True, True)
    assert (found["samples"].section, found["samples"].array) == (".ccmram", "64")
    assert found["buffer"].section == ".ccmram"
    assert found["elsewhere"].extern
    assert found["table"].names >= {"RCC_AHB1ENR_GPIOAEN"}
    assert (found["callback"].pointer, found["callback"].names) == (True, {"handler"})
    assert facts.errors == 0


def test_weak_functions_and_aliases(tmp_path: Path) -> None:
    text = """
__weak void HAL_MspInit(void) { }
__attribute__((weak)) void b(void) { }
static inline int c(uint8_t x, T *p) { return x; }
void TIM2_IRQHandler(void) __attribute__((weak, alias("Default_Handler")));
"""
    facts = facts_of(tmp_path, text)
    assert [(one.name, one.weak, one.static) for one in facts.functions] == [
        ("HAL_MspInit", True, False),
        ("b", True, False),
        ("c", False, True),
    ]
    assert facts.functions[2].parameters == (("uint8_t", "x"), ("T *", "p"))
    (declared,) = facts.declarations
    assert "alias" in declared.attributes[0]


def test_names_that_macros_bring_in(tmp_path: Path) -> None:
    header = "#define CLOCK() __HAL_RCC_TIM3_CLK_ENABLE()\n#define UNUSED() __HAL_RCC_TIM4_CLK_ENABLE()\n"
    header += "#define JOIN(x) __HAL_RCC_##x##_CLK_ENABLE()\n"
    facts = facts_of(tmp_path, '#include "board.h"\nvoid f(void) { CLOCK(); }\n', board=header)
    assert "__HAL_RCC_TIM3_CLK_ENABLE" in facts.reached
    assert "__HAL_RCC_TIM4_CLK_ENABLE" not in facts.reached
    assert facts.pasted == frozenset()
    facts = facts_of(tmp_path, '#include "board.h"\nvoid f(void) { JOIN(TIM5); }\n', board=header)
    assert "__HAL_RCC_" in facts.pasted


def test_columns_are_code_points(tmp_path: Path) -> None:
    function = function_of(tmp_path, "void f(void)\n{ /* \u00e9\u00e9 */ TIM2->CR1 = 1; }\n")
    assert function.place(function.body.registers[0]).start_column == 11


@pytest.mark.parametrize(
    "text",
    [
        "void f(void) { TIM2->CR1 |= ",
        "void f(void) { if (x { a(); }\nvoid g(void) { b(); }",
        "#if 1\nvoid f(void) { a(); ",
        "#define A B\n#define B A\nint x = A;\nvoid f(void) { A(); B = 1; }",
        "void f(void) {" + "(" * 3000 + "1" + ")" * 3000 + ";}",
        "void f(void) " + "{" * 400 + "}" * 400,
        '#include "self.h"\nvoid f(void) { a(); }',
        "\ufeffint x;\r\nvoid f(void) { }\r\n",
        "int x = 1 << 99999999999; void f(void) { GPIOA->ODR = 1 << 99999; }",
        "",
        "\0\0\0",
    ],
)
def test_hostile_and_half_typed_texts(tmp_path: Path, text: str) -> None:
    facts_of(tmp_path, text, self='#include "self.h"\n#include "main.h"\n', main='#include "self.h"\n')


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    from source_units import unit_of

    from signoff.verifiers.mcu.source.reader import SourceReader

    path = tmp_path / "a.c"
    path.write_bytes(b"/* \xe9\xff */ void f(void) { a(); }\n")
    reader = SourceReader()
    reader.files.begin({})
    facts = reader.facts(str(path), unit_of(path))
    assert facts is not None
    assert facts.functions[0].body.calls[0].callee == "a"


def test_a_function_with_a_fault_is_told_apart(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "void f(void) { a( ; }\nvoid g(void) { b(); }\n")
    assert {one.name: one.body.broken for one in facts.functions} == {"f": True, "g": False}


def test_cplusplus(tmp_path: Path) -> None:
    text = 'extern "C" void TIM2_IRQHandler(void) { TIM2->SR = 0; }\nnamespace n { void f() { GPIOA->ODR = 1; } }\n'
    facts = facts_of(tmp_path, text, name="main.cpp")
    assert [one.name for one in facts.functions] == ["TIM2_IRQHandler", "f"]
    assert facts.functions[0].body.registers[0].peripheral == "TIM2"
