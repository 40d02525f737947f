"""Parts of the link that need no tool: the store, hashes, names, definitions, stack."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from signoff.verifiers.mcu.link import callgraph, elf, names
from signoff.verifiers.mcu.link.callgraph import Frame
from signoff.verifiers.mcu.link.contents import GONE, Contents
from signoff.verifiers.mcu.link.definitions import body_of, conditions, find
from signoff.verifiers.mcu.link.object_facts import Defined, ObjectFacts
from signoff.verifiers.mcu.link.stack import depths
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.project import CompileUnit, Image


def made(folder: Path, content: str) -> Path:
    path = folder / "unit.o"
    path.write_text(content)
    path.with_suffix(".ci").write_text("graph")
    return path


def test_the_store_gives_what_the_same_inputs_gave(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first = store.add("recipe", {"/a.c": "1", "/a.h": "2"}, made(tmp_path, "one"))
    second = store.add("recipe", {"/a.c": "1", "/a.h": "3"}, made(tmp_path, "two"))
    for one in (store, Store(tmp_path / "store")):
        found = one.find("recipe", {"/a.c": "1", "/a.h": "2"}.__getitem__)
        assert found is not None and found == first and found != second
        assert Path(found.path).read_text() == "one" and Path(found.graph).read_text() == "graph"
        assert set(found.inputs) == {"/a.c", "/a.h"}
        assert one.find("recipe", {"/a.c": "1", "/a.h": "9"}.__getitem__) is None
        assert one.find("other", lambda path: "1") is None


def test_an_object_whose_inputs_are_gone_is_not_found_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.add("recipe", {"/a.c": GONE}, made(tmp_path, "one"))
    assert store.find("recipe", lambda path: GONE) is None


def test_a_damaged_store_is_an_empty_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    kept = store.add("recipe", {"/a.c": "1"}, made(tmp_path, "one"))
    (manifest,) = (tmp_path / "store" / "manifests").glob("*/*")
    manifest.write_text("[[1, 2")
    assert Store(tmp_path / "store").find("recipe", lambda path: "1") is None
    store.add("recipe", {"/a.c": "1"}, made(tmp_path, "one"))
    Path(kept.path).unlink()
    assert store.find("recipe", lambda path: "1") is None


def test_the_store_keeps_to_its_limit(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", limit_bytes=1000)
    paths = []
    for number in range(4):
        stored = store.add("recipe", {"/a.c": str(number)}, made(tmp_path, "x" * 400))
        os.utime(stored.path, (number, number))
        paths.append(Path(stored.path))
    (tmp_path / "store" / "work" / "old").mkdir(parents=True)
    os.utime(tmp_path / "store" / "work" / "old", (1, 1))
    store.tidy()
    assert [path.exists() for path in paths] == [False, False, False, True] or [path.exists() for path in paths][
        2:
    ] == [True, True]
    assert not paths[0].exists()
    assert not (tmp_path / "store" / "work" / "old").exists()


def test_hashes_follow_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.h"
    contents = Contents()
    assert contents.hash(str(path)) == GONE
    path.write_text("one")
    before = contents.hash(str(path))
    path.write_text("two")  # same size, perhaps the same tick of the clock
    assert contents.hash(str(path)) != before
    os.utime(path, (time.time() - 100, time.time() - 100))
    assert contents.hash(str(path)) == contents.hash(str(path))


def test_an_unsaved_text_stands_for_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.h"
    path.write_text("saved")
    contents = Contents()
    assert contents.view({str(path): "saved"}).hash(str(path)) == contents.view({}).hash(str(path))
    assert contents.view({str(path): "typed"}).hash(str(path)) != contents.view({}).hash(str(path))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("HAL_GPIO_WritPin", "HAL_GPIO_WritePin"),
        ("HAL_GPIO_writePin", "HAL_GPIO_WritePin"),
        ("HAL_GPIO_Write_Pin", "HAL_GPIO_WritePin"),
        ("hal_delay", "HAL_Delay"),
    ],
)
def test_near_names(name: str, wanted: str) -> None:
    known = frozenset({"HAL_GPIO_WritePin", "HAL_GPIO_ReadPin", "HAL_GPIO_TogglePin", "HAL_Delay", "HAL_Init", "main"})
    assert names.nearest(name, (known,))[0] == wanted


def test_nothing_is_near_to_another_name() -> None:
    known = frozenset({"HAL_GPIO_WritePin", "usart1_isr", "memcpy"})
    assert names.nearest("configure_clock", (known,)) == ()


def test_names_that_headers_declare(tmp_path: Path) -> None:
    header = tmp_path / "hal.h"
    header.write_text("void HAL_Delay(int);\n#define LED_ON() set(1)\nextern int x;\nif (sizeof (int)) ;\n")
    assert names.declared([str(header), str(tmp_path / "other.c")]) == {"HAL_Delay", "LED_ON", "set"}


SOURCE = """#include "hal.h"
#ifdef HAL_TIM_MODULE_ENABLED
void HAL_TIM_Start(int n);
/* HAL_TIM_Start(3) { is described here */
static int start(void) { return HAL_TIM_Stop(1); }
__weak HAL_StatusTypeDef HAL_TIM_Start(TIM_HandleTypeDef *htim,
                                       void (*done)(void))
{
  if (HAL_TIM_Stop(1)) { }
}
#endif
#if defined(A) || defined(B)
void either(void) {
}
#endif
static void hidden(void) __attribute__((noinline));
static void hidden(void) {}
"""


def test_where_a_function_is_defined() -> None:
    assert SOURCE[: body_of("HAL_TIM_Start", SOURCE)].count("\n") == 5
    assert body_of("HAL_TIM_Stop", SOURCE) == -1
    assert body_of("nothing", SOURCE) == -1
    assert conditions(SOURCE, body_of("HAL_TIM_Start", SOURCE)) == ("HAL_TIM_MODULE_ENABLED",)
    assert conditions(SOURCE, body_of("either", SOURCE)) == ()


def test_sources_beside_the_build(tmp_path: Path) -> None:
    (tmp_path / "lib" / "Src").mkdir(parents=True)
    (tmp_path / "lib" / "Inc").mkdir()
    (tmp_path / "lib" / "Src" / "tim.c").write_text(SOURCE)
    (tmp_path / "app").mkdir()
    main = tmp_path / "app" / "main.c"
    main.write_text("int main(void) { HAL_TIM_Start(0, 0); }\n")
    unit = CompileUnit(str(main), include_dirs=(str(tmp_path / "lib" / "Inc"),))
    image = Image("fw", str(tmp_path / "app"), units=(unit,))
    (found,) = find("HAL_TIM_Start", image)
    assert (Path(found.path).name, found.listed, found.line, found.needs) == (
        "tim.c",
        False,
        5,
        ("HAL_TIM_MODULE_ENABLED",),
    )
    (static,) = find("hidden", image)
    assert static.static


def facts_of(*frames: Frame, local: tuple[str, ...] = (), weak: tuple[str, ...] = ()) -> ObjectFacts:
    binding = dict.fromkeys(local, elf.STB_LOCAL) | dict.fromkeys(weak, elf.STB_WEAK)
    defined = {
        one.name: Defined(one.name, f".text.{one.name}", 0, 2, elf.STT_FUNC, binding.get(one.name, elf.STB_GLOBAL))
        for one in frames
    }
    return ObjectFacts(defined, frames=frames)


def frame(name: str, size: int, *calls: str, bounded: bool = True) -> Frame:
    return Frame(name, "/fw/main.c", 0, size, bounded, calls)


def test_the_deepest_stack() -> None:
    one = facts_of(frame("main", 16, "a", "helper"), frame("a", 8, "b"), frame("helper", 100), local=("helper",))
    two = facts_of(frame("b", 40, "helper"), frame("helper", 4), local=("helper",))
    (found,) = depths([one, two], frozenset({"main", "a", "b", "helper"}))
    assert (found.root, found.bytes, found.chain) == ("main", 116, ("main", "helper"))


def test_a_strong_definition_counts_before_a_weak_one() -> None:
    weak = facts_of(frame("main", 8, "callback"), frame("callback", 4), weak=("callback",))
    strong = facts_of(frame("callback", 64))
    (found,) = depths([weak, strong], frozenset({"main", "callback"}))
    assert found.bytes == 72


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ((frame("main", 8, "main"),), "main calls itself"),
        ((frame("main", 8, "a"), frame("a", 8, "main")), "main calls itself"),
        ((frame("main", 8, callgraph.INDIRECT),), "main calls through a pointer"),
        ((frame("main", 8, "memcpy"),), "memcpy has no known stack frame"),
        ((frame("main", 8, "a"), frame("a", 8, bounded=False)), "the stack frame of a is decided while it runs"),
    ],
)
def test_where_the_call_graph_is_open(frames: tuple[Frame, ...], why: str) -> None:
    (found,) = depths([facts_of(*frames)], frozenset({"main", "a", "memcpy"}))
    assert found.bytes is None and found.open_at == why


def test_a_function_that_is_not_in_the_image_is_not_called() -> None:
    (found,) = depths([facts_of(frame("main", 8, "__aeabi_ldivmod"))], frozenset({"main"}))
    assert found.bytes == 8


def test_handlers_are_roots() -> None:
    facts = facts_of(frame("main", 8), frame("TIM2_IRQHandler", 24), frame("other", 99))
    found = depths([facts], frozenset({"main", "TIM2_IRQHandler", "other"}))
    assert [(one.root, one.bytes) for one in found] == [("main", 8), ("TIM2_IRQHandler", 24)]


@pytest.mark.parametrize("data", [b"", b"\x7fELF\x01", b"\x7fELF\x01" + b"\xff" * 100, b"!<arch>\n"])
def test_no_elf_file(data: bytes) -> None:
    assert elf.read(data).symbols == ()
