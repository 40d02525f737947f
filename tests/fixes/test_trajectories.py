"""Trajectories: what is recorded of a search, that it fits together, where it is kept, and what export makes of it."""

from __future__ import annotations

import datetime
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from fix_helpers import Scripted, document, finding_at, replaced
from proposer_fakes import Told

from signoff.diagnostics.fixes.candidate import Elsewhere
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.search import Search
from signoff.diagnostics.trajectories import record as format_
from signoff.diagnostics.trajectories.keep import Store, Unreadable, line_of, read
from signoff.diagnostics.trajectories.record import FIELDS, FORMAT, Record
from signoff.diagnostics.trajectories.recorder import Recorder
from signoff.diagnostics.trajectories.scrub import Scrubber
from signoff.diagnostics.trajectories.select import Wanted, selected
from signoff.lsp_server.cli import main
from signoff.lsp_server.keeping import Keeping
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.text import LineIndex

KEY = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
FAULTY = f"""// by alice, see /home/alice/orion/notes.txt
module top (input a, output y); /* {KEY} */ wire b = a
    assign y = b;
endmodule
"""
TARGET = finding_at(FAULTY, "a\n    assign", "ExpectedToken", "expected ';' in /home/alice/orion/top.v")
NOW = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)


def says(text: str) -> list[Finding]:
    return [TARGET] if "wire b = a\n" in text else []


def fault(text: str = FAULTY, target: Finding = TARGET) -> Fault:
    snapshot, project = document(text, "/home/alice/orion/top.v")
    known = {"slang": Outcome("slang", findings=(target,), message="ran in /home/alice/orion")}
    return Fault(target, snapshot, project, known)


def good() -> Any:
    return replaced(FAULTY, "= a\n", "= a;\n", here())


def here() -> Finding:
    return Finding(
        "/home/alice/orion/top.v", *(getattr(TARGET, name) for name in ("span", "severity", "code", "message", "tool"))
    )


def useless(text: str = ";") -> Any:
    return replaced(FAULTY, "assign y = b;", f"assign y = b;{text}", here())


def recorder(clock: datetime.datetime = NOW, sample: str = "") -> Recorder:
    return Recorder(
        "fix", sample=sample, clock=lambda: clock, scrubber=lambda: Scrubber(["/home/alice"], users=["alice"])
    )


async def recorded(*candidates: Any, sample: str = "", text: str = FAULTY) -> tuple[Record, ...]:
    keeper = recorder(sample=sample)
    tool = Scripted("slang", lambda text: [here()] if "wire b = a\n" in text else [])
    search = Search(fault(text, here()), (tool,), watch=keeper.take)
    await search.ask([Told(lambda of: candidates)])
    return keeper.records(search.fixes)


def applied(code: str, edit: Record) -> str:
    """What a reader of the format does with an edit."""
    index = LineIndex(code)
    start = index.offset(edit["line"] - 1, edit["column"] - 1)
    return code[:start] + edit["text"] + code[index.offset(edit["endLine"] - 1, edit["endColumn"] - 1) :]


async def test_a_trajectory_holds_the_fault_what_was_said_and_each_attempt() -> None:
    (told,) = await recorded(useless(), good(), sample="s1")
    assert (told["format"], told["time"], told["origin"], told["sample"]) == (
        FORMAT,
        "2026-05-04T03:02:01Z",
        "fix",
        "s1",
    )
    assert (told["language"], told["file"], told["fault"]["code"]) == ("verilog", "top.v", "ExpectedToken")
    first, second = told["attempts"]
    assert first["verdict"] == "refused" and "still reported" in first["reason"]
    assert second["verdict"] == "proven" and second["tools"] == ["slang"] and second["proposer"] == "told"
    assert told["repair"]["attempt"] == 1 and told["repair"]["ambiguous"] is False
    assert told["tools"][0]["findings"][0]["line"] == 2
    assert (told["fault"]["line"], told["fault"]["column"]) == (2, FAULTY.splitlines()[1].rindex("a") + 1)


