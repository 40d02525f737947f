"""An editor of our own that shows ghost text: it keeps the document, types, accepts, and asks as editors do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from client import Client, Message

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
INVOKED, AUTOMATIC = 1, 2
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
UNITS = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


class GhostEditor(Client):
    """One document with a cursor. Offsets are Python's; they are sent in the encoding that was agreed on."""

    def __init__(self, root: Path, state: Path, env: Mapping[str, str] | None = None) -> None:
        super().__init__(SERVE, root, {"SIGNOFF_STATE_DIR": str(state), **(env or {})})
        self.encoding = "utf-16"
        self.uri, self.text, self.cursor, self.version = "", "", 0, 0
        self.states: list[Message] = []
        self.answers: dict[int, Message] = {}

    def begin(self, completion: Mapping[str, Any], encoding: str = "utf-16", *, inline: bool = True) -> dict[str, Any]:
        """The handshake, with settings of completion; `inline`: the editor knows ghost text."""
        self.encoding = encoding
        folder = {"uri": self.root.as_uri(), "name": "w"}
        document: Message = {"publishDiagnostics": {"versionSupport": True}}
        if inline:
            document["inlineCompletion"] = {"dynamicRegistration": True}
        params = {
            "processId": os.getpid(),
            "rootUri": folder["uri"],
            "workspaceFolders": [folder],
            "capabilities": {"general": {"positionEncodings": [encoding]}, "textDocument": document},
            "initializationOptions": {"completion": dict(completion)},
        }
        result = self.ask("initialize", params)
        self.notify("initialized", {})
        return dict(result["capabilities"])

    def show(self, name: str, text: str, language: str = "systemverilog") -> str:
        """Open a document, and close the one before; its one | is the cursor."""
        if self.uri:
            self.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
        self.uri, self.version = (self.root / name).as_uri(), 1
        self.cursor = text.index("|") if "|" in text else len(text)
        self.text = text.replace("|", "", 1)
        item = {"uri": self.uri, "languageId": language, "version": 1, "text": self.text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return self.uri

    def place(self, offset: int) -> dict[str, int]:
        """An offset as the protocol's position."""
        before = self.text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        units = len(before[-1].encode(CODECS[self.encoding])) // UNITS[self.encoding]
        return {"line": len(before) - 1, "character": units}

    def offset(self, place: Mapping[str, int]) -> int:
        """A position of the protocol as an offset."""
        starts = [0]
        for number, character in enumerate(self.text):
            if character == "\n" or (character == "\r" and self.text[number + 1 : number + 2] != "\n"):
                starts.append(number + 1)
        line = self.text[starts[place["line"]] :]
        encoded = line.encode(CODECS[self.encoding])[: place["character"] * UNITS[self.encoding]]
        return starts[place["line"]] + len(encoded.decode(CODECS[self.encoding]))

    def put(self, first: int, last: int, new: str) -> None:
        """Replace a part of the document; the cursor is behind it then."""
        change = {"range": {"start": self.place(first), "end": self.place(last)}, "text": new}
        self.text = self.text[:first] + new + self.text[last:]
        self.cursor = first + len(new)
        self.version += 1
        about = {"uri": self.uri, "version": self.version}
        self.notify("textDocument/didChange", {"textDocument": about, "contentChanges": [change]})

    def type(self, text: str) -> None:
        """Put in text at the cursor, a key at a time."""
        for key in text:
            self.put(self.cursor, self.cursor, key)

    def ask_ghost(self, kind: int = AUTOMATIC, selected: Message | None = None) -> int:
        """Ask for ghost text; returns the request's id."""
        context: Message = {"triggerKind": kind, **({"selectedCompletionInfo": selected} if selected else {})}
        params = {"textDocument": {"uri": self.uri}, "position": self.place(self.cursor), "context": context}
        return self.request("textDocument/inlineCompletion", params)

    def ghosts(self, kind: int = AUTOMATIC, selected: Message | None = None, timeout: float = 60) -> list[Message]:
        """Ask for ghost text and wait for it."""
        answer = self.answer(self.ask_ghost(kind, selected), timeout)
        assert "result" in answer, answer
        return list(answer["result"]["items"])

    def answer(self, request: int, timeout: float = 60) -> Message:
        """The answer to a request, also one that came while another was waited for."""
        if request not in self.answers:
            self.wait(lambda message: request in self.answers, timeout)
        return self.answers[request]

    def shown(self, item: Message) -> str:
        """What of an item the user sees: the text behind the cursor, which has to lie in its range."""
        first, last = self.offset(item["range"]["start"]), self.offset(item["range"]["end"])
        assert first <= self.cursor <= last
        typed = self.text[first : self.cursor]
        assert item["insertText"].startswith(typed), "an editor would not show it"
        return str(item["insertText"][len(typed) :])

    def accept(self, item: Message) -> None:
        """Put an item in, then run its command, as editors do."""
        self.put(self.offset(item["range"]["start"]), self.offset(item["range"]["end"]), item["insertText"])
        command = {"command": item["command"]["command"], "arguments": item["command"]["arguments"]}
        self.ask("workspace/executeCommand", command)

    def accept_part(self, item: Message, part: str) -> None:
        """Put in the next word or line of an item, and tell the server."""
        assert self.shown(item).startswith(part)
        self.put(self.cursor, self.cursor, part)
        number = item["command"]["arguments"][0]["id"]
        self.notify("signoff/completionPartlyAccepted", {"id": number, "text": part})

    def configure(self, completion: Mapping[str, Any]) -> None:
        """Send settings of completion; what is left out is as it was at the start."""
        self.notify("workspace/didChangeConfiguration", {"settings": {"signoff": {"completion": dict(completion)}}})

    def state(self, fits: Callable[[Message], bool], timeout: float = 30) -> Message:
        """The last state of the model that was told, once it fits."""
        if not (self.states and fits(self.states[-1])):
            self.wait(lambda message: bool(self.states) and fits(self.states[-1]), timeout)
        return self.states[-1]

    def _oblige(self, message: Message) -> None:
        if message.get("method") == "signoff/modelStatus":
            self.states.append(message["params"])
        if "id" in message and "method" not in message:
            self.answers[message["id"]] = message
        super()._oblige(message)

    def counted(self) -> list[Message]:
        """The counters of accepted completions."""
        return list(self.ask("workspace/executeCommand", {"command": "signoff.keptCharacters"}))
