"""Plans for the code view, ordinary and nasty ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.spec import (
    BlockSpec,
    EntrySpec,
    NetworkSpec,
    ProjectSpec,
    Split,
    TrainingSpec,
)
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan import Plan, preset_network, resolve
from tests.helpers.random_networks import random_network

NASTY = (
    '"""\nimport os',
    "'''\nimport os",
    "a\"b'c",
    "\\",
    "\\'\"",
    "back\\",
    "\u202eabc",
    "\u2028import os",
    "x" * 300,
    "\udcff",
    "日本語" * 40,
    "# noqa",
    "{braces} %s",
    "\x00\x1b[2J",
    "a\r\nimport os",
    "",
    " ",
    "None",
    "😀",
)
"""Names that would be something else if they were not taken as names."""


def block(kind: str, *inside: BlockSpec, **settings: Any) -> BlockSpec:
    """A block with those `inside` it."""
    return BlockSpec(kind=kind, blocks=inside, **settings)


def nested() -> NetworkSpec:
    """Containers in one another, with every way in which a value can be used twice."""

    def doubled(stride: int) -> BlockSpec:
        inside = block("residual", block("activation"), name=NASTY[0])
        last = block("convolution", filters=6, stride=stride, name=NASTY[14])
        return block("residual", inside, last, shortcut="projected")

    lanes = (
        doubled(1),
        block("repeat", block("convolution", filters=4), block("dropout"), count=3),
        block("branches", block("activation"), block("dropout"), merge="add"),
    )
    padded = block(
        "residual",
        block("convolution", filters=12, stride=2),
        block("repeat", block("residual", block("convolution", filters=12)), count=2),
        shortcut="padded",
        activation="none",
    )
    return NetworkSpec(
        blocks=(
            block("group", block("convolution", filters=6, size=5), name="Stem"),
            block("residual", block("branches", block("activation")), block("dropout")),
            block("branches", *lanes, name=NASTY[10][:100]),
            block("convolution", filters=6),
            doubled(2),
            padded,
            block("repeat", block("convolution", filters=8), count=3),
            block("backbone", block("convolution", activation="gelu", bias=False), frozen=True),
            block("branches", *(block("activation") for _ in range(20))),
            block("squeeze-and-excitation"),
            block("global-pooling"),
            block("logits"),
        )
    )


def dataset(labels: tuple[str, ...], shape: Shape) -> DatasetSummary:
    """Fifty images of that shape in each class."""
    height, width, channels = shape
    counts: dict[Split, int] = {"train": 40, "validation": 5, "test": 5}
    return DatasetSummary(
        labels=labels,
        counts={split: (count,) * len(labels) for split, count in counts.items()},
        common_width=width,
        common_height=height,
        grayscale=channels == 1,
        fingerprint="f",
    )


def planned(
    network: NetworkSpec,
    labels: tuple[str, ...] = ("bars", "blobs", "rings"),
    training: TrainingSpec | None = None,
    shape: Shape = (32, 32, 3),
) -> Plan:
    """The plan of `network`; it must have no problem."""
    spec = ProjectSpec(network=network, training=training or TrainingSpec())
    resolution = resolve(spec, dataset(labels, shape))
    assert resolution.plan is not None, resolution.problems
    return resolution.plan


def drawn_plans(count: int) -> Iterator[tuple[str, Plan]]:
    """Random networks with their plans."""
    for seed in range(count):
        drawn = random_network(seed)
        labels = tuple(f"class {number}" for number in range(drawn.classes))
        yield f"drawn_{seed}", planned(drawn.network, labels, shape=drawn.shape)


def preset_plans() -> Iterator[tuple[str, Plan]]:
    """Each preset with its plan."""
    for kind in catalog.preset_entries():
        yield kind, planned(preset_network(kind))


def trainings() -> Iterator[TrainingSpec]:
    """Every optimizer and every schedule, with and without warm-up."""
    schedules = [
        EntrySpec(kind="cosine", final=0.125),
        EntrySpec(kind="step", steps=3, drop=0.25),
        *(EntrySpec(kind=kind) for kind in catalog.schedule_entries()),
    ]
    optimizers = [
        EntrySpec(kind="sgd", momentum=0.5, nesterov=True),
        EntrySpec(kind="adamw", weight_decay=0.125, beta_1=0.75, beta_2=0.5, epsilon=1e-3),
        *(EntrySpec(kind=kind) for kind in catalog.optimizer_entries()),
    ]
    for schedule in schedules:
        for warmup in (0, 1.5):
            yield TrainingSpec(schedule=schedule, warmup_epochs=warmup, epochs=4, batch_size=8)
    for optimizer in optimizers:
        yield TrainingSpec(
            optimizer=optimizer, class_weights=True, early_stopping_patience=3, epochs=4
        )
