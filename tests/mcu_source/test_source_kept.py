"""What an edit leaves alone is the same object as before, so that checks need not look at it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from signoff.verifiers.mcu.source.facts import Function, SourceFacts
from signoff.verifiers.mcu.source.image_facts import ImageReader
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot

FIRST = "void first(void)\n{\n    GPIOA->ODR = 1;\n}\n"
SECOND = "__attribute__((used)) void second(void)\n{\n    GPIOB->ODR = LEVEL;\n}\n"


def facts_of(reader: ImageReader, path: Path, text: str) -> SourceFacts:
    unit = CompileUnit(str(path), declared=True)
    image = Image("fw", str(path.parent), declared=True, units=(unit,))
    found = reader.read(Snapshot("", str(path), "c", 1, text), Project(str(path.parent), unit=unit, image=image), 5.0)
    assert found is not None
    return found.sources[str(path)]


def functions(facts: SourceFacts) -> dict[str, Function]:
    return {one.name: one for one in facts.functions}


def test_only_what_was_edited_is_made_anew(tmp_path: Path) -> None:
    reader, path = ImageReader(), tmp_path / "main.c"
    path.write_text("")
    head = "#define LEVEL 1\n"
    before = functions(facts_of(reader, path, head + FIRST + SECOND))
    edited = functions(facts_of(reader, path, head + FIRST.replace("= 1", "= 3") + SECOND))
    assert edited["first"] != before["first"] and edited["second"] is before["second"]
    moved = functions(facts_of(reader, path, head + "\n" + FIRST + SECOND))
    span = before["second"].span
    assert moved["second"].span == replace(span, start_line=span.start_line + 1, end_line=span.end_line + 1)
    assert moved["second"].body is before["second"].body and moved["second"].attributes == ("__attribute__((used))",)


def test_a_macro_or_a_mark_that_changes_makes_it_anew(tmp_path: Path) -> None:
    reader, path = ImageReader(), tmp_path / "main.c"
    path.write_text("")
    before = functions(facts_of(reader, path, "#define LEVEL 1\n" + SECOND))["second"]
    assert [one.value.value for one in before.body.registers if one.value] == [1]
    after = functions(facts_of(reader, path, "#define LEVEL 2\n" + SECOND))["second"]
    assert [one.value.value for one in after.body.registers if one.value] == [2]
    weak = functions(facts_of(reader, path, "#define LEVEL 2\n" + SECOND.replace("used", "weak")))["second"]
    assert weak.weak and not after.weak
    named = functions(facts_of(reader, path, "#define second third\n" + SECOND.replace("LEVEL", "2")))
    assert list(named) == ["third"]
    assert list(functions(facts_of(reader, path, "#define second other\n" + SECOND.replace("LEVEL", "2")))) == ["other"]


def test_a_librarys_tables_may_be_large(tmp_path: Path) -> None:
    tables = tmp_path / "CMSIS" / "DSP" / "Source" / "CommonTables" / "arm_common_tables.c"
    tables.parent.mkdir(parents=True)
    tables.write_text("const int table[] = {" + "1234567, " * 400_000 + "0};\nvoid arm_last(void) {}\n")
    main = tmp_path / "main.c"
    main.write_text("")
    units = tuple(CompileUnit(str(path), declared=True) for path in (main, tables))
    image = Image("fw", str(tmp_path), declared=True, units=units)
    project = Project(str(tmp_path), unit=units[0], image=image)
    found = ImageReader().read(Snapshot("", str(main), "c", 1, "int main(void) {}\n"), project, 5.0)
    assert found is not None and found.complete and "arm_last" in found.library


def test_a_header_of_two_images_includes_what_each_of_them_has(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "host.h").write_text('#include "conf.h"\n')
    reader = ImageReader()
    for name, crystal in (("one", "8000000"), ("two", "25000000")):
        main = tmp_path / name / "main.c"
        main.parent.mkdir()
        (main.parent / "conf.h").write_text(f"#define CRYSTAL {crystal}\n")
        main.write_text("")
        folders = (str(tmp_path / "lib"), str(main.parent))
        unit = CompileUnit(str(main), include_dirs=folders, declared=True)
        image = Image(name, str(tmp_path), declared=True, units=(unit,))
        project = Project(str(tmp_path), unit=unit, image=image)
        text = '#include "host.h"\nint main(void) {}\n'
        found = reader.read(Snapshot("", str(main), "c", 1, text), project, 5.0)
        assert found is not None and found.sources[str(main)].macros["CRYSTAL"] == crystal
