"""Which files of the workspace a unit includes: as the compiler looks for them."""

from pathlib import Path

from signoff.verifiers.gpu.units.includes import Graph, written_in
from signoff.verifiers.mcu.build.headers import Lookup, graph_of, shared
from signoff.verifiers.project import CompileUnit, Image


def put(root: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def graph(root: Path, *units: CompileUnit) -> Graph:
    image = Image("app", str(root), units=units)
    return graph_of([image], Lookup(str(root)), lambda path: written_in(Path(path).read_bytes()))


def unit(root: Path, name: str, *dirs: str, forced: tuple[str, ...] = ()) -> CompileUnit:
    folders = tuple(str(root / one) for one in dirs)
    return CompileUnit(str(root / name), str(root), include_dirs=folders, forced_includes=forced)


def reached(root: Path, found: Graph, name: str) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in found.reached(str(root / name))]


def test_beside_first_then_the_folders_in_their_order(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"src/main.c": '#include "a.h"\n#include <sub/b.h>\n#include "stdint.h"\n', "src/a.h": "", "one/a.h": ""},
    )
    put(tmp_path, {"one/sub/b.h": '#include "c.h"\n', "two/sub/b.h": "", "one/sub/c.h": "", "two/c.h": ""})
    found = graph(tmp_path, unit(tmp_path, "src/main.c", "one", "two"))
    assert reached(tmp_path, found, "src/main.c") == ["src/a.h", "one/sub/b.h", "one/sub/c.h"]


def test_each_unit_by_its_own_folders(tmp_path: Path) -> None:
    put(tmp_path, {"a.c": '#include "conf.h"\n', "b.c": '#include "conf.h"\n', "one/conf.h": "", "two/conf.h": ""})
    found = graph(tmp_path, unit(tmp_path, "a.c", "one"), unit(tmp_path, "b.c", "two"))
    assert reached(tmp_path, found, "a.c") == ["one/conf.h"] and reached(tmp_path, found, "b.c") == ["two/conf.h"]


def test_circular_includes_come_to_an_end(tmp_path: Path) -> None:
    put(tmp_path, {"a.c": '#include "a.h"\n', "a.h": '#include "b.h"\n', "b.h": '#include "a.h"\n#include "b.h"\n'})
    assert reached(tmp_path, graph(tmp_path, unit(tmp_path, "a.c")), "a.c") == ["a.h", "b.h"]


def test_forced_includes(tmp_path: Path) -> None:
    put(tmp_path, {"src/a.c": "", "inc/config.h": '#include "more.h"\n', "inc/more.h": ""})
    found = graph(tmp_path, unit(tmp_path, "src/a.c", "inc", forced=("config.h",)))
    assert reached(tmp_path, found, "src/a.c") == ["inc/config.h", "inc/more.h"]


def test_what_lies_outside_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"sdk/hal.h": '#include "x.h"\n', "sdk/x.h": "", "work/a.c": '#include "hal.h"\n#include "x.h"\n'})
    put(tmp_path, {"work/inc/x.h": ""})
    work = tmp_path / "work"
    unit_ = CompileUnit(str(work / "a.c"), str(work), include_dirs=(str(tmp_path / "sdk"), str(work / "inc")))
    assert graph(work, unit_).reached(str(work / "a.c")) == ()


def test_equal_values_are_one_object() -> None:
    units = [CompileUnit(f"/w/{name}.c", include_dirs=tuple(f"/w/{one}" for one in ("inc", "hal"))) for name in "ab"]
    assert units[0].include_dirs is not units[1].include_dirs
    (image,) = shared([Image("app", "/w", units=tuple(units))])
    assert image.units == tuple(units)
    assert image.units[0].include_dirs is image.units[1].include_dirs
