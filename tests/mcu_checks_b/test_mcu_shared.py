"""What handlers share with the rest of the program: variables, registers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from handler_images import findings

from signoff.verifiers.finding import Severity

HANDLER = "void TIM2_IRQHandler(void) { TIM2->SR = 0; flag = 1; }\n"


def variables(folder: Path, declared: str, loop: str, handler: str = HANDLER, **more: Any) -> tuple:
    text = f"{declared}\n{handler}int main(void) {{ {loop} }}\n"
    return findings(folder, {"main.c": text}, "MissingVolatile", **more)


@pytest.mark.parametrize(
    "loop",
    [
        "while (!flag) ;",
        "while (flag == 0) { }",
        "do { } while (!flag);",
        "for (;;) { while (!flag) ; flag = 0; work(); }",
        "while (1) { if (flag) { flag = 0; work(); } }",
        "for (;;) { if (flag == 1) work(); }",
        "while (!flag) { GPIOD->ODR = 1; }",
    ],
)
@pytest.mark.parametrize("declared", ["int flag;", "static uint8_t flag = 0;", "_Bool flag;", "unsigned long flag;"])
def test_polled_without_volatile(tmp_path: Path, declared: str, loop: str) -> None:
    (finding,) = variables(tmp_path, declared, loop)
    assert finding.severity is Severity.ERROR and finding.span.start_line == 0
    assert dict(finding.data) == {"name": "flag", "handler": "TIM2_IRQHandler"}
    assert len(finding.related) == 2


@pytest.mark.parametrize(
    "declared",
    [
        "volatile int flag;", "static volatile uint8_t flag;", "__IO uint32_t flag;", "_Atomic int flag;",
        "int volatile flag;", "struct state flag;", "state_t flag;", "int flag[2];", "int *flag;",
        'int flag __attribute__((section(".noinit")));', "const int flag;", "extern int flag;", "vu32 flag;",
    ],
)  # fmt: skip
def test_variables_of_another_kind(tmp_path: Path, declared: str) -> None:
    assert variables(tmp_path, declared, "while (!flag) ;") == ()


@pytest.mark.parametrize(
    "loop",
    [
        "while (!flag) wait();",
        "while (!flag) { __WFI(); }",
        "while (!flag) { __asm volatile (\"nop\" ::: \"memory\"); }",
        "while (!flag) { (*poll)(); }",
        "while (!flag && !(TIM2->SR & 1)) ;",
        "while (!flag) { flag = other; }",
        "while (1) { poll(); if (flag) work(); }",
        "if (flag) work();",
        "int n = flag; while (n) ;",
        "use(&flag); while (!flag) ;",
        "while (!ready(flag)) ;",
    ],
)  # fmt: skip
def test_loops_that_read_again(tmp_path: Path, loop: str) -> None:
    assert variables(tmp_path, "int flag;", loop) == ()


@pytest.mark.parametrize(
    "handler",
    [
        "void set(void) { flag = 1; }\n",
        "void TIM2_IRQHandler(void) { TIM2->SR = 0; seen = flag; }\n",
        "void HardFault_Handler(void) { flag = 1; }\n",
        "void TIM2_IRQHandler(void) { int flag; flag = 1; TIM2->SR = flag; }\n",
    ],
)
def test_what_no_handler_changes(tmp_path: Path, handler: str) -> None:
    assert variables(tmp_path, "int flag;", "while (!flag) ;", handler) == ()


@pytest.mark.parametrize(
    ("flags", "severity"), [("-O0", Severity.WARNING), ("-Os", Severity.ERROR), ("-g", Severity.WARNING)]
)
def test_it_is_certain_where_the_compiler_optimises(tmp_path: Path, flags: str, severity: Severity) -> None:
    (finding,) = variables(tmp_path, "int flag;", "while (!flag) ;", flags=flags)
    assert finding.severity is severity


def test_calls_on_several_conditions_leave_a_hint(tmp_path: Path) -> None:
    loop = "while (1) { if (flag) work(); else sleep(); }"
    (finding,) = variables(tmp_path, "int flag;", loop)
    assert finding.severity is Severity.HINT
    assert variables(tmp_path, "int flag;", loop, hints=False) == ()


def test_statics_of_two_files_are_two_variables(tmp_path: Path) -> None:
    texts = {"it.c": f"static int flag;\n{HANDLER}", "main.c": "static int flag;\nint main(void) { while (!flag) ; }\n"}
    assert findings(tmp_path, texts, "MissingVolatile") == ()
    texts = {"it.c": f"int flag;\n{HANDLER}", "main.c": "extern int flag;\nint main(void) { while (!flag) ; }\n"}
    (finding,) = findings(tmp_path, texts, "MissingVolatile")
    assert finding.path.endswith("it.c")


def test_tasks_wait_as_main_does(tmp_path: Path) -> None:
    task = "static void run(void *p) { while (!flag) ; }\n"
    main = "int main(void) { xTaskCreate(run, 0, 128, 0, 1, 0); }\n"
    assert len(findings(tmp_path, {"main.c": f"int flag;\n{HANDLER}{task}{main}"}, "MissingVolatile")) == 1
    assert findings(tmp_path, {"main.c": f"int flag;\n{HANDLER}{task}int main(void) {{ }}\n"}, "MissingVolatile") == ()


INSIDE = "void TIM2_IRQHandler(void) { TIM2->SR = 0; GPIOD->ODR ^= 1 << 12; }\n"


def registers(folder: Path, main: str, inside: str = INSIDE, hints: bool = True) -> tuple:
    return findings(folder, {"main.c": f"{inside}{main}\n"}, "SharedRegister", hints=hints)


@pytest.mark.parametrize(
    "main",
    [
        "int main(void) { for (;;) { GPIOD->ODR ^= 1 << 13; wait(); } }",
        "int main(void) { while (1) { GPIOD->ODR |= 1 << 13; } }",
        "static void on(void) { GPIOD->ODR |= 1 << 13; }\nint main(void) { for (;;) on(); }",
        "static void t(void *p) { for (;;) GPIOD->ODR &= ~2; }\nint main(void) { xTaskCreate(t, 0, 1, 0, 1, 0); }",
    ],
)
def test_both_change_one_port(tmp_path: Path, main: str) -> None:
    (finding,) = registers(tmp_path, main)
    assert finding.severity is Severity.WARNING and "BSRR" in finding.message


@pytest.mark.parametrize(
    "main",
    [
        "int main(void) { GPIOD->ODR |= 1 << 13; for (;;) ; }",
        "int main(void) { for (;;) { GPIOD->BSRR = 1 << 13; } }",
        "int main(void) { for (;;) { GPIOD->ODR = 0; } }",
        "int main(void) { for (;;) { GPIOE->ODR ^= 1 << 13; } }",
        "int main(void) { for (;;) { __disable_irq(); GPIOD->ODR ^= 1 << 13; __enable_irq(); } }",
        "int main(void) { for (;;) { taskENTER_CRITICAL(); GPIOD->ODR ^= 1 << 13; taskEXIT_CRITICAL(); } }",
        "void on(void) { GPIOD->ODR ^= 2; }\nint main(void) { for (;;) { NVIC_DisableIRQ(TIM2_IRQn); on(); } }",
        "void never(void) { for (;;) { GPIOD->ODR ^= 1 << 13; } }",
        "int main(void) { for (;;) { TIM2->SR &= ~1; } }",
    ],
)
def test_no_race(tmp_path: Path, main: str) -> None:
    assert registers(tmp_path, main) == ()


def test_the_same_bits_do_no_harm(tmp_path: Path) -> None:
    inside = INSIDE.replace("GPIOD->ODR ^= 1 << 12", "USART2->CR1 &= ~USART_CR1_TXEIE")
    again = "int main(void) { for (;;) { USART2->CR1 |= USART_CR1_TXEIE; } }"
    assert registers(tmp_path, again, inside) == ()
    other = again.replace("TXEIE", "TCIE")
    assert [one.severity for one in registers(tmp_path, other, inside)] == [Severity.HINT]
    assert registers(tmp_path, other, inside, hints=False) == ()
