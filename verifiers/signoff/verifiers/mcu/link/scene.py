"""What findings of a link are told from: the image, its objects and scripts, and the texts of all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.compile.gcc_findings import vendored
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.mcu.link.image import Linked
from signoff.verifiers.mcu.link.object_facts import ObjectFacts
from signoff.verifiers.mcu.link.objects import Build
from signoff.verifiers.project import CompileUnit, Image

TOOL = "arm-none-eabi-ld"
INCLUDED = re.compile(r"^\s*INCLUDE\s+\"?([^\s\";]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LinkScene:
    """One link. `objects` are its objects' facts in the build's order; `lines` has every file's text."""

    image: Image
    kit: Toolchain
    build: Build
    linked: Linked
    objects: tuple[ObjectFacts, ...]
    lines: SourceLines
    root: str = ""
    units: Mapping[str, CompileUnit] = field(default_factory=dict)

    def unit(self, object_file: str) -> CompileUnit | None:
        """The unit that an object of ours, as ld names it, was made from."""
        source = self.linked.objects.get(object_file) or self.linked.objects.get(os.path.normpath(object_file or "."))
        return self.units.get(source) if source else None

    def contents(self) -> dict[str, ObjectFacts]:
        """The facts of each object by its path."""
        return {one.stored.path: facts for one, facts in zip(self.build.objects, self.objects, strict=True)}

    def inside(self, path: str) -> bool:
        """Whether a file or folder lies in the workspace."""
        root = (self.root or self.image.root).rstrip(os.sep)
        return path == root or path.startswith(root + os.sep)

    def own(self, path: str) -> bool:
        """Whether the user writes that file."""
        return self.inside(path) and not vendored(path, self.root or self.image.root)

    def shown(self, path: str) -> str:
        """A path for a sentence: as seen from the image's folder where it lies in it."""
        return os.path.relpath(path, self.root or self.image.root) if self.inside(path) else path

    def scripts(self) -> Iterator[str]:
        """The linker scripts, and those that they include."""
        seen: dict[str, None] = dict.fromkeys(self.image.linker_scripts)
        waiting = list(seen)
        while waiting:
            path = waiting.pop(0)
            yield path
            for name in INCLUDED.findall(self.lines.text(path)):
                places = (os.path.join(folder, name) for folder in (os.path.dirname(path), *self.image.library_dirs))
                more = next((os.path.normpath(place) for place in places if os.path.isfile(place)), "")
                if more and more not in seen and len(seen) < 50:
                    seen[more] = None
                    waiting.append(more)


def finding(
    at: tuple[str, Span],
    code: str,
    message: str,
    *,
    severity: Severity = Severity.ERROR,
    category: Category = Category.LINK,
    related: tuple[Related, ...] = (),
    data: tuple[tuple[str, str], ...] = (),
) -> Finding:
    """A finding of the linker's."""
    return Finding(*at, severity, code, message, TOOL, category, related=related, data=data)


def word_span(scene: LinkScene, path: str, line: int, word: str) -> Span:
    """Where a word stands on a line, else the line's text without its blanks."""
    text = scene.lines(path, line)
    match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) if word else None
    if match:
        return Span(line, match.start(), line, match.end())
    start = len(text) - len(text.lstrip())
    return Span(line, start, line, max(len(text.rstrip()), start))


def in_script(scene: LinkScene, pattern: str, group: int = 1) -> tuple[str, Span] | None:
    """Where a pattern's group stands in the scripts; comments count as text, as they seldom say such things."""
    compiled = re.compile(pattern, re.MULTILINE)
    for path in scene.scripts():
        index = scene.lines.index(path)
        match = compiled.search(_without_comments(index.text))
        if match:
            return path, index.span(*match.span(group))
    return None


def in_build_file(scene: LinkScene, word: str = "") -> tuple[str, Span]:
    """Where the build names a word, else its beginning."""
    path = scene.image.origin or (scene.image.linker_scripts or (scene.image.root,))[0]
    if os.path.isfile(path):
        index = scene.lines.index(path)
        match = re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", index.text) if word else None
        if match and len(index.text) < 1_000_000:
            return path, index.span(*match.span())
    return path, Span(0, 0, 0, 0)


def _without_comments(text: str) -> str:
    """The text with its comments blanked, all offsets kept."""
    return re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
