"""What every test may rely on: its own folders, no display, and small images with clear classes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.helpers import timing
from tests.helpers.images import write_class_folders

if TYPE_CHECKING:
    from tests.helpers.storage_server import StorageServer
    from tests.helpers.token_server import TokenServer
    from tests.helpers.vertex_server import VertexServer
    from tests.helpers.vision_server import VisionServer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
settings.register_profile("no deadline", deadline=None)  # other programs run on this machine too
settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--speed", action="store_true", help="hold limits on time exactly")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--speed"):
        timing.slack = 1.0


def _use(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"IMGCLF_{name}_DIR", str(root / name.lower()))
    return root


@pytest.fixture(scope="session", autouse=True)
def no_real_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing in a test run, also in what several tests share, touches the person's own files."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _use(tmp_path_factory.mktemp("app-shared"), monkeypatch)
        yield


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's cache, settings and data lie in a fresh folder, also in the workers it starts."""
    return _use(tmp_path_factory.mktemp("app"), monkeypatch)


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a class: 60 grayscale 12×12 PNGs of bars, blobs and rings (read only)."""
    return write_class_folders(tmp_path_factory.mktemp("shapes") / "shapes")


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of this machine are reached without a proxy."""
    from tests.helpers.loopback import bypass_proxies

    bypass_proxies(monkeypatch)


@pytest.fixture
def vision_server(loopback: None) -> Iterator[VisionServer]:
    """Cloud Vision on this machine; every request is answered well until it gets a script."""
    from tests.helpers.vision_server import VisionServer

    with VisionServer() as server:
        yield server


@pytest.fixture
def token_server(loopback: None) -> Iterator[TokenServer]:
    """Gives tokens to the service accounts that it makes."""
    from tests.helpers.token_server import TokenServer

    with TokenServer() as server:
        yield server


@pytest.fixture
def storage_server(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageServer]:
    """Cloud Storage on this machine, with `gs://bucket`; Google's client finds it."""
    from tests.helpers.storage_server import StorageServer

    with StorageServer("bucket") as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server


@pytest.fixture
def vertex_server(storage_server: StorageServer) -> Iterator[VertexServer]:
    """Vertex AI on this machine, which reads and writes `storage_server`."""
    from tests.helpers.vertex_server import VertexServer

    with VertexServer(storage_server) as server:
        yield server
