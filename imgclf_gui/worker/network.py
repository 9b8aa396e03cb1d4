"""From a plan to Keras models. Preprocessing is part of them: they take raw pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from imgclf_gui import catalog
from imgclf_gui.core.entry import BLOCK_INPUT, Block, KerasLayer, end
from imgclf_gui.plan import BlockPlan, NetworkPlan, block_inputs, block_name, lane_prefix


def build_network(plan: NetworkPlan) -> keras.Model:
    """The network: [N, height, width, channels], values 0…255 → logits [N, classes].

    Weights are drawn from Keras's global seed. Layers carry the place and kind of their block in
    their names (see `named_blocks`), so that a network of the same plan always has the same
    variable names. It is flat: blocks inside blocks are no models of their own.

    Raises:
        UserError: the plan names a block that this installation lacks.
    """
    inputs = keras.Input(plan.input_shape, dtype="float32", name="pixels")
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = _chain(plan.blocks, x, "block", plan.classes)
    return keras.Model(inputs, x, name="network")


def with_probabilities(network: keras.Model) -> keras.Model:
    """`network` with a softmax behind it: [N, height, width, channels] → [N, classes], sums 1."""
    outputs = keras.layers.Softmax(name="probabilities")(network.output)
    return keras.Model(network.input, outputs, name="classifier")


def _chain(plans: Sequence[BlockPlan], x: Any, prefix: str, classes: int) -> Any:
    """What blocks behind each other make of `x`."""
    for index, plan in enumerate(plans):
        x = _block(plan, x, prefix, index, classes)
    return x


def _block(plan: BlockPlan, x: Any, prefix: str, index: int, classes: int) -> Any:
    block = catalog.load(plan.entry, catalog.block_entries())
    layers = block.layers(block_inputs(plan, classes))
    ends = _ends(block, plan, x, lane_prefix(prefix, index), classes)
    name = block_name(plan, prefix, index)
    return apply_layers(layers, x, ends, name, trainable=not plan.frozen)


def _ends(block: Block, plan: BlockPlan, x: Any, prefix: str, classes: int) -> list[Any]:
    """What the blocks inside make: one end of a chain, or one of each lane."""
    if block.holds == "chain":
        for number, lane in enumerate(plan.lanes):
            x = _chain(lane, x, f"{prefix}_{number:02}", classes)
        return [x]
    return [
        _chain(lane, x, f"{prefix}_{number:02}", classes) for number, lane in enumerate(plan.lanes)
    ]


def apply_layers(
    layers: Sequence[KerasLayer], x: Any, ends: Sequence[Any], name: str, *, trainable: bool = True
) -> Any:
    """What the `layers` of a block called `name` make of its input `x` and the `ends` inside it."""
    made = {BLOCK_INPUT: x, **{end(number): tensor for number, tensor in enumerate(ends)}}
    last = ends[0] if ends else x
    for layer in layers:
        inputs = [made[wanted] for wanted in layer.inputs] or [last]
        called = f"{name}_{layer.name}" if layer.name else name
        keras_layer = getattr(keras.layers, layer.layer)(**layer.settings, name=called)
        if not trainable:
            keras_layer.trainable = False
        last = made[layer.name] = keras_layer(inputs if len(inputs) > 1 else inputs[0])
    return last
