"""What the sources of a firmware image say: plain data that the part checks read. Nothing here knows a part.

Places inside a function are counted from the function's first line, so that what is known of a function stays true when
lines above it come and go: `function.place(item)` gives the span in the document.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from signoff.verifiers.finding import Span
from signoff.verifiers.project import Image


class Access(enum.StrEnum):
    """How an expression touches what it names. MODIFY reads and writes (|=, ++); ADDRESS may do anything later."""

    READ = "read"
    WRITE = "write"
    MODIFY = "modify"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Operand:
    """An expression: as written, and with macros expanded as far as the project's own headers define them.

    `resolved` has no outer parentheses or casts; names of vendors' headers (GPIO_PIN_5, GPIOA) stay in it as they are.
    `value` is None where it is not certain.
    """

    text: str
    resolved: str
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a function. `span` counts lines from the function's first line; see `Function.place`.

    `order` grows in the order of evaluation as written. `branch` names the conditional constructs around it, outermost
    first: what has () is executed whenever the function is entered and did not return before. A dominates B where A
    comes first and A.branch is a prefix of B.branch. `loops` are indexes into Function.loops, outermost first; `polls`
    is the loop whose condition the place is part of, -1 where none.
    """

    span: Span
    order: int
    branch: tuple[int, ...] = ()
    loops: tuple[int, ...] = ()
    polls: int = -1

    def dominates(self, other: Where) -> bool:
        """Whether whoever reaches `other` (in the same function) has come by here."""
        return self.order < other.order and other.branch[: len(self.branch)] == self.branch


@dataclass(frozen=True, slots=True)
class Call:
    """A call or a use of a function-like macro. `pointer`: through an expression, whose text `callee` then is.

    Inline assembler is a call of "asm" whose first argument is the text.
    """

    where: Where
    callee: str
    arguments: tuple[Operand, ...] = ()
    pointer: bool = False


@dataclass(frozen=True, slots=True)
class RegisterAccess:
    """An access to a hardware register, in whatever spelling.

    `peripheral` and `register` are as the reference manual has them ("TIM12", "CCR1"; "AFR" with `index` 0 for AFR[0]).
    `peripheral` is "" where only the program's run decides (`htim->Instance->CR1`): `base` is that expression's text.
    An access to a plain address has `address` and neither name. `operator` is "=", "|=", "&=", "^=", "++" ... for
    writes, "" for reads; `value` is the right side. SET_BIT and CLEAR_BIT read as |= and &= with the mask's complement
    (text "~(X)"); MODIFY_REG has the operator "modify", `mask` what it clears and `value` what it sets.
    """

    where: Where
    peripheral: str
    register: str
    access: Access
    operator: str = ""
    value: Operand | None = None
    mask: Operand | None = None
    index: int | None = None
    base: str = ""
    address: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in an expression that is no local, no parameter and no callee: a file's variable, or a function's name.

    `operator` as in RegisterAccess. Members and elements count as the variable (`element`: only a part of it).
    """

    where: Where
    name: str
    access: Access
    operator: str = ""
    element: bool = False


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """A member of a structure is set: `variable` "GPIO_InitStruct", `member` "Pin" or "PLL.PLLM", indexes in brackets.

    `arrow`: through a pointer of that name. A declaration's initialiser gives one each; `initial` then, and a member
    "*" with the text of the whole for what has no designators.
    """

    where: Where
    variable: str
    member: str
    operator: str
    value: Operand
    arrow: bool = False
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Local:
    """A variable of a function's own, parameters not among them.

    `type` is the text of the type without qualifiers, `pointer` and `array` its form.
    """

    where: Where
    name: str
    type: str
    static: bool = False
    pointer: bool = False
    array: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop: `kind` "while", "do" or "for". `forever`: its condition is certainly true.

    `empty`: its body does nothing. `calls`: something is called in it, condition included.
    """

    where: Where
    kind: str
    condition: Operand
    forever: bool = False
    empty: bool = False
    calls: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What one function's text says. `jumps`: it has labels, so the order of its text is not that of its run.

    `names` are all names in the text.
    """

    calls: tuple[Call, ...] = ()
    registers: tuple[RegisterAccess, ...] = ()
    references: tuple[Reference, ...] = ()
    fields: tuple[FieldWrite, ...] = ()
    locals: tuple[Local, ...] = ()
    loops: tuple[Loop, ...] = ()
    jumps: bool = False
    broken: bool = False
    names: frozenset[str] = frozenset()


Item = Call | RegisterAccess | Reference | FieldWrite | Local | Loop


@dataclass(frozen=True, slots=True)
class Function:
    """One function definition. `span` and `name_span` are the document's; `parameters` are (type, name).

    `attributes` are the texts inside __attribute__((...)), "weak" among them for __weak.
    `conditional`: it stands in an #if that could not be decided. `body.broken`: the text has a syntax error in it.
    """

    name: str
    path: str
    span: Span
    name_span: Span
    returns: str
    parameters: tuple[tuple[str, str], ...]
    body: Body
    static: bool = False
    weak: bool = False
    attributes: tuple[str, ...] = ()
    conditional: bool = False

    def place(self, item: Item | Where) -> Span:
        """Where an item of this function stands in the document."""
        where = item if isinstance(item, Where) else item.where
        span, line = where.span, self.span.start_line
        return Span(span.start_line + line, span.start_column, span.end_line + line, span.end_column)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable at file scope, or the declaration of one (`extern`).

    `type` is the text without qualifiers and storage class. `array` is the text between the brackets ("" for none or
    unknown, see `is_array`); `initializer` is its text as far as 4,000 characters, `names` every name in it.
    """

    name: str
    path: str
    span: Span
    type: str
    volatile: bool = False
    static: bool = False
    const: bool = False
    extern: bool = False
    atomic: bool = False
    pointer: bool = False
    is_array: bool = False
    array: str = ""
    section: str = ""
    attributes: tuple[str, ...] = ()
    initializer: str = ""
    names: frozenset[str] = frozenset()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """A function that a file declares without a body. `attributes` may hold 'weak' and 'alias("Default_Handler")'."""

    name: str
    path: str
    span: Span
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SourceFacts:
    """What one C or C++ file says. `macros` are the object-like macros at its end, those of the project's headers
    included, where there is one definition (values.py evaluates them). `identifiers` are all names in its code,
    `reached` these and all names that its macros and headers bring in, of whatever branch of an #if; `pasted` the
    pieces of names that ## joins in these macros. `pragmas` are the texts after #pragma. `errors` counts syntax errors.
    `missing` are headers that the project's own files include and that were not found: names may be macros of theirs.
    """

    path: str
    functions: tuple[Function, ...] = ()
    variables: tuple[Variable, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    macros: Mapping[str, str] = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    pasted: frozenset[str] = frozenset()
    included: frozenset[str] = frozenset()
    bodies: tuple[Mapping[str, frozenset[str]], ...] = ()
    pragmas: tuple[str, ...] = ()
    errors: int = 0
    missing: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Function, ...]]:
        """The functions by name."""
        return _grouped((one.name, one) for one in self.functions)

    @cached_property
    def variables_by_name(self) -> Mapping[str, tuple[Variable, ...]]:
        """The variables by name."""
        return _grouped((one.name, one) for one in self.variables)

    @cached_property
    def callers(self) -> Mapping[str, tuple[tuple[Function, Call], ...]]:
        """The calls by the callee's name."""
        return _grouped((call.callee, (one, call)) for one in self.functions for call in one.body.calls)

    @cached_property
    def remembered(self) -> dict[object, Any]:
        """What checks derive from this file alone, under keys of their own: it is as old as the facts."""
        return {}


