"""The command that installs an extra fits how Signoff itself was installed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from signoff.verifiers import extras
from signoff.verifiers.extras import install

REQUIRES = """Requires-Dist: pygls>=2
Requires-Dist: nvidia-cuda-nvcc<14,>=13.0; (platform_system != 'Darwin') and extra == 'cuda'
Requires-Dist: nvidia-nvvm<14,>=13.0; (platform_system != 'Darwin') and extra == "cuda"
Requires-Dist: triton>=3.5; (platform_system == 'Linux') and extra == 'triton'
Requires-Dist: xllamacpp>=2026.10; extra == 'local-model'
"""
Installed = Callable[[object], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """Makes Signoff look installed from what a direct_url.json says (None: it has none); there is a pip."""

    def make(said: object) -> None:
        info = tmp_path / "signoff-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: signoff\nVersion: 1.0\n{REQUIRES}")
        if said is not None:
            (info / "direct_url.json").write_text(said if isinstance(said, str) else json.dumps(said))
        found = importlib.metadata.Distribution.at(info)
        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: found)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: sys.__spec__)
        install.cache_clear()

    yield make
    install.cache_clear()


@pytest.mark.parametrize(("editable", "option"), [(True, "-e "), (False, "")])
def test_a_clone_is_named_by_its_folder(tmp_path: Path, installed: Installed, editable: bool, option: str) -> None:
    clone = tmp_path / "my clone"
    clone.mkdir()
    (clone / "pyproject.toml").touch()
    installed({"url": clone.as_uri(), "dir_info": {"editable": editable}})
    assert install("cuda") == f"pip install {option}'{clone}[cuda]'"


@pytest.mark.parametrize(
    "said",
    [
        None,
        "garbage",
        ["no object"],
        {"url": "file:///gone/away", "dir_info": {"editable": True}},
        {"url": "file:///tmp/signoff.whl", "archive_info": {}},
        {"url": "https://example.org/signoff.git", "vcs_info": {"vcs": "git"}},
    ],
)
def test_any_other_gets_the_packages_themselves(installed: Installed, said: object) -> None:
    installed(said)
    assert install("cuda") == "pip install 'nvidia-cuda-nvcc<14,>=13.0' 'nvidia-nvvm<14,>=13.0'"
    assert install("triton") == "pip install 'triton>=3.5'"
    assert install("local-model") == "pip install 'xllamacpp>=2026.10'"


def test_where_there_is_no_pip_uv_is_named(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert install("triton") == f"uv pip install --python {sys.executable} 'triton>=3.5'"


@pytest.mark.parametrize("extra", ["cuda", "triton", "local-model"])
def test_every_extra_that_is_told_of_exists(extra: str) -> None:
    assert extras._packages(importlib.metadata.requires("signoff") or (), extra)
