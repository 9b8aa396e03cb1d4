"""A shortcut around blocks."""

from __future__ import annotations

from math import ceil, prod
from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.activations import Activation, activation_layers, kept_behind
from imgclf_gui.core.block_checks import shape_text
from imgclf_gui.core.entry import (
    BATCH_NORMALIZATION,
    BLOCK_INPUT,
    FLOAT32_BYTES,
    SHORTCUTS,
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    Mend,
    ParameterCount,
    Shape,
    end,
)
from imgclf_gui.core.spec import BlockSpec

MENDS = {
    "projected": Mend(title="Project the shortcut", settings={"shortcut": "projected"}),
    "padded": Mend(title="Pad the shortcut", settings={"shortcut": "padded"}),
}

PROJECTION_MOMENTUM = 0.8
"""Of the running mean and variance behind a projection; see `catalog.parts.MOMENTUM`."""


class Residual(Block):
    """What the blocks inside make is added to what reached them; then comes the activation.

    He et al. 2015 (arXiv:1512.03385). Where shapes differ, 'padded' takes every n-th pixel and
    adds channels of zeros (their option A, without parameters), 'projected' is a 1×1 convolution
    with that stride (option B). With pre-activation (He et al. 2016, arXiv:1603.05027)
    normalisation and activation stand inside, before the convolutions, and 'activation' is 'none'.
    """

    title: ClassVar[str] = "Residual"
    group: ClassVar[str] = "Containers"
    summary: ClassVar[str] = "A shortcut past the blocks inside, so that networks can grow deep."
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "chain"

    shortcut: Literal["identity", "padded", "projected"] = Field("identity", title="Shortcut")
    normalization: bool = Field(
        True,
        title="Normalise projection",
        description="Batch normalisation behind a projected shortcut, which then has no bias.",
    )
    activation: Activation = Field(
        "relu", title="Activation", description="Behind the addition; none for pre-activation."
    )

    @classmethod
    def example_blocks(cls, shape: Shape) -> tuple[BlockSpec, ...]:
        """Two normalised convolutions that keep the shape (their figure 5, left)."""
        if len(shape) != 3:
            return super().example_blocks(shape)
        convolution = BlockSpec(kind="convolution", filters=shape[2], activation="none", bias=False)
        normalization = BlockSpec(kind="batch-normalization")
        between = BlockSpec(kind="activation", function="relu")
        return (convolution, normalization, between, convolution, normalization)

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """The shortcut must be able to take the shape that the blocks inside make."""
        made = inputs.ends[0]
        if made == inputs.shape:
            return None
        difference = f"{shape_text(inputs.shape)} reach the block, and {shape_text(made)} leave it"
        if len(made) != 3 or len(inputs.shape) != 3 or _stride(inputs.shape, made) is None:
            return BlockProblem(
                f"No shortcut leads there: {difference}.",
                "Let the blocks inside shrink the image only by strides, with padding 'same'.",
            )
        if self.shortcut == "identity":
            return BlockProblem(
                f"The shortcut cannot be added: {difference}.",
                "Project the shortcut, or match filters and strides inside.",
                self._mends(inputs),
            )
        if self.shortcut == "padded" and made[2] % inputs.shape[2]:
            return BlockProblem(
                f"Zeros cannot fill the shortcut up: {difference}.",
                "Project the shortcut, or use a multiple of the channels inside.",
                (MENDS["projected"],),
            )
        return None

    def output_shape(self, inputs: BlockInput) -> Shape:
        """What the blocks inside make."""
        return inputs.ends[0]

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Of the projection and its normalisation (or bias)."""
        if not self._projects(inputs):
            return ParameterCount()
        filters = inputs.ends[0][-1]
        weights = inputs.shape[-1] * filters
        if self.normalization:
            return ParameterCount(weights + 2 * filters, 2 * filters)
        return ParameterCount(weights + filters)

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Of the projection."""
        if not self._projects(inputs):
            return 0
        height, width, filters = inputs.ends[0]
        return inputs.shape[-1] * filters * height * width

    def activation_bytes(self, inputs: BlockInput) -> int:
        """The shortcut's outputs, and what the activation keeps; the sum takes their place."""
        kept = kept_behind(self.activation)
        if self._projects(inputs):
            kept += 2 if self.normalization else 1
        elif inputs.ends[0] != inputs.shape:
            kept += 1
        return FLOAT32_BYTES * kept * prod(self.output_shape(inputs))

    def brief(self) -> str:
        """The shortcut, and what follows the addition."""
        behind = "" if self.activation == "none" else f", then {self.activation}"
        return f"{self.shortcut} shortcut{behind}"

    def without(self, what: str, spec: BlockSpec) -> tuple[BlockSpec, ...]:
        """Without shortcuts its blocks and its activation; or a projection not normalised."""
        if what == SHORTCUTS and self.activation == "none":
            return spec.blocks
        if what == SHORTCUTS:
            return (*spec.blocks, BlockSpec(kind="activation", function=self.activation))
        if what == BATCH_NORMALIZATION and self.shortcut == "projected" and self.normalization:
            return (spec.model_copy(update={"normalization": False}),)
        return super().without(what, spec)

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """The shortcut's layers, Add, and Activation."""
        shortcut = self._shortcut_layers(inputs)
        other = shortcut[-1].name if shortcut else BLOCK_INPUT
        added = KerasLayer("Add", inputs=(end(0), other))
        return (*shortcut, added, *activation_layers(self.activation))

    def _shortcut_layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        made = inputs.ends[0]
        if self._projects(inputs):
            return self._projection(made[2], _stride(inputs.shape, made) or 1)
        if made == inputs.shape:
            return ()
        return _padding(made[2] // inputs.shape[2], _stride(inputs.shape, made) or 1)

    def _projection(self, filters: int, stride: int) -> tuple[KerasLayer, ...]:
        settings = {
            "filters": filters,
            "kernel_size": 1,
            "strides": stride,
            "use_bias": not self.normalization,
            "kernel_initializer": "he_normal",
        }
        convolution = KerasLayer("Conv2D", settings, "projection", (BLOCK_INPUT,))
        if not self.normalization:
            return (convolution,)
        momentum = {"momentum": PROJECTION_MOMENTUM}
        return (convolution, KerasLayer("BatchNormalization", momentum, "projection_normalization"))

    def _projects(self, inputs: BlockInput) -> bool:
        return self.shortcut == "projected" and inputs.ends[0] != inputs.shape

    def _mends(self, inputs: BlockInput) -> tuple[Mend, ...]:
        made = inputs.ends[0]
        mends = [MENDS["projected"]]
        if not made[2] % inputs.shape[2]:
            mends.append(MENDS["padded"])
        if made[:2] == inputs.shape[:2]:
            mends.append(Mend(title="Match filters", inside={"filters": inputs.shape[2]}))
        return tuple(mends)


def _padding(times: int, stride: int) -> tuple[KerasLayer, ...]:
    """Every `stride`-th pixel, and zeros behind its channels up to `times` as many."""
    found = []
    if stride > 1:
        settings = {"pool_size": 1, "strides": stride}
        found.append(KerasLayer("MaxPooling2D", settings, "subsampled", (BLOCK_INPUT,)))
    if times > 1:
        taken = "subsampled" if stride > 1 else BLOCK_INPUT
        found.append(KerasLayer("Rescaling", {"scale": 0.0}, "zeros", (taken,)))
        found.append(KerasLayer("Concatenate", {}, "padded", (taken, *["zeros"] * (times - 1))))
    return tuple(found)


def _stride(shape: Shape, made: Shape) -> int | None:
    """The stride that makes the height and width of `made` of those of `shape`; None if none."""
    # The smallest that is enough for height and for width; any larger one would shrink too much.
    stride = max(ceil(shape[side] / made[side]) for side in (0, 1))
    reached = tuple(ceil(side / stride) for side in shape[:2])
    return stride if reached == made[:2] else None
