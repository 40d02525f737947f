"""The figures of a run of `signoff bench repair`: as plain data, and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from signoff.completion.measure.metrics import interval, quantile, share
from signoff.diagnostics.measure.tried import RIGHT, Repair, Trial
from signoff.verifiers.finding import Finding
from signoff.verifiers.text import Edit

ALL = "all"


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """The figures in all, by language, and by language and kind ("verilog: latch")."""
    groups: dict[str, list[Trial]] = {ALL: list(trials)}
    for one in trials:
        groups.setdefault(_language(one), []).append(one)
    for one in trials:
        groups.setdefault(f"{_language(one)}: {one.mutant.category}", []).append(one)
    return {name: figures(rows) for name, rows in groups.items()}


def figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """The figures of some faults. Shares are 0 to 1, times in seconds.

    `detected` is of all faults, and so are all figures of repairs; `classified` and `located` are of those detected,
    by the first finding, `located_by_any` by all of them. `control` is the share of the faults of which a deletion
    gets through that is not proven to be right.
    """
    seen = [one for one in trials if one.detected]
    names = dict.fromkeys(name for one in trials for name in one.asked)
    return {
        "faults": len(trials),
        "detected": share(one.detected for one in trials),
        "detected_interval": interval(len(seen), len(trials)),
        "classified": share(one.classified for one in seen),
        "located": share(one.located for one in seen),
        "located_by_any": share(one.located_by_any for one in seen),
        "offered": repairs(trials, [one.offered for one in trials]),
        "proposers": {name: repairs(trials, [one.repairs.get(name) for one in trials]) for name in names},
        "control": share(_through(one.control) for one in trials),
    }


def repairs(trials: Sequence[Trial], found: Sequence[Repair | None]) -> dict[str, Any]:
    """Of one proposer: `proven`, and of that what is `right`, `wrong`, and `unknown`, as shares of all faults.

    `right_interval` is the 95 % interval; `right_of_any`: the right one is among those offered. `median` is the
    time of the search, `judging_median` that of the proof of what was offered.
    """
    made = [one for one in found if one is not None]
    count = len(trials)
    right = sum(one.right for one in made)
    return {
        "proven": _part(len(made), count),
        "right": _part(right, count),
        "right_interval": interval(right, count),
        "right_of_any": _part(sum(not RIGHT.isdisjoint((one.same, *one.others)) for one in made), count),
        "wrong": _part(sum(one.wrong for one in made), count),
        "unknown": _part(sum(not one.right and not one.wrong for one in made), count),
        "median": quantile([one.seconds for one in made], 0.5),
        "judging_median": quantile([one.judging for one in made], 0.5),
    }


def rows(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Every fault as plain data, for the JSON report. Lines count from 1."""
    return [
        {
            "path": one.mutant.clean.path,
            "language": one.mutant.clean.language,
            "kind": str(one.mutant.category),
            "fault": one.mutant.operator,
            "lines": [line + 1 for line in one.mutant.lines],
            "edits": _edits(one.mutant.edits),
            "findings": [_finding(finding) for finding in one.found],
            "repairs": {name: _repair(made) for name, made in one.repairs.items()},
            "control": _repair(one.control) if one.control is not None else None,
        }
        for one in trials
    ]


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Lines for a terminal: a row a kind, with the control's share beside what was repaired."""
    head = ("faults", "found", "kind", "line", "proven", "right", "wrong", "unknown", "control", "proof")
    yield f"{'':34} " + " ".join(f"{word:>7}" for word in head)
    for name, one in shown(found).items():
        made = one["offered"]
        cells = [_percent(one[key]) for key in ("detected", "classified", "located")]
        cells += [_percent(made[key]) for key in ("proven", "right", "wrong", "unknown")]
        cells += [_percent(one["control"]), _time(made["judging_median"])]
        yield f"{name:34} {one['faults']:>7} " + " ".join(f"{cell:>7}" for cell in cells)


def proposers_table(found: Mapping[str, Any]) -> Iterator[str]:
    """Lines for a terminal: a row a proposer and language, each as if it had been the only one."""
    head = ("proven", "right", "of any", "wrong", "unknown", "control", "median")
    yield f"{'':34} " + " ".join(f"{word:>7}" for word in head)
    for group, one in shown(found).items():
        if ":" in group:
            continue
        for name, made in one["proposers"].items():
            cells = [_percent(made[key]) for key in ("proven", "right", "right_of_any", "wrong", "unknown")]
            cells += [_percent(one["control"]), _time(made["median"])]
            yield f"{f'{group}: {name}':34} " + " ".join(f"{cell:>7}" for cell in cells)


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """The groups without that of all faults where these are of one language: it says the same again."""
    several = sum(":" not in name for name in found) != 2
    return {name: one for name, one in found.items() if several or name != ALL}


def _language(trial: Trial) -> str:
    language = trial.mutant.clean.language
    return {"systemverilog": "verilog", "cuda-cpp": "cuda", "python": "triton"}.get(language, language)


def _through(control: Repair | None) -> bool:
    """Whether a deletion gets through that is not the very repair: of a surplus line, deleting it is right."""
    return control is not None and not control.all_right


def _part(count: int, of: int) -> float | None:
    return count / of if of else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "line": finding.span.start_line + 1,
        "kind": str(finding.category),
        "code": finding.code,
        "message": finding.message,
        "tools": list(finding.tools),
    }


def _repair(one: Repair) -> dict[str, Any]:
    return {
        "title": one.title,
        "rule": one.rule,
        "proof": one.level,
        "tools": list(one.tools),
        "seconds": one.seconds,
        "judging": one.judging,
        "edits": _edits(one.edits),
        "same": str(one.same),
        "others": [str(other) for other in one.others],
    }


def _edits(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Each as the place that it replaces, lines and columns from 1, and the text that is put there."""
    return [
        {
            "from": [edit.span.start_line + 1, edit.span.start_column + 1],
            "to": [edit.span.end_line + 1, edit.span.end_column + 1],
            "text": edit.text,
        }
        for edit in edits
    ]


def _percent(value: float | None) -> str:
    return f"{value:.0%}" if value is not None and value == value else "-"


def _time(seconds: float | None) -> str:
    if seconds is None or seconds != seconds:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
