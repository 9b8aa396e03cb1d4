"""A network in figures, as the Architecture page shows it. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from imgclf_gui import catalog
from imgclf_gui.core.entry import Preset, Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import EntrySpec, NetworkSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.gui.widgets.words import large, shape_words
from imgclf_gui.plan import (
    NetworkPlan,
    Problem,
    data_plan,
    draft_network,
    preset_network,
    resolve_network,
)

EXAMPLE_SHAPE: Shape = (28, 28, 1)
EXAMPLE_CLASSES = 10
"""What figures are shown for until there is a dataset."""


@dataclass(frozen=True)
class BlockRow:
    """One line of the list of blocks; figures are empty behind a block with a problem."""

    title: str
    settings: str = ""
    shape: str = ""
    parameters: str = ""
    multiply_adds: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Inputs:
    """What a network gets: images of one shape, and the number of classes."""

    shape: Shape
    classes: int
    example: bool
    """Whether there is no dataset yet, and these stand in for it."""

    def sentence(self) -> str:
        """Which figures are shown."""
        what = f"{shape_words(self.shape)} images and {self.classes} classes"
        if self.example:
            return f"Figures for {what}, until you import a dataset."
        return f"Figures for your dataset: {what}."


def inputs_of(spec: ProjectSpec, dataset: DatasetSummary) -> Inputs:
    """The inputs that `dataset` gives, or the example where there is none."""
    if not dataset.labels:
        return Inputs(EXAMPLE_SHAPE, EXAMPLE_CLASSES, example=True)
    data = data_plan(spec.data, dataset)
    return Inputs((data.height, data.width, data.channels), len(data.labels), example=False)


def training_bytes(network: NetworkPlan, spec: ProjectSpec) -> int:
    """Estimated memory of one training step with the spec's batch size and optimizer."""
    try:
        optimizer = catalog.load(spec.training.optimizer, catalog.optimizer_entries())
        slots = optimizer.slots
    except UserError:
        slots = 0  # the form says what is wrong with it
    return network.training_bytes(spec.training.batch_size, slots)


def preset_figures(preset: type[Preset], spec: ProjectSpec, inputs: Inputs) -> str:
    """Parameters, multiply-adds and memory of the network that `preset` starts with."""
    network, problems = resolve_network(preset_network(preset.kind), inputs.shape, inputs.classes)
    if network is None:
        return " ".join(f"{problem.message} {problem.fix}" for problem in problems)
    return (
        f"{large(network.parameters)} parameters · {large(network.multiply_adds)} multiply-adds\n"
        f"{bytes_words(training_bytes(network, spec))} of memory for a training step"
    )


def block_rows(network: NetworkSpec, inputs: Inputs) -> tuple[list[BlockRow], Problem | None]:
    """The input and each block in its order, and what keeps the first wrong one from its place."""
    draft = draft_network(network.blocks, inputs.shape, inputs.classes)
    plans, problem = draft.blocks, next(iter(draft.problems), None)
    rows = [BlockRow("Input", "the image", shape_words(inputs.shape))]
    rows += [
        BlockRow(
            title=plan.title,
            settings=plan.brief,
            shape=shape_words(plan.output_shape),
            parameters=_or_dash(plan.trainable_parameters + plan.not_trainable_parameters),
            multiply_adds=_or_dash(plan.multiply_adds),
        )
        for plan in plans
    ]
    for index, entry in enumerate(network.blocks[len(plans) :]):
        wrong = f"{problem.message} {problem.fix}" if problem and index == 0 else ""
        rows.append(BlockRow(_title(entry), problem=wrong))
    return rows, problem


def _title(entry: EntrySpec) -> str:
    known = catalog.block_entries().get(entry.kind)
    return known.title if known else entry.kind


def _or_dash(number: int) -> str:
    return f"{number:,}" if number else "–"