T = TypeVar("T")


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = defaultdict(list)
    for name, one in pairs:
        found[name].append(one)
    return {name: tuple(ones) for name, ones in found.items()}


class _Joined(Mapping[str, tuple[T, ...]]):
    """The tables of several files as one: what nobody asks for is not joined."""

    def __init__(self, tables: Iterable[Mapping[str, tuple[T, ...]]]) -> None:
        self._tables = tuple(tables)
        self._known: dict[str, tuple[T, ...]] = {}

    def __getitem__(self, name: str) -> tuple[T, ...]:
        if name not in self._known:
            self._known[name] = tuple(one for table in self._tables for one in table.get(name, ()))
        found = self._known[name]
        if not found:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for table in self._tables for name in table))

    def __len__(self) -> int:
        return len(set().union(*self._tables))


@dataclass(frozen=True)
class ImageFacts:
    """All units of an image. `sources` by path: C and C++ files that were read in full, the document among them.

    `assembler` is the text of assembler units by path, `library` the functions defined by files of vendors' libraries
    (HAL, LL, StdPeriph, kernels of real-time systems) with their file: these are known by name, not read.
    `complete`: every unit was read, so what is nowhere here is nowhere in the image's sources. `closed`: complete, and
    nothing is linked that has no source here (objects, archives beside the toolchain's and libopencm3).
    `scripts` are the texts of the linker scripts by path, `called_back` all names in the files of libraries: what has
    such a name may be called from there.
    """

    image: Image
    sources: Mapping[str, SourceFacts]
    assembler: Mapping[str, str] = field(default_factory=dict)
    library: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False
    closed: bool = False
    unread: tuple[str, ...] = ()
    scripts: Mapping[str, str] = field(default_factory=dict)
    called_back: frozenset[str] = frozenset()

    @cached_property
    def functions(self) -> Mapping[str, tuple[Function, ...]]:
        """All function definitions by name; static ones of several files under one name."""
        return _Joined(source.by_name for source in self.sources.values())

    def definition(self, name: str, path: str = "") -> Function | None:
        """The function that a call in the file `path` means; None where none, or more than one, could be it."""
        found = self.functions.get(name, ())
        own = [function for function in found if function.path == path]
        if own:
            return own[0] if len(own) == 1 else None
        shared = [function for function in found if not function.static]
        strong = [function for function in shared if not function.weak] or shared
        return strong[0] if len(strong) == 1 else None

    @cached_property
    def callers(self) -> Mapping[str, tuple[tuple[Function, Call], ...]]:
        """Every call by the callee's name."""
        return _Joined(source.callers for source in self.sources.values())

    @cached_property
    def variables(self) -> Mapping[str, tuple[Variable, ...]]:
        """All variables and extern declarations at file scope by name."""
        return _Joined(source.variables_by_name for source in self.sources.values())

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every name in the code of any source."""
        return frozenset().union(*(source.reached for source in self.sources.values()))

    def every(self) -> Iterator[Function]:
        """All functions of all sources."""
        for source in self.sources.values():
            yield from source.functions
