"""Weights of Keras layers as weights of the blocks that do the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import walk
from imgclf_gui.plan import BlockPlan, NetworkPlan, block_inputs, named_blocks
from imgclf_gui.plan.applications import (
    CAFFE_MEAN,
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Preprocessing,
)
from imgclf_gui.plan.backbones import Arrays
from imgclf_gui.plan.keras_file import Sources
from imgclf_gui.worker.weights_file import Read

PREFIX = "block_00_00_"
"""Of the layers inside a backbone that is a network's first block."""
BLUE_GREEN_RED = (2, 1, 0)
_NOTHING = np.float32(0)


@dataclass(frozen=True)
class Affine:
    """What happens to each channel before the first layer: values · scale + offset."""

    scale: NDArray[np.float64]
    offset: NDArray[np.float64]

    def then(self, scale: Any, offset: Any = 0.0) -> Affine:
        """This, and behind it another."""
        return Affine(self.scale * scale, self.offset * scale + offset)


def preprocessing(kind: Preprocessing, front: Sequence[Any], read: Read) -> Affine:
    """From values 0…1 to what the first layer gets: what people do to images, then the layers
    `front`, each a Rescaling or a Normalization.

    For caffe the channels stay red, green, blue: the first convolution is turned round instead.

    Raises:
        UserError: `backbone.file`.
    """
    affine = Affine(np.full(3, 255.0), np.zeros(3))
    if kind == "tf":
        affine = affine.then(1 / 127.5, -1.0)
    elif kind == "torch":
        mean, deviation = np.array(IMAGENET_MEAN), np.array(IMAGENET_DEVIATION)
        affine = affine.then(1 / 255).then(1 / deviation, -mean / deviation)
    elif kind == "caffe":
        affine = affine.then(1.0, -np.array(CAFFE_MEAN)[list(BLUE_GREEN_RED)])
    for layer in front:
        if type(layer).__name__ == "Rescaling":
            affine = affine.then(np.array(layer.scale, float), np.array(layer.offset, float))
        else:
            told = (np.array(layer.input_mean), np.array(layer.input_variance))
            mean, variance = read[layer.name][:2] if layer.weights else told
            affine = _normalized(affine, mean, variance)
    return affine


def _normalized(affine: Affine, mean: NDArray[Any], variance: NDArray[Any]) -> Affine:
    """`affine`, and behind it what Keras's Normalization does."""
    if (variance < 0).any():
        raise UserError("backbone.file", "The file has a variance below 0.", "Get it again.")
    deviation = np.maximum(np.sqrt(variance.astype(float)), 1e-7)
    affine = affine.then(1 / deviation, -mean / deviation)
    if np.allclose(variance, IMAGENET_DEVIATION, rtol=1e-3):
        # EfficientNet's published weights hold the deviations here; Keras divides by their roots
        # once more, in a layer that only the model with these weights has.
        affine = affine.then(1 / np.sqrt(IMAGENET_DEVIATION))
    return affine


def leading_block(affine: Affine) -> tuple[tuple[BlockSpec, ...], Arrays]:
    """The first block, which does `affine`, and its weights; none where that changes nothing.

    It stands before any padding, so that zeros around the image are zeros to the layers behind.
    """
    scale, offset = affine.scale, affine.offset
    if np.ptp(scale) < 1e-12 and np.ptp(offset) < 1e-12:
        numbers = {"scale": round(float(scale[0]), 12), "offset": round(float(offset[0]), 12)}
        if numbers == {"scale": 1.0, "offset": 0.0}:
            return (), {}
        return (BlockSpec(kind="rescale", name="Range of values", **numbers),), {}
    settings = {"size": 1, "activation": "none", "bias": True}
    block = BlockSpec(kind="depthwise-convolution", name="Range of values", **settings)
    name = "00_depthwise_convolution"
    kernel = scale.astype(np.float32).reshape(1, 1, 3, 1)
    return (block,), {f"{name}/kernel": kernel, f"{name}/bias": offset.astype(np.float32)}


def block_arrays(
    features: Any,
    read: Read,
    blocks: tuple[BlockSpec, ...],
    sources: Sources,
    *,
    built: Any,
    plan: NetworkPlan,
) -> Arrays:
    """The weights of `blocks`, by layer and variable, from those `read` for the layers of the
    Keras model `features`; `built` is the network of `plan`, whose first block holds `blocks`.

    Raises:
        UserError: `backbone.blocks` if a layer has a bias that no block can make up for.
    """
    found: Arrays = {}
    planned = named_blocks(plan.blocks[0].lanes[0], PREFIX.removesuffix("_"))
    for (_, block), (name, block_plan) in zip(walk(blocks), planned, strict=True):
        theirs = [features.get_layer(layer) for layer in sources.of(block)]
        theirs = [layer for layer in theirs if layer.weights]
        if not theirs:
            continue
        ours = [built.get_layer(one) for one in _layer_names(block_plan, name, plan.classes)]
        left: NDArray[Any] | np.float32 = _NOTHING
        pairs = zip(theirs, [layer for layer in ours if layer.weights], strict=True)
        for source, target in pairs:
            given = dict(zip(_variables(source), read[source.name], strict=True))
            made, left = _converted(source, target, given, left)
            key = target.name.removeprefix(PREFIX)
            found |= {f"{key}/{variable}": array for variable, array in made.items()}
        _check_nothing_left(left, theirs[-1].name)
    return found


def _layer_names(plan: BlockPlan, name: str, classes: int) -> Iterator[str]:
    block = catalog.load(plan.entry, catalog.block_entries())
    for layer in block.layers(block_inputs(plan, classes)):
        yield f"{name}_{layer.name}" if layer.name else name


def _variables(layer: Any) -> list[str]:
    return [weight.path.rpartition("/")[2] for weight in layer.weights]


def _converted(
    source: Any, target: Any, given: Mapping[str, NDArray[Any]], left: Any
) -> tuple[Arrays, Any]:
    """What `target` needs to do what `source` does, and a bias that only what follows can add.

    `left` is that of the layer before: a normalisation takes it off its mean.
    """
    shapes = dict(
        zip(_variables(target), [tuple(weight.shape) for weight in target.weights], strict=True)
    )
    made = dict(given)
    if "moving_variance" in shapes:
        variance = given["moving_variance"].astype(float)
        gamma = given.get("gamma", np.ones_like(variance))
        made["gamma"] = gamma * np.sqrt((variance + target.epsilon) / (variance + source.epsilon))
        made.setdefault("beta", np.zeros_like(variance))
        made["moving_mean"] = given["moving_mean"] - left
        left = _NOTHING
    _check_nothing_left(left, source.name)
    behind = made.pop("bias") if "bias" in given and "bias" not in shapes else _NOTHING
    if "bias" in shapes and "bias" not in given:
        made["bias"] = np.zeros(shapes["bias"])
    # A dense kernel is that of a convolution of one pixel, in another shape.
    arrays = {name: made[name].reshape(shape).astype(np.float32) for name, shape in shapes.items()}
    return arrays, behind


def _check_nothing_left(left: Any, name: str) -> None:
    if np.any(left):
        raise UserError(
            "backbone.blocks",
            f"At the layer {name:.60} there is a bias that no block has.",
            "This network cannot be made of blocks.",
        )
