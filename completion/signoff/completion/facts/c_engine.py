"""The facts of C and CUDA documents in their worker process: headers become declarations, these passages."""

from __future__ import annotations

import gc
from collections import OrderedDict

from signoff.completion.facts import choice
from signoff.completion.facts.background import Stale
from signoff.completion.facts.cursor import at, words
from signoff.completion.facts.likely import Likely
from signoff.completion.facts.names import Names, block, blocks, own_of
from signoff.completion.facts.questions import Looked, Question, Wanted
from signoff.completion.facts.related import Related
from signoff.completion.facts.usage import Usage
from signoff.completion.passage import Passage
from signoff.verifiers.declarations.index import Index
from signoff.verifiers.declarations.scope import Scope

# Files that use the same headers, by their endings.
KINDS = ((".c", ".h", ".cpp", ".cc", ".cxx", ".hpp"), (".cu", ".cuh"))
# Of the names that begin with a stem, at most so many.
MOST = 200
# Scopes whose names' words are kept.
KEPT = 6


class FactsEngine:
    """The engine class of workers.py. One instance serves one project root."""

    def __init__(self) -> None:
        self._index = Index()
        self._usage = Usage(lambda text: (frozenset(block(one).used) for one in blocks(text)))
        self._words: OrderedDict[int, Related] = OrderedDict()

    def passages(self, question: Question) -> tuple[Passage, ...] | Stale | None:
        """What matters at the place; None where headers have to be read first, and Stale where anew, by prepare()."""
        data = self._begin(question)
        known = self._index.known(question.path, data, question.way)
        scope = known or self._index.latest(question.path)
        if scope is None:
            return None
        found = self._at(question, scope)
        return found if known is not None else Stale(found)

    def _at(self, question: Question, scope: Scope) -> tuple[Passage, ...]:
        cursor = at(question.prefix, question.suffix)
        text = question.prefix + question.suffix
        own = own_of(text[: cursor.start], text[cursor.end :], question.name)
        names = Names(scope, own, cursor.region)
        used = self._usage.likely(words(cursor.region), question.path, choice.MOST_LIKELY)
        hardware = choice.hardware(cursor, question.hardware)
        likely = Likely(used, self._related(scope), cursor, question.prefix)
        return (*choice.near(cursor, names, likely), *hardware, *choice.far(cursor, names, used))

    def _related(self, scope: Scope) -> Related:
        """The words of a scope's names."""
        kept = self._words.pop(id(scope), None)
        if kept is None or kept.scope is not scope:
            kept = Related(scope)
        self._words[id(scope)] = kept
        while len(self._words) > KEPT:
            self._words.popitem(last=False)
        return kept

    def prepare(self, question: Question) -> None:
        """Read the headers of a document, however long it takes."""
        scope = self._index.read(question.path, self._begin(question), question.way)
        endings = next((one for one in KINDS if question.path.endswith(one)), KINDS[0])
        self._usage.read(self._index.files, question.path, question.root, endings)
        self._related(scope)
        _ = scope.names, scope.sorted_names, scope.groups, scope.beside
        gc.collect()
        gc.freeze()  # what was read stays: no later pass need look at it

    def look(self, question: Question, wanted: Wanted) -> Looked | None:
        """What the headers declare of what is wanted; None where they have to be read first: prepare() does it."""
        scope = self._index.known(question.path, self._begin(question), question.way)
        if scope is None:
            return None
        names = dict.fromkeys((*wanted.names, *(name for stem in wanted.stems for name in scope.beginning(stem, MOST))))
        groups = tuple((name, scope.groups[name]) for name in wanted.groups if name in scope.groups)
        return Looked(tuple((name, scope.names[name]) for name in names if name in scope.names), groups)

    def _begin(self, question: Question) -> bytes:
        buffers = {path: text.encode("utf-8", "replace") for path, text in question.buffers}
        data = (question.prefix + question.suffix).encode("utf-8", "replace")
        self._index.begin({**buffers, question.path: data})
        return data
