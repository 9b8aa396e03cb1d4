"""What holds for every augmentation, carried out by the very code that trains."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, Geometry, Mixing
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, EntrySpec
from imgclf_gui.plan.augmentation import resolve_augmentation
from tests.helpers.augmentation_facts import (
    CLASSES,
    AugmentationFacts,
    Augmented,
    How,
    Pixels,
)

ENTRIES = catalog.augmentation_entries()
IMAGES = 24
CLOSE_SHARE = 0.999
"""Of the pixels that differ by one level at most between ways to compute the same."""

each_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
not_mixing = pytest.mark.parametrize(
    "entry",
    [entry for entry in ENTRIES.values() if not issubclass(entry, Mixing)],
    ids=[kind for kind, entry in ENTRIES.items() if not issubclass(entry, Mixing)],
)


@pytest.fixture(scope="module")
def worker() -> Iterator[AugmentationFacts]:
    with AugmentationFacts() as process:
        yield process


def images(height: int = 17, width: int = 23, channels: int = 3, count: int = IMAGES) -> Pixels:
    """Smooth pictures with some noise; the first is black, the second white."""
    random = np.random.default_rng(height * width + channels)
    coarse = random.uniform(0, 255, (count, 3, 3, channels))
    tall = np.repeat(coarse, -(-height // 3), 1)[:, :height]
    smooth = np.repeat(tall, -(-width // 3), 2)[:, :, :width]
    pixels = np.clip(smooth + random.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
    pixels[0], pixels[1 % count] = 0, 255
    return pixels


def always(entry: type[Augmentation], **settings: Any) -> Augmentation:
    """With the settings of a new one, and every image changed."""
    return entry.model_validate({"probability": 1.0, **settings})


def extremes(entry: type[Augmentation]) -> list[Augmentation]:
    """Each number as small and as large as it may be, and each choice."""
    made = [always(entry), always(entry).at(1)]
    for name, schema in entry.model_json_schema()["properties"].items():
        values = [schema[bound] for bound in ("minimum", "maximum") if bound in schema]
        made += [entry.model_validate({name: value}) for value in values + schema.get("enum", [])]
    return made


def differing(left: Pixels, right: Pixels) -> int:
    """How many pixels differ by more than one level."""
    return int((np.abs(left.astype(int) - right.astype(int)) > 1).sum())


def assert_unchanged(made: Augmented, pixels: Pixels) -> None:
    assert np.abs(made.pixels.astype(int) - pixels).max() <= 1
    labels = np.arange(len(pixels)) % CLASSES
    whole = np.eye(CLASSES)[labels] if made.labels.ndim == 2 else labels
    np.testing.assert_allclose(made.labels, whole, atol=1e-6)


@each_entry
def test_a_step_of_a_project_comes_back_as_it_was(entry: type[Augmentation]) -> None:
    for made in extremes(entry):
        step = AugmentationStep.model_validate({"enabled": False, **made.to_spec().model_dump()})
        spec = AugmentationSpec(steps=(step,))
        (again,) = AugmentationSpec.model_validate_json(spec.model_dump_json()).steps
        assert not again.enabled
        assert catalog.load(again, ENTRIES) == made


@each_entry
def test_a_new_one_can_be_planned(entry: type[Augmentation]) -> None:
    step = AugmentationStep(kind=entry.kind)
    plan, problems = resolve_augmentation(AugmentationSpec(steps=(step,)))
    assert problems == []
    assert plan == (entry().to_spec(),)


@each_entry
@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_a_probability_out_of_bounds_is_refused(entry: type[Augmentation], wrong: float) -> None:
    with pytest.raises(UserError, match="probability"):
        catalog.load(EntrySpec(kind=entry.kind, probability=wrong), ENTRIES)


@each_entry
def test_it_stands_in_the_palette_and_says_how_it_is_set(entry: type[Augmentation]) -> None:
    assert entry.group not in ("", Augmentation.group)
    assert entry.__doc__
    assert "0…255" in entry.__doc__ and "[N, h, w," in entry.__doc__
    assert [other.title for other in ENTRIES.values()].count(entry.title) == 1
    alike = [other for other in ENTRIES.values() if other.group == entry.group]
    assert [other.order for other in alike].count(entry.order) == 1
    assert all(0 < len(made.brief()) <= 24 for made in extremes(entry))


@each_entry
def test_one_slider_goes_from_nothing_to_the_strongest(entry: type[Augmentation]) -> None:
    for strength in (0, 0.25, 0.5, 0.77, 1):
        half_a_level = 0.5 / _levels(entry)
        assert entry().at(strength).strength == pytest.approx(strength, abs=half_a_level + 1e-3)
    assert 0 < entry().strength <= 1, "a new one does something"
    assert always(entry).at(0).probability == 1 or "probability" in entry.strengths


def _levels(entry: type[Augmentation]) -> float:
    """How many values the first of the `strengths` can have."""
    name, (nothing, most) = next(iter(entry.strengths.items()))
    whole = entry.model_json_schema()["properties"][name]["type"] == "integer"
    return abs(most - nothing) if whole else 1e6


@each_entry
def test_keras_layers_are_classes_of_keras_with_json_settings(entry: type[Augmentation]) -> None:
    for made in extremes(entry):
        for layer in made.keras_layers(17, 23) or ():
            assert isinstance(layer, KerasLayer)
            assert layer.layer.isidentifier()
            json.dumps(dict(layer.settings), allow_nan=False)


@each_entry
def test_what_it_returns_has_the_shape_and_no_value_that_is_no_number(
    worker: AugmentationFacts, entry: type[Augmentation]
) -> None:
    pixels = images(9, 12, count=6)
    expected = [[6, 3, 3]] if issubclass(entry, Geometry) else [[6, 9, 12, 3]]
    for made in extremes(entry):
        facts = worker.raw(made, pixels)
        assert facts.shapes == expected + ([[6]] if issubclass(entry, Mixing) else [])
        assert set(facts.dtypes) == {"float32"}
        assert facts.finite, made
        if issubclass(entry, Mixing):
            assert 0 <= facts.lowest[1] <= facts.highest[1] <= 1


@each_entry
def test_it_works_with_settings_at_their_bounds(
    worker: AugmentationFacts, entry: type[Augmentation]
) -> None:
    pixels = images(9, 12, count=6)
    for made in extremes(entry):
        assert worker.augmented(made, pixels).pixels.shape == pixels.shape


@each_entry
@pytest.mark.parametrize("channels", [1, 3])
def test_a_new_one_changes_images_and_keeps_their_shape(
    worker: AugmentationFacts, entry: type[Augmentation], channels: int
) -> None:
    pixels = images(channels=channels)
    made = worker.augmented(always(entry), pixels)
    assert made.pixels.shape == pixels.shape
    assert made.pixels.dtype == np.uint8
    if entry.needs_colour and channels == 1:
        assert_unchanged(made, pixels)
    else:
        assert differing(made.pixels, pixels) > 0.02 * pixels.size


@each_entry
@pytest.mark.parametrize("channels", [1, 3])
def test_without_strength_nothing_changes(
    worker: AugmentationFacts, entry: type[Augmentation], channels: int
) -> None:
    pixels = images(channels=channels)
    assert_unchanged(worker.augmented(always(entry).at(0), pixels), pixels)


@each_entry
def test_with_probability_0_nothing_changes(
    worker: AugmentationFacts, entry: type[Augmentation]
) -> None:
    never = always(entry).at(1).model_copy(update={"probability": 0.0})
    pixels = images()
    made = worker.augmented(never, pixels)
    np.testing.assert_array_equal(made.pixels, pixels)
    assert_unchanged(made, pixels)


@each_entry
def test_each_image_is_changed_or_left_by_itself(
    worker: AugmentationFacts, entry: type[Augmentation]
) -> None:
    pixels = images()
    whole = worker.augmented(always(entry), pixels).pixels
    half = worker.augmented(always(entry, probability=0.5), pixels).pixels
    kept = [(a == b).all() for a, b in zip(half, pixels, strict=True)]
    changed = [(a == b).all() for a, b in zip(half, whole, strict=True)]
    assert all(k or c for k, c in zip(kept, changed, strict=True))
    assert any(k and not c for k, c in zip(kept, changed, strict=True))
    assert any(c and not k for k, c in zip(kept, changed, strict=True))


@each_entry
def test_seed_and_step_say_what_is_drawn(
    worker: AugmentationFacts, entry: type[Augmentation]
) -> None:
    usual = entry()
    pixels = images()
    first = worker.augmented(usual, pixels)
    again = worker.augmented(usual, pixels, anew=True)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert differing(worker.augmented(usual, pixels, seed=6).pixels, first.pixels)
    assert differing(worker.augmented(usual, pixels, step=1).pixels, first.pixels)


@not_mixing
def test_an_image_does_not_depend_on_the_others(
    worker: AugmentationFacts, entry: type[Augmentation]
) -> None:
    pixels = images()
    whole = worker.augmented(always(entry), pixels).pixels
    few = 255 - pixels[:7]
    few[4] = pixels[4]
    np.testing.assert_array_equal(worker.augmented(always(entry), few).pixels[4], whole[4])


@each_entry
@pytest.mark.parametrize("how", ["data", "xla"])
def test_graphs_make_the_same_as_the_preview(
    worker: AugmentationFacts,
    entry: type[Augmentation],
    how: How,
    record_property: Callable[[str, object], None],
) -> None:
    pixels = images()
    eager = worker.augmented(always(entry), pixels)
    made = worker.augmented(always(entry), pixels, how=how)
    assert differing(made.pixels, eager.pixels) <= (1 - CLOSE_SHARE) * pixels.size
    np.testing.assert_allclose(made.labels, eager.labels, atol=1e-5)
    if how == "xla":
        record_property("microseconds an image", round(made.microseconds, 2))


@each_entry
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3)])
def test_the_smallest_images_are_no_trouble(
    worker: AugmentationFacts, entry: type[Augmentation], size: tuple[int, int]
) -> None:
    pixels = images(*size, count=1 if size == (1, 1) else 3)
    assert worker.augmented(always(entry), pixels).pixels.shape == pixels.shape
