"""What the demo shows, step by step. Every line printed comes from the server's own answers."""

from __future__ import annotations

import asyncio
import difflib
import importlib.util
import re
import shutil
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax

from signoff.lsp_server.demo.client import Client, Stopwatch
from signoff.verifiers.extras import install
from signoff.verifiers.gpu.compile.toolkit import how_to_get, toolkit
from signoff.verifiers.mcu.compile.toolchain import toolchain
from signoff.verifiers.settings import VerifierSettings

SEVERITIES = {1: "[red]error[/]", 2: "[yellow]warning[/]", 3: "[blue]note[/]", 4: "[dim]hint[/]"}
Diagnostics = list[dict[str, Any]]
# Of what firmware prints.
LINES_SHOWN = 6


class Demo:
    """The steps, on one running server. `failures` names the steps that did not come out as they should."""

    def __init__(self, client: Client, console: Console) -> None:
        self.client = client
        self.console = console
        self.failures: list[str] = []

    async def run(self, model_off: str) -> None:
        """All steps; `model_off` says why there is no model, "" where there is one."""
        for step in (self.edit_and_undo, self.missing_end, self.ports, self.cost, self.launch):
            await self._try(step.__doc__ or "", step())
        await self._try("A Triton kernel, compiled without a GPU", self.triton())
        await self._try(
            "Firmware that compiles without a warning, and seven reasons why it cannot work", self.firmware()
        )
        if model_off:
            self._title("Completion by a model")
            self.console.print(f"  [yellow]off[/]: {escape(model_off)}")
        else:
            await self._try("Completion by a model", self.completion())

    async def edit_and_undo(self) -> None:
        """A slip of the hand in an 8N1 UART transmitter, and its correction"""
        name = "uart_tx.v"
        self.client.open(name)
        self._diagnostics(await self.client.diagnostics(name, lambda found: True), Stopwatch(), timed=False)
        await self.client.diagnostics(name, lambda found: not found)
        self._typed("state <= START;  ->  state <= START")
        watch = Stopwatch()
        self.client.edit(name, "state <= START;", "state <= START")
        self._diagnostics(await self.client.diagnostics(name, bool), watch)
        await self._fix(name)
        self._typed("an undeclared name: index == 3'd7  ->  indx == 3'd7")
        watch = Stopwatch()
        self.client.edit(name, "index == 3'd7", "indx == 3'd7")
        self._diagnostics(await self.client.diagnostics(name, bool), watch)
        await self._fix(name)

    async def missing_end(self) -> None:
        """A Karnaugh map whose nested case lacks an `end`"""
        name = "karnaugh.v"
        watch = Stopwatch()
        self.client.open(name)
        self._diagnostics(await self.client.diagnostics(name, bool), watch)
        await self._fix(name)

    async def ports(self) -> None:
        """Ports that do not match"""
        name = "led_top.v"
        watch = Stopwatch()
        self.client.open(name)
        found = await self.client.diagnostics(name, lambda found: any(one["severity"] == 1 for one in found))
        self._diagnostics(found, watch)
        await self._fix(name)

    async def cost(self) -> None:
        """Hover: what the hardware makes of it"""
        name = "uart_tx.v"
        self._saved(name)
        for target, marker in (("timer", r"\btimer\b"), ("uart_tx", r"\buart_tx\b")):
            self._typed(f"hover on {target}")
            watch = Stopwatch()
            text = await self._hover(name, marker, ("(Yosys)", "(Yosys, "))
            self._time(watch)
            self.console.print(Padding(Markdown(text), (0, 4)))

    async def launch(self) -> None:
        """A CUDA launch that compiles without a warning and fails on every GPU"""
        name = "rmsnorm.cu"
        watch = Stopwatch()
        self.client.open(name)
        self._diagnostics(await self.client.diagnostics(name, bool), watch)
        await self._fix(name)
        if not (await asyncio.to_thread(toolkit, VerifierSettings())).nvcc:
            self.console.print(
                f"  [yellow]off[/]: what the kernel costs, as there is no CUDA toolkit: {escape(how_to_get())}"
            )
            return
        self._saved(name)
        self._typed("hover on rms_norm, once nvcc has compiled the unsaved text")
        watch = Stopwatch()
        text = await self._hover(name, r"\brms_norm\b", ("registers", "Registers"))
        self._time(watch)
        self.console.print(Padding(Markdown(text), (0, 4)))

    async def triton(self) -> None:
        """An API error in a Triton kernel; the step is left out where there is no Triton."""
        name = "softmax.py"
        if importlib.util.find_spec("triton") is None:
            self.console.print(f"  [yellow]off[/]: Triton is not installed: {escape(install('triton'))}")
            return
        watch = Stopwatch()
        self.client.open(name)
        self._diagnostics(await self.client.diagnostics(name, bool), watch)
        await self._fix(name)

    async def firmware(self) -> None:
        """Faults of an STM32F407's clocks, pins and interrupts, then the linker's; the sound twin in an emulator."""
        kit = await asyncio.to_thread(toolchain, VerifierSettings())
        name = "firmware/faulty.c"
        watch = Stopwatch()
        self.client.open(name)
        found = await self.client.diagnostics(name, lambda found: any(one["severity"] == 1 for one in found))
        self._diagnostics(found, watch)
        await self._fix(name)
        if not kit.gcc:
            self.console.print(f"  [yellow]off[/]: compiling, linking and running it: {escape(kit.note)}")
            return
        self._saved(name)
        self._typed("saved, so the whole image is linked")
        watch = Stopwatch()
        self._diagnostics(await self.client.diagnostics(name, _undefined), watch)
        await self._fix(name)
        await self._run_firmware("firmware/main.c")

    async def _run_firmware(self, name: str) -> None:
        """Stream what the firmware prints."""
        self.client.open(name)
        await self.client.diagnostics(name, lambda found: True)
        self._typed("run in emulator")
        printed: list[str] = []
        self.client.on_output = printed.append
        params = {"command": "signoff.runEmulator", "arguments": [self.client.uri(name), "qemu"]}
        answer = await self.client.request("workspace/executeCommand", params)
        lines = "".join(printed).splitlines()
        for line in lines[:LINES_SHOWN]:
            self.console.print(f"    [green]{escape(line)}[/]", highlight=False)
        self.console.print(f"  [dim]{escape(answer['message'])}[/]")
        if not lines and shutil.which("qemu-system-arm"):
            self.failures.append(f"{name} printed nothing in the emulator")

    async def completion(self) -> None:
        """Ask for ghost text where a line is missing."""
        name = "uart_tx.v"
        self.client.edit(name, "timer <= timer + 1'b1;", "timer <= ")
        await self.client.diagnostics(name, lambda found: True)
        before = self.client.text(name).partition("timer <= \n")[0] + "timer <= "
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        self._typed("timer <= timer + 1'b1;  ->  timer <= ")
        document = {"textDocument": {"uri": self.client.uri(name)}, "position": position}
        for run in ("first, with the model loading", "again"):
            watch = Stopwatch()
            reply = await self.client.request(
                "textDocument/inlineCompletion", {**document, "context": {"triggerKind": 1}}, timeout=180
            )
            items = reply["items"] if isinstance(reply, dict) else reply or []
            self._time(watch, run)
            for item in items:
                data = item.get("command", {}).get("arguments", [{}])[0]
                tools = ", ".join(data.get("tools", ())) or "?"
                self.console.print(f"    [green]accepted by {tools}[/] ({data.get('model', 'the model')}):")
                self.console.print(Padding(Syntax(item["insertText"], "verilog", theme="ansi_dark"), (0, 6)))
            if not items:
                self.console.print("    the model's text was not accepted by the tools, so nothing is offered")

    async def _hover(self, name: str, marker: str, awaited: tuple[str, ...]) -> str:
        """The hover's text, once it tells what the tool that runs on save has found out."""
        found = re.search(marker, self.client.text(name).replace("// 8N1", "//    "))
        assert found
        before = self.client.text(name)[: found.start()]
        position = {"line": before.count("\n"), "character": found.start() - before.rfind("\n") - 1}
        params = {"textDocument": {"uri": self.client.uri(name)}, "position": position}
        text = ""
        for _ in range(240):
            reply = await self.client.request("textDocument/hover", params)
            text = reply["contents"]["value"] if reply else ""
            if any(word in text for word in awaited):
                return text
            await asyncio.sleep(0.5)
        self.failures.append(f"the hover in {name} tells nothing of {awaited[0]}")
        return text or "*(nothing)*"

    def _saved(self, name: str) -> None:
        """Tell the server that the file was saved: the slow tools run."""
        self.client.notify("textDocument/didSave", {"textDocument": {"uri": self.client.uri(name)}})

    async def _fix(self, name: str) -> None:
        """Ask for fixes of each fault until one is offered, apply the first, and show that the fault is gone."""
        watch = Stopwatch()
        found = await self.client.diagnostics(name, bool)
        actions = await self._actions(name, found)
        if not actions:
            self.failures.append(f"no fix was offered in {name}")
            self.console.print("    [yellow]no fix is offered: none was accepted by the tools[/]")
            return
        action = actions[0]
        self.console.print(f"  fix offered: [green]{action['title']}[/]", end="")
        self._time(watch)
        before = self.client.text(name)
        watch = Stopwatch()
        for change in action["edit"]["documentChanges"]:
            self.client.apply(name, change["edits"])
        left = await self.client.diagnostics(name, lambda now: len(now) < len(found))
        watch.stop()
        self._difference(before, self.client.text(name))
        self._diagnostics(left, watch)
        if any(one["severity"] == 1 for one in left):
            await self._fix(name)

    async def _actions(self, name: str, found: Diagnostics) -> list[dict[str, Any]]:
        for one in sorted(found, key=lambda one: one["severity"]):
            context = {"diagnostics": [one], "only": ["quickfix"]}
            params = {"textDocument": {"uri": self.client.uri(name)}, "range": one["range"], "context": context}
            if actions := await self.client.request("textDocument/codeAction", params):
                return list(actions)
        return []

    async def _try(self, title: str, step: Any) -> None:
        self._title(title)
        try:
            await step
        except TimeoutError:
            self.failures.append(f"{title}: no answer in time")
            self.console.print("  [red]no answer in time[/]")

    def _title(self, title: str) -> None:
        self.console.print(f"\n[bold]{title}[/]")

    def _typed(self, what: str) -> None:
        self.console.print(f"  typed: [cyan]{what}[/]" if "->" in what else f"  [cyan]{what}[/]")

    def _time(self, watch: Stopwatch, note: str = "") -> None:
        self.console.print(f"  [dim]{watch.seconds * 1000:.0f} ms{', ' + note if note else ''}[/]")

    def _diagnostics(self, found: Diagnostics, watch: Stopwatch, timed: bool = True) -> None:
        if timed:
            self.console.print(f"  [dim]{watch.seconds * 1000:.1f} ms from the edit to[/]")
        for one in sorted(found, key=lambda one: one["range"]["start"]["line"]):
            place = one["range"]["start"]["line"] + 1
            kind = one.get("data", {}).get("category", "")
            said = f"[dim]({one['source']}: {one['code']}, {kind})[/]"
            self.console.print(
                f"    line {place}: {SEVERITIES[one['severity']]}: {one['message']} {said}", soft_wrap=True
            )
        if not found:
            self.console.print("    no findings")

    def _difference(self, before: str, after: str) -> None:
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        for line in list(lines)[2:]:
            if not line.startswith("@@"):
                self.console.print(f"      [{'green' if line[0] == '+' else 'red'}]{line}[/]", highlight=False)


def _undefined(found: Diagnostics) -> bool:
    return any(one["code"] == "UndefinedReference" for one in found)


def examples_folder() -> Path | None:
    """The example files: those of the source tree, else those in the installed package."""
    here = Path(__file__).resolve()
    places = [parent / "docs" / "examples" for parent in here.parents] + [here.parent.parent / "examples"]
    return next((place for place in places if (place / "uart_tx.v").is_file()), None)
