"""platformio.ini: its sections with `extends` and ${...} resolved.

Format: docs.platformio.org/en/latest/projectconf/index.html
"""

from __future__ import annotations

import configparser
import os
import re
from dataclasses import dataclass, field
from glob import glob

from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.mcu.build.reading import Unreadable, problem, read_text, span_of

LIMIT = 1024 * 1024
MOST_TEXT = 100_000
DEPTH = 20
_REFERENCE = re.compile(r"\$\{([^}.]+)\.([^}]+)\}")
# Folders by their option, with the default of each (from the project's folder).
_FOLDERS = {
    "src": ("src_dir", "src"),
    "include": ("include_dir", "include"),
    "lib": ("lib_dir", "lib"),
    "build": ("build_dir", os.path.join(".pio", "build")),
}


class IniError(Exception):
    """A platformio.ini that is none; `span` says where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


@dataclass
class Ini:
    """A platformio.ini that was read. `included` are the files that it names as extra_configs."""

    path: str
    text: str
    sections: dict[str, dict[str, str]]
    included: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    resolved: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The project's folder."""
        return os.path.dirname(self.path)

    def environments(self) -> list[str]:
        """The names of the environments: those that are built by default first, and alone where there are any."""
        named = [one for one in self.sections if one.startswith("env:")]
        every = [one.removeprefix("env:") for one in named]
        default = re.split(r"[,\s]+", self.options("platformio").get("default_envs", "").strip())
        return [one for one in default if one in every] or every

    def options(self, section: str) -> dict[str, str]:
        """The options of a section with those that it extends, and of [env] for an environment; values resolved."""
        return {name: self._option(section, name, 0) for name in self._written(section)}

    def _line_of(self, section: str) -> list[str]:
        """A section and those that it extends, the nearest first."""
        line: list[str] = []
        waiting = [section]
        while waiting:
            name = waiting.pop(0)
            if name in line or len(line) > DEPTH:
                continue
            line.append(name)
            extended = re.split(r"[,\n]+", self.sections.get(name, {}).get("extends", ""))
            for one in (word.strip() for word in extended if word.strip()):
                if one not in self.sections:
                    what = f"[{name}] extends [{one}], which is not there."
                    self._say("PlatformIoExtends", what, one)
                waiting.append(one)
        return line

    def _resolved(self, value: str, section: str, depth: int) -> str:
        """A value with its ${section.option}s in place; one that is not known becomes empty."""

        def known(match: re.Match[str]) -> str:
            name = section if match[1] == "this" else match[1]
            if depth > DEPTH or name == "sysenv":
                return ""
            if name == "platformio" and match[2] in {option for option, _ in _FOLDERS.values()}:
                return self.folder_of(match[2].removesuffix("_dir"))
            return self._option(name, match[2], depth + 1)

        return _REFERENCE.sub(known, value)[:MOST_TEXT] if "${" in value else value

    def _written(self, section: str) -> dict[str, str]:
        """The options of a section with those that it extends, as they are written."""
        found: dict[str, str] = {}
        for name in reversed(self._line_of(section)):
            found.update(self.sections.get(name, {}))
        return {**self.sections.get("env", {}), **found} if section.startswith("env:") else found

    def _option(self, section: str, option: str, depth: int) -> str:
        """An option's value; each is resolved once, and one that refers to itself is empty there."""
        key = section, option
        if key not in self.resolved:
            self.resolved[key] = ""
            self.resolved[key] = self._resolved(self._written(section).get(option, ""), section, depth)
        return self.resolved[key]

    def folder_of(self, kind: str) -> str:
        """The folder of the project's sources ("src"), headers ("include"), libraries ("lib") or builds ("build")."""
        option, default = _FOLDERS[kind]
        written = self.sections.get("platformio", {}).get(option, "").strip()
        written = written.replace("$PROJECT_DIR", self.folder).replace("${PROJECT_DIR}", self.folder)
        usable = written if written and "$" not in written else default
        return os.path.normpath(os.path.join(self.folder, usable))

    def _say(self, code: str, what: str, word: str) -> None:
        finding = problem(self.path, code, what, span_of(self.text, word))
        if finding not in self.findings:
            self.findings.append(finding)


def read_ini(path: str) -> Ini:
    """Read a platformio.ini and its extra_configs. Raises Unreadable and IniError."""
    text = read_text(path, LIMIT)
    ini = Ini(path, text, _sections(text))
    for pattern in re.split(r"[,\s]+", ini.sections.get("platformio", {}).get("extra_configs", "").strip()):
        for one in sorted(glob(os.path.join(ini.folder, pattern)))[:50] if pattern else ():
            ini.included.append(one)
            try:
                for name, options in _sections(read_text(one, LIMIT)).items():
                    ini.sections.setdefault(name, {}).update(options)
            except (Unreadable, IniError):
                continue
    return ini


def _sections(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=("#", ";"), allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        raise IniError("platformio.ini: an option stands before the first [section].", _line(error.lineno)) from error
    except configparser.ParsingError as error:
        number = error.errors[0][0] if error.errors else 1
        raise IniError("platformio.ini: this line is neither a [section] nor an option.", _line(number)) from error
    except (configparser.Error, ValueError) as error:
        raise IniError(f"platformio.ini cannot be read: {error}", _line(1)) from error
    return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}


def _line(number: int) -> Span:
    return Span(max(number - 1, 0), 0, max(number - 1, 0), 0)
