"""Pretrained weights: from safetensors files into networks."""

from __future__ import annotations

import keras
import numpy as np

from imgclf_gui.core.errors import UserError
from imgclf_gui.plan import NetworkPlan, block_name, lane_prefix
from imgclf_gui.plan.backbones import Backbone, find_backbone, read_weights
from imgclf_gui.plan.plan import BlockPlan
from imgclf_gui.worker.checkpoint import Arrays
from imgclf_gui.worker.network import BlockEnds, build_network

CLASSIFIER = "classifier"
"""What the names of the last layer's arrays begin with: 'classifier/kernel'."""


def load_backbones(network: keras.Model, plan: NetworkPlan) -> None:
    """Give each backbone of `network` (built from `plan`) the weights that it names.

    Raises:
        UserError: `backbone.unknown`, `backbone.missing`, `backbone.damaged`, `backbone.other`.
    """
    for index, block in enumerate(plan.blocks):
        wanted = named_weights(block)
        if wanted:
            backbone = find_backbone(wanted)
            load_weights(
                network, f"{lane_prefix('block', index)}_00_", read_weights(backbone), backbone
            )


def classifier_network(plan: NetworkPlan, ends: BlockEnds | None = None) -> keras.Model:
    """The network of a plan of `plan.builtin` with all its weights, the last layer's too.

    `ends` is filled.

    Raises:
        UserError: `backbone.unknown`, `backbone.missing`, `backbone.damaged`, `backbone.other`.
    """
    backbone = find_backbone(named_weights(plan.blocks[0]))
    arrays = read_weights(backbone)
    network = build_network(plan, ends)
    load_weights(network, f"{lane_prefix('block', 0)}_00_", arrays, backbone)
    last = len(plan.blocks) - 1
    ending = {name.removeprefix(CLASSIFIER): array for name, array in arrays.items()}
    load_weights(network, block_name(plan.blocks[last], "block", last), ending, backbone)
    return network


def named_weights(block: BlockPlan) -> str:
    """The backbone whose weights `block` begins with; empty if none."""
    return str(block.entry.settings.get("weights", "")) if block.entry.kind == "backbone" else ""


def load_weights(network: keras.Model, prefix: str, arrays: Arrays, backbone: Backbone) -> None:
    """Give the layers whose names begin with `prefix` the values in `arrays`.

    Raises:
        UserError: `backbone.other` if one has none, or one of another shape; nothing is changed.
    """
    wanted = [
        (variable, f"{layer.name.removeprefix(prefix)}/{variable.path.rpartition('/')[2]}")
        for layer in network.layers
        if layer.name.startswith(prefix)
        for variable in layer.weights
    ]
    for variable, name in wanted:
        found = arrays.get(name)
        if found is None or found.shape != tuple(variable.shape):
            raise UserError(
                "backbone.other",
                f"The blocks in the network are not those of {backbone.title}.",
                "Choose the backbone again on the Transfer page, or empty its field Weights.",
                f"{name}: {None if found is None else found.shape} for {tuple(variable.shape)}",
            )
    for variable, name in wanted:
        variable.assign(arrays[name].astype(np.float32))
