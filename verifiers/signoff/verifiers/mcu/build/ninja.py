"""build.ninja as data: the commands of its build statements, as far as CMake and Meson write them. Nothing is run.

Format: ninja-build.org/manual.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from signoff.verifiers.mcu.build.reading import Unreadable, read_text

MOST_BUILDS = 50_000
# Variables that double at each step would be expanded for ever.
MOST_STEPS = 500_000
MOST_TEXT = 1_000_000
DEPTH = 20
_VARIABLE = re.compile(r"\$(?:([\w-]+)|\{([\w.-]+)\}|([$ :]))")
_RESPONSE = re.compile(r"@(?:\$(?:rspfile|RSP_FILE)|\$out\.rsp)\b")
_WORD = re.compile(r"(?:\$.|[^\s$])+", re.DOTALL)


@dataclass(slots=True)
class _Build:
    """One build statement: what it makes, by which rule, from what, and its own variables."""

    outputs: list[str]
    rule: str
    inputs: list[str]
    own: dict[str, str] = field(default_factory=dict)


@dataclass
class Ninja:
    """The rules and statements of a build.ninja and of what it includes."""

    folder: str
    variables: dict[str, str] = field(default_factory=dict)
    rules: dict[str, dict[str, str]] = field(default_factory=dict)
    builds: list[_Build] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    steps: int = 0

    def read(self, path: str, depth: int = 0) -> None:
        """Take a file's statements. Raises Unreadable for the first one only."""
        if depth > DEPTH or path in self.files:
            return
        self.files.append(path)
        own: dict[str, str] = {}
        for line in _lines(read_text(path)):
            if line.startswith((" ", "\t")):
                name, _, value = line.strip().partition("=")
                own[name.strip()] = value.strip()
                continue
            own = self._statement(line, depth)

    def _statement(self, line: str, depth: int) -> dict[str, str]:
        """Note a statement; the variables that follow it belong into what is returned."""
        word, _, rest = line.partition(" ")
        if word == "rule":
            return self.rules.setdefault(rest.strip(), {})
        if word == "build":
            build = _build(rest)
            if len(self.builds) < MOST_BUILDS:
                self.builds.append(build)
            return build.own
        if word in ("include", "subninja"):
            try:
                self.read(os.path.join(self.folder, self._expand(rest.strip(), self.variables)), depth + 1)
            except Unreadable:
                return {}
        elif word not in ("pool", "default") and "=" in line:
            name, _, value = line.partition("=")
            self.variables[name.strip()] = self._expand(value.strip(), self.variables)
        return {}

    def commands(self) -> Iterator[str]:
        """The command of each build statement that has one, as the shell would get it."""
        for build in self.builds:
            rule = self.rules.get(build.rule, {})
            command = rule.get("command", "")
            if command:
                scope = {**self.variables, **build.own}
                scope["in"] = " ".join(self._expand(one, scope) for one in build.inputs)
                scope["out"] = " ".join(self._expand(one, scope) for one in build.outputs)
                if "$in" in rule.get("rspfile_content", ""):
                    # What would be written to a response file is put where that is named.
                    command = _RESPONSE.sub(rule["rspfile_content"].replace("\\", "/"), command)
                yield self._expand(command, scope)

    def _expand(self, text: str, scope: Mapping[str, str], depth: int = 0) -> str:
        self.steps += 1
        if "$" not in text or depth > DEPTH or self.steps > MOST_STEPS:
            return text

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            return match[3] if name is None else self._expand(scope.get(name, ""), scope, depth + 1)

        return _VARIABLE.sub(value, text)[:MOST_TEXT]


def _lines(text: str) -> Iterator[str]:
    whole = ""
    for line in text.splitlines():
        if re.search(r"(?<!\$)(?:\$\$)*\$$", line):
            whole += line[:-1].lstrip() if whole else line[:-1]
            continue
        line = whole + (line.lstrip() if whole else line)
        whole = ""
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def _build(text: str) -> _Build:
    words = _WORD.findall(text)
    colon = next((at for at, word in enumerate(words) if word.endswith(":") and not word.endswith("$:")), None)
    if colon is None or colon + 1 >= len(words):
        return _Build([], "", [])
    outputs = [*words[:colon], words[colon][:-1]]
    inputs = words[colon + 2 :]
    for bar in ("|", "||", "|@"):
        if bar in inputs:
            inputs = inputs[: inputs.index(bar)]
    explicit = outputs[: outputs.index("|")] if "|" in outputs else outputs
    return _Build([one for one in explicit if one], words[colon + 1], inputs)
