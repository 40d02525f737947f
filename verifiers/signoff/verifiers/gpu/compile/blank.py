"""Device code apart from host code: which stretches of a CUDA text are which, and texts with stretches left out.

Needs tree-sitter, so it belongs into a worker process. Offsets are bytes of the text's UTF-8. What is left out becomes
blanks: lines and columns of the rest stay.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from signoff.verifiers.gpu.values.source import Source, declared_name
from signoff.verifiers.slips import near

MARK = re.compile(rb"\b__(?:device|global)__\b")
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:\([^)\n]*\))?[^\n]*(?:\\\r?\n[^\n]*)*)", re.MULTILINE)
WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
KEPT = re.compile(rb"\bconst(?:expr|eval)\b")
SPECIFIER = re.compile(rb"\b(?:struct|class|union|enum|namespace|concept|__align__|alignas|__attribute__)\b")
# How projects spell "__host__ __device__ __forceinline__": a word of capitals that no text here defines may be one.
# CUDA's words, as a slip of the pen leaves them.
SLIP = re.compile(rb"\b__[a-z]+__\b")
MARKS = ("__device__", "__global__")
CAPITALS = re.compile(rb"\b[A-Z][A-Z0-9_]{2,}\b")
# What may stand between declarations: comments, directives, and where scopes begin and end.
EMPTY = re.compile(
    rb"(?:\s|;|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/|[{}]|(?:inline\s+)?namespace\b[\s\w:]*\{|extern\s*\"C\"\s*\{"
    rb"|(?:public|private|protected)\s*:|(?:struct|class|union)\b[^;{}()]*\{|#(?:[^\n\\]|\\.|\\\r?\n)*)*",
    re.DOTALL,
)
LOOSE = re.compile(rb"\s*[A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*\s*")
NOT_NEWLINE = re.compile(rb"[^\r\n]")
WITHIN = frozenset(
    (
        "translation_unit",
        "namespace_definition",
        "declaration_list",
        "linkage_specification",
        "preproc_if",
        "preproc_ifdef",
        "preproc_elif",
        "preproc_elifdef",
        "preproc_else",
        "ERROR",
    )
)
CLASSES = frozenset(("class_specifier", "struct_specifier", "union_specifier"))
DECLARATIONS = CLASSES | {
    "alias_declaration",
    "concept_definition",
    "declaration",
    "enum_specifier",
    "field_declaration",
    "friend_declaration",
    "namespace_alias_definition",
    "static_assert_declaration",
    "template_declaration",
    "template_instantiation",
    "type_definition",
    "using_declaration",
}
NAMED = CLASSES | {
    "alias_declaration",
    "concept_definition",
    "enum_specifier",
    "enumerator",
    "namespace_alias_definition",
}
# Names in there are nobody else's, or not brought in by the declaration.
INSIDE = frozenset(
    (
        "compound_statement",
        "parameter_list",
        "qualified_identifier",
        "template_argument_list",
        "template_parameter_list",
        "template_type",
    )
)
DIRECTIVES = frozenset(("preproc_include", "preproc_def", "preproc_function_def", "preproc_call", "comment", ";"))


class Kind(enum.Enum):
    """Whose a stretch is: a function for the device, one for the host only, or a declaration that may serve both."""

    DEVICE = enum.auto()
    HOST = enum.auto()
    OTHER = enum.auto()


@dataclass(frozen=True, slots=True)
class Region:
    """One declaration. `body` is where its statements begin (`end` where it has none), `names` what it declares."""

    start: int
    end: int
    kind: Kind
    body: int
    names: frozenset[str] = frozenset()


def device_words(texts: Iterable[str]) -> frozenset[str]:
    """Macros of these texts that mark a function for the device, also by way of one another."""
    return macros_with(texts, lambda body: "__device__" in body or "__global__" in body)


def macros_with(texts: Iterable[str], wanted: Callable[[str], bool]) -> frozenset[str]:
    """Macros of these texts whose body is wanted, also by way of one another."""
    bodies: dict[str, str] = {}
    for text in texts:
        for match in DEFINE.finditer(text):
            bodies[match[1]] = bodies.get(match[1], "") + " " + match[2]
    found = {name for name, body in bodies.items() if wanted(body)}
    words = {name: set(re.findall(r"\w+", body)) for name, body in bodies.items() if len(body) < 400}
    while more := {name for name, inside in words.items() if name not in found and inside & found}:
        found |= more
    return frozenset(found)


def regions(text: str, marks: frozenset[str], harmless: frozenset[str] = frozenset()) -> tuple[Region, ...]:
    """The text's declarations in order, those of classes after the class itself.

    `marks` are device_words(); `harmless` other macros that are defined: capitals that are neither leave a function's
    kind open.
    """
    return regions_of(Source("", text), marks, harmless)


def regions_of(source: Source, marks: frozenset[str], harmless: frozenset[str] = frozenset()) -> tuple[Region, ...]:
    """regions() of a text that is parsed already."""
    return tuple(_Reader(source, frozenset(mark.encode() for mark in marks), harmless).within(source.root))


class _Reader:
    def __init__(self, source: Source, marks: frozenset[bytes], harmless: frozenset[str]) -> None:
        self.source = source
        self.marks = marks
        self.harmless = harmless

    def within(self, node: Node) -> Iterator[Region]:
        start = -1
        for number, child in enumerate(node.children):
            if node.field_name_for_child(number) in ("name", "condition"):
                continue  # of #ifdef, #if or the namespace
            begin = start if start >= 0 else child.start_byte
            inner = child.child_by_field_name("body") if child.type == "linkage_specification" else None
            if self.loose(child):
                # Words with nothing behind them belong to what follows, however the grammar reads them.
                start = begin
                continue
            if inner is not None and inner.type not in WITHIN:
                # extern "C" of one declaration goes with it: left behind, it would be the next one's.
                yield from self.declaration(inner, begin)
            elif child.type in WITHIN:
                yield from self.within(child)
            elif child.is_named and child.type not in DIRECTIVES:
                yield from self.declaration(child, begin)
            if child.type != "comment":
                start = -1

    def loose(self, node: Node) -> bool:
        return LOOSE.fullmatch(self.source.data, node.start_byte, node.end_byte) is not None

    def declaration(self, node: Node, start: int) -> Iterator[Region]:
        """`start` is where it begins with its template<...> head and whatever else is in front."""
        if node.type == "template_declaration":
            inner = next((child for child in reversed(node.children) if child.is_named), None)
            if inner is not None and inner.type != "comment":
                yield from self.declaration(inner, start)
        elif node.type == "function_definition":
            yield self.function(node, start)
        elif (body := unended(node)) is not None and self.kind(self.source.data[start:body]) is Kind.DEVICE:
            yield Region(start, node.end_byte, Kind.DEVICE, body, self.declared(node))
        else:
            yield Region(start, node.end_byte, Kind.OTHER, node.end_byte, self.declared(node))
            yield from self.members(node)

    def members(self, node: Node) -> Iterator[Region]:
        specifier = node if node.type in CLASSES else node.child_by_field_name("type")
        body = specifier.child_by_field_name("body") if specifier is not None and specifier.type in CLASSES else None
        for child in body.children if body is not None else ():
            if child.type in WITHIN:
                yield from self.within(child)
            elif child.is_named and child.type != "access_specifier" and child.type not in DIRECTIVES:
                yield from self.declaration(child, child.start_byte)

    def function(self, node: Node, start: int) -> Region:
        body = node.child_by_field_name("body")
        at = body.start_byte if body is not None else node.end_byte
        head = self.source.data[start:at]
        own = self.source.data[node.start_byte : at]
        # "struct __align__(8) V { ... };" is a function to the grammar, and so is much that macros make.
        odd = SPECIFIER.search(own) is not None or any(child.type == "ERROR" for child in node.children)
        name = declared_name(node.child_by_field_name("declarator"))
        names = {self.source.of(name)} if name is not None else set()
        if odd or name is None:
            names |= {word.decode("utf-8", "replace") for word in WORD.findall(own)}
        names |= {match[1] for match in DEFINE.finditer(self.source.of(node))}
        if b"operator" in head:
            names.add("operator")
        kind = self.kind(head) if body is not None else Kind.OTHER
        if kind is Kind.HOST and (odd or name is None):
            kind = Kind.OTHER
        return Region(start, node.end_byte, kind, at, frozenset(names))

    def kind(self, head: bytes) -> Kind:
        words = set(WORD.findall(head))
        if MARK.search(head) or words & self.marks:
            return Kind.DEVICE
        if any(self.slip(word.decode()) for word in SLIP.findall(head)):
            return Kind.DEVICE
        if KEPT.search(head):
            return Kind.OTHER
        before = head.split(b"(")[0]
        unknown = {word.decode() for word in CAPITALS.findall(before)} - self.harmless
        return Kind.OTHER if unknown else Kind.HOST

    def slip(self, word: str) -> bool:
        return word not in self.harmless and bool(near(word, MARKS))

    def declared(self, node: Node) -> frozenset[str]:
        """The names that a declaration brings in, its members' too; all words of what is no known declaration."""
        if node.type not in DECLARATIONS:
            text = self.source.data[node.start_byte : node.end_byte]
            return frozenset(word.decode("utf-8", "replace") for word in WORD.findall(text))
        found: set[str] = set()
        waiting = [node]
        while waiting:
            one = waiting.pop()
            named = one.child_by_field_name("name") if one.type in NAMED else None
            if named is not None:
                found.update(re.findall(r"\w+", self.source.of(named).partition("<")[0]))
            if one.type == "using_declaration":
                found.update(re.findall(r"\w+", self.source.of(one))[-1:])
            for declarator in one.children_by_field_name("declarator"):
                leaf = declared_name(declarator)
                found.add(self.source.of(leaf if leaf is not None else declarator))
            waiting += (child for child in one.named_children if child.type not in INSIDE)
        return frozenset(found)


