"""A worker that serves a whole module, and the backbones that it shares with the tests there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.live_worker import LiveWorker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Of all that the tests of a module make."""
    return tmp_path_factory.mktemp(request.module.__name__.rpartition(".")[2])


@pytest.fixture
def own_backbones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test sees the backbones of the module's `worker`."""
    monkeypatch.setenv("IMGCLF_DATA_DIR", str(folder / "data"))


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[LiveWorker]:
    """One worker for all tests of a module that do not kill it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLF_DATA_DIR", str(folder / "data"))
        with LiveWorker(folder / "cache") as worker:
            yield worker
