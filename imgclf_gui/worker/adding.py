"""Weights files of Keras's own networks as backbones: rebuilt of blocks, and proved to be equal.

The file is read as numbers (`weights_file`), the layers are those that Keras builds by itself, and
blocks that compute the same are found as for any Keras model (`plan.keras_file`). Before anything
is kept, both compute the features of an image of noise, which must agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan import NetworkPlan, resolve_network
from imgclf_gui.plan.applications import (
    INSTEAD,
    Application,
    check_buildable,
    find_application,
)
from imgclf_gui.plan.backbone_files import shown_name
from imgclf_gui.plan.backbones import Backbone, add_backbone, own_id
from imgclf_gui.plan.keras_file import Refused, Sources, feature_blocks
from imgclf_gui.plan.transfer import staged
from imgclf_gui.protocol import commands
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.transfer_events import TransferProgressed
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.rebuilding import (
    BLUE_GREEN_RED,
    PREFIX,
    Affine,
    block_arrays,
    leading_block,
    preprocessing,
)
from imgclf_gui.worker.weights_file import Read, read_apart, wanted_layers

if TYPE_CHECKING:
    import keras

    from imgclf_gui.worker.network import BlockEnds

BUILT_SIDE = 224
"""Pixels: a multiple of every stride, so that all padding is even. The blocks fit any size."""
LARGEST_DIFFERENCE = 1e-4
"""Between features, by the largest of them; float32 reaches some 1e-6."""
_FROM_ELSEWHERE = "See where the file comes from."
_FROM_KERAS = "ImageNet: 1.28 M photographs of 1,000 classes", "see keras.io/api/applications"
"""What the weights that Keras publishes learned from, and under which licence they are."""
_PUBLISHED = "that Keras publishes"
_HINT = f"It cannot be used as a backbone here. {INSTEAD}"


def add_weights(
    command: commands.AddBackbone, emit: Emit, tensorflow: Callable[[], None], control: Control
) -> None:
    """Carry out `command`: TransferProgressed…, BackboneAdded. The file is looked at before
    `tensorflow` loads that.

    Raises:
        UserError: `backbone.file`, `backbone.application`, `backbone.blocks`, `backbone.stopped`,
            `file.…`.
    """
    tell = _teller(emit, control)
    application = find_application(command.application)
    check_buildable(application)
    path = Path(command.file)
    tell(0.0, f"looking at {shown_name(path)}")
    read_apart(path, None)
    tell(0.1, "starting TensorFlow")
    control.busy_with = "starting TensorFlow"
    tensorflow()
    control.busy_with = ""
    tell(0.4, f"building {application.title}")
    model = _built(application)
    front, features = _without_front(model)
    blocks, sources = _blocks(application, features)
    tell(0.6, f"reading {shown_name(path)}")
    read, digest = read_apart(path, wanted_layers(model.layers))
    if application.preprocessing == "caffe":
        _turn_round(features, read)
    affine = preprocessing(application.preprocessing, front, read)
    lead, arrays = leading_block(affine)
    blocks = staged(blocks, (application.side, application.side, 3))
    backbone = _backbone(command, application, (*lead, *blocks), digest)
    from imgclf_gui.worker.backbones import load_weights
    from imgclf_gui.worker.network import build_network

    tell(0.7, "building the same of blocks")
    plan = _plan(backbone.blocks, BUILT_SIDE)
    ends: BlockEnds = {}
    network = build_network(plan, ends)
    arrays |= block_arrays(features, read, backbone.blocks, sources, built=network, plan=plan)
    load_weights(network, PREFIX, arrays, backbone)
    tell(0.8, "comparing what both compute")
    _check_equal(_extractor(network, ends), features, read, affine, application)
    tell(0.95, "keeping it")
    kept = add_backbone(backbone, arrays)
    emit(
        e.BackboneAdded(backbone=kept.id, title=kept.title, sha256=kept.sha256, file_sha256=digest)
    )


def _teller(emit: Emit, control: Control) -> Callable[[float, str], None]:
    """Reports what comes now; ends the work when it is to be stopped."""

    def tell(done: float, what: str) -> None:
        if control.stopped:
            raise UserError("backbone.stopped", "It was stopped; nothing was kept.")
        emit(TransferProgressed(done=done, what=what))

    return tell


def _backbone(
    command: commands.AddBackbone,
    application: Application,
    blocks: tuple[BlockSpec, ...],
    digest: str,
) -> Backbone:
    """What is kept of `application`, made of `blocks`, with the weights of the file `digest`."""
    title = command.title or application.title
    file = f"in {shown_name(Path(command.file))}"
    learned_from, licence = _FROM_KERAS if command.source else (_FROM_ELSEWHERE,) * 2
    return Backbone(
        id=own_id(title, digest),
        title=title,
        summary=f"{application.title} with the weights {_PUBLISHED if command.source else file}.",
        learned_from=learned_from,
        licence=licence,
        paper=application.paper,
        width=application.side,
        height=application.side,
        smallest=_smallest(blocks),
        blocks=blocks,
        source=command.source,
    )


def _built(application: Application) -> keras.Model:
    import keras

    width = {} if application.alpha is None else {"alpha": application.alpha}
    model: keras.Model = getattr(keras.applications, application.name)(
        weights=None, include_top=False, input_shape=(BUILT_SIDE, BUILT_SIDE, 3), **width
    )
    return model


def _without_front(model: keras.Model) -> tuple[list[Any], keras.Model]:
    """The layers at the beginning that only rescale each channel, and the model behind them."""
    import keras

    front = []
    for layer in model.layers[1:]:
        if type(layer).__name__ not in ("Rescaling", "Normalization"):
            break
        front.append(layer)
    return front, keras.Model(front[-1].output, model.output) if front else model


def _blocks(
    application: Application, features: keras.Model
) -> tuple[tuple[BlockSpec, ...], Sources]:
    try:
        return feature_blocks(json.loads(features.to_json()))
    except Refused as refused:
        raise UserError(
            "backbone.blocks",
            f"{application.name} {refused.reason}.",
            _HINT,
        ) from refused


def _turn_round(features: keras.Model, read: Read) -> None:
    """Let the first convolution take red, green, blue instead of blue, green, red.

    It is the same to the last bit: each channel is convolved with the same numbers.
    """
    first = next(layer for layer in features.layers if layer.weights)
    if type(first).__name__ != "Conv2D" or first.groups != 1:
        raise UserError(
            "backbone.blocks",
            f"It begins with the layer {first.name:.60}, whose channels cannot be reordered.",
            _HINT,
        )
    kernel, *others = read[first.name]
    read[first.name] = [kernel[:, :, list(BLUE_GREEN_RED)], *others]


def _plan(blocks: tuple[BlockSpec, ...], side: int) -> NetworkPlan:
    holder = BlockSpec(kind="backbone", frozen=True, blocks=blocks)
    ending = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))
    plan, problems = resolve_network(NetworkSpec(blocks=(holder, *ending)), (side, side, 3), 2)
    if plan is None:
        raise UserError(
            "backbone.blocks",
            f"It cannot be made of blocks: {problems[0].message}",
            problems[0].fix,
        )
    return plan


def _smallest(blocks: tuple[BlockSpec, ...]) -> int:
    """The smallest side of an image that there are features of."""
    low, high = 1, BUILT_SIDE
    while low < high:
        middle = (low + high) // 2
        try:
            _plan(blocks, middle)
        except UserError:
            low = middle + 1
        else:
            high = middle
    return low


def _extractor(network: keras.Model, ends: BlockEnds) -> keras.Model:
    import keras

    return keras.Model(network.input, ends["block_00_backbone"])


def _check_equal(
    ours: keras.Model,
    theirs: keras.Model,
    read: Read,
    affine: Affine,
    application: Application,
) -> None:
    """That blocks and layers make the same features of an image of noise.

    Raises:
        UserError: `backbone.blocks`.
    """
    for layer in theirs.layers:
        if layer.weights:
            layer.set_weights(read[layer.name])
    generator = np.random.default_rng(0)
    pixels = generator.uniform(0, 255, (1, BUILT_SIDE, BUILT_SIDE, 3)).astype(np.float32)
    values = (pixels / 255 * affine.scale + affine.offset).astype(np.float32)
    expected = np.asarray(theirs(values, training=False))
    made = np.asarray(ours(pixels, training=False))
    if made.shape != expected.shape or not _alike(made, expected):
        raise UserError(
            "backbone.blocks",
            f"Blocks and the layers of {application.title} do not compute the same with these "
            "weights.",
            f"Choose another file. {INSTEAD}",
        )


def _alike(made: NDArray[Any], expected: NDArray[Any]) -> bool:
    """False also where a value is not finite."""
    largest = float(np.abs(expected).max())
    return float(np.abs(made - expected).max()) <= LARGEST_DIFFERENCE * largest < np.inf
