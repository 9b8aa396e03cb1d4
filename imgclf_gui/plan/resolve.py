"""From intention to reality: ProjectSpec × dataset × device → plan or problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Literal

from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.discovery import EntryT
from imgclf_gui.core.entry import Block, BlockInput, Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import DataSpec, EntrySpec, NetworkSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.plan.plan import BlockPlan, DataPlan, NetworkPlan, Plan, Problem, Resolution

LARGEST_AUTOMATIC_SIDE = 64
"""Larger images are shrunk to this side unless the person chooses: what a CPU trains in minutes."""

MEMORY_SHARE = 0.8
"""Share of a device's memory that a run may plan with."""


def resolve(
    spec: ProjectSpec, dataset: DatasetSummary, device: DeviceSummary | None = None
) -> Resolution:
    """What `spec` will do with `dataset` on `device`, or what is wrong with it.

    `device` None means that nothing is known of it yet; its memory is then not checked.
    """
    problems = _dataset_problems(dataset) + _entry_problems(spec)
    data = data_plan(spec.data, dataset, class_weights=spec.training.class_weights)
    network, network_problems = resolve_network(
        spec.network, (data.height, data.width, data.channels), len(data.labels)
    )
    problems += network_problems
    if problems or network is None:
        return Resolution(problems=tuple(problems))
    optimizer = catalog.load(spec.training.optimizer, catalog.optimizer_entries())
    memory = network.training_bytes(spec.training.batch_size, optimizer.slots)
    plan = Plan(
        data=data,
        network=network,
        training=spec.training,
        steps_per_epoch=max(1, ceil(data.train_images / spec.training.batch_size)),
        memory_bytes=memory,
        budget=data_budget(network.trainable_parameters, data.train_images),
    )
    too_large = _memory_problem(memory, device)
    if too_large is not None:
        return Resolution(problems=(too_large,))
    return Resolution(plan=plan, warnings=tuple(_warnings(plan, dataset)))


def resolve_network(
    spec: NetworkSpec, input_shape: Shape, classes: int
) -> tuple[NetworkPlan | None, list[Problem]]:
    """The network for images of `input_shape` (height, width, channels), or its problems."""
    if not spec.blocks:
        return None, [
            Problem(
                path="network.blocks",
                message="The network has no blocks yet.",
                fix="Choose a starting network in the Architecture tab.",
            )
        ]
    plans, problem = plan_blocks(spec.blocks, input_shape, classes)
    if problem is not None:
        return None, [problem]
    shape = plans[-1].output_shape
    if shape != (classes,):
        got = "×".join(map(str, shape))
        return None, [
            Problem(
                path="network.blocks",
                message=f"The network ends with {got} values, and there are {classes} classes.",
                fix="End it with the Logits block.",
            )
        ]
    return NetworkPlan(input_shape=input_shape, classes=classes, blocks=tuple(plans)), []


def plan_blocks(
    blocks: Sequence[EntrySpec], input_shape: Shape, classes: int
) -> tuple[list[BlockPlan], Problem | None]:
    """The plans of `blocks` up to the first that cannot stand where it is, and its problem."""
    shape, plans = input_shape, list[BlockPlan]()
    for index, entry in enumerate(blocks):
        path = f"network.blocks.{index}"
        block, problem = _load(entry, catalog.block_entries(), path)
        if block is None or problem is not None:
            return plans, problem
        inputs = BlockInput(shape, classes)
        wrong = block.check(inputs)
        if wrong is not None:
            return plans, Problem(path=path, message=wrong.message, fix=wrong.fix)
        plans.append(_block_plan(block, entry, inputs))
        shape = plans[-1].output_shape
    return plans, None


def preset_network(kind: str) -> NetworkSpec:
    """The network that the preset `kind` starts with.

    Raises:
        UserError: `preset.unknown`.
    """
    presets = catalog.preset_entries()
    if kind not in presets:
        raise UserError(
            "preset.unknown",
            f"There is no preset '{kind}'.",
            f"Choose one of: {', '.join(presets)}.",
        )
    return NetworkSpec(preset=kind, blocks=presets[kind]().blocks())


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
        _load(training.optimizer, catalog.optimizer_entries(), "training.optimizer"),
        _load(training.schedule, catalog.schedule_entries(), "training.schedule"),
        _load(training.device, catalog.device_entries(), "training.device"),
    )
    problems = [problem for _, problem in checked if problem is not None]
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


def _load(
    spec: EntrySpec, entries: Mapping[str, type[EntryT]], path: str
) -> tuple[EntryT | None, Problem | None]:
    entry = entries.get(spec.kind)
    if entry is None:
        return None, Problem(
            path=path,
            message=f"This installation has no '{spec.kind}'.",
            fix=f"Choose one of: {', '.join(entries)}.",
        )
    try:
        return entry.model_validate(spec.settings), None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([path, *map(str, first["loc"])])
        message = f"{entry.title}: {first['input']!r} does not work here."
        return None, Problem(path=where, message=message, fix=f"{first['msg']}.")


def _block_plan(block: Block, entry: EntrySpec, inputs: BlockInput) -> BlockPlan:
    parameters = block.parameters(inputs)
    return BlockPlan(
        entry=entry,
        title=block.title,
        brief=block.brief(),
        input_shape=inputs.shape,
        output_shape=block.output_shape(inputs),
        trainable_parameters=parameters.trainable,
        not_trainable_parameters=parameters.not_trainable,
        multiply_adds=block.multiply_adds(inputs),
        activation_bytes=block.activation_bytes(inputs),
    )


def _memory_problem(needed: int, device: DeviceSummary | None) -> Problem | None:
    if device is None or device.memory_bytes is None:
        return None
    if needed <= MEMORY_SHARE * device.memory_bytes:
        return None
    return Problem(
        path="training.batch_size",
        message=f"A training step needs about {bytes_words(needed)} of memory; {device.name} has "
        f"{bytes_words(device.memory_bytes)}.",
        fix="Use a smaller batch size, smaller images or a smaller network.",
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
