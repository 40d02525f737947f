"""The figures of a run of `signoff bench complete`: as plain data, and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from signoff.completion.measure.complete import Answer, Tried
from signoff.completion.measure.metrics import interval, mean, quantile, share


def figures(tried: Sequence[Tried], way: Callable[[Tried], Answer]) -> dict[str, Any]:
    """What one way of completing ("off" or "on") came to. Shares are 0 to 1, times in seconds.

    `broken` is the share of the shown completions, among those that a tool could judge, with a new error in the
    file; `broken_interval` its 95 % interval. `verified`: the share of all holes for which something was shown that
    a tool had accepted.
    """
    answers = [way(one) for one in tried]
    shown = [one for one in answers if one.text]
    judged = [one for one in shown if one.broke is not None]
    broken = [one for one in judged if one.broke]
    return {
        "holes": len(answers),
        "shown": share(bool(one.text) for one in answers),
        "verified": share(bool(one.text and one.tools) for one in answers),
        "exact": share(one.exact for one in answers),
        "exact_of_shown": share(one.exact for one in shown),
        "similarity_of_shown": mean(one.similarity for one in shown),
        "judged": len(judged),
        "broken": share(bool(one.broke) for one in judged),
        "broken_interval": interval(len(broken), len(judged)),
        "latency_median": quantile([one.seconds for one in answers], 0.5),
        "latency_p95": quantile([one.seconds for one in answers], 0.95),
        "checking_median": quantile([one.checking for one in shown], 0.5),
        "checking_p95": quantile([one.checking for one in shown], 0.95),
    }


def summary(tried: Sequence[Tried]) -> dict[str, Any]:
    """The figures of a whole run: in all, by language, and by kind of region, each with checking off and on."""
    groups: dict[str, list[Tried]] = {"all": list(tried)}
    for one in tried:
        groups.setdefault(one.region.language, []).append(one)
    for one in tried:
        groups.setdefault(f"{one.region.language}: {one.region.kind}", []).append(one)
    return {name: {"off": figures(rows, _off), "on": figures(rows, _on)} for name, rows in groups.items()}


def rows(tried: Iterable[Tried]) -> list[dict[str, Any]]:
    """Every hole as plain data, for the JSON report."""
    return [
        {
            "path": one.region.path,
            "line": one.line + 1,
            "language": one.region.language,
            "kind": one.region.kind,
            "truth": one.truth,
            **{name: _row(answer) for name, answer in (("off", one.off), ("on", one.on))},
        }
        for one in tried
    ]


def table(figures_by_group: dict[str, Any]) -> Iterator[str]:
    """Lines for a terminal: a group in two lines, without and with checking. A figure may be None: it has none."""
    yield (
        f"{'':38} {'holes':>5} {'shown':>6} {'exact':>6} {'of shown':>9} {'similar':>8} {'breaks the file':>22} "
        f"{'median':>8} {'p95':>8} {'checking':>9}"
    )
    for name, both in figures_by_group.items():
        for way, title in (("off", name), ("on", "  with checking")):
            yield f"{title:38} {_line(both[way])}"


def _line(one: dict[str, Any]) -> str:
    low, high = one["broken_interval"]
    broken = f"{_percent(one['broken'])} ({low:.0%} to {high:.0%})" if one["judged"] else "not judged"
    return (
        f"{one['holes']:5} {_percent(one['shown']):>6} {_percent(one['exact']):>6} "
        f"{_percent(one['exact_of_shown']):>9} {_percent(one['similarity_of_shown']):>8} {broken:>22} "
        f"{_time(one['latency_median']):>8} "
        f"{_time(one['latency_p95']):>8} {_time(one['checking_median']):>9}"
    )


def _percent(value: float | None) -> str:
    return f"{value:.0%}" if value is not None and value == value else "-"


def _time(seconds: float | None) -> str:
    if seconds is None or seconds != seconds:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "seconds": answer.seconds,
        "checking": answer.checking,
        "tools": list(answer.tools),
        "exact": answer.exact,
        "similarity": answer.similarity,
        "broke": None if answer.broke is None else list(answer.broke),
    }


def _off(one: Tried) -> Answer:
    return one.off


def _on(one: Tried) -> Answer:
    return one.on
