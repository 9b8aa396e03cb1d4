"""`imgclf augment`, `imgclf check-labels` and `--views`, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.command import imgclf


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Path:
    """A project of the shapes with a run that was trained with light augmentation."""
    folder = tmp_path_factory.mktemp("augmented") / "project"
    imgclf("new", folder, "--from", shapes)
    imgclf(
        "train", folder, "--preset", "linear", "--augment", "light",
        "--set", "training.epochs=2", "--set", "training.batch_size=8",
    )  # fmt: skip
    return folder


def test_copies_are_written_into_a_new_folder(project: Path, tmp_path: Path) -> None:
    words = ("augment", project, "--to", tmp_path / "copies", "--preset", "strong")
    refused = imgclf(*words, code=2)
    assert "mixes" in refused.errors
    words = ("augment", project, "--to", tmp_path / "copies", "--preset", "light")
    written = imgclf(*words, "--copies", "2", "--split", "test", "--json")
    assert written.result["copies"] == len(list((tmp_path / "copies").rglob("*.png"))) == 12


def test_labels_are_checked_and_the_worst_examples_saved(project: Path, tmp_path: Path) -> None:
    words = ("check-labels", project, "--preset", "strong", "--split", "train", "--draws", "2")
    shown = imgclf(*words, "--to", tmp_path / "worst")
    told = " ".join(shown.lines)
    for said in ("bars", "blobs", "rings", "of 96 copies", "Left out of the check"):
        assert said in told
    pictures = sorted((tmp_path / "worst").iterdir())
    assert f"The {len(pictures)} worst examples are in" in told
    assert pictures[0].name.startswith("01-image-")
    with Image.open(pictures[0]) as picture:
        assert picture.size == (12 + 4 + 12, 12)


def test_views_are_averaged_over(project: Path, shapes: Path) -> None:
    measured = imgclf("evaluate", project, "1", "--views", "3", "--json").result
    assert (measured["views"], measured["images"]) == (3, 6)
    image = shapes / "bars" / "000.png"
    answer = imgclf("classify", project, "1", image, "--views", "3", "--json").result
    assert answer["views"] == 3
    assert sum(answer["predictions"][0]["probabilities"]) == pytest.approx(1)
