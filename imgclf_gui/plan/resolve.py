"""From intention to reality: ProjectSpec × dataset × device → plan or problems."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Literal

from imgclf_gui import catalog
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import DataSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.plan.augmentation import augmentation_warnings, resolve_augmentation
from imgclf_gui.plan.backbones import Backbone, backbone_problems, backbones, input_problems
from imgclf_gui.plan.network import NetworkDraft, load_entry, resolve_network
from imgclf_gui.plan.plan import DataPlan, NetworkPlan, Plan, Problem, Resolution

LARGEST_AUTOMATIC_SIDE = 64
"""Larger images are shrunk to this side unless the person chooses: what a CPU trains in minutes."""

MEMORY_SHARE = 0.8
"""Share of a device's memory that a run may plan with."""

EXAMPLE_DATASET = DatasetSummary(
    labels=tuple("0123456789"),
    counts={"train": (6_000,) * 10, "validation": (600,) * 10, "test": (1_000,) * 10},
    common_width=28,
    common_height=28,
    grayscale=True,
)
"""What figures are shown for until there is a dataset: the size of MNIST."""


def resolve(
    spec: ProjectSpec,
    dataset: DatasetSummary,
    device: DeviceSummary | None = None,
    known: Mapping[str, Backbone] | None = None,
    draft: NetworkDraft | None = None,
) -> Resolution:
    """What `spec` will do with `dataset` on `device`, or what is wrong with it.

    `device` None means that nothing is known of it yet; its memory is then not checked. `known`
    are the backbones that there are; None: those on this machine. `draft` is that of the network
    for these images, if it has been made already.
    """
    problems = _dataset_problems(dataset) + _entry_problems(spec)
    data = data_plan(spec.data, dataset, class_weights=spec.training.class_weights)
    network, network_problems = resolve_network(
        spec.network, (data.height, data.width, data.channels), len(data.labels), draft
    )
    augmentation, augmentation_problems = resolve_augmentation(spec.augmentation)
    warnings = [] if augmentation_problems else _augmentation_warnings(spec, data, dataset)
    known = backbones() if known is None else known
    problems += augmentation_problems + network_problems + backbone_problems(spec.network, known)
    problems += input_problems(network, known) if network is not None else []
    if problems or network is None:
        return Resolution(problems=tuple(problems), warnings=tuple(warnings))
    optimizer = catalog.load(spec.training.optimizer, catalog.optimizer_entries())
    memory = network.training_bytes(spec.training.batch_size, optimizer.slots)
    plan = Plan(
        data=data,
        network=network,
        training=spec.training,
        transfer=spec.transfer,
        augmentation=augmentation,
        steps_per_epoch=max(1, ceil(data.train_images / spec.training.batch_size)),
        memory_bytes=memory,
        budget=data_budget(network.trainable_parameters, data.train_images),
    )
    too_large = _memory_problem(plan, optimizer.slots, device)
    if too_large is not None:
        return Resolution(problems=(too_large,), warnings=tuple(warnings))
    return Resolution(plan=plan, warnings=(*_warnings(plan, dataset), *warnings))


def _augmentation_warnings(
    spec: ProjectSpec, data: DataPlan, dataset: DatasetSummary
) -> list[Problem]:
    return augmentation_warnings(spec.augmentation, data, dataset, spec.training.batch_size)


def data_plan(spec: DataSpec, dataset: DatasetSummary, *, class_weights: bool = False) -> DataPlan:
    """Image size and colour, chosen from the images where the person has not chosen."""
    width, height = _image_size(spec, dataset)
    channels: Literal[1, 3] = 3
    if spec.channels == "grayscale" or (spec.channels == "auto" and dataset.grayscale):
        channels = 1
    return DataPlan(
        width=width,
        height=height,
        channels=channels,
        fit=spec.fit,
        labels=dataset.labels,
        train_images=dataset.count("train"),
        validation_images=dataset.count("validation"),
        test_images=dataset.count("test"),
        fingerprint=dataset.fingerprint,
        spec=spec,
        class_weights=_class_weights(dataset) if class_weights else None,
    )


def data_budget(parameters: int, images: int) -> str:
    """How parameters stand to training images, in one sentence."""
    if not images:
        return "No training images yet."
    ratio = parameters / images
    if ratio < 0.1:
        return (
            f"{parameters:,} parameters learn from {images:,} images: plenty of data; "
            "a larger network may do better."
        )
    if ratio <= 100:
        return f"{parameters:,} parameters learn from {images:,} images: {ratio:.3g} an image."
    return (
        f"{parameters:,} parameters learn from {images:,} images: {ratio:,.0f} an image; "
        "expect overfitting: more images, dropout or a smaller network help."
    )


