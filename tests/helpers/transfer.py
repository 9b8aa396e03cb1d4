"""Small backbones of one's own, and runs that begin with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.plan.backbones import Arrays, Backbone, add_backbone

INSIDE = (
    BlockSpec(kind="convolution", filters=6, size=3, activation="relu"),
    BlockSpec(
        kind="group",
        name="Middle",
        blocks=(
            BlockSpec(kind="convolution", filters=8, size=3, activation="none", bias=False),
            BlockSpec(kind="batch-normalization"),
            BlockSpec(kind="activation"),
        ),
    ),
    BlockSpec(kind="convolution", filters=8, size=3, stride=2, activation="relu"),
)
"""For grayscale images: a step with bias, one with batch normalisation, one that shrinks."""


def small_weights(seed: int) -> Arrays:
    """Weights for `INSIDE`, drawn from `seed`; the statistics are none of a new network."""
    random = np.random.default_rng(seed)

    def drawn(*shape: int) -> Any:
        spread = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.1
        return (random.normal(size=shape) * spread).astype(np.float32)

    normalisation = "01_00_01_batch_normalization"
    return {
        "00_convolution/kernel": drawn(3, 3, 1, 6),
        "00_convolution/bias": drawn(6),
        "01_00_00_convolution/kernel": drawn(3, 3, 6, 8),
        f"{normalisation}/gamma": 1 + drawn(8),
        f"{normalisation}/beta": drawn(8),
        f"{normalisation}/moving_mean": drawn(8),
        f"{normalisation}/moving_variance": 0.5 + np.abs(drawn(8)),
        "02_convolution/kernel": drawn(3, 3, 8, 8),
        "02_convolution/bias": drawn(8),
    }


def small_backbone(name: str = "small", seed: int = 0) -> Backbone:
    """One in the person's folder, of grayscale images of 12×12."""
    about = Backbone(
        id=name, title=f"Small {name}", width=12, height=12, channels=1, blocks=INSIDE, own=True
    )
    return add_backbone(about, small_weights(seed))


def on_backbone(backbone: Backbone, *head: BlockSpec, **settings: Any) -> tuple[BlockSpec, ...]:
    """A network of a frozen backbone; without a `head` with dropout and one linear layer."""
    head = head or (
        BlockSpec(kind="global-pooling"),
        BlockSpec(kind="dropout", rate=0.2),
        BlockSpec(kind="logits"),
    )
    block = BlockSpec(
        kind="backbone",
        weights=backbone.id,
        frozen=True,
        blocks=backbone.blocks,
        **settings,
    )
    return (block, *head)
