"""One fault is one diagnostic: findings of several tools for the same thing become one, and a flood is capped.

Pure. The result does not depend on the order of the input, and merging it again changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.same import (
    breaks_syntax,
    distance,
    follows_from,
    keys,
    may_follow,
    name_keys,
    same_fault,
    tool_rank,
)
from signoff.diagnostics.taxonomy import classify, is_syntax, quoted_names
from signoff.verifiers.finding import Category, Finding, Related, Severity, Span

FLOOD_CODE = "TooManyFindings"
FLOOD_TOOL = "signoff"


def merge(findings: Iterable[Finding], *, cap: int) -> tuple[Finding, ...]:
    """The findings to show, by path and place, each naming in `tools` every tool that said it.

    slang's place and message are preferred, then Verilator's, then Yosys'; the gravest severity counts. A finding
    that already names its `tools` (the result of an earlier merge) may be joined by others but stays one of its own.
    At most `cap` findings a file are kept, the gravest first, with one line in front that says how many are not.
    """
    files: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        files[finding.path].append(finding)
    return tuple(shown for path in sorted(files) for shown in _merge_file(files[path], cap))


def without(findings: Iterable[Finding], disabled_codes: Iterable[str]) -> tuple[Finding, ...]:
    """The findings whose code the user has not switched off (case does not matter). Call it before merge()."""
    disabled = {code.lower() for code in disabled_codes}
    return tuple(finding for finding in findings if finding.code.lower() not in disabled)


@dataclass(slots=True)
class _Cluster:
    """Findings that are one fault; the first is the one to show.

    `worst` is the gravest severity of them and of what only followed from the fault; `stumbled` holds the
    (tool, line) pairs where a tool then met syntax errors that are none.
    """

    members: list[Finding]
    tools: set[str] = field(default_factory=set)
    worst: Severity = Severity.HINT
    stumbled: set[tuple[str, int]] = field(default_factory=set)

    @property
    def lead(self) -> Finding:
        return self.members[0]

    def add(self, finding: Finding) -> None:
        self.members.append(finding)
        self.tools.add(finding.tool)

    def causes(self, finding: Finding) -> bool:
        """Whether the finding follows from this fault, or from where a tool stumbled over it."""
        here = (finding.tool, finding.span.start_line)
        return follows_from(finding, self.lead) or (here in self.stumbled and is_syntax(finding))

    def follow(self, finding: Finding) -> None:
        self.tools.add(finding.tool)
        self.worst = min(self.worst, finding.severity)
        if is_syntax(finding):
            self.stumbled.add((finding.tool, finding.span.start_line))

    def shown(self) -> Finding:
        lead = self.lead
        return replace(
            lead,
            category=next((m.category for m in self.members if m.category is not Category.OTHER), Category.OTHER),
            severity=min(self.worst, *(member.severity for member in self.members)),
            help_url=next((member.help_url for member in self.members if member.help_url), ""),
            related=_related(self.members),
            tools=tuple(sorted(self.tools, key=tool_rank)),
        )


def _related(members: Sequence[Finding]) -> tuple[Related, ...]:
    """The notes of the first, each place once, and of the others those about a line that is not shown yet.

    One tool points at the always block, another at the assignment in it, and both say "the other driver".
    """
    lead = members[0]
    kept = {(note.path, note.span.start_line, note.span.start_column): note for note in reversed(lead.related)}
    related = list(reversed(kept.values()))
    lines = {(lead.path, lead.span.start_line), *((note.path, note.span.start_line) for note in related)}
    for note in (note for member in members[1:] for note in member.related):
        if (note.path, note.span.start_line) not in lines:
            lines.add((note.path, note.span.start_line))
            related.append(note)
    return tuple(related)


def _merge_file(findings: Sequence[Finding], cap: int) -> list[Finding]:
    floods = [finding for finding in findings if finding.code == FLOOD_CODE]
    clusters: list[_Cluster] = []
    raw: list[Finding] = []
    for finding in _distinct(classify(finding) for finding in findings if finding.code != FLOOD_CODE):
        if finding.tools:
            clusters.append(_Cluster([finding], set(finding.tools)))
        else:
            raw.append(finding)
    for tool in sorted({finding.tool for finding in raw}, key=tool_rank):
        _join([finding for finding in raw if finding.tool == tool], clusters)
    return _capped(sorted((cluster.shown() for cluster in clusters), key=_order), floods, cap)


def _join(findings: Sequence[Finding], clusters: list[_Cluster]) -> None:
    """Give each finding of one tool to the fault it belongs to; what is left is a fault of its own.

    The nearest pairs are joined first, and a tool says a fault once: two findings of one tool on a line stay two.
    """
    index = _Index(clusters)
    pairs = sorted(
        (distance(clusters[number].lead, finding), number, position)
        for position, finding in enumerate(findings)
        for number in index.near(finding)
        if finding.tool not in clusters[number].tools
        and any(same_fault(member, finding) for member in clusters[number].members)
    )
    joined: set[int] = set()
    for _, number, position in pairs:
        if position not in joined and findings[position].tool not in clusters[number].tools:
            clusters[number].add(findings[position])
            joined.add(position)
    for position, finding in enumerate(findings):
        if position not in joined:
            _follow_or_lead(finding, clusters, index)


def _follow_or_lead(finding: Finding, clusters: list[_Cluster], index: _Index) -> None:
    causes = [number for number in index.origins(finding) if clusters[number].causes(finding)]
    if causes:
        number = min(causes, key=lambda number: distance(clusters[number].lead, finding))
        clusters[number].follow(finding)
    else:
        number = len(clusters)
        clusters.append(_Cluster([finding], {finding.tool}))
    index.add(number, finding)


class _Index:
    """Which clusters may be the same fault as a finding, without comparing everything with everything."""

    def __init__(self, clusters: Sequence[_Cluster]) -> None:
        self._by_key: dict[object, list[int]] = defaultdict(list)
        self._syntax: list[tuple[int, int, int]] = []
        for number, cluster in enumerate(clusters):
            self.add(number, cluster.lead)

    def add(self, number: int, finding: Finding) -> None:
        for key in (*keys(finding), *name_keys(finding)):
            self._by_key[key].append(number)
        if breaks_syntax(finding):
            insort(self._syntax, (finding.span.start_line, finding.span.start_column, number))

    def near(self, finding: Finding) -> list[int]:
        """The clusters with a key in common."""
        return sorted({number for key in keys(finding) for number in self._by_key.get(key, ())})

    def origins(self, finding: Finding) -> list[int]:
        """The clusters that the finding may follow from: of the same name, near it, or the last syntax error before."""
        found = {number for key in name_keys(finding) for number in self._by_key.get(key, ())}
        if may_follow(finding):
            found.update(self.near(finding))
        if is_syntax(finding):
            place = (finding.span.start_line, finding.span.start_column + 1, 0)
            # Another tool may stop a line before the place that slang names.
            at = bisect_right(self._syntax, place if finding.tool == "slang" else (place[0] + 2, 0, 0)) - 1
            found.update({self._syntax[at][2]} if at >= 0 else ())
        return sorted(found)


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """In order, each once: of one code at one place, only the names in the message tell two faults apart.

    A module instantiated twice is reported twice, with other widths; Verilator tells a bad range in two ways.
    """
    kept: dict[object, Finding] = {}
    for finding in sorted(findings, key=_total_order):
        names = quoted_names(finding.message)
        kept.setdefault((finding.span, finding.tool, finding.tools, finding.code, names), finding)
    return list(kept.values())


def _total_order(finding: Finding) -> tuple[object, ...]:
    return (*_order(finding), finding.message, finding.tool, repr(finding))


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.span, finding.severity, tool_rank(finding.tool), finding.code, finding.message)


def _capped(findings: Sequence[Finding], floods: Sequence[Finding], cap: int) -> list[Finding]:
    hidden = sum(int(dict(flood.data).get("hidden", "0")) for flood in floods)
    if len(findings) > cap:
        gravest = sorted(range(len(findings)), key=lambda number: (findings[number].severity, number))[:cap]
        hidden += len(findings) - cap
        findings = [findings[number] for number in sorted(gravest)]
    path = (*findings, *floods)[0].path if hidden else ""
    return [_flood(path, hidden), *findings] if hidden else list(findings)


def _flood(path: str, hidden: int) -> Finding:
    message = f"{hidden:,} more findings in this file are not shown; errors come before warnings."
    place = Span(0, 0, 0, 0)
    count = (("hidden", str(hidden)),)
    return Finding(path, place, Severity.INFORMATION, FLOOD_CODE, message, FLOOD_TOOL, data=count, tools=(FLOOD_TOOL,))
