"""The two smallest real designs: no error, whole and file by file (`make real` does all of them)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import corpus
from wheels import NotToBeHad

pytestmark = [pytest.mark.slow, pytest.mark.tool, pytest.mark.timeout(300)]


@pytest.fixture(params=["picorv32", "serv"])
def real(request: pytest.FixtureRequest) -> corpus.Design:
    try:
        return corpus.design(request.param)
    except NotToBeHad as error:
        pytest.skip(str(error))


def test_a_clean_design_has_no_error(real: corpus.Design) -> None:
    report = corpus.check([real.folder / "signoff.toml"], real.folder, real.environment)
    assert (report.errors, report.trouble) == ([], [])


def test_a_file_of_it_alone_has_no_error(real: corpus.Design) -> None:
    for _, path in corpus.single_files([real], 4):
        report = corpus.check_alone(path)
        assert (report.errors, report.trouble) == ([], []), path
