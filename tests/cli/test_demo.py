"""`signoff demo` shows every step on the real server, and says so where one does not come out as it should."""

from __future__ import annotations

import pytest

from signoff.lsp_server import cli

pytestmark = pytest.mark.tool


def test_every_step_of_the_demo_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--no-model"]) == 0
    shown = capsys.readouterr().out
    assert "not as it should be" not in shown
    for part in (
        "expected ';'",
        "accepted by slang",
        "Synthesized as a register",
        "flip-flops",
        "gridDim.y is 262144",
        "accepted by launch checks, NVRTC",
        "Registers and spills as ptxas reports them",
        "Replace 'arrange' by 'arange' (accepted by Triton)",
        "left out by --no-model",
    ):
        assert part in " ".join(shown.split()), part
