"""vLLM for the processor, and the 0.5B model in the form it serves, in the folder given: `make vllm` runs this once.

Not in our own environment: vLLM pins a hundred packages. Says what each step took.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from signoff.completion.model import weights

HERE = Path(__file__).parent
# Where the processor's build of torch is kept where the user's own index does not have it.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
# They come along and do not load against this torch; vLLM does without them.
UNWANTED = ("torchvision", "torchaudio", "torchcodec")
VERSION = "0.32.0"


def main(folder: Path) -> int:
    """Make what is missing; the exit status is 1 where it cannot be had."""
    python = folder / "bin" / "python"
    if shutil.disk_usage(folder.parent).free < 7e9:
        print(f"vLLM and the model need 6 GB in {folder}: make room first.", file=sys.stderr)
        return 1
    try:
        wanted = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()[:12]
        step("environment", lambda: environment(folder, python), folder / f".installed-{wanted}")
        step("model", lambda: model(folder, python), folder / "model" / ".whole")
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        print(f"vLLM could not be set up: {error}", file=sys.stderr)
        return 1
    return 0


def step(name: str, make: object, mark: Path) -> None:
    """Run `make` unless `mark` is there, and say how long it took."""
    if mark.exists():
        return
    began = time.perf_counter()
    assert callable(make)
    make()
    mark.touch()
    print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)


def environment(folder: Path, python: Path) -> None:
    """The packages of requirements.txt in a virtual environment."""
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wanted = ["-r", str(HERE / "requirements.txt")]
    if subprocess.run([*pip, "install", *wanted], check=False, stderr=subprocess.DEVNULL).returncode:
        subprocess.run([*pip, "install", "--extra-index-url", TORCH_INDEX, *wanted], check=True)
    subprocess.run([*pip, "uninstall", "--yes", *UNWANTED], check=True, stderr=subprocess.DEVNULL)
    # vLLM asks for the version of the package `vllm`, and takes "+cpu" in it for what it is built for.
    site = next((folder / "lib").glob("python3*/site-packages"))
    metadata = site / f"vllm-{VERSION}+cpu.dist-info" / "METADATA"
    metadata.parent.mkdir(exist_ok=True)
    metadata.write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {VERSION}+cpu\n")


def model(folder: Path, python: Path) -> None:
    """The downloaded GGUF file, unpacked."""
    source = weights.path_of(weights.catalogue()[0])
    if not source.is_file():
        raise FileNotFoundError(f"{source} is not there: run `signoff model pull`")
    command = [str(python), str(HERE / "gguf_to_folder.py"), str(source), str(folder / "model")]
    env = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, check=False, env=env, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print("\n".join(done.stderr.splitlines()[-5:]), file=sys.stderr)
        done.check_returncode()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
