"""pyflakes in a worker process: it holds the interpreter's lock, and a text of the user's may be of any size."""

from __future__ import annotations

import ast
import warnings

from pyflakes import checker, messages

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.text import LineIndex

TOOL = "pyflakes"
# What is an error when it is run. pyflakes' other messages are opinions on style, or the rule while one is typing.
ERRORS: dict[type[messages.Message], Category] = {
    messages.UndefinedName: Category.GPU_NAME,
    messages.UndefinedLocal: Category.GPU_NAME,
    messages.ReturnOutsideFunction: Category.GPU_SYNTAX,
    messages.YieldOutsideFunction: Category.GPU_SYNTAX,
    messages.ContinueOutsideLoop: Category.GPU_SYNTAX,
    messages.BreakOutsideLoop: Category.GPU_SYNTAX,
    messages.DefaultExceptNotLast: Category.GPU_SYNTAX,
    messages.TwoStarredExpressions: Category.GPU_SYNTAX,
    messages.TooManyExpressionsInStarredAssignment: Category.GPU_SYNTAX,
    messages.ForwardAnnotationSyntaxError: Category.GPU_SYNTAX,
    messages.StringDotFormatMissingArgument: Category.GPU_TYPE,
    messages.PercentFormatPositionalCountMismatch: Category.GPU_TYPE,
    messages.PercentFormatMissingArgument: Category.GPU_TYPE,
}
STAR = messages.ImportStarUsage
# Names that a loader puts there: IPython's, and those of doctests are not asked for.
BUILTINS = ("get_ipython", "display", "reveal_type")


class PythonEngine:
    """The engine class of workers.py."""

    def check(self, text: str, path: str) -> tuple[tuple[Finding, ...], str]:
        """(findings, why they are not all there are). Nothing of the text is run."""
        index = LineIndex(text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text, path or "untitled")
                # Beside the grammar, the compiler minds what pyflakes does not: two arguments of one name, nonlocal.
                compile(tree, path or "untitled", "exec", dont_inherit=True)
        except SyntaxError as error:
            return (_syntax(error, path),), ""
        except (ValueError, RecursionError, MemoryError) as error:
            return (), f"this text cannot be read as Python: {error}"
        found = checker.Checker(tree, path or "untitled", builtins=BUILTINS, withDoctest=False).messages
        why = "names come from `import *`" if any(isinstance(one, STAR) for one in found) else ""
        rows = (_finding(one, index, path) for one in found if type(one) in ERRORS)
        return tuple(sorted(rows, key=lambda row: row.span)), why


def _syntax(error: SyntaxError, path: str) -> Finding:
    line, column = max((error.lineno or 1) - 1, 0), max((error.offset or 1) - 1, 0)
    end = (max(error.end_lineno or 0, 1) - 1, max(error.end_offset or 0, 1) - 1)
    last = end if end > (line, column) else (line, column + 1)
    message = f"{type(error).__name__}: {error.msg}"
    return Finding(path, Span(line, column, *last), Severity.ERROR, "PythonSyntax", message, TOOL, Category.GPU_SYNTAX)


def _finding(said: messages.Message, index: LineIndex, path: str) -> Finding:
    line = max(said.lineno - 1, 0)
    # The compiler counts columns in bytes of UTF-8.
    column = len(index.line(line).encode("utf-8", "replace")[: said.col].decode("utf-8", "ignore"))
    words = said.message % said.message_args
    name = str(said.message_args[0]) if said.message_args else ""
    span = Span(line, column, line, column + max(len(name), 1))
    kind = type(said)
    return Finding(path, span, Severity.ERROR, kind.__name__, words, TOOL, ERRORS[kind], data=(("name", name),))
