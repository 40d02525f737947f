"""[[firmware]] of signoff.toml: images as the user declares them, for builds that nothing else tells of.

Keys, all but `sources` optional: `name`; `sources`, `objects` (paths with globs, "!" takes away); `include_dirs`
(default: the folders of the sources); `defines` (a list or a table); `cpu` ("cortex-m4"; default: that of the part);
`fpu`: "auto" (the part's unit with the hard ABI, else none), "hard" (the core's own), "softfp", "soft", or a name of
-mfpu ("fpv4-sp-d16", hard ABI); `flags` of the compiler (default FLAGS); `linker_script`; `link_flags`
(default LINK_FLAGS); `libraries` ("m", ":libx.a"), `library_dirs`; `part` ("stm32f407vg"), `svd` (a CMSIS-SVD file).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from signoff.verifiers.compile_flags import parse
from signoff.verifiers.finding import Severity
from signoff.verifiers.hdl.manifest_tables import GLOB, STRINGS, Tables
from signoff.verifiers.mcu.build.cores import core_flags, cpu_of, fpu_of
from signoff.verifiers.mcu.build.link_line import parse_link
from signoff.verifiers.mcu.build.reading import Reading, absolute, is_source
from signoff.verifiers.project import CompileUnit, Image
from signoff.verifiers.slips import near

SECTION = "firmware"
KIND = "signoff.toml"
COMPILER = "arm-none-eabi-gcc"
MISSING = "ManifestMissing"
# What a recipe without the key gets: sections of their own let the linker leave out what nobody calls, as the makefiles
# that ST's tools write have it, and newlib-nano with empty system calls is what firmware without an OS is linked with.
FLAGS = ("-Os", "-ffunction-sections", "-fdata-sections")
LINK_FLAGS = ("--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections")
KEYS = {
    "name": "a string",
    "sources": STRINGS,
    "include_dirs": STRINGS,
    "defines": "a list of strings or a table",
    "cpu": "a string",
    "fpu": "a string",
    "flags": STRINGS,
    "linker_script": STRINGS,
    "link_flags": STRINGS,
    "libraries": STRINGS,
    "library_dirs": STRINGS,
    "objects": STRINGS,
    "part": "a string",
    "svd": "a string",
}


def read_recipe(path: str, *, names: Sequence[str] = (), text: str | None = None) -> Reading:
    """The images of one signoff.toml, and what is wrong with their keys. What is no TOML is another's to tell.

    `text` stands in for what the file holds: an edit that is not made yet.
    """
    reader = _Recipes(path, text)
    images = [image for image in reader.read() if not names or image.name in names]
    return Reading(tuple(images), tuple(reader.findings), (path,))


class _Recipes(Tables):
    expected = KEYS

    def __init__(self, path: str, text: str | None) -> None:
        super().__init__(path)
        self._given = text

    def _load(self) -> dict[str, Any]:
        if self._given is None:
            return super()._load()
        self.text = self._given
        try:
            return tomllib.loads(self._given)
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    def read(self) -> list[Image]:
        data = self._load()
        self.findings.clear()
        entries = data.get(SECTION, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._wrong(SECTION, "", f"a list of tables, each headed [[{SECTION}]]")
            return []
        return [self._image(entry, f"{SECTION}.{number}") for number, entry in enumerate(entries)]

    def _image(self, entry: Mapping[str, Any], section: str) -> Image:
        self._unknown(entry, tuple(KEYS), section)
        part = self._string(entry, "part", section)
        scripts = self._scripts(entry, section)
        options = self._core(entry, section, part)
        flags = self._strings(entry, "flags", section) if "flags" in entry else FLAGS
        link_flags = self._strings(entry, "link_flags", section) if "link_flags" in entry else LINK_FLAGS
        link = parse_link(link_flags, self.folder)
        svd = self._existing(entry, "svd", section, os.path.isfile) if entry.get("svd") else ()
        return Image(
            self._string(entry, "name", section) or os.path.basename(self.folder) or SECTION,
            self.folder,
            origin=self.path,
            kind=KIND,
            declared=True,
            link_declared=bool(scripts or link.scripts),
            units=self._units(entry, section, (*options, *flags)),
            linker_scripts=(*scripts, *link.scripts),
            link_flags=(*options, *link.flags),
            libraries=(*self._libraries(entry, section), *link.libraries),
            library_dirs=(*self._existing(entry, "library_dirs", section, os.path.isdir), *link.library_dirs),
            objects=(*self._paths(entry, "objects", section), *link.objects),
            compiler=COMPILER,
            part=part,
            part_origin=self.path if part else "",
            svd=next(iter(svd), ""),
        )

    def _scripts(self, entry: Mapping[str, Any], section: str) -> tuple[str, ...]:
        """The linker scripts, those too that are not there: the image is linked by them all the same."""
        named = self._strings(entry, "linker_script", section)
        absent = [one for one in named if not GLOB.search(one) and not self._expand(one, "linker_script", section)]
        for one in absent:
            other = self._near(one)
            hint = f'; did you mean "{other}"?' if other else "."
            self._say(
                self._place("linker_script", section, one), MISSING, f"The linker script {one} is not there{hint}"
            )
            self.findings[-1] = replace(self.findings[-1], data=_near_data(other))
        gone = tuple(absolute(self.folder, os.path.expandvars(one)) for one in absent)
        there = {"linker_script": [one for one in named if one not in absent]}
        return (*self._paths(there, "linker_script", section), *gone)

    def _missing(self, pattern: str, key: str, section: str) -> None:
        """The same, with the file that was most likely meant."""
        super()._missing(pattern, key, section)
        if other := self._near(pattern):
            last = self.findings[-1]
            message = f'{last.message.rstrip(".")}; did you mean "{other}"?'
            self.findings[-1] = replace(last, message=message, data=(*last.data, *_near_data(other)))

    def _near(self, name: str) -> str:
        """A file or folder that is there, named as nearly as slips of the pen go, spelt as the user would; else ""."""
        head, tail = os.path.split(name)
        if GLOB.search(name) or not tail:
            return ""
        try:
            beside = os.listdir(absolute(self.folder, os.path.expandvars(head)) if head else self.folder)
        except OSError:
            return ""
        found = near(tail, (one for one in beside if os.path.splitext(one)[1] == os.path.splitext(tail)[1]), 1)
        return os.path.join(head, found[0]).replace(os.sep, "/") if found else ""

    def _core(self, entry: Mapping[str, Any], section: str, part: str) -> tuple[str, ...]:
        """gcc's options for the core and its floating-point unit."""
        cpu = self._string(entry, "cpu", section) or cpu_of(part)
        fpu = self._string(entry, "fpu", section) or "auto"
        if not cpu:
            message = (
                f'The core is not known: name it as cpu = "cortex-m4"{", or another part" if part else " or part"}.'
            )
            self._say(self._place("cpu", section), "RecipeCpu", message, Severity.WARNING)
            return ()
        if fpu == "auto":
            return core_flags(cpu, fpu_of(part))
        if fpu in ("hard", "soft", "softfp"):
            return core_flags(cpu, abi=fpu)
        return core_flags(cpu, fpu)

    def _libraries(self, entry: Mapping[str, Any], section: str) -> tuple[str, ...]:
        return tuple(one.removeprefix("-l") for one in self._strings(entry, "libraries", section))

    def _units(self, entry: Mapping[str, Any], section: str, flags: Sequence[str]) -> tuple[CompileUnit, ...]:
        sources = [path for path in self._paths(entry, "sources", section) if is_source(path)]
        if "sources" not in entry:
            place = self._place("sources", section)
            self._say(place, "RecipeSources", f"[[{SECTION}]] names no sources.", Severity.WARNING)
        if "include_dirs" in entry:
            folders = self._existing(entry, "include_dirs", section, os.path.isdir)
        else:
            folders = tuple(dict.fromkeys(os.path.dirname(path) for path in sources))
        defines = self._defines(entry, section)
        words = [*(f"-I{path}" for path in folders), *(f"-D{one}" for one in defines), *flags]
        unit = replace(parse(words, self.folder, compiler=COMPILER), origin=self.path, declared=True)
        return tuple(replace(unit, source=path) for path in sources)


def _near_data(name: str) -> tuple[tuple[str, str], ...]:
    return (("near", name),) if name else ()
