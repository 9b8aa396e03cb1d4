"""What augmentations make of pixels, against Pillow and numpy."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.helpers.augmentation_results import (
    ALPHAS,
    CLASSES,
    DRAWN,
    ERASED,
    EVEN,
    QUALITIES,
    THRESHOLDS,
    Arrays,
    results,
)

Pixels = NDArray[np.uint8]
SIZES = {"square": (64, 64, 3), "odd": (61, 83, 3), "gray": (45, 52, 1)}
WHITE = 16
"""White pixels of a channel of 64 × 64, so that 255 · 16 others are spread by Pillow, too."""


def photograph(height: int, width: int, channels: int) -> Pixels:
    """Waves of all lengths, edges, and a little noise."""
    random = np.random.default_rng(height + width)
    y, x = np.mgrid[:height, :width]
    values = random.normal(128, 4, (height, width, channels))
    for _ in range(12):
        down, right = random.uniform(0.02, 0.9, 2)
        wave = np.sin(down * y + right * x + random.uniform(0, 6))
        values += random.normal(0, 30, channels) * wave[..., None]
    values[height // 3 : height // 2, width // 4 : width // 2] = random.uniform(0, 255, channels)
    return np.clip(values, 0, 255).astype(np.uint8)


def with_few_white_pixels(pixels: Pixels) -> Pixels:
    """Each channel with WHITE of them."""
    changed = np.minimum(pixels, 250)
    changed.reshape(-1, pixels.shape[-1])[:WHITE] = 255
    return changed


PICTURES = {name: photograph(*size) for name, size in SIZES.items()}
PICTURES["square"] = with_few_white_pixels(PICTURES["square"])
PLAIN = np.full((20, 20, 3), EVEN, np.uint8)
each_picture = pytest.mark.parametrize("name", PICTURES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arrays]:
    asked = {name: pixels[None] for name, pixels in {**PICTURES, "plain": PLAIN}.items()}
    yield results(tmp_path_factory.mktemp("results"), asked)


def by_pillow(name: str, change: Callable[[Image.Image], Image.Image]) -> NDArray[Any]:
    """What Pillow makes of a picture, float64 [height, width, channels]."""
    pixels = PICTURES[name]
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    return np.asarray(change(image)).reshape(pixels.shape).astype(float)


def apart(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Of each value."""
    difference: NDArray[Any] = np.abs(left.astype(float) - right.astype(float))
    return difference