def unended(node: Node) -> int | None:
    """Where the body of a function begins whose one statement has no semicolon: the grammar reads an initialiser."""
    one = node.child_by_field_name("declarator") if node.type == "declaration" else None
    parts = [one.child_by_field_name(name) for name in ("declarator", "value")] if one is not None else []
    match parts:
        case [Node(type="function_declarator"), Node(type="initializer_list") as body]:
            return body.start_byte
    return None


def without(data: bytes, left_out: Iterable[Region]) -> bytes:
    """The text with blanks in place of regions."""
    result = bytearray(data)
    for region in left_out:
        result[region.start : region.end] = NOT_NEWLINE.sub(b" ", data[region.start : region.end])
    return bytes(result)


def dangling(data: bytes, found: Iterable[Region], gone: Collection[Region], region: Region) -> bool:
    """Whether something is left before a region that belonged to what was left out there: it would join the region."""
    before = [one for one in found if one not in gone and one.end <= region.start]
    start = max((one.end for one in before), default=0)
    blanks = without(data, [one for one in gone if one.start >= start and one.end <= region.start])
    return EMPTY.fullmatch(blanks, start, region.start) is None


def at(found: Iterable[Region], offset: int) -> Region | None:
    """The innermost region around an offset."""
    around = [region for region in found if region.start <= offset < region.end]
    return min(around, key=lambda region: region.end - region.start, default=None)
