"""What ships with the app is found, and the app's own folders can be chosen."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from PIL import Image

from imgclf_gui.core.resources import cache_folder, data_folder, resource, samples


def test_the_samples_are_what_they_say() -> None:
    found = {sample.name: sample for sample in samples()}
    assert set(found) == {"emoji", "fashion"}
    for sample in found.values():
        images = list(sample.folder.rglob("*.png"))
        assert len(images) == sample.images
        assert {image.parent.name for image in images} == set(sample.classes)
        assert sample.licence
    with Image.open(next(found["fashion"].folder.rglob("*.png"))) as image:
        assert image.size == (28, 28)


def test_what_does_not_ship_is_said() -> None:
    assert resource("icons", "app.svg").is_file()
    with pytest.raises(FileNotFoundError, match=r"resources/icons/no\.svg"):
        resource("icons", "no.svg")


def test_the_apps_folders_can_be_chosen(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == own_folders / "cache"
    monkeypatch.delenv("IMGCLF_DATA_DIR")
    assert data_folder() == Path(platformdirs.user_data_dir("imgclf-studio", appauthor=False))
