"""[[firmware]] of signoff.toml: what its keys mean, and what is said of those that are wrong, at their place."""

from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.build.parts_named import part_findings
from signoff.verifiers.mcu.build.reading import Reading
from signoff.verifiers.mcu.build.recipe import FLAGS, LINK_FLAGS, read_recipe


def recipe(root: Path, text: str, *files: str) -> Reading:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "signoff.toml").write_text(text)
    return read_recipe(str(root / "signoff.toml"))


def at(reading: Reading, code: str) -> Finding:
    (found,) = [one for one in reading.findings if one.code == code]
    return found


def test_every_key(tmp_path: Path) -> None:
    text = """
[[firmware]]
name = "pwm"
sources = ["src/**/*.c", "startup.s", "!src/old/*.c"]
include_dirs = ["inc"]
defines = { STM32F407xx = true, HSE_VALUE = 8000000, NDEBUG = false }
cpu = "cortex-m4"
fpu = "softfp"
flags = ["-O2", "-std=gnu11", "-Wall"]
linker_script = "f407.ld"
link_flags = ["-nostartfiles", "-lc"]
libraries = ["m", "-lgcc"]
library_dirs = "libs"
objects = "libs/*.a"
part = "stm32f407vg"
svd = "STM32F407.svd"
"""
    files = ("src/main.c", "src/app/x.c", "src/old/y.c", "startup.s", "inc/b.h", "f407.ld", "libs/z.a", "STM32F407.svd")
    reading = recipe(tmp_path, text, *files)
    assert not reading.findings
    (image,) = reading.images
    assert (image.name, image.kind, image.root) == ("pwm", "signoff.toml", str(tmp_path))
    assert image.declared and image.link_declared
    assert [Path(unit.source).name for unit in image.units] == ["x.c", "main.c", "startup.s"]
    unit = image.units[0]
    assert unit.include_dirs == (str(tmp_path / "inc"),) and unit.standard == "gnu11"
    assert unit.defines == ("STM32F407xx", "HSE_VALUE=8000000")
    assert unit.flags == ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=softfp", "-O2", "-Wall")
    assert image.linker_scripts == (str(tmp_path / "f407.ld"),)
    assert image.link_flags == ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=softfp", "-nostartfiles")
    assert image.libraries == ("m", "gcc", "c") and image.objects == (str(tmp_path / "libs/z.a"),)
    assert image.library_dirs == (str(tmp_path / "libs"),)
    assert (image.part, image.part_origin) == ("stm32f407vg", str(tmp_path / "signoff.toml"))
    assert image.svd == str(tmp_path / "STM32F407.svd")


def test_defaults(tmp_path: Path) -> None:
    text = '[[firmware]]\nsources = ["src/*.c", "lib/*.c"]\npart = "STM32F407VGTx"\n'
    (image,) = recipe(tmp_path, text, "src/a.c", "lib/b.c").images
    core = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
    assert image.name == tmp_path.name
    assert image.units[0].include_dirs == (str(tmp_path / "src"), str(tmp_path / "lib"))
    assert image.units[0].flags == (*core, *FLAGS)
    assert image.link_flags == (*core, *LINK_FLAGS)
    assert not image.link_declared


@pytest.mark.parametrize(
    ("fpu", "expected"),
    [
        ("hard", ("-mfloat-abi=hard",)),
        ("soft", ("-mfloat-abi=soft",)),
        ("auto", ("-mfloat-abi=soft",)),
        ("fpv5-d16", ("-mfpu=fpv5-d16", "-mfloat-abi=hard")),
    ],
)
def test_floating_point(tmp_path: Path, fpu: str, expected: tuple[str, ...]) -> None:
    text = f'[[firmware]]\nsources = "a.c"\ncpu = "cortex-m7"\nfpu = "{fpu}"\nflags = []\n'
    (image,) = recipe(tmp_path, text, "a.c").images
    assert image.units[0].flags == ("-mcpu=cortex-m7", "-mthumb", *expected)


def test_what_is_wrong_is_said_at_its_place(tmp_path: Path) -> None:
    text = """[[firmware]]
sources = ["main.c", "gone.c"]
sorces = "x"
flags = 3
include_dirs = ["inc", "nowhere"]
cpu = "cortex-m4"
svd = "gone.svd"

[[firmware]]
name = "two"
part = "unheard of 1"
"""
    reading = recipe(tmp_path, text, "main.c", "inc/a.h")
    assert "did you mean" in at(reading, "ManifestUnknownKey").message
    assert at(reading, "ManifestUnknownKey").span.start_line == 2
    assert at(reading, "ManifestType").span.start_line == 3
    missing = [one for one in reading.findings if one.code == "ManifestMissing"]
    assert [one.span.start_line for one in missing] == [6, 1, 4]
    assert at(reading, "RecipeSources").span.start_line in (8, 9)
    assert at(reading, "RecipeCpu").span.start_line in (8, 9)
    one, two = reading.images
    assert [unit.source for unit in one.units] == [str(tmp_path / "main.c")]
    assert two.units == ()


@pytest.mark.parametrize("text", ["", "firmware = 3", "[firmware]\nx = 1", "[[firmware", "[[firmware]]\nsources = 1"])
def test_nonsense_never_raises(tmp_path: Path, text: str) -> None:
    reading = recipe(tmp_path, text)
    assert all(not image.units for image in reading.images)


def test_a_file_that_is_not_there_has_the_one_that_was_meant(tmp_path: Path) -> None:
    sources = '["main.c", "src/pmw.c", "quite_else.c"]'
    text = f'[[firmware]]\nsources = {sources}\ncpu = "cortex-m4"\nlinker_script = "ld/prat.ld"\n'
    reading = recipe(tmp_path, text, "main.c", "src/pwm.c", "ld/part.ld")
    script, source, other = (one for one in reading.findings if one.code == "ManifestMissing")
    assert dict(source.data) == {"near": "src/pwm.c"} and 'did you mean "src/pwm.c"' in source.message
    assert dict(script.data) == {"near": "ld/part.ld"} and script.severity is Severity.ERROR
    assert (script.span.start_line, script.span.start_column) == (3, 17) and other.data == ()


def test_a_missing_linker_script_is_the_images_all_the_same(tmp_path: Path) -> None:
    reading = recipe(tmp_path, '[[firmware]]\nsources = ["a.c"]\ncpu = "cortex-m4"\nlinker_script = "x.ld"\n', "a.c")
    assert reading.images[0].linker_scripts == (str(tmp_path / "x.ld"),) and reading.images[0].link_declared


@pytest.mark.parametrize(
    ("part", "code", "said"),
    [
        ("stm32f470vg", "PartName", 'did you mean "stm32f407vg"?'),
        ("stm32f401re", "PartFacts", "CMSIS-SVD"),
        ("stm32f407vg", "", ""),
    ],
)
def test_parts_that_nothing_is_known_of(tmp_path: Path, part: str, code: str, said: str) -> None:
    head = '[[firmware]]\nsources = ["a.c"]\ncpu = "cortex-m4"\n'
    images = recipe(tmp_path, f'{head}part = "stm32f405"\n{head}part = "{part}"\n', "a.c").images
    found = list(part_findings(images))
    assert [one.code for one in found] == ([code] if code else [])
    for one in found:
        assert said in one.message and (one.span.start_line, one.span.start_column) == (7, 8)
    described = [replace(one, svd="/x/part.svd") for one in images]
    assert [one.code for one in part_findings(described)] == ([code] if code == "PartName" else [])
