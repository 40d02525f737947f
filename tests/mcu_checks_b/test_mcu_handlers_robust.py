"""Half-typed, garbled and large texts: no check may fail, and none may take long."""

from __future__ import annotations

import random
import time
from pathlib import Path

import mcu_defects
import pytest
from handler_images import findings

SAMPLES = sorted({case.kind: case.faulty for case in mcu_defects.cases()}.items())
SEED = 4
MOST_SECONDS = 5.0


@pytest.mark.parametrize(("kind", "path"), SAMPLES, ids=[kind for kind, _ in SAMPLES])
def test_texts_that_end_anywhere(tmp_path: Path, kind: str, path: Path) -> None:
    text = path.read_text("utf-8")
    for end in range(40, len(text), max(len(text) // 12, 1)):
        findings(tmp_path, {"main.c": text[:end]})


@pytest.mark.parametrize(("kind", "path"), SAMPLES[:6], ids=[kind for kind, _ in SAMPLES[:6]])
def test_texts_with_letters_exchanged(tmp_path: Path, kind: str, path: Path) -> None:
    letters, chance = list(path.read_text("utf-8")), random.Random(SEED)
    for _ in range(6):
        for _ in range(10):
            letters[chance.randrange(len(letters))] = chance.choice("{}()[];*&#\\\"'\n\x00ä")
        findings(tmp_path, {"main.c": "".join(letters), "it.s": "".join(letters)})


def test_a_large_file(tmp_path: Path) -> None:
    handler = "int flag;\nvoid TIM2_IRQHandler(void) { flag = 1; HAL_Delay(1); }\n"
    body = "".join(f"static int f{n}(int a) {{ if (a) flag = f{n - 1}(a); return flag; }}\n" for n in range(1, 4000))
    main = "int main(void) { NVIC_EnableIRQ(TIM2_IRQn); f3999(1); while (!flag) ; }\n"
    text = f"{handler}static int f0(int a) {{ return a; }}\n{body}{main}"
    start = time.process_time()
    codes = {one.code for one in findings(tmp_path, {"main.c": text})}
    assert {"MissingVolatile", "BlockingInHandler"} <= codes
    assert time.process_time() - start < MOST_SECONDS
