"""A Keras model as a graph of layers: nested models laid open, and what no block does left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import isclose
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.plan.keras_file import layers
from imgclf_gui.plan.keras_file.entries import MODELS, MOST_LAYERS, Entry, Model, read_model
from imgclf_gui.plan.keras_file.gate import Refused, no_block
from imgclf_gui.plan.keras_file.layers import Layer
from imgclf_gui.plan.keras_file.notes import Notes

DEFAULT_SIDE = 224
"""Where a model leaves the size of its images open."""
START = 0
"""The index of the pixels, divided by 255."""

_JOINS = ("Add", "Concatenate", "Multiply")
_OF_NETWORKS = ("Rescaling", "Resizing", "ZeroPadding2D", "GaussianNoise")
"""Layers that augmentations are made of, and networks, too."""
_AUGMENTATION = "it changes images in training only"
_LEFT_OUT = {
    "GaussianNoise": "noise in training has no block",
    "GaussianDropout": "noise in training has no block",
    "AlphaDropout": "noise in training has no block",
    "ActivityRegularization": "terms of the loss have no block",
    "Normalization": "networks here take pixels divided by 255",
    "Masking": "images have no masks",
}
"""Layers without which there is a network still, and why they are left out."""
_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")
_PADDED = (*_CONVOLUTIONS, "MaxPooling2D", "AveragePooling2D")


@dataclass(frozen=True)
class Node:
    """A layer in its place; `inputs` are indices of nodes before it."""

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    trainable: bool = True


@dataclass
class Graph:
    """Nodes, each behind its inputs; the first stands for the pixels."""

    input_shape: Shape
    nodes: list[Node] = field(default_factory=lambda: [Node("pixels", Layer("InputLayer"), ())])
    output: int = START


def graph_of(raw: Mapping[str, Any], notes: Notes, *, exact: bool = False) -> Graph:
    """The graph of a model's configuration that went through the gate.

    `exact` keeps padding where 'same' would lay it elsewhere, as weights from the model need it.

    Raises:
        Refused: it is not made of layers that there are blocks for, with one input and output.
    """
    model = _model(raw["class_name"], raw["config"])
    pads = _pads_exactly if exact else _pads_alike
    reading = _Reading(Graph(_input_shape(model.shape, notes)), notes, pads)
    reading.graph.output = reading.append_model(model, "", START, trainable=True)
    if not reading.scaled:
        notes.add("Pixels reach it divided by 255; the file has no such rescaling.")
    return reading.graph


class _Reading:
    """Appends layer after layer to a graph."""

    def __init__(self, graph: Graph, notes: Notes, pads: Callable[[Layer, Layer], bool]) -> None:
        self.graph = graph
        self.scaled = False
        self._notes = notes
        self._pads = pads
        """Whether a layer may take over the padding before it."""

    def append_model(self, model: Model, prefix: str, fed: int, *, trainable: bool) -> int:
        """Append what a model does of node `fed`; the index of its output."""
        at = {model.begin: fed}
        for entry in model.entries:
            inputs = tuple(at[name] for name in entry.inputs)
            name = f"{prefix}{entry.name}"
            taught = trainable and entry.config.get("trainable") is not False
            at[entry.name] = self._append(entry, name, inputs, taught)
        if model.end not in at:
            raise Refused(f"ends with {model.end!r:.60}, a layer that it does not have")
        return at[model.end]

    def _append(self, entry: Entry, name: str, inputs: tuple[int, ...], trainable: bool) -> int:
        kind, config = entry.kind, entry.config
        if kind in _JOINS and len(inputs) == 1:
            raise Refused(
                f"feeds {name!r:.60} 1 outputs, and perhaps a number: for such arithmetic ({kind}) "
                "there is no block",
                "Build the model of layers alone, without arithmetic between them.",
            )
        if kind not in _JOINS and len(inputs) != 1:
            raise Refused(f"feeds {name!r:.60} {len(inputs)} outputs; {kind:.60} takes one here")
        if kind in MODELS:
            inner = _model(kind, config)
            return self.append_model(inner, f"{name}/", inputs[0], trainable=trainable)
        if self._is_left_out(kind, name):
            return inputs[0]
        found, lost = _layers(kind, config, name)
        for text in lost:
            self._notes.add(text, name, changes=" is taken as " in text)
        for layer in found:
            inputs = (self._add(Node(name, layer, inputs, trainable)),)
        return inputs[0]

    def _is_left_out(self, kind: str, name: str) -> bool:
        why = _LEFT_OUT.get(kind) or _augmentation(kind)
        if why is not None:
            text = f"{kind:.40} is left out: {why}"
            self._notes.add(text, name, changes=kind == "Normalization")
        return why is not None or kind == "Identity"

    def _add(self, node: Node) -> int:
        """The index of `node`, or of its input where it does nothing."""
        kind, settings = node.layer.layer, node.layer.settings
        if kind == "Activation" and settings["activation"] == "linear":
            return node.inputs[0]
        if kind == "Rescaling" and node.inputs[0] == START and not self.scaled:
            self.scaled = True
            scaled = _behind_division(node.layer)
            if scaled is None:
                return START
            node = replace(node, layer=scaled)
        if len(self.graph.nodes) > 2 * MOST_LAYERS:
            raise Refused(f"has more than {MOST_LAYERS:,} layers")
        self.graph.nodes.append(self._without_padding(node))
        return len(self.graph.nodes) - 1

    def _without_padding(self, node: Node) -> Node:
        """`node` before the padding layer that feeds it, padding by itself where that is equal."""
        padding = self.graph.nodes[node.inputs[0]]
        if padding.layer.layer != "ZeroPadding2D" or not self._pads(node.layer, padding.layer):
            return node
        self._notes.add("is taken over as the padding of the layer behind it", padding.name)
        layer = Layer(node.layer.layer, {**node.layer.settings, "padding": "same"})
        return replace(node, inputs=padding.inputs, layer=layer)


def _layers(kind: str, config: Mapping[str, Any], name: str) -> tuple[list[Layer], list[str]]:
    """A layer in our manner of writing (with its activation, two), and what is lost of it."""
    activation = layers.as_activation(kind, config)
    if activation is not None:
        function, lost = activation
        return [Layer("Activation", {"activation": function})], lost
    if kind not in layers.DEFAULTS:
        raise no_block(kind, name)
    return layers.from_config(kind, config, name)


def _augmentation(kind: str) -> str | None:
    """Why a layer that augments is left out, and what does so here; None of another layer."""
    here = _augmentations().get(kind)
    if here is None and not kind.startswith("Random"):
        return None
    if not here:
        return _AUGMENTATION
    return f"{_AUGMENTATION}. On the Augmentation page, {' or '.join(here)} does so"


@cache
def _augmentations() -> dict[str, list[str]]:
    """The titles of the augmentations that Keras has a layer for, by its class."""
    found: dict[str, list[str]] = {}
    for entry in catalog.augmentation_entries().values():
        for layer in entry().keras_layers(1, 1) or ():
            if layer.layer not in _OF_NETWORKS:
                found.setdefault(layer.layer, []).append(f"'{entry.title}'")
    return found


def _model(kind: str, config: Any) -> Model:
    if not isinstance(config, dict):
        raise Refused(f"is a {kind} model without a configuration")
    return read_model(kind, config)


def _input_shape(shape: Any, notes: Notes) -> Shape:
    """(height, width, channels), or (values,), of what the configuration gives as (batch, …)."""
    if shape is None:
        shape = [None, None, None, 3]
    if not isinstance(shape, list) or not 2 <= len(shape) <= 4:
        raise Refused(f"takes inputs of the shape {shape!r:.60}, and images have three sides")
    sides = [DEFAULT_SIDE if side is None else side for side in shape[1:]]
    if any(type(side) is not int or not 1 <= side <= layers.LARGEST_NUMBER for side in sides):
        raise Refused(f"takes inputs of the shape {shape!r:.60}")
    if len(sides) == 1:
        notes.add(f"It takes {sides[0]:,} values; here it gets images, which Flatten lays out.")
        return (sides[0],)
    height, width, *channels = sides
    return (height, width, *(channels or [1]))


def _behind_division(layer: Layer) -> Layer | None:
    """A first Rescaling, for pixels that are divided by 255 already; None if nothing is left."""
    scale, offset = layer.settings["scale"], layer.settings["offset"]
    if not all(isinstance(value, int | float) for value in (scale, offset)):
        return layer
    if isclose(255 * scale, 1) and not offset:
        return None
    return Layer("Rescaling", {"scale": round(255 * scale, 9), "offset": offset})


def _pads_alike(layer: Layer, padding: Layer) -> bool:
    """Whether `layer` makes as much of the padded image as with the padding 'same'."""
    if layer.layer not in _PADDED or layer.settings["padding"] != "valid":
        return False
    reach, stride = _reach(layer), layer.settings["strides"]
    return all(reach + 1 - stride <= sum(sides) <= reach for sides in _margins(padding))


def _pads_exactly(layer: Layer, padding: Layer) -> bool:
    """Whether a convolution's 'same' lays the same zeros around an image of a whole number of
    strides; where it is not whole, networks from elsewhere are built with other margins, too."""
    if layer.layer not in _CONVOLUTIONS or layer.settings["padding"] != "valid":
        return False
    lacking = max(_reach(layer) + 1 - layer.settings["strides"], 0)
    wanted = (lacking // 2, lacking - lacking // 2)
    return all(sides == wanted for sides in _margins(padding))


def _reach(layer: Layer) -> int:
    """Pixels from the first that a window looks at to its last."""
    size: int = layer.settings.get("kernel_size") or layer.settings["pool_size"]
    return int(layer.settings.get("dilation_rate", 1)) * (size - 1)


def _margins(padding: Layer) -> tuple[tuple[int, int], tuple[int, int]]:
    """Above and below, on the left and on the right."""
    top, bottom, left, right = (padding.settings[side] for side in layers.MARGINS)
    return (top, bottom), (left, right)
