from __future__ import annotations

from pathlib import Path

from signoff.completion.facts.related import around, fused, parts
from signoff.completion.facts.usage import Usage, near
from signoff.verifiers.mcu.source.files import Files


def split(text: str) -> list[frozenset[str]]:
    return [frozenset(one.split()) for one in text.split("\n\n")]


def test_the_words_of_a_name() -> None:
    assert parts("SysTick_Handler") == {"sys", "tick", "systick", "handler", "tickhandler"}
    assert {"hal", "nvic", "enable", "irq"} <= parts("HAL_NVIC_EnableIRQ")
    assert parts("x") == parts("") == frozenset()


def test_the_statement_weighs_more_than_the_comment_than_the_region() -> None:
    wanted = around("void start(void)", ["old_value"], ["uart_send"], "/* Configure timer */")
    assert wanted["send"] > wanted["timer"] > wanted["start"] > wanted["old"]


def test_rankings_join() -> None:
    assert fused(["a", "b", "c"], ["b", "d"]) == ["b", "a", "d", "c"]
    assert fused([], []) == []


def test_similar_functions_lead_to_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("start rare common use_one\n\nother common use_two\n")
    files, usage = Files(), Usage(split)
    files.begin({})
    usage.read(files, str(tmp_path / "main.c"), str(tmp_path), (".c",))
    assert usage.likely(["start", "rare", "common"], str(tmp_path / "main.c"), 5)[0] == "use_one"
    assert usage.likely(["start"], str(tmp_path / "a.c"), 5) == []  # the document's own functions are no others
    assert usage.likely([], "", 5) == []


def test_the_nearest_files_come_first_and_none_from_outside(tmp_path: Path) -> None:
    for name in (
        "out.c",
        "root/far.c",
        "root/here/near.c",
        "root/here/deep/er.c",
        "root/here/build/x.c",
        "root/here/x.h",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    found = near(str(tmp_path / "root/here/main.c"), str(tmp_path / "root"), (".c",))
    assert [Path(one).name for one in found] == ["near.c", "er.c", "far.c"]
    assert near(str(tmp_path / "root/here/main.c"), "", (".c",)) == []


def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.c").write_text("a b")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "file.c").symlink_to(tmp_path / "outside" / "secret.c")
    assert near(str(root / "main.c"), str(root), (".c",)) == []
