"""What is measured of how classes differ, and what is kept of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.statistics import LEAST, keep_statistics, measure, with_statistics
from imgclf_gui.core.summary import DatasetSummary, ImageStatistics
from imgclf_gui.worker.statistics import even_sample

Images = tuple[NDArray[np.uint8], NDArray[np.int32]]
RNG = np.random.default_rng(0)


def _noisy(pictures: list[NDArray[np.float64]], each: int = 20) -> Images:
    """`each` noisy images of every picture [height, width, channels], and their classes."""
    images = [
        picture + RNG.normal(0, 8, picture.shape) for picture in pictures for _ in range(each)
    ]
    labels = np.repeat(np.arange(len(pictures)), each).astype(np.int32)
    return np.clip(np.stack(images), 0, 255).astype(np.uint8), labels


def _arrow(*, right: bool) -> NDArray[np.float64]:
    picture = np.zeros((24, 24, 1))
    for row in range(24):
        picture[row, : 2 * (12 - abs(row - 12))] = 200
    return picture if right else picture[:, ::-1]


def _measured(pictures: list[NDArray[np.float64]], *names: str) -> ImageStatistics:
    found = measure(*_noisy(pictures), names)
    assert found is not None
    return found


def test_classes_of_one_colour_each_differ_by_colour_whatever_their_brightness() -> None:
    colours = [(200, 40, 40), (40, 200, 40), (40, 40, 200)]
    painted = [np.full((30, 20, 3), 1.0) * colour for colour in colours]
    found = _measured(painted, "red", "green", "blue")
    assert found.images == 60
    assert found.chance == pytest.approx(1 / 3)
    assert found.colour == 1.0
    assert found.brightness < 0.6


def test_gray_levels_differ_by_brightness_and_have_no_colour() -> None:
    found = _measured([np.full((9, 11, 1), level) for level in (50.0, 150.0)], "dark", "light")
    assert found.colour is None
    assert found.brightness == 1.0


def test_a_mirrored_arrow_is_taken_for_the_other_one() -> None:
    found = _measured([_arrow(right=True), _arrow(right=False)], "there", "back")
    assert found.pixels == 1.0
    assert found.changed["flip-horizontal"].pixels == 0.0
    assert found.changed["flip-horizontal"].confused in (("there", "back"), ("back", "there"))
    assert found.changed["flip-vertical"].pixels == 1.0
    assert found.changed["flip-vertical"].confused is None
    assert found.changed["rotation"].pixels == 0.0


def test_noise_tells_nothing() -> None:
    pixels = RNG.integers(0, 256, (400, 8, 8, 3), dtype=np.uint8)
    found = measure(pixels, np.arange(400, dtype=np.int32) % 2, ("a", "b"))
    assert found is not None
    assert all(abs(share - 0.5) < 0.12 for share in (found.colour or 0, found.brightness))
    assert abs(found.pixels - 0.5) < 0.12


def test_a_class_with_few_images_is_left_out_and_one_class_is_nothing_to_compare() -> None:
    pixels, labels = _noisy([_arrow(right=True), _arrow(right=False)], each=8)
    few = np.r_[0:8, 8:11]
    assert measure(pixels[few], labels[few], ("a", "b")) is None
    three = measure(
        np.concatenate([pixels, pixels[:2]]),
        np.concatenate([labels, np.array([2, 2], np.int32)]),
        ("a", "b", "c"),
    )
    assert three is not None
    assert three.images == 16


def test_a_sample_of_many_classes_has_enough_of_those_it_takes() -> None:
    assert _sizes(classes=3, each=10, most=24) == [8, 8, 8]
    assert _sizes(classes=3, each=10, most=15) == [LEAST, LEAST, 3]
    many = _sizes(classes=1_000, each=10, most=2_000)
    assert (sum(many), set(many[:-1])) == (2_000, {LEAST})


def _sizes(classes: int, each: int, most: int) -> list[int]:
    """How many images of each class are drawn; the most of one first."""
    rows = [
        ImageRow(
            id=label * each + image,
            path=f"{(7 * image + 31 * label) % 97:02}/{label}-{image}.png",
            name="x.png",
            label=str(label),
            split="train",
            width=8,
            height=8,
            grayscale=True,
            size_bytes=100,
        )
        for label in range(classes)
        for image in range(each)
    ]
    drawn = Counter(row.label for row in even_sample(rows, most))
    return sorted(drawn.values(), reverse=True)


def test_images_of_one_pixel_can_be_measured() -> None:
    pixels = np.array([0, 255] * 10, np.uint8).reshape(20, 1, 1, 1)
    found = measure(pixels, np.array([0, 1] * 10, np.int32), ("black", "white"))
    assert found is not None
    assert found.brightness == found.pixels == 1.0


def test_what_was_measured_is_kept_for_this_very_dataset(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", ProjectSpec())
    found = _measured([_arrow(right=True), _arrow(right=False)], "there", "back")
    keep_statistics(project, "this", found)
    assert with_statistics(project, DatasetSummary(fingerprint="this")).statistics == found
    assert with_statistics(project, DatasetSummary(fingerprint="other")).statistics is None


def test_a_damaged_file_of_statistics_is_as_none(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", ProjectSpec())
    keep_statistics(project, "this", None)
    for file in project.cache_folder.glob("statistics*"):
        file.write_text("{")
    assert with_statistics(project, DatasetSummary(fingerprint="this")).statistics is None