async def test_edits_lead_from_the_code_to_the_repair() -> None:
    (told,) = await recorded(useless(), good())
    assert applied(told["code"], told["attempts"][1]["edit"]) == told["repair"]["code"]
    assert told["repair"]["code"].count("wire b = a;") == 1
    assert applied(told["code"], told["attempts"][0]["edit"]).count("y = b;;") == 1


async def test_nothing_of_the_user_is_in_it() -> None:
    (told,) = await recorded(useless(f" // {KEY} of alice in /home/alice/orion\n"), good())
    line = line_of(told).decode()
    assert not any(word in line for word in (KEY, "alice", "orion", "home"))
    assert "module top" in told["code"] and "<user>" in told["code"] and "<path>/notes.txt" in told["code"]


async def test_every_field_is_documented() -> None:
    (told,) = await recorded(useless(), good(), sample="s")
    names = set(told) | {f"repair.{name}" for name in told["repair"]}
    undocumented = names - {"format"} - set(FIELDS)
    assert not undocumented
    words = " ".join((*FIELDS, *FIELDS.values()))
    for attempt in told["attempts"]:
        assert not [name for name in attempt if name not in words]
    assert not [name for name in told["tools"][0] | told["fault"] if name not in words]


async def test_equal_ones_have_the_same_id_whenever_they_were_recorded() -> None:
    (one,), (again,), (other,) = await recorded(good()), await recorded(good(), sample="x"), await recorded(useless())
    assert one["id"] == again["id"] != other["id"] and len(one["id"]) == 32
    assert [found["id"] for found in selected([one, again, other, one], Wanted())] == [one["id"], other["id"]]


async def test_nothing_is_recorded_of_what_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await recorded() == ()
    hidden = replaced(FAULTY, KEY, KEY[:-1] + "b", here())
    assert (await recorded(hidden))[0]["attempts"][0]["edit"] is None, "it was refused, and changes what is masked"
    monkeypatch.setattr(format_, "LONGEST", 20)
    assert await recorded(good()) == ()


async def test_an_edit_of_another_file_names_it_and_no_folder() -> None:
    keeper = recorder()
    other = Elsewhere("/home/alice/orion/defs.vh", f"// {KEY}\n`define A\n")
    from dataclasses import replace

    from signoff.diagnostics.fixes.search import Attempt
    from signoff.diagnostics.fixes.verdict import Refusal

    edit = replaced(other.text, "`define A", "`define A 1", here())
    keeper.take(Attempt(fault(target=here()), replace(edit, elsewhere=other), Refusal("no"), 0.0))
    (told,) = keeper.records(())
    assert told["attempts"][0]["edit"] == {
        "file": "defs.vh",
        "line": 2,
        "column": 10,
        "endLine": 2,
        "endColumn": 10,
        "text": " 1",
    }


async def test_the_store_is_the_users_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "state" / "trajectories")
    (told,) = await recorded(good())
    assert store.add([told]) and store.add([told])
    (path,) = store.files()
    assert path.name == "2026-05-04.jsonl" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(read(path)) == [told, told]


async def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (told,) = await recorded(good())
    store.add([told])
    path = store.files()[0]
    path.write_bytes(path.read_bytes() + line_of(told)[:40])
    store.add([told])
    first, cut, last = read(path)
    assert first == last == told and isinstance(cut, Unreadable) and cut.line == 2


async def test_the_first_days_go_where_there_is_too_much(tmp_path: Path) -> None:
    (told,) = await recorded(good())
    store = Store(tmp_path, most_bytes=int(2.5 * len(line_of(told))))
    for day in (1, 2, 3, 4):
        store.add([{**told, "time": f"2026-05-0{day}T00:00:00Z"}])
    assert [path.name for path in store.files()] == ["2026-05-03.jsonl", "2026-05-04.jsonl"]


