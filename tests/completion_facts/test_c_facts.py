from __future__ import annotations

import os
from pathlib import Path

import pytest
from facts_samples import MAIN, asked, far, firmware, near

from signoff.completion.facts.background import Stale
from signoff.completion.facts.c_engine import FactsEngine
from signoff.completion.facts.questions import Question


def at(folder: Path, line: str) -> tuple[str, str]:
    found = asked(folder, firmware(folder), MAIN.replace("@", line))
    return near(found), far(found)


def test_a_member_needs_its_record(tmp_path: Path) -> None:
    found = asked(tmp_path, firmware(tmp_path), MAIN.replace("@", "  huart2.Init.@"))
    assert found[0].near and found[0].text.startswith("typedef struct { uint32_t BaudRate;")
    assert found[0].why == "record UART_InitTypeDef of hal_uart.h"


def test_a_half_typed_member_too(tmp_path: Path) -> None:
    assert "uint32_t WordLength" in at(tmp_path, "  huart2.Init.Wor@")[0]


def test_a_pointer_in_the_function(tmp_path: Path) -> None:
    assert "USART_TypeDef *Instance" in at(tmp_path, "  UART_HandleTypeDef *h = &huart2;\n  h->@")[0]


def test_the_value_of_a_member_is_one_of_its_group(tmp_path: Path) -> None:
    assert "UART_Word_Length: UART_WORDLENGTH_8B, UART_WORDLENGTH_9B" in at(tmp_path, "  huart2.Init.WordLength = @")[0]


def test_the_bits_of_a_register(tmp_path: Path) -> None:
    told = at(tmp_path, "  USART2->CR1 |= @")[0]
    assert "USART_TypeDef.CR1: USART_CR1_RE, USART_CR1_UE" in told and "_Pos" not in told


def test_a_call_needs_its_prototype_and_the_arguments_enum(tmp_path: Path) -> None:
    told = at(tmp_path, "  HAL_SetStatus(&huart2, @")[0]
    assert "void HAL_SetStatus(UART_HandleTypeDef *huart, HAL_StatusTypeDef status);" in told
    assert "HAL_ERROR = 0x01U" in told


def test_a_function_like_macro(tmp_path: Path) -> None:
    assert "#define __HAL_UART_ENABLE(__HANDLE__)" in at(tmp_path, "  __HAL_UART_ENABLE(@")[0]


def test_what_a_half_typed_name_may_become(tmp_path: Path) -> None:
    told = at(tmp_path, "  HAL_UART_Tr@")[0]
    assert (
        "HAL_UART_Transmit(UART_HandleTypeDef *huart, const uint8_t *pData, uint16_t Size, uint32_t Timeout);" in told
    )


def test_what_the_function_names_stands_before_the_document(tmp_path: Path) -> None:
    told = at(tmp_path, "  HAL_UART_Init(&huart2);\n  @")[1]
    assert "HAL_StatusTypeDef HAL_UART_Init(UART_HandleTypeDef *huart);" in told
    assert "void app_step(int ticks);" in told  # of a header that the document includes itself


def test_a_local_variable_is_no_headers_name(tmp_path: Path) -> None:
    assert "app_state" not in "".join(at(tmp_path, "  int app_state = 1;\n  app_state += 1;\n  @"))


@pytest.mark.parametrize("line", ["  HAL_UART_T@", "  x = HAL_UART_Init(&hu@", "  huart2.Init.Wo@"])
def test_a_keystroke_inside_a_name_leaves_the_bytes(tmp_path: Path, line: str) -> None:
    way, engine = firmware(tmp_path), FactsEngine()
    before = asked(tmp_path, way, MAIN.replace("@", line), engine)
    after = asked(tmp_path, way, MAIN.replace("@", line.replace("@", "r@")), engine)
    assert [one for one in before if not one.near] == [one for one in after if not one.near]
    if "T@" not in line:
        assert before == after


def test_equal_places_have_equal_passages(tmp_path: Path) -> None:
    way = firmware(tmp_path)
    one, two = FactsEngine(), FactsEngine()
    asked(tmp_path, way, MAIN.replace("@", "  start();\n  app_step(@"), two)
    text = MAIN.replace("@", "  huart2.Init.@")
    assert asked(tmp_path, way, text, one) == asked(tmp_path, way, text, two)


