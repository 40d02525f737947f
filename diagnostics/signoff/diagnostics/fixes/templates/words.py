"""Words of other languages where Verilog has its own."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.templates.place import Draft, Place

FAMILY = "words"
CODES = (
    *("ExpectedDeclarator", "UndeclaredIdentifier", "TypoIdentifier", "UnknownModule", "ExpectedToken", "SYNTAX"),
    *("ExpectedStatement", "ExprNotStatement", "ExpectedExpression", "ExpectedCaseItem", "ExpectedIdentifier"),
    *("ConstEvalNonConstVariable", "ExpectedMember", "UnexpectedNameToken", "AssignmentNotAllowed"),
)
# VHDL's, C's and those of scripts, with what is written for each; a word that the text declares is none of them.
MEANT = {
    "process": ("always",),
    "signal": ("wire", "reg"),
    "variable": ("reg",),
    "constant": ("localparam",),
    "entity": ("module",),
    "architecture": ("module",),
    "others": ("default",),
    "when": ("case", "if"),
    "switch": ("case",),
    "elsif": ("else if",),
    "elif": ("else if",),
    "elseif": ("else if",),
    "then": ("begin",),
    "is": ("begin",),
    "endif": ("end",),
    "endprocess": ("end",),
    "endblock": ("end",),
    "endswitch": ("endcase",),
    "esac": ("endcase",),
    "const": ("localparam",),
    "bool": ("wire", "reg"),
    "rising_edge": ("posedge",),
    "falling_edge": ("negedge",),
    "downto": (":",),
    "rem": ("%",),
    "mod": ("%",),
    "sll": ("<<",),
    "srl": (">>",),
    "sra": (">>>",),
}


def draft(place: Place) -> Iterator[Draft]:
    """Each such word on the finding's line, or on the one before it."""
    line = place.finding.span.start_line
    first = place.src.from_(place.index.offset(max(line - 1, 0), 0))
    for number in range(first, place.line.stop):
        token = place.src.token(number)
        if token.text in MEANT and not (place.module is not None and token.text in place.module.declared):
            for odds, word in enumerate(MEANT[token.text]):
                yield place.draft(odds, f"Replace '{token.text}' by '{word}'", place.replace(number, word), FAMILY)
