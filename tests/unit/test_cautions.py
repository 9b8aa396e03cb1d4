"""When an augmentation is warned of: by names of classes, and by what was measured."""

from __future__ import annotations

import pytest

from imgclf_gui import catalog
from imgclf_gui.core import cautions
from imgclf_gui.core.augmentation import Caution
from imgclf_gui.core.labels import are_characters, heights, sides
from imgclf_gui.core.summary import ChangedImages, DatasetSummary, ImageStatistics

DIGITS = tuple("0123456789")
CLOTHES = ("Ankle boot", "Bag", "Dress", "Sneaker")


def _measured(
    *, chance: float = 0.1, colour: float | None = 0.1, brightness: float = 0.1,
    pixels: float = 0.8, mirrored: float = 0.8,
) -> ImageStatistics:  # fmt: skip
    changed = ChangedImages(pixels=mirrored, confused=("3", "5"))
    return ImageStatistics(
        images=2_000,
        chance=chance,
        colour=colour,
        brightness=brightness,
        pixels=pixels,
        changed=dict.fromkeys(("flip-horizontal", "flip-vertical", "rotation"), changed),
    )


def _dataset(labels: tuple[str, ...], measured: ImageStatistics | None = None) -> DatasetSummary:
    return DatasetSummary(labels=labels, statistics=measured)


def _words(caution: Caution | None) -> str:
    return "" if caution is None else f"{caution.message} {caution.fix}"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (DIGITS, True),
        (("digit_1", "digit_2", "other"), True),
        (("Seven", "Eight"), True),
        (("letter B", "letter D", "space"), True),
        (("class 1", "class 2"), False),
        (tuple(str(number) for number in range(1, 103)), False),
        (CLOTHES, False),
        ((), False),
    ],
)
def test_digits_and_letters_are_known_by_their_names(
    labels: tuple[str, ...], expected: bool
) -> None:
    assert are_characters(labels) is expected


def test_opposites_are_known_by_their_names() -> None:
    assert sides(("turnLeft", "straight", "turnRight")) == ("turnLeft", "turnRight")
    assert heights(("thumb_up", "thumb_down")) == ("thumb_up", "thumb_down")
    assert sides(("left", "middle")) is None
    assert sides(("bright", "leftover")) is None


def test_a_flip_among_digits_is_warned_of() -> None:
    assert "Digits and letters" in _words(cautions.mirror_caution(_dataset(DIGITS)))
    assert "Digits and letters" in _words(cautions.upside_down_caution(_dataset(DIGITS)))
    assert cautions.mirror_caution(_dataset(CLOTHES)) is None


def test_a_flip_that_makes_another_class_says_which_and_how_often() -> None:
    measured = _measured(pixels=0.77, mirrored=0.41)
    words = _words(cautions.mirror_caution(_dataset(CLOTHES, measured)))
    assert "77 %" in words
    assert "41 %" in words
    assert "2,000 training images" in words
    assert "'3' is taken for '5'" in words


def test_a_flip_that_is_measured_to_be_harmless_is_not_warned_of_for_its_names() -> None:
    assert cautions.mirror_caution(_dataset(DIGITS, _measured(mirrored=0.79))) is None


def test_mirrored_clothes_are_clothes() -> None:
    """Real figures of Fashion-MNIST: a fifth of the right answers is lost, and no class."""
    measured = _measured(pixels=0.70, mirrored=0.55)
    assert cautions.mirror_caution(_dataset(CLOTHES, measured)) is None


def test_opposites_are_warned_of_by_name() -> None:
    arrows = _dataset(("arrow left", "arrow right"))
    assert "'arrow left' looks like 'arrow right'" in _words(cautions.mirror_caution(arrows))
    assert cautions.upside_down_caution(arrows) is None
    assert "Turned by 90°" in _words(cautions.turn_caution(arrows, 90))


def test_small_turns_are_never_warned_of() -> None:
    assert cautions.turn_caution(_dataset(DIGITS), 45) is None
    assert cautions.turn_caution(_dataset(DIGITS), 180) is not None


def test_classes_that_differ_by_colour_are_warned_of_changes_of_colour() -> None:
    words = _words(cautions.colour_caution(_dataset(CLOTHES, _measured(colour=0.71, chance=0.2))))
    assert "71 % of 2,000 training images" in words
    assert "chance: 20 %" in words
    assert cautions.colour_caution(_dataset(CLOTHES, _measured(colour=0.22, chance=0.2))) is None
    assert cautions.colour_caution(_dataset(CLOTHES, _measured(colour=None))) is None
    assert cautions.colour_caution(_dataset(CLOTHES)) is None


def test_classes_that_differ_by_brightness_are_warned_of_changes_of_brightness() -> None:
    bright = _dataset(CLOTHES, _measured(brightness=0.6))
    assert "brightness alone names the class of 60 %" in _words(cautions.brightness_caution(bright))
    assert cautions.brightness_caution(_dataset(CLOTHES, _measured(brightness=0.25))) is None


def test_an_augmentation_asks_for_what_it_changes() -> None:
    """One of each reason; with the dataset's own figures, at its default strength."""
    entries = catalog.augmentation_entries()
    telling = _dataset(CLOTHES, _measured(colour=0.9, brightness=0.9, mirrored=0.1))
    warned = {kind for kind, entry in entries.items() if entry().caution(telling) is not None}
    assert {"flip-horizontal", "flip-vertical", "hue", "grayscale", "brightness"} <= warned
    assert "rotation" not in warned
    assert entries["rotation"].model_validate({"degrees": 180}).caution(telling) is not None
    harmless = _dataset(CLOTHES, _measured())
    assert [kind for kind, entry in entries.items() if entry().caution(harmless)] == []
