"""A fix that may be offered, and its evidence: who proposed it, which tools accept it, what was proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.verifiers.display import display
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.text import Edit

if TYPE_CHECKING:
    # The judge costs a starting server more time than it has.
    from signoff.diagnostics.fixes.candidate import Elsewhere, FixCandidate
    from signoff.diagnostics.prove import Proof

RULES = "rules"
# A title is one line of a menu; more of an order that is not ours is cut off.
LONGEST_TITLE = 160


@dataclass(frozen=True, slots=True)
class ProvenFix:
    """A fix that may be offered: its edits apply to exactly `version` of the finding's document.

    `behaviour` says what it changes in the hardware beyond the fault ("" where it is nothing). `ambiguous`:
    the tools accept another one of the same kind, too, and nothing but a person's knowledge decides. One of another
    file than the finding's names it as `elsewhere`: its edits apply to exactly the text that it says, and `project` is
    the project after them. `proposer` thought of it, a model in its `rounds`th answer; `guessed`: it was found by
    trying (a template, a model), not by knowing the fault. `candidate` is what was proven.
    """

    title: str
    edits: tuple[Edit, ...]
    proof: Proof
    finding: Finding
    version: int
    behaviour: str = ""
    rule: str = ""
    ambiguous: bool = False
    elsewhere: Elsewhere | None = None
    project: Project | None = None
    proposer: str = RULES
    rounds: int = 0
    guessed: bool = False
    candidate: FixCandidate | None = None

    @property
    def certain(self) -> bool:
        """Whether nobody need choose: no other of its kind is proven; and where it was guessed, or claims to keep the
        behaviour, more is proven of it than that the tools accept it."""
        from signoff.diagnostics.prove import Level

        claims = self.guessed or (self.candidate is not None and self.candidate.keeps)
        return not self.ambiguous and (not claims or self.proof.level is not Level.ACCEPTED)

    @property
    def preferred(self) -> bool:
        """Whether it may be applied without a person looking at it."""
        return self.certain and not self.behaviour


def proven(candidate: FixCandidate, proof: Proof, version: int, *, guessed: bool = False) -> ProvenFix:
    """The fix that a candidate is, once it is proven on `version` of its document."""
    return ProvenFix(
        titled(candidate, proof),
        candidate.edits,
        proof,
        candidate.finding,
        version,
        behaviour=candidate.behaviour,
        rule=candidate.rule,
        elsewhere=candidate.elsewhere,
        project=candidate.project if candidate.elsewhere is not None else None,
        proposer=candidate.proposer,
        rounds=candidate.rounds,
        guessed=guessed,
        candidate=candidate,
    )


def titled(candidate: FixCandidate, proof: Proof) -> str:
    """The order, what it changes, and the evidence: "Insert ';' (accepted by slang, Verilator)"."""
    order = f"{candidate.title}: {candidate.behaviour}" if candidate.behaviour else candidate.title
    order = " ".join(order.split())
    if len(order) > LONGEST_TITLE:
        order = f"{order[: LONGEST_TITLE - 3]}..."
    return f"{order} ({'; '.join((*_proposed(candidate), *_level(proof), _accepted(proof)))})"


def _proposed(candidate: FixCandidate) -> tuple[str, ...]:
    """Rules are the server's own, and so not named."""
    if candidate.proposer == RULES:
        return ()
    rounds = f", round {candidate.rounds}" if candidate.rounds > 1 else ""
    return (f"proposed by {candidate.model or display(candidate.proposer)}{rounds}",)


def _level(proof: Proof) -> tuple[str, ...]:
    from signoff.diagnostics.prove import Level

    return () if proof.level is Level.ACCEPTED else (proof.claim,)


def _accepted(proof: Proof) -> str:
    return f"accepted by {', '.join(display(name) for name in proof.tools)}"


def evidence(fix: ProvenFix) -> dict[str, object]:
    """What is known of a fix, as plain data for clients and reports; `kind` is one of the taxonomy's."""
    proof = fix.proof
    return {
        "code": fix.finding.code,
        "kind": str(fix.finding.category),
        "proposer": fix.proposer,
        "model": fix.candidate.model if fix.candidate is not None else "",
        "rule": fix.rule,
        "rounds": fix.rounds,
        "guessed": fix.guessed,
        "ambiguous": fix.ambiguous,
        "behaviour": fix.behaviour,
        "proof": str(proof.level),
        "detail": proof.detail,
        "tools": list(proof.tools),
        "versions": dict(proof.versions),
        "revealed": len(proof.revealed),
        "errorsLeft": proof.errors_left,
        "milliseconds": round(proof.seconds * 1000),
    }
