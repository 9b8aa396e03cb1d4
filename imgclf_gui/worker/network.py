"""From a plan to Keras models. Preprocessing is part of them: they take raw pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from imgclf_gui import catalog
from imgclf_gui.core.entry import BLOCK_INPUT, Block, KerasLayer, end
from imgclf_gui.plan import BlockPlan, NetworkPlan, block_inputs, block_name, lane_prefix

BlockEnds = dict[str, Any]
"""What each block makes, by the name that its layers begin with."""


def build_network(plan: NetworkPlan, ends: BlockEnds | None = None) -> keras.Model:
    """The network: [N, height, width, channels], values 0…255 → logits [N, classes].

    Weights are drawn from Keras's global seed. Layers carry the place and kind of their block in
    their names (see `named_blocks`), so that a network of the same plan always has the same
    variable names. It is flat: blocks inside blocks are no models of their own. `ends` is filled.

    Raises:
        UserError: the plan names a block that this installation lacks.
    """
    inputs = keras.Input(plan.input_shape, dtype="float32", name="pixels")
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    builder = _Builder(plan.classes, {} if ends is None else ends)
    x = builder.chain(plan.blocks, x, "block")
    return keras.Model(inputs, x, name="network")


def with_probabilities(network: keras.Model) -> keras.Model:
    """`network` with a softmax behind it: [N, height, width, channels] → [N, classes], sums 1."""
    outputs = keras.layers.Softmax(name="probabilities")(network.output)
    return keras.Model(network.input, outputs, name="classifier")


class _Builder:
    """Makes Keras layers of planned blocks, and notes what each block makes."""

    def __init__(self, classes: int, ends: BlockEnds) -> None:
        self._classes = classes
        self._ends = ends

    def chain(self, plans: Sequence[BlockPlan], x: Any, prefix: str) -> Any:
        """What blocks behind each other make of `x`."""
        for index, plan in enumerate(plans):
            x = self._block(plan, x, prefix, index)
        return x

    def _block(self, plan: BlockPlan, x: Any, prefix: str, index: int) -> Any:
        block = catalog.load(plan.entry, catalog.block_entries())
        layers = block.layers(block_inputs(plan, self._classes))
        inside = self._inside(block, plan, x, lane_prefix(prefix, index))
        name = block_name(plan, prefix, index)
        self._ends[name] = apply_layers(layers, x, inside, name, trainable=not plan.frozen)
        return self._ends[name]

    def _inside(self, block: Block, plan: BlockPlan, x: Any, prefix: str) -> list[Any]:
        """What the blocks inside make: one end of a chain, or one of each lane."""
        lanes = [(lane, f"{prefix}_{number:02}") for number, lane in enumerate(plan.lanes)]
        if block.holds != "chain":
            return [self.chain(lane, x, inner) for lane, inner in lanes]
        for lane, inner in lanes:
            x = self.chain(lane, x, inner)
        return [x]


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
