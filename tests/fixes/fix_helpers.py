"""What the tests of fixes share: documents, findings and verifiers that say what they are told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.verifiers.finding import Finding, Outcome, Severity, Span, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex
from signoff.verifiers.verifier import Availability, Speed

PATH = "/design/top.v"


def document(text: str, path: str = PATH, version: int = 7) -> tuple[Snapshot, Project]:
    language = "systemverilog" if path.endswith(".sv") else "verilog"
    snapshot = Snapshot(f"file://{path}", path, language, version, text)
    return snapshot, Project("/design", declared=True, files=(path,), buffers=(snapshot,))


def finding_at(
    text: str, words: str, code: str, message: str = "", tool: str = "slang", severity: Severity = Severity.ERROR
) -> Finding:
    start = text.index(words)
    return Finding(PATH, LineIndex(text).span(start, start + len(words)), severity, code, message, tool)


def replaced(text: str, old: str, new: str, finding: Finding) -> FixCandidate:
    start = text.index(old)
    edit = Edit(LineIndex(text).span(start, start + len(old)), new)
    return FixCandidate("Change it", (edit,), "test", finding)


@dataclass
class Scripted:
    """A verifier whose findings are a function of the text; `texts` are those it was asked about."""

    name: str
    says: Callable[[str], Iterable[Finding]]
    speed: Speed = Speed.INSTANT
    status: Callable[[str], Status] = lambda text: Status.FINDINGS
    languages: frozenset[str] = frozenset({"verilog", "systemverilog"})
    texts: list[str] = field(default_factory=list)

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        self.texts.append(snapshot.text)
        assert all(buffer.text == snapshot.text for buffer in project.buffers if buffer.path == snapshot.path)
        status = self.status(snapshot.text)
        findings = tuple(self.says(snapshot.text)) if status is Status.FINDINGS else ()
        return Outcome(self.name, status, findings)


def whole_line(line: int) -> Span:
    return Span(line, 0, line, 1)
