"""From a list of augmentations to what will be carried out, or to problems and warnings."""

from __future__ import annotations

from collections.abc import Iterable

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, Mixing
from imgclf_gui.core.spec import AugmentationSpec, EntrySpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan.network import load_entry
from imgclf_gui.plan.plan import DataPlan, Problem

MOST_STEPS = 50
"""Far more than help; each costs time for every image."""


def resolve_augmentation(spec: AugmentationSpec) -> tuple[tuple[EntrySpec, ...], list[Problem]]:
    """The steps that are switched on, with every setting written out; or their problems."""
    if len(spec.steps) > MOST_STEPS:
        return (), [
            Problem(
                path="augmentation.steps",
                message=f"{len(spec.steps)} augmentations are too many: at most {MOST_STEPS}.",
                fix="Take some out.",
            )
        ]
    steps, problems = list[EntrySpec](), list[Problem]()
    entries = catalog.augmentation_entries()
    for index, step in enumerate(spec.steps):
        if not step.enabled:
            continue
        entry, found = load_entry(step, entries, f"augmentation.steps.{index}")
        problems += found
        if entry is not None:
            steps.append(entry.to_spec())
    return tuple(steps), problems


def mixes_labels(steps: Iterable[EntrySpec]) -> bool:
    """Whether images can have a share in several classes after `steps`.

    Raises:
        UserError: `catalog.unknown`, `catalog.settings`.
    """
    entries = catalog.augmentation_entries()
    return any(isinstance(catalog.load(step, entries), Mixing) for step in steps)


def usable_at_test_time(steps: Iterable[EntrySpec], channels: int) -> tuple[EntrySpec, ...]:
    """Those of `steps` that change images of so many channels, and leave them readable.

    Raises:
        UserError: `catalog.unknown`, `catalog.settings`.
    """
    entries = catalog.augmentation_entries()
    return tuple(
        step
        for step in steps
        if (entry := catalog.load(step, entries)).at_test_time and entry.acts_on(channels)
    )


def augmentation_warnings(
    spec: AugmentationSpec, data: DataPlan, dataset: DatasetSummary, batch_size: int
) -> list[Problem]:
    """Where a step may change what an image shows, or changes nothing; `spec` has no problems."""
    found = []
    for index, step in enumerate(spec.steps):
        if step.enabled:
            entry = catalog.load(step, catalog.augmentation_entries())
            path = f"augmentation.steps.{index}"
            found += _warnings(entry, path, data, dataset, min(batch_size, data.train_images))
    return found


def _warnings(
    entry: Augmentation, path: str, data: DataPlan, dataset: DatasetSummary, batch: int
) -> list[Problem]:
    if entry.needs_colour and data.channels == 1:
        message = f"{entry.title} changes nothing: the images are grayscale."
        return [Problem(path=path, message=message, fix="Take it out, or choose RGB images.")]
    if isinstance(entry, Mixing) and batch == 1:
        message = f"{entry.title} changes nothing: a batch of one has nobody to mix with."
        return [Problem(path=path, message=message, fix="Use a batch of at least two images.")]
    caution = entry.caution(dataset)
    if caution is None or not entry.acts_on(data.channels):
        return []
    return [Problem(path=path, message=caution.message, fix=caution.fix)]


def preset_augmentation(kind: str) -> AugmentationSpec:
    """The augmentations of a preset.

    Raises:
        UserError: `catalog.unknown`.
    """
    preset = catalog.load(EntrySpec(kind=kind), catalog.augmentation_preset_entries())
    entries = catalog.augmentation_entries()
    steps = [catalog.load(step, entries).to_spec() for step in preset.steps()]
    return AugmentationSpec.model_validate(
        {"preset": kind, "steps": [s.model_dump() for s in steps]}
    )
