"""The lists of augmentations to begin with."""

from __future__ import annotations

from itertools import pairwise

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, AugmentationPreset, Geometry, Mixing
from imgclf_gui.core.spec import AugmentationSpec, EntrySpec, ProjectSpec
from imgclf_gui.plan.augmentation import preset_augmentation, resolve_augmentation

PRESETS = catalog.augmentation_preset_entries()
each_preset = pytest.mark.parametrize("kind", PRESETS)


def entries(kind: str) -> list[Augmentation]:
    """The augmentations of a preset, loaded."""
    return [
        catalog.load(step, catalog.augmentation_entries())
        for step in preset_augmentation(kind).steps
    ]


def test_they_stand_from_none_to_auto() -> None:
    assert list(PRESETS) == ["none", "light", "flowers-lab", "strong", "auto"]
    assert len({preset.order for preset in PRESETS.values()}) == len(PRESETS)


@each_preset
def test_a_preset_resolves_and_comes_back_from_a_project(kind: str) -> None:
    spec = preset_augmentation(kind)
    plan, problems = resolve_augmentation(spec)
    assert problems == []
    assert [step.kind for step in plan] == [step.kind for step in PRESETS[kind]().steps()]
    project = ProjectSpec(augmentation=spec)
    assert ProjectSpec.model_validate_json(project.model_dump_json()).augmentation == spec
    assert spec.preset == kind


@each_preset
def test_a_preset_writes_only_settings_that_its_augmentations_have(kind: str) -> None:
    for written, made in zip(PRESETS[kind]().steps(), entries(kind), strict=True):
        stored = made.to_spec().settings
        assert written.settings.items() <= stored.items()
        assert made.strength > 0
        assert made.probability > 0


@each_preset
def test_a_preset_says_what_it_is_and_what_it_teaches(kind: str) -> None:
    preset = PRESETS[kind]
    assert preset.summary.endswith(".")
    assert len(preset.summary) <= 80
    assert preset.lesson.endswith(".")
    assert len(preset.lesson) <= 200


@each_preset
def test_moves_stand_together_and_mixing_stands_last(kind: str) -> None:
    made = entries(kind)
    moves = [isinstance(entry, Geometry) for entry in made]
    assert sum(before != after for before, after in pairwise([False, *moves, False])) <= 2
    edges = {entry.edge for entry in made if isinstance(entry, Geometry)}
    assert len(edges - {None}) <= 1
    assert not any(isinstance(entry, Mixing) for entry in made[:-1])


def test_light_keeps_sides_and_colours() -> None:
    kinds = {entry.kind for entry in entries("light")}
    assert not kinds & {"flip-horizontal", "flip-vertical", "hue", "saturation", "grayscale"}
    assert max(entry.strength for entry in entries("light")) < 0.11


def test_the_lab_is_the_courses() -> None:
    crop, flip, brightness, contrast = entries("flowers-lab")
    assert [entry.probability for entry in (crop, flip, brightness, contrast)] == [1, 0.5, 1, 1]
    margin = crop.to_spec().settings["margin"]
    assert crop.to_spec().settings["mode"] == "enlarge"
    assert round(299 * (1 + margin / 100)) == 309
    assert brightness.to_spec().settings["change"] == 63
    assert contrast.to_spec().settings["lower"] == 0.2
    assert contrast.to_spec().settings["upper"] == 1.8


def test_strong_moves_recolours_disturbs_hides_and_mixes() -> None:
    groups = {entry.group for entry in entries("strong")}
    assert groups == {"Geometry", "Colour", "Noise and blur", "Erasing and mixing"}
    assert "cut-mix" in {entry.kind for entry in entries("strong")}


def test_auto_leaves_the_choice_to_a_policy() -> None:
    (policy,) = entries("auto")
    assert policy.group == "Policies"


def test_a_preset_can_be_edited_and_keeps_its_name() -> None:
    light = preset_augmentation("light")
    first = light.steps[0].model_copy(update={"enabled": False})
    edited = AugmentationSpec(preset=light.preset, steps=(first, *light.steps[1:]))
    plan, problems = resolve_augmentation(edited)
    assert problems == []
    assert len(plan) == len(light.steps) - 1
    assert edited.preset == "light"


def test_presets_are_entries_by_their_file() -> None:
    made = catalog.load(EntrySpec(kind="flowers-lab"), PRESETS)
    assert isinstance(made, AugmentationPreset)
    assert made.to_spec() == EntrySpec(kind="flowers-lab")