async def test_what_cannot_be_written_is_no_ones_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (told,) = await recorded(good())
    assert not Store(tmp_path / "file" / "below").add([told])
    assert Store(tmp_path / "none").files() == ()

    def broken() -> Scrubber:
        raise RuntimeError("cannot scrub")

    keeper = Recorder("editor", scrubber=broken)
    search = Search(fault(target=here()), (Scripted("slang", says),), watch=keeper.take)
    await search.ask([Told(lambda of: [useless()])])
    assert not keeper.keep((), Store(tmp_path / "kept")) and not (tmp_path / "kept").exists()


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_editor_keeps_only_what_the_user_wants(tmp_path: Path, wanted: bool) -> None:
    keeping, heard = Keeping(lambda: wanted, lambda: (), Store(tmp_path)), list[object]()
    tool = Scripted("slang", lambda text: [here()] if "wire b = a\n" in text else [])

    async def search(watch: Any) -> Any:
        search = Search(fault(target=here()), (tool,), watch=watch)
        await search.ask([Told(lambda of: [useless(), good()])])
        return search.fixes

    found = await keeping.of(search, heard.append)
    await keeping.close()
    assert len(found) == 1 and len(heard) == 2
    kept = [one for path in Store(tmp_path).files() for one in read(path)]
    assert len(kept) == wanted and all(isinstance(one, dict) and one["repair"] for one in kept)


async def test_what_was_tried_before_a_search_was_cut_off_is_kept(tmp_path: Path) -> None:
    keeping = Keeping(lambda: True, lambda: (), Store(tmp_path))

    async def search(watch: Any) -> Any:
        await Search(fault(target=here()), (Scripted("slang", says),), watch=watch).ask([Told(lambda of: [useless()])])
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        await keeping.of(search)
    await keeping.close()
    assert len([one for path in Store(tmp_path).files() for one in read(path)]) == 1


async def exported(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> list[Record]:
    assert main(["export", *arguments]) in (0, 1)
    return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    monkeypatch.setenv("SIGNOFF_STATE_DIR", str(tmp_path / "state"))
    (proven,), (refused,) = await recorded(useless(), good()), await recorded(useless())
    cuda = {**proven, "id": "c" * 32, "language": "cuda-cpp", "origin": "editor", "time": "2026-06-01T00:00:00Z"}
    doubtful = {**proven, "id": "d" * 32, "repair": {**proven["repair"], "ambiguous": True}}
    Store().add([proven, refused, cuda, doubtful, proven])
    return proven


async def test_export_filters(kept: Record, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    counts = {
        (): 4,
        ("--proven",): 3,
        ("--certain",): 2,
        ("--language", "verilog"): 3,
        ("--language", "verilog", "--language", "cuda"): 4,
        ("--kind", "other"): 4,
        ("--kind", "latch"): 0,
        ("--code", "ExpectedToken", "--origin", "editor"): 1,
        ("--proposer", "told"): 3,
        ("--proposer", "rules"): 0,
        ("--since", "2026-05-05"): 1,
        ("--until", "2026-05-04"): 3,
    }
    for arguments, count in counts.items():
        assert len(await exported(tmp_path, capsysbinary, *arguments)) == count, arguments
    assert kept in await exported(tmp_path, capsysbinary)


def test_export_writes_a_file_whole_or_not_at_all(
    kept: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.jsonl"
    assert main(["export", "--output", str(output)]) == 0
    assert [json.loads(line)["id"] for line in output.read_text().splitlines()].count(kept["id"]) == 1
    source = Store().files()[0]
    before = source.read_bytes()
    assert main(["export", str(source), "--output", str(source)]) == 2
    assert source.read_bytes() == before and "choose another" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "none.jsonl"), "--output", str(output)]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "state"]


async def test_export_reads_results_of_repair_and_tells_bad_lines(
    kept: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.jsonl"
    lines = [{"id": "a", "status": "repaired", "trajectories": [kept, 7]}, {"id": "b", "status": "clean"}, {"x": 1}, []]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + "oops\n" + "[" * 100_000)
    assert main(["export", str(path)]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == kept
    assert [line.split(": ")[1].rsplit(":", 1)[1] for line in said.err.splitlines()[:-1]] == ["1", "3", "4", "5", "6"]


def test_export_describes_its_format_and_says_where_nothing_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNOFF_STATE_DIR", str(tmp_path))
    assert main(["export", "--format"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name}: " in said for name in FIELDS)
    assert main(["export"]) == 1
    assert "signoff.diagnostics.trajectories is off" in capsys.readouterr().err