def _image_size(spec: DataSpec, dataset: DatasetSummary) -> tuple[int, int]:
    width, height = dataset.common_width or 28, dataset.common_height or 28
    if dataset.same_size:
        scale = min(1.0, LARGEST_AUTOMATIC_SIDE / max(width, height))
        automatic = (max(1, round(width * scale)), max(1, round(height * scale)))
    else:
        side = min(LARGEST_AUTOMATIC_SIDE, max(width, height))
        automatic = (side, side)
    return spec.image_width or automatic[0], spec.image_height or automatic[1]


def _class_weights(dataset: DatasetSummary) -> tuple[float, ...]:
    """images / (classes · images of the class), so that each class weighs the same in the loss."""
    counts = dataset.counts.get("train", ())
    present = sum(1 for count in counts if count)
    return tuple(sum(counts) / (present * count) if count else 0.0 for count in counts)


def _dataset_problems(dataset: DatasetSummary) -> list[Problem]:
    if len(dataset.labels) < 2:
        return [
            Problem(
                path="data",
                message=f"A classifier needs two classes; the dataset has {len(dataset.labels)}.",
                fix="Import a folder with one folder for each class.",
            )
        ]
    if not dataset.count("train"):
        return [
            Problem(
                path="data",
                message="The dataset has no training images.",
                fix="Import training images, or lower the validation and test shares.",
            )
        ]
    return []


def _entry_problems(spec: ProjectSpec) -> list[Problem]:
    training = spec.training
    checked = (
        load_entry(training.optimizer, catalog.optimizer_entries(), "training.optimizer"),
        load_entry(training.schedule, catalog.schedule_entries(), "training.schedule"),
        load_entry(training.device, catalog.device_entries(), "training.device"),
    )
    problems = [problem for _, found in checked for problem in found]
    if training.warmup_epochs >= training.epochs:
        problems.append(
            Problem(
                path="training.warmup_epochs",
                message=f"The warm-up ({training.warmup_epochs:g} epochs) leaves nothing of "
                f"the run ({training.epochs}).",
                fix="Use a shorter warm-up, or more epochs.",
            )
        )
    return problems


def largest_batch(network: NetworkPlan, optimizer_slots: int, memory_bytes: int) -> int:
    """The most images whose training step a device with that memory may take; 0 for none."""
    return network.largest_batch(int(MEMORY_SHARE * memory_bytes), optimizer_slots)


def _memory_problem(
    plan: Plan, optimizer_slots: int, device: DeviceSummary | None
) -> Problem | None:
    if device is None or device.memory_bytes is None:
        return None
    largest = largest_batch(plan.network, optimizer_slots, device.memory_bytes)
    if plan.training.batch_size <= largest:
        return None
    message = (
        f"A training step needs about {bytes_words(plan.memory_bytes)} of memory; {device.name} "
        f"has {bytes_words(device.memory_bytes)}, and plans use {100 * MEMORY_SHARE:.0f} % of it."
    )
    if not largest:
        fix = "Not even one image at a time fits: use smaller images or a smaller network."
        return Problem(path="training.batch_size", message=message, fix=fix)
    return Problem(
        path="training.batch_size",
        message=message,
        fix=f"Use a batch of at most {largest:,}, smaller images or a smaller network.",
    )


def _warnings(plan: Plan, dataset: DatasetSummary) -> list[Problem]:
    found = []
    trained = zip(dataset.labels, dataset.counts["train"], strict=True)
    empty = [label for label, images in trained if not images]
    if empty:
        names = ", ".join(empty[:5]) + (", …" if len(empty) > 5 else "")
        found.append(
            Problem(
                path="data",
                message=f"No training images of: {names}. No image will be recognised as that.",
                fix="Import images of each class, or lower the validation and test shares.",
            )
        )
    if not plan.data.validation_images:
        found.append(
            Problem(
                path="data.validation_percent",
                message="There are no validation images: nothing shows when learning turns into "
                "memorising.",
                fix="Raise the validation share.",
            )
        )
    if plan.data.train_images < plan.training.batch_size:
        found.append(
            Problem(
                path="training.batch_size",
                message=f"A batch ({plan.training.batch_size}) holds all "
                f"{plan.data.train_images} training images: one step an epoch.",
                fix="Use a smaller batch size.",
            )
        )
    return found
