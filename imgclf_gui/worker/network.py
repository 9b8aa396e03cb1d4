"""From a plan to Keras models. Preprocessing is part of them: they take raw pixels."""

from __future__ import annotations

import keras

from imgclf_gui import catalog
from imgclf_gui.core.entry import BlockInput
from imgclf_gui.plan import NetworkPlan


def build_network(plan: NetworkPlan) -> keras.Model:
    """The network: [N, height, width, channels], values 0…255 → logits [N, classes].

    Weights are drawn from Keras's global seed. Layers carry the place and kind of their block in
    their names, so that a network of the same plan always has the same variable names.

    Raises:
        UserError: the plan names a block that this installation lacks.
    """
    inputs = keras.Input(plan.input_shape, dtype="float32", name="pixels")
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for index, block_plan in enumerate(plan.blocks):
        block = catalog.load(block_plan.entry, catalog.block_entries())
        name = f"block_{index:02}_{block.kind.replace('-', '_')}"
        x = block.build(x, BlockInput(block_plan.input_shape, plan.classes), name)
    return keras.Model(inputs, x, name="network")


def with_probabilities(network: keras.Model) -> keras.Model:
    """`network` with a softmax behind it: [N, height, width, channels] → [N, classes], sums 1."""
    outputs = keras.layers.Softmax(name="probabilities")(network.output)
    return keras.Model(network.input, outputs, name="classifier")
