"""What is kept between edits is what reading anew would give; images; the time that an edit takes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from source_units import unit_of

from signoff.verifiers.mcu.source.image_facts import ImageReader
from signoff.verifiers.mcu.source.reader import SourceReader
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot

FUNCTION = """
static void step_{0}(uint32_t x)
{{
    if (x > {0}) {{
        TIM2->CCR1 = x * {0};
        GPIOA->BSRR = 1U << ({0} % 16);
    }}
    while (!(USART2->SR & 0x80)) {{
        wait(x, SPEED);
    }}
}}
"""


def _read(reader: SourceReader, path: Path, text: str) -> object:
    reader.files.begin({str(path): text.encode()})
    return reader.facts(str(path), unit_of(path))


def _shown(facts: object) -> str:
    """Everything that is in facts, without what is derived."""
    return repr(replace(facts))  # type: ignore[type-var]


def test_an_edit_gives_what_reading_anew_gives(tmp_path: Path) -> None:
    (tmp_path / "speed.h").write_text("#define SPEED 9600\n")
    path = tmp_path / "main.c"
    text = '#include "speed.h"\n' + "".join(FUNCTION.format(n) for n in range(6))
    kept = SourceReader()
    edits = [
        text,
        text.replace("step_2(uint32_t x)\n{", "step_2(uint32_t x)\n{\n    int \u00e9 = 1;"),
        text.replace("x * 3", "x * 3 +"),
        text.replace('#include "speed.h"', "#define SPEED 1\n#if 0"),
        text.replace("static void step_0", "int more;\nstatic void step_0"),
        text,
    ]
    for edited in edits:
        assert _shown(_read(kept, path, edited)) == _shown(_read(SourceReader(), path, edited))


def test_a_changed_header_is_seen(tmp_path: Path) -> None:
    header, path = tmp_path / "speed.h", tmp_path / "main.c"
    header.write_text("#define PORT GPIOA\n")
    reader = SourceReader()
    text = '#include "speed.h"\nvoid f(void) { PORT->ODR = 1; }\n'
    first = _read(reader, path, text)
    reader.files.begin({str(path): text.encode(), str(header): b"#define PORT GPIOC\n"})
    second = reader.facts(str(path), unit_of(path))
    assert [one.functions[0].body.registers[0].peripheral for one in (first, second)] == ["GPIOA", "GPIOC"]  # type: ignore[attr-defined, union-attr]


def _image(folder: Path, *names: str, **more: object) -> Image:
    units = tuple(CompileUnit(str(folder / name), include_dirs=(str(folder),), declared=True) for name in names)
    return replace(Image("image", str(folder), declared=True, link_declared=True, units=units), **more)  # type: ignore[arg-type]


def _facts(folder: Path, image: Image, seconds: float = 10.0):  # type: ignore[no-untyped-def]
    path = folder / "main.c"
    project = Project(str(folder), unit=image.units[0], image=image)
    return ImageReader().read(Snapshot("", str(path), "c", 1, path.read_text()), project, seconds)


def test_an_image_is_its_units(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { f(); HAL_Init(); }\n")
    (tmp_path / "other.c").write_text("void f(void) { }\nstatic void g(void) { }\n")
    (tmp_path / "stm32f4xx_hal.c").write_text("HAL_StatusTypeDef HAL_Init(void)\n{\n  return HAL_OK;\n}\n")
    (tmp_path / "startup.s").write_text(".word main\n")
    names = ("main.c", "other.c", "stm32f4xx_hal.c", "startup.s")
    facts = _facts(tmp_path, _image(tmp_path, *names))
    assert (facts.complete, facts.closed) == (True, True)
    assert facts.definition("f", str(tmp_path / "main.c")).name == "f"
    assert facts.definition("g", str(tmp_path / "main.c")) is None
    assert set(facts.library) == {"HAL_Init"}
    assert [function.name for function, _ in facts.callers["f"]] == ["main"]
    assert "nothing" not in facts.callers


def test_what_is_linked_from_elsewhere_leaves_the_image_open(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { }\n")
    assert not _facts(tmp_path, _image(tmp_path, "main.c", objects=("/x/liba.a",))).closed
    assert not _facts(tmp_path, _image(tmp_path, "main.c", libraries=("vendor",))).closed
    assert _facts(tmp_path, _image(tmp_path, "main.c", libraries=("c", "opencm3_stm32f4"))).closed
    missing = _facts(tmp_path, _image(tmp_path, "main.c", "gone.c"))
    assert (missing.complete, missing.unread) == (False, (str(tmp_path / "gone.c"),))


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { }\n")
    names = [f"unit_{number}.c" for number in range(5)]
    for name in names:
        (tmp_path / name).write_text(f"void {name[:-2]}(void) {{ }}\n")
    image = _image(tmp_path, "main.c", *names)
    reader, path = ImageReader(), tmp_path / "main.c"
    project = Project(str(tmp_path), unit=image.units[0], image=image)
    snapshot = Snapshot("", str(path), "c", 1, path.read_text())
    first = reader.read(snapshot, project, 0.0)
    assert first is not None
    assert not first.complete
    assert set(first.sources) == {str(path)}
    second = reader.read(snapshot, project, 10.0)
    assert second is not None
    assert second.complete


def test_an_edit_is_quick(tmp_path: Path) -> None:
    """3,000 lines; the bound is generous, as the machine may be busy: reading all of it takes ten times as long."""
    path = tmp_path / "main.c"
    text = "".join(FUNCTION.format(n) for n in range(280))
    assert text.count("\n") > 3000
    reader = SourceReader()
    start = time.process_time()
    _read(reader, path, text)
    whole = time.process_time() - start
    spent = []
    for number in range(8):
        edited = text.replace("x * 100;", f"x * 100 + {number};")
        start = time.process_time()
        _read(reader, path, edited)
        spent.append(time.process_time() - start)
    assert min(spent) < max(whole / 4, 0.03)
