"""Pieces that several presets are made of."""

from __future__ import annotations

from typing import Any

from imgclf_gui.core.spec import BlockSpec

Blocks = tuple[BlockSpec, ...]


def normalized_convolution(filters: int, *, activation: str = "relu", **settings: Any) -> Blocks:
    """A convolution without bias, batch normalisation, and the activation unless it is 'none'."""
    convolution = BlockSpec(
        kind="convolution", filters=filters, activation="none", bias=False, **settings
    )
    found = (convolution, BlockSpec(kind="batch-normalization"))
    if activation == "none":
        return found
    return (*found, BlockSpec(kind="activation", function=activation))


def basic_residual(filters: int, *, stride: int = 1, shortcut: str = "identity") -> BlockSpec:
    """Two 3×3 convolutions with a shortcut (He et al. 2015, figure 5, left)."""
    inside = (
        *normalized_convolution(filters, stride=stride),
        *normalized_convolution(filters, activation="none"),
    )
    return BlockSpec(kind="residual", shortcut=shortcut, blocks=inside)


def stage(name: str, first: BlockSpec, others: BlockSpec, count: int) -> BlockSpec:
    """A group of `count` blocks: `first`, then `others` repeated."""
    repeated = (BlockSpec(kind="repeat", count=count - 1, blocks=(others,)),) if count > 1 else ()
    return BlockSpec(kind="group", name=name, blocks=(first, *repeated))


def cifar_resnet(depth: int) -> Blocks:
    """He et al. 2015, section 4.2: 6n + 2 layers in three stages of 16, 32 and 64 filters."""
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
    return (
        *normalized_convolution(16),
        *stages,
        BlockSpec(kind="global-pooling"),
        BlockSpec(kind="logits"),
    )