@each_picture
@pytest.mark.parametrize("quality", QUALITIES[:-1])
def test_jpeg_loses_what_pillows_loses(made: Arrays, name: str, quality: int) -> None:
    def saved_and_opened(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return Image.open(file)

    theirs = by_pillow(name, saved_and_opened)
    ours = made[f"jpeg-quality {quality} {name}"][0]
    # libjpeg rounds its cosines, so here and there a coefficient falls to the other side.
    assert apart(ours, theirs).mean() < 1.5
    if quality <= 75:
        lost = apart(theirs, PICTURES[name]).mean()
        assert apart(ours, theirs).mean() < 0.1 * lost


@each_picture
def test_jpeg_of_quality_100_changes_nothing(made: Arrays, name: str) -> None:
    np.testing.assert_array_equal(made[f"jpeg-quality 100 {name}"][0], PICTURES[name])


@each_picture
@pytest.mark.parametrize("bits", range(1, 9))
def test_posterising_is_pillows(made: Arrays, name: str, bits: int) -> None:
    theirs = by_pillow(name, lambda image: ImageOps.posterize(image, bits))
    np.testing.assert_array_equal(made[f"posterize {bits} {name}"][0], theirs)


@each_picture
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_solarising_is_pillows(made: Arrays, name: str, threshold: int) -> None:
    theirs = by_pillow(name, lambda image: ImageOps.solarize(image, threshold))
    np.testing.assert_array_equal(made[f"solarize {threshold} {name}"][0], theirs)


@each_picture
def test_autocontrast_is_pillows(made: Arrays, name: str) -> None:
    theirs = by_pillow(name, ImageOps.autocontrast)
    assert apart(made[f"autocontrast 100 {name}"][0], theirs).max() <= 1  # Pillow rounds down


def test_equalising_is_pillows_where_it_need_not_round(made: Arrays) -> None:
    theirs = by_pillow("square", ImageOps.equalize)
    assert apart(made["equalize 100 square"][0], theirs).max() <= 1


@each_picture
def test_an_equalised_value_is_the_share_of_pixels_below_it(made: Arrays, name: str) -> None:
    for channel in range(PICTURES[name].shape[-1]):
        values = PICTURES[name][..., channel]
        below = np.searchsorted(np.sort(values, axis=None), values)
        expected = 255 * below / below.max()
        ours = made[f"equalize 100 {name}"][0, ..., channel]
        np.testing.assert_allclose(ours, expected, atol=0.51)


@pytest.mark.parametrize("kind", ["equalize", "autocontrast"])
def test_an_even_image_stays(made: Arrays, kind: str) -> None:
    np.testing.assert_array_equal(made[f"{kind} 100 plain"][0], PLAIN)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_shares_follow_the_beta_distribution(made: Arrays, alpha: float) -> None:
    drawn = np.random.default_rng(0).beta(alpha, alpha, 20 * DRAWN)
    expected = np.sort(np.maximum(drawn, 1 - drawn))
    ours = np.sort(made[f"shares {alpha}"])
    assert ours.min() >= 0.5
    assert ours.max() <= 1
    # The two-sample statistic of Kolmogorov and Smirnov, with its bound for one in a thousand.
    places = np.searchsorted(expected, ours) / len(expected)
    ranks = (np.arange(len(ours)) + 0.5) / len(ours)
    if alpha < 1:  # float32 cannot tell shares apart that lie next to 1
        ranks, places = ranks[ours < 0.9999], places[ours < 0.9999]
    assert np.abs(places - ranks).max() < 1.95 / np.sqrt(DRAWN)


@pytest.mark.parametrize(("largest", "elongation"), [(33, 3), (50, 10), (100, 3), (20, 1)])
def test_erased_rectangles_have_their_area_and_their_sides(
    made: Arrays, largest: int, elongation: int
) -> None:
    _, height, width, _ = ERASED
    erased = made[f"erased {largest} {elongation}"][..., 0] == 0
    tall, wide = erased.any(2).sum(1), erased.any(1).sum(1)
    areas = erased.sum((1, 2))
    np.testing.assert_array_equal(areas, tall * wide)  # rectangles, without gaps
    half_a_pixel = (height + width) / 2
    assert areas.min() >= 1
    assert areas.max() <= largest / 100 * height * width + half_a_pixel
    assert areas.max() > 0.9 * largest / 100 * height * width
    assert areas.mean() == pytest.approx(0.525 * largest / 100 * height * width, rel=0.1)
    free = (tall < height) & (wide < width)
    longer = np.maximum(tall, wide)[free] - 0.5
    assert (longer / (np.minimum(tall, wide)[free] + 0.5) <= elongation).all()
    assert erased.any((0, 1)).all() and erased.any((0, 2)).all(), "up to every edge"


def test_erasing_nothing_and_with_noise_and_with_the_mean(made: Arrays) -> None:
    assert (made["erased 0 3"] == 255).all()
    assert (made["mean"] == 255).all()
    noise = made["noise"][made["noise"] < 255]
    np.testing.assert_allclose(np.bincount(noise, minlength=255) / len(noise), 1 / 255, rtol=0.2)


def test_mixed_up_pixels_are_the_targets_times_the_images(made: Arrays) -> None:
    targets = made["mix-up targets"]
    expected = targets @ (60.0 * np.arange(CLASSES))
    assert apart(made["mix-up"], expected[:, None, None, None]).max() <= 0.51
    _assert_two_classes(targets)


def test_cut_and_mixed_targets_are_the_areas(made: Arrays) -> None:
    pixels, targets = made["cut-mix"], made["cut-mix targets"]
    assert set(np.unique(pixels)) == {0, 60, 120, 180}
    areas = np.stack([(pixels == 60 * label).mean((1, 2, 3)) for label in range(CLASSES)], 1)
    np.testing.assert_allclose(targets, areas, atol=1e-5)
    _assert_two_classes(targets)


def _assert_two_classes(targets: NDArray[Any]) -> None:
    """Shares of at most two classes, the larger of the image's own."""
    np.testing.assert_allclose(targets.sum(1), 1, atol=1e-5)
    assert ((targets > 0).sum(1) <= 2).all()
    own = targets[np.arange(len(targets)), np.arange(len(targets)) % CLASSES]
    assert own.min() >= 0.49
    assert 0.7 < own.mean() < 0.95


@pytest.mark.parametrize(("kind", "each"), [("rand-augment", 2), ("trivial-augment", 1)])
def test_each_operation_is_drawn_as_often(made: Arrays, kind: str, each: int) -> None:
    (asked,) = made[f"{kind} asked"]
    kinds = int(made[f"{kind} operations"])
    assert asked.shape == (3000, each)
    counts = np.bincount(asked.ravel() + 1, minlength=kinds + 1)  # with "no change"
    np.testing.assert_allclose(counts / asked.size, 1 / (kinds + 1), rtol=0.25)
    assert len(counts) == kinds + 1


def test_an_image_is_changed_by_the_operation_that_it_draws(made: Arrays) -> None:
    values = made["even images"].reshape(600, -1)
    assert (values == values[:, :1]).all()
    # Of twelve, posterising, brightness and some thresholds of solarising change an even gray.
    changed = values[:, 0] != EVEN
    assert changed.mean() == pytest.approx((2 + EVEN / 256) / 12, abs=0.06)
    assert (values[:, 0] == 255 - EVEN).any()


def test_aug_mix_blends_versions_of_drawn_depths(made: Arrays) -> None:
    asked, kinds = made["aug-mix asked"], int(made["aug-mix operations"])
    assert asked.shape == (3, 3000, 3)
    assert asked.max() == kinds - 1
    depths = (asked >= 0).sum(2)
    np.testing.assert_array_equal(
        depths, np.argmax(np.pad(asked, ((0, 0), (0, 0), (0, 1)), constant_values=-1) < 0, 2)
    )
    for depth in (1, 2, 3):
        assert (depths == depth).mean() == pytest.approx(1 / 3, abs=0.03)
    # Versions are all 40 brighter, so their weights show nothing if they sum to 1.
    shares = made["aug-mix result"].ravel() / 40
    assert 0 <= shares.min() < 0.01
    assert 0.99 < shares.max() <= 1.0001
    np.testing.assert_allclose(np.quantile(shares, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.04)
