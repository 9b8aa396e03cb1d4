"""What every test may rely on: its own folders, no display, and small images with clear classes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.helpers.images import write_class_folders

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
settings.register_profile("no deadline", deadline=None)  # other programs run on this machine too
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's cache, settings and data lie in a fresh folder, also in the workers it starts."""
    root = tmp_path_factory.mktemp("app")
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"IMGCLF_{name}_DIR", str(root / name.lower()))
    return root


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a class: 60 grayscale 12×12 PNGs of bars, blobs and rings (read only)."""
    return write_class_folders(tmp_path_factory.mktemp("shapes") / "shapes")
