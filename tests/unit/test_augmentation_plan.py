"""Lists of augmentations: from what a person wants to what a run does."""

from __future__ import annotations

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, EntrySpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan import Plan, Problem, Resolution, resolve
from imgclf_gui.plan.augmentation import (
    MOST_STEPS,
    mixes_labels,
    preset_augmentation,
    usable_at_test_time,
)
from tests.helpers.plans import DATASET, a_plan, a_spec

FLIP = AugmentationStep(kind="flip-horizontal")
MIX = AugmentationStep(kind="mix-up")


def resolved(*steps: AugmentationStep, batch_size: int = 8) -> Resolution:
    spec = a_spec()
    training = spec.training.model_copy(update={"batch_size": batch_size})
    augmentation = AugmentationSpec(steps=steps)
    return resolve(
        spec.model_copy(update={"augmentation": augmentation, "training": training}), DATASET
    )


def about(resolution: Resolution, path: str) -> list[Problem]:
    return [it for it in (*resolution.problems, *resolution.warnings) if it.path.startswith(path)]


def test_a_plan_has_the_steps_that_are_on_with_every_setting() -> None:
    off = AugmentationStep(kind="rotation", enabled=False)
    turned = AugmentationStep(kind="rotation", degrees=30)
    plan = resolved(FLIP, off, turned).plan
    assert plan is not None
    assert [step.kind for step in plan.augmentation] == ["flip-horizontal", "rotation"]
    assert plan.augmentation[1].settings["degrees"] == 30
    assert plan.augmentation[1].settings["probability"] == 1
    assert "enabled" not in plan.augmentation[1].settings


def test_a_wrong_setting_is_told_at_its_field() -> None:
    resolution = resolved(FLIP, AugmentationStep(kind="rotation", degrees=500))
    assert resolution.plan is None
    (problem,) = resolution.problems
    assert problem.path == "augmentation.steps.1.degrees"


@pytest.mark.parametrize("kind", ["rotation", "of-tomorrow"])
def test_what_is_wrong_keeps_no_run_from_beginning_once_it_is_switched_off(kind: str) -> None:
    plan = resolved(FLIP, AugmentationStep(kind=kind, degrees=500, enabled=False)).plan
    assert plan is not None
    assert [step.kind for step in plan.augmentation] == ["flip-horizontal"]


def test_cautions_are_told_while_something_else_is_wrong() -> None:
    dataset = DatasetSummary(labels=("left", "right"), counts={"train": (5, 5)})
    spec = ProjectSpec(augmentation=AugmentationSpec(steps=(FLIP,)))
    resolution = resolve(spec, dataset)
    assert resolution.problems
    (warning,) = resolution.warnings
    assert warning.path == "augmentation.steps.0"


def test_an_augmentation_that_is_not_known_here_is_a_problem() -> None:
    (problem,) = resolved(AugmentationStep(kind="of-tomorrow")).problems
    assert problem.path.startswith("augmentation.steps.0")
    assert "of-tomorrow" in problem.message


def test_there_is_an_end_to_a_list() -> None:
    assert resolved(*[FLIP] * MOST_STEPS).plan is not None
    (problem,) = resolved(*[FLIP] * (MOST_STEPS + 1)).problems
    assert str(MOST_STEPS + 1) in problem.message


def test_a_batch_of_one_has_nobody_to_mix_with() -> None:
    (warning,) = about(resolved(FLIP, MIX, batch_size=1), "augmentation.steps.1")
    assert "a batch of one has nobody to mix with" in warning.message
    assert not about(resolved(FLIP, MIX, batch_size=2), "augmentation.steps.1")
    off = MIX.model_copy(update={"enabled": False})
    assert not about(resolved(off, batch_size=1), "augmentation")


def test_what_needs_colour_does_nothing_to_grayscale_images() -> None:
    (warning,) = about(resolved(AugmentationStep(kind="saturation")), "augmentation.steps.0")
    assert "grayscale" in warning.message


def test_any_of_the_settings_makes_it_act() -> None:
    steps = [
        EntrySpec(kind="translation", horizontal=0, vertical=20),
        EntrySpec(kind="contrast", lower=1, upper=1.8),
        EntrySpec(kind="translation", horizontal=0, vertical=0),
        EntrySpec(kind="brightness", change=20, probability=0),
        EntrySpec(kind="saturation"),
    ]
    assert usable_at_test_time(steps, channels=1) == tuple(steps[:2])
    assert usable_at_test_time(steps, channels=3) == (*steps[:2], steps[-1])
    assert strength(steps[0]) == pytest.approx(20 / 50)
    assert strength(steps[1]) == pytest.approx(0.8)
    assert strength(steps[2]) == 0


def strength(step: EntrySpec) -> float:
    return catalog.load(step, catalog.augmentation_entries()).strength


def test_which_lists_mix_classes() -> None:
    assert mixes_labels([EntrySpec(kind="rotation"), EntrySpec(kind="cut-mix")])
    assert not mixes_labels([EntrySpec(kind="rotation")])
    assert not mixes_labels([])


def test_a_preset_writes_out_its_settings() -> None:
    light = preset_augmentation("light")
    assert light.preset == "light"
    assert all("probability" in step.settings for step in light.steps)
    assert preset_augmentation("none").steps == ()


def test_a_plan_of_before_there_was_augmentation_can_be_read() -> None:
    text = a_plan().model_dump_json(exclude={"augmentation"})
    assert Plan.model_validate_json(text) == a_plan()
