"""Takes secrets and paths out of what is kept of a user's work: sources by their parts, messages throughout."""

from __future__ import annotations

import getpass
import os
import platform
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from signoff.diagnostics.trajectories import places, secrets
from signoff.diagnostics.trajectories.masking import masked_source, only_code
from signoff.diagnostics.trajectories.spans import Part, parts

# Variables of the environment that hold a secret, by their names.
_SECRET_VARIABLE = re.compile(r"(?i)key|token|secret|passw|credential|auth")
# A shorter value is a word that may stand anywhere.
_VALUE_LEAST = 8


class Scrubber:
    """Scrubs the texts of one trajectory: what was found to be secret in one of them is masked in all.

    `folders`: absolute paths of the user's, taken out also where nothing marks them as paths. `values`: what is known
    to be secret. `users` and `hosts`: names that no comment, string or message may tell.
    """

    def __init__(
        self,
        folders: Iterable[str] = (),
        values: Iterable[str] = (),
        users: Iterable[str] = (),
        hosts: Iterable[str] = (),
    ) -> None:
        self._values = {value for value in values if len(value) >= _VALUE_LEAST}
        self._people = places.names(users, hosts)
        wanted = sorted({folder.rstrip("/\\") for folder in folders}, key=len, reverse=True)
        self._folders = [_folder(folder) for folder in wanted if len(folder) > 1 and re.search(r"[/\\]", folder)]

    def learn(self, text: str, language: str = "") -> None:
        """Remember what is secret in a text, before any is scrubbed."""
        masked = self._masked(text, language)
        found = set(secrets.hidden(text, masked))
        if found and language:
            # What is still in the code is a name of the program, whatever a comment says of it.
            code = only_code(masked, language)
            found = {word for word in found if word not in code}
        self._values |= found

    def source(self, text: str, language: str) -> str:
        """A source without secrets and paths; as many lines, and where only secrets went, as many columns."""
        text = self._without_folders(self._masked(text, language))
        return "".join(self._part(part, piece) for part, piece in parts(text, language))

    def words(self, text: str) -> str:
        """A message of a tool, a title, a name: without secrets, paths and people."""
        text = self._without_folders(self._masked(text, ""))
        return self._nobody(places.without_places(text))

    def file(self, path: str) -> str:
        """The name of a file, without its folders."""
        return self.words(re.split(r"[/\\]", path)[-1])

    def _masked(self, text: str, language: str) -> str:
        for value in sorted(self._values, key=len, reverse=True):
            if value in text:
                text = text.replace(value, secrets.mask_word(value))
        if language:
            return masked_source(text, language)
        return secrets.masked_in_prose(secrets.masked_strings(secrets.masked_numbers(secrets.masked_forms(text))))

    def _without_folders(self, text: str) -> str:
        for form in self._folders:
            text = form.sub(lambda match: places.short(match[0]), text)
        return text

    def _part(self, part: Part, piece: str) -> str:
        if part is Part.CODE:
            return places.without_places_in_code(piece)
        if part is Part.STRING:
            return self._nobody(places.without_places_in_string(piece))
        return self._nobody(places.without_places_in_comment(piece))

    def _nobody(self, text: str) -> str:
        for form, said in self._people:
            text = form.sub(said, text)
        return text


def of_this_machine(folders: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> Scrubber:
    """A scrubber that knows this user, this machine, and the secrets that this process was given."""
    from signoff.completion.model.keys import remembered

    home = str(Path.home())
    values = [value.strip() for name, value in environment.items() if _SECRET_VARIABLE.search(name)]
    return Scrubber(
        (home, *folders),
        (*values, *remembered()),
        (_user(), Path(home).name),
        (platform.node(), platform.node().partition(".")[0]),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _folder(folder: str) -> re.Pattern[str]:
    """A folder and what lies below it, however its separators are written."""
    pieces = [re.escape(piece) for piece in re.split(r"[/\\]+", folder)]
    separator = r"(?:/+|\\{1,2})"
    return re.compile(rf"{separator.join(pieces)}(?![\w.-])(?:{separator}[\w.@+%~-]+)*", re.IGNORECASE)
