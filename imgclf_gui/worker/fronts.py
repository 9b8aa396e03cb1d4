"""A backbone as it stands in front of a head for the project's images, with its weights."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import DataSpec, NetworkSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan import (
    DataPlan,
    NetworkPlan,
    Problem,
    block_name,
    data_plan,
    lane_prefix,
    resolve_network,
)
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.plan.transfer import step_name, still_front, with_backbone
from imgclf_gui.worker.backbones import load_backbones
from imgclf_gui.worker.network import BlockEnds, build_network


@dataclass(frozen=True)
class PlannedFront:
    """A network that begins with a frozen backbone, before any of it is built."""

    backbone: Backbone
    data: DataPlan
    network: NetworkPlan

    @classmethod
    def of(cls, backbone: Backbone, spec: DataSpec, dataset: DatasetSummary) -> PlannedFront:
        """As the Transfer page would make it, with the usual head.

        Raises:
            UserError: `plan.problem`.
        """
        made = with_backbone(ProjectSpec(data=spec), dataset, backbone)
        data, network = planned_network(made.data, made.network, dataset)
        return cls(backbone, data, network)

    @property
    def multiply_adds(self) -> int:
        """Of one image."""
        front = still_front(self.network)
        return max(1, front.multiply_adds if front else 0)

    def build(self) -> keras.Model:
        """From pixels to what the head's first linear layer sees, as in a run of this network.

        Raises:
            UserError: `backbone.…`, if its weights cannot be had.
        """
        network, ends = self._built()
        front = still_front(self.network)
        if front is None:
            raise UserError(
                "transfer.front",
                f"{self.backbone.title} has no block that computes anything.",
                "Choose another backbone.",
            )
        return keras.Model(network.input, ends[front.last], name="front")

    def build_ends(self) -> tuple[keras.Model, list[int]]:
        """From pixels to the pooled features behind each of the backbone's blocks, side by side.

        And how many values each block has. A map of features becomes the means of its channels.

        Raises:
            UserError: as `build`.
        """
        network, ends = self._built()
        index = next(i for i, it in enumerate(self.network.blocks) if it.entry.kind == "backbone")
        prefix = f"{lane_prefix('block', index)}_00"
        pooled = []
        for place, block in enumerate(self.network.blocks[index].lanes[0]):
            end = ends[block_name(block, prefix, place)]
            if len(end.shape) == 4:
                end = keras.layers.GlobalAveragePooling2D(name=f"pooled_{place:02}")(end)
            pooled.append(end)
        together = keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
        front = keras.Model(network.input, together, name="ends")
        return front, [int(end.shape[-1]) for end in pooled]

    def block_names(self) -> list[str]:
        """What a person calls each of the backbone's blocks: 'Stage 3'."""
        return [step_name(block) for block in self.backbone.blocks]

    def _built(self) -> tuple[keras.Model, BlockEnds]:
        ends: BlockEnds = {}
        network = build_network(self.network, ends)
        load_backbones(network, self.network)
        return network, ends


def planned_network(
    data: DataSpec, network: NetworkSpec, dataset: DatasetSummary
) -> tuple[DataPlan, NetworkPlan]:
    """How `network` sees the images, and what it is for them.

    Raises:
        UserError: `plan.problem`, the first one.
    """
    seen = data_plan(data, dataset)
    shape = (seen.height, seen.width, seen.channels)
    planned, problems = resolve_network(network, shape, len(seen.labels))
    if planned is None:
        first = problems[0] if problems else Problem(path="network", message="It is empty.", fix="")
        raise UserError("plan.problem", f"{first.path}: {first.message}", first.fix)
    return seen, planned
