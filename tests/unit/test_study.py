"""What a study tries, and on which images."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan.study import (
    EVERYTHING,
    NOTHING,
    StudyPlan,
    Variant,
    study_plan,
    variants_of,
)
from imgclf_gui.worker.data import BlockReader, Examples, drawn_images
from tests.helpers.plans import DATASET, a_spec

ROTATION = AugmentationStep(kind="rotation", degrees=15.0)
FLIP = AugmentationStep(kind="flip-horizontal")
SATURATION = AugmentationStep(kind="saturation")
SWITCHED_OFF = AugmentationStep(kind="brightness", enabled=False)
AT_NOTHING = AugmentationStep(kind="rotation", degrees=0)


def augmented(*steps: AugmentationStep, **training: object) -> ProjectSpec:
    """A spec with these augmentations."""
    spec = a_spec()
    return spec.model_copy(
        update={
            "augmentation": AugmentationSpec(steps=steps),
            "training": spec.training.model_copy(update=training),
        }
    )


def called(step: AugmentationStep) -> str:
    """Title and settings in a few characters."""
    entry = catalog.load(step, catalog.augmentation_entries())
    return f"{entry.title} {entry.brief()}"


def planned(spec: ProjectSpec, dataset: DatasetSummary = DATASET, **settings: int) -> StudyPlan:
    """The study of `spec`, which works."""
    resolution = study_plan(spec, dataset, None, **settings)
    assert resolution.plan is not None, resolution.problems
    return resolution.plan


def test_nothing_each_alone_and_all_together_are_tried() -> None:
    study = planned(augmented(ROTATION, SWITCHED_OFF, FLIP), seeds=2, epochs=4)
    assert [variant.title for variant in study.variants] == [
        NOTHING, called(ROTATION), called(FLIP), EVERYTHING,
    ]  # fmt: skip
    assert [[step.kind for step in variant.steps] for variant in study.variants] == [
        [], ["rotation"], ["flip-horizontal"], ["rotation", "flip-horizontal"],
    ]  # fmt: skip
    assert study.variants[1].steps[0].settings["degrees"] == 15
    assert (study.epochs, study.seeds, study.trainings) == (4, (0, 1), 8)


def test_one_augmentation_is_not_tried_twice() -> None:
    study = planned(augmented(ROTATION))
    assert [variant.title for variant in study.variants] == [NOTHING, called(ROTATION)]


def test_what_needs_colour_is_tried_where_there_is_colour() -> None:
    spec, colour = augmented(FLIP, SATURATION), DATASET.model_copy(update={"grayscale": False})
    assert [variant.title for variant in planned(spec).variants] == [NOTHING, called(FLIP)]
    assert [variant.title for variant in planned(spec, colour).variants] == [
        NOTHING, called(FLIP), called(SATURATION), EVERYTHING,
    ]  # fmt: skip


def test_augmentations_that_read_alike_are_told_apart() -> None:
    titles = [variant.title for variant in planned(augmented(FLIP, FLIP)).variants]
    assert titles == [NOTHING, called(FLIP), f"{called(FLIP)} (2)", EVERYTHING]


def test_every_variant_of_a_seed_comes_before_the_next_seed() -> None:
    study = planned(augmented(ROTATION, seed=7), seeds=2)
    assert list(study.order()) == [(0, 7), (1, 7), (0, 8), (1, 8)]


def test_seeds_stay_within_their_bounds() -> None:
    study = planned(augmented(ROTATION, seed=2**31 - 1), seeds=3)
    assert study.seeds == (2**31 - 1, 0, 1)


def test_trainings_differ_in_augmentation_and_seed_alone() -> None:
    study = planned(augmented(ROTATION, FLIP), epochs=4)
    one, other = study.plan_of(0, 0), study.plan_of(2, 1)
    assert one.augmentation == ()
    assert [step.kind for step in other.augmentation] == ["flip-horizontal"]
    assert (one.training.seed, other.training.seed) == (0, 1)
    same = {"augmentation": (), "training": one.training}
    assert other.model_copy(update=same) == one


def test_a_short_training_keeps_the_share_of_its_warm_up_and_never_stops_early() -> None:
    spec = augmented(
        ROTATION, epochs=40, warmup_epochs=8.0, early_stopping_patience=2, watch_blocks=True
    )
    training = planned(spec, epochs=5).plan.training
    assert training.warmup_epochs == 1
    assert training.early_stopping_patience == 0
    assert not training.watch_blocks


def test_a_study_takes_no_more_images_than_there_are() -> None:
    spec = augmented(ROTATION, batch_size=10)
    assert planned(spec).train_images == 48
    limited = planned(spec, train_images=25)
    assert (limited.train_images, limited.plan.steps_per_epoch) == (25, 3)


@pytest.mark.parametrize(
    ("spec", "settings", "path"),
    [
        (augmented(), {}, "augmentation.steps"),
        (augmented(SWITCHED_OFF), {}, "augmentation.steps"),
        (augmented(SATURATION), {}, "augmentation.steps"),
        (augmented(AT_NOTHING), {}, "augmentation.steps"),
        (augmented(AugmentationStep(kind="nonsense")), {}, "augmentation.steps.0"),
        (augmented(ROTATION), {"epochs": 0}, "study.epochs"),
        (augmented(ROTATION), {"seeds": 21}, "study.seeds"),
        (augmented(ROTATION), {"train_images": 0}, "study.images"),
        (ProjectSpec(augmentation=AugmentationSpec(steps=(ROTATION,))), {}, "network"),
    ],
)
def test_what_cannot_be_studied_is_a_problem(
    spec: ProjectSpec, settings: dict[str, int], path: str
) -> None:
    resolution = study_plan(spec, DATASET, None, **settings)
    assert resolution.plan is None
    assert resolution.problems[0].path.startswith(path)
    assert resolution.problems[0].fix


def test_a_study_needs_validation_images() -> None:
    dataset = DATASET.model_copy(update={"counts": {"train": (16, 16, 16)}})
    problems = study_plan(augmented(ROTATION), dataset).problems
    assert [problem.path for problem in problems] == ["data.validation_percent"]


def test_a_study_is_the_same_after_writing_and_reading() -> None:
    study = planned(augmented(ROTATION, FLIP))
    assert StudyPlan.model_validate_json(study.model_dump_json()) == study


def test_a_study_without_its_base_is_refused() -> None:
    study = planned(augmented(ROTATION))
    raw = {**study.model_dump(), "variants": [study.variants[1].model_dump()]}
    with pytest.raises(ValidationError, match="no augmentation"):
        StudyPlan.model_validate(raw)


def test_variants_of_nothing() -> None:
    assert variants_of(()) == (Variant(title=NOTHING),)


def test_drawn_images_keep_the_share_of_each_class() -> None:
    labels = np.repeat(np.array([0, 1, 2], np.int32), [700, 200, 100])
    np.random.default_rng(0).shuffle(labels)
    drawn = drawn_images(labels, 100, seed=3)
    counts = np.bincount(labels[drawn])
    assert np.abs(counts - [70, 20, 10]).max() <= 1
    assert counts.sum() == 100
    assert len(set(drawn.tolist())) == 100
    assert (np.diff(drawn) > 0).all()


def test_drawn_images_follow_from_the_seed() -> None:
    labels = np.zeros(1_000, np.int32)
    first, again, other = (drawn_images(labels, 50, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_all_images_are_taken_where_there_are_few() -> None:
    assert drawn_images(np.zeros(5, np.int32), 5, seed=0).tolist() == [0, 1, 2, 3, 4]


def test_an_epoch_visits_the_drawn_images_as_if_there_were_no_others() -> None:
    labels = np.arange(40, dtype=np.int32)
    pixels = np.repeat(labels.astype(np.uint8), 4).reshape(-1, 2, 2, 1)
    drawn = drawn_images(labels, 13, seed=5)
    among_all = BlockReader(Examples(pixels, labels), 5, 5, images=drawn)
    alone = BlockReader(Examples(pixels[drawn], labels[drawn]), 5, 5)
    assert among_all.steps_per_epoch == alone.steps_per_epoch == 3
    for step in range(3):
        block, same = (reader.read(1, step, 1) for reader in (among_all, alone))
        assert block.labels.tolist() == same.labels.tolist()
        assert np.array_equal(block.pixels, same.pixels)
