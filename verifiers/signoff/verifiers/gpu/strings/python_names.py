"""What the names of a Python file are given, scope by scope, as far as single assignments tell."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator

# The functions, classes, lambdas and comprehensions around a place, outermost first; () is the module.
Scope = tuple[ast.AST, ...]
# All that a name is given in a scope; None stands for something that is not followed (a loop's variable, an import).
Values = dict[tuple[Scope, str], list[ast.expr | None]]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BODIES = ("body", "orelse", "finalbody")


def statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, Scope]]:
    """Every statement with the scopes around it, outer before inner; without recursion, as trees may be deep."""
    stack: list[tuple[ast.stmt, Scope]] = [(statement, ()) for statement in reversed(tree.body)]
    while stack:
        statement, scope = stack.pop()
        yield statement, scope
        inner = (*scope, statement) if isinstance(statement, (*FUNCTIONS, ast.ClassDef)) else scope
        stack.extend((each, inner) for each in _below(statement))


def _below(statement: ast.stmt) -> Iterator[ast.stmt]:
    holders: list[ast.AST] = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    for holder, name in itertools.product(holders, BODIES):
        yield from getattr(holder, name, ())


def bind(statement: ast.stmt, scope: Scope, values: Values) -> None:
    """Note what a statement itself gives to names, not what those inside it do."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            if not isinstance(target, ast.Name):
                _unknown(_names(target), scope, values)
            elif statement.value is not None:
                values.setdefault((scope, target.id), []).append(statement.value)
    elif isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)):
        _unknown(_names(statement.target), scope, values)
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        _unknown(_names(*(item.optional_vars for item in statement.items if item.optional_vars)), scope, values)
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        _unknown((alias.asname or alias.name.split(".")[0] for alias in statement.names), scope, values)
    elif isinstance(statement, (ast.Global, ast.Nonlocal)):
        for depth in range(len(scope) + 1):
            _unknown(statement.names, scope[:depth], values)
    elif isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        _unknown([statement.name], scope, values)
        if not isinstance(statement, ast.ClassDef):
            _unknown(_parameters(statement.args), (*scope, statement), values)
    else:
        _bind_rare(statement, scope, values)


def _bind_rare(statement: ast.stmt, scope: Scope, values: Values) -> None:
    if isinstance(statement, ast.Delete):
        _unknown(_names(*statement.targets), scope, values)
    elif isinstance(statement, ast.Match):
        captured = (node for case in statement.cases for node in ast.walk(case.pattern))
        _unknown((name for node in captured if (name := getattr(node, "name", None))), scope, values)
    else:
        _unknown((each.name for each in getattr(statement, "handlers", ()) if each.name), scope, values)


def expressions(statement: ast.stmt, scope: Scope, values: Values) -> Iterator[tuple[ast.AST, Scope]]:
    """The expressions of a statement itself with the scopes around them; notes what is given to names within them."""
    nested = (ast.stmt, ast.ExceptHandler, ast.match_case)
    stack = [(child, scope) for child in ast.iter_child_nodes(statement) if not isinstance(child, nested)]
    while stack:
        node, around = stack.pop()
        yield node, around
        inner = around
        if isinstance(node, ast.NamedExpr):
            values.setdefault((around, node.target.id), []).append(node.value)
        elif isinstance(node, ast.Lambda):
            inner = (*around, node)
            _unknown(_parameters(node.args), inner, values)
        elif isinstance(node, COMPREHENSIONS):
            inner = (*around, node)
            _unknown(_names(*(each.target for each in node.generators)), inner, values)
        stack.extend((child, inner) for child in ast.iter_child_nodes(node))


def _unknown(names: Iterable[str], scope: Scope, values: Values) -> None:
    for name in names:
        values.setdefault((scope, name), []).append(None)


def _names(*targets: ast.expr) -> Iterator[str]:
    return (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    several = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
    yield from (each.arg for each in itertools.chain(*several))
    yield from (each.arg for each in (arguments.vararg, arguments.kwarg) if each is not None)
