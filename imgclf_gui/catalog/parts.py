"""Pieces that several presets are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from imgclf_gui.core.spec import BlockSpec

Blocks = tuple[BlockSpec, ...]

MOMENTUM = 0.8
"""Of running means and variances in deep networks. With Keras's 0.99 they lag some hundred steps
behind the weights, and the lags of all layers add up: a run on a few hundred images is over before
validation says anything. ResNet-20 after 40 steps: 10 % right with 0.9, 67 % with 0.8.
"""

HEAD = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))
"""One value a channel, then one a class: what most networks since 2014 end with."""


def normalization(momentum: float = MOMENTUM) -> BlockSpec:
    """Batch normalisation."""
    return BlockSpec(kind="batch-normalization", momentum=momentum)


def normalized_convolution(
    filters: int, *, activation: str = "relu", momentum: float = MOMENTUM, **settings: Any
) -> Blocks:
    """A convolution without bias, batch normalisation, and the activation unless it is 'none'."""
    convolution = BlockSpec(
        kind="convolution", filters=filters, activation="none", bias=False, **settings
    )
    return (convolution, normalization(momentum), *_activation(activation))


def stage(name: str, first: BlockSpec, others: BlockSpec, count: int) -> BlockSpec:
    """A group of `count` blocks: `first`, then `others` repeated."""
    repeated = (BlockSpec(kind="repeat", count=count - 1, blocks=(others,)),) if count > 1 else ()
    return BlockSpec(kind="group", name=name, blocks=(first, *repeated))


def basic_residual(filters: int, *, stride: int = 1, shortcut: str = "identity") -> BlockSpec:
    """Two 3×3 convolutions with a shortcut (He et al. 2015, figure 5, left)."""
    inside = (
        *normalized_convolution(filters, stride=stride),
        *normalized_convolution(filters, activation="none"),
    )
    return BlockSpec(kind="residual", shortcut=shortcut, blocks=inside)


def bottleneck(filters: int, *, stride: int = 1, shortcut: str = "identity") -> BlockSpec:
    """1×1, 3×3 and 1×1 convolutions, the last of four times the filters (figure 5, right).

    The 3×3 one has the stride, as in today's implementations; in the paper it is the first.
    """
    inside = (
        *normalized_convolution(filters, size=1),
        *normalized_convolution(filters, stride=stride),
        *normalized_convolution(4 * filters, size=1, activation="none"),
    )
    return BlockSpec(kind="residual", shortcut=shortcut, blocks=inside)


def cifar_resnet(depth: int) -> Blocks:
    """He et al. 2015, section 4.2: 6n + 2 layers in three stages of 16, 32 and 64 filters.

    Shortcuts have no parameters: where filters double, zeros fill up (their option A).
    """
    count = (depth - 2) // 6
    stages = (
        stage(
            f"Stage {number}",
            basic_residual(filters, stride=stride, shortcut=shortcut),
            basic_residual(filters),
            count,
        )
        for number, filters, stride, shortcut in (
            (1, 16, 1, "identity"),
            (2, 32, 2, "padded"),
            (3, 64, 2, "padded"),
        )
    )
    return (*normalized_convolution(16), *stages, *HEAD)


EFFICIENTNET_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
"""Of EfficientNet-B0: expansion, filters, blocks, stride of the first, size of the depthwise ones
(Tan and Le 2019, arXiv:1905.11946, table 1)."""


def lite_stages(width: float = 1.0, depth: float = 1.0) -> Iterator[BlockSpec]:
    """The stages of an EfficientNet-Lite, behind 32 channels.

    `width` multiplies the filters, rounded to 8 as in the paper's code, and `depth` the blocks; the
    first and the last stage keep theirs.
    """
    ends = (0, len(EFFICIENTNET_STAGES) - 1)
    rows = [
        (
            expansion,
            _scaled(filters, width),
            count if i in ends else ceil(count * depth),
            step,
            size,
        )
        for i, (expansion, filters, count, step, size) in enumerate(EFFICIENTNET_STAGES)
    ]
    return inverted_stages(32, rows, 0.99)


def lite_backbone(width: float = 1.0, depth: float = 1.0) -> Blocks:
    """An EfficientNet-Lite up to its 1,280 features, from values 0…1.

    Its weights take (pixel - 127) / 128.
    """
    return (
        BlockSpec(kind="rescale", scale=255 / 128, offset=-127 / 128),
        _lite_group("Stem", normalized_convolution(32, stride=2, **_LITE)),
        *lite_stages(width, depth),
        _lite_group("Features", normalized_convolution(1280, size=1, **_LITE)),
    )


_LITE: dict[str, Any] = {"activation": "relu6", "momentum": 0.99}


def _lite_group(name: str, blocks: Blocks) -> BlockSpec:
    return BlockSpec(kind="group", name=name, blocks=blocks)


def _scaled(filters: int, width: float) -> int:
    """The multiple of 8 next to `filters` times `width`, at most a tenth smaller than that."""
    wanted = filters * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def imagenet_stem() -> Blocks:
    """He et al. 2015, table 1: the image shrinks to a quarter before the first residual block."""
    return (
        *normalized_convolution(64, size=7, stride=2),
        BlockSpec(kind="max-pooling", size=3, stride=2, padding="same"),
    )


def inverted_residual(
    channels: int,
    filters: int,
    *,
    expansion: int = 6,
    size: int = 3,
    stride: int = 1,
    momentum: float = MOMENTUM,
) -> BlockSpec:
    """Expand `channels`, filter each by itself, project (Sandler et al. 2018, arXiv:1801.04381).

    The shortcut spans it where the shape stays; else it is a group. An `expansion` of 1 leaves
    the first convolution out.
    """
    expand = normalized_convolution(
        expansion * channels, size=1, activation="relu6", momentum=momentum
    )
    depthwise = BlockSpec(
        kind="depthwise-convolution", size=size, stride=stride, activation="none", bias=False
    )
    inside = (
        *(expand if expansion > 1 else ()),
        depthwise,
        normalization(momentum),
        *_activation("relu6"),
        *normalized_convolution(filters, size=1, activation="none", momentum=momentum),
    )
    if stride == 1 and filters == channels:
        return BlockSpec(
            kind="residual", name="Inverted residual", activation="none", blocks=inside
        )
    return BlockSpec(kind="group", name="Inverted block", blocks=inside)


def inverted_stages(
    channels: int, rows: Sequence[tuple[int, int, int, int, int]], momentum: float = MOMENTUM
) -> Iterator[BlockSpec]:
    """Behind `channels`, a stage for each row of expansion, filters, blocks, stride and size."""
    for number, (expansion, filters, count, stride, size) in enumerate(rows, 1):
        first, others = (
            inverted_residual(
                reached, filters, expansion=expansion, size=size, stride=step, momentum=momentum
            )
            for reached, step in ((channels, stride), (filters, 1))
        )
        yield stage(f"Stage {number}", first, others, count)
        channels = filters


def _activation(function: str) -> Blocks:
    return () if function == "none" else (BlockSpec(kind="activation", function=function),)