def test_what_functions_like_it_use_elsewhere_may_come_next(tmp_path: Path) -> None:
    way = firmware(tmp_path)
    (tmp_path / "other.c").write_text(
        "void USART2_IRQHandler(void)\n{\n  huart2.Instance->SR = 0;\n  HAL_NVIC_EnableIRQ(USART2_IRQn);\n}\n"
    )
    text = '#include "hal_uart.h"\nextern UART_HandleTypeDef huart2;\n\nvoid USART2_IRQHandler(void)\n{\n  @\n}\n'
    assert "void HAL_NVIC_EnableIRQ(IRQn_Type IRQn);" in near(asked(tmp_path, way, text))


def test_nothing_outside_of_the_root_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "other.c").write_text("void f(void)\n{\n  app_step(1);\n  HAL_NVIC_EnableIRQ(1);\n}\n")
    inner = tmp_path / "project"
    inner.mkdir()
    way = firmware(inner)
    text = '#include "hal_uart.h"\n#include "app.h"\n\nvoid f(void)\n{\n  app_step(2);\n  @\n}\n'
    assert "HAL_NVIC_EnableIRQ" not in near(asked(inner, way, text))


def test_a_changed_header_is_read_again(tmp_path: Path) -> None:
    way, engine = firmware(tmp_path), FactsEngine()
    asked(tmp_path, way, MAIN, engine)
    header = tmp_path / "inc" / "app.h"
    header.write_text("void app_step(int ticks, int more);\n")
    os.utime(header, ns=(1, 1))
    prefix, _, suffix = MAIN.partition("@")
    question = Question(str(tmp_path / "main.c"), "main.c", prefix + "  app_step(", suffix, way, (), str(tmp_path))
    before = engine.passages(question)
    assert isinstance(before, Stale) and "void app_step(int ticks);" in near(before.value)
    engine.prepare(question)
    found = engine.passages(question)
    assert isinstance(found, tuple) and "int more" in near(found)


@pytest.mark.parametrize("text", ["@", '#include "hal_uart.h"\n@', "@\r\nint x;\r\n", "int 😀 = @;", "}}}}((((@"])
def test_any_document_has_an_answer(tmp_path: Path, text: str) -> None:
    asked(tmp_path, firmware(tmp_path), text)


def test_twenty_thousand_lines(tmp_path: Path) -> None:
    many = "".join(f"static int f{number}(int a)\n{{\n  return a + {number};\n}}\n\n" for number in range(4000))
    found = asked(tmp_path, firmware(tmp_path), f'#include "hal_uart.h"\n{many}int main(void)\n{{\n  f7(@\n}}\n{many}')
    assert "static int f7(int a);" in near(found)


def test_after_one_member_come_the_values_of_the_next(tmp_path: Path) -> None:
    assert "UART_Parity: UART_PARITY_NONE" in at(tmp_path, "  huart2.Init.WordLength = 0;\n  @")[0]


@pytest.mark.parametrize(
    ("head", "comment", "told"),
    [
        ("void USART2_IRQHandler(void)", "", "HAL_NVIC_EnableIRQ"),
        ("void f(void)", "/* Transmit the answer */", "HAL_UART_Transmit"),
        ("void f(void)", "// set the status", "HAL_SetStatus"),
    ],
)
def test_names_made_of_the_words_around_may_come_next(tmp_path: Path, head: str, comment: str, told: str) -> None:
    text = f'#include "hal_uart.h"\n\n{head}\n{{\n  {comment}\n  @\n}}\n'
    assert f" {told}(" in near(asked(tmp_path, firmware(tmp_path), text)).partition(";")[0]


def test_a_large_family_is_cut_to_what_fits_best(tmp_path: Path) -> None:
    way = firmware(tmp_path)
    many = "".join(f"void HAL_X{number}_Go(void);\n" for number in range(60))
    (tmp_path / "inc" / "app.h").write_text(f"{many}void HAL_IncTick(void);\n")
    text = '#include "app.h"\n\nvoid SysTick_Handler(void)\n{\n  HAL@\n}\n'
    assert "void HAL_IncTick(void);" in near(asked(tmp_path, way, text)).partition("\n")[0]
