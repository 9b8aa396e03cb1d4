"""WRN-16-4."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, MOMENTUM, Blocks
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Wrn164(Preset):
    """Wide residual network of Zagoruyko and Komodakis 2016 (arXiv:1605.07146), for small images.

    Normalisation and activation stand before the convolutions (He et al. 2016, arXiv:1603.05027);
    where the shape changes, the shortcut starts behind them, as in the authors' code; only that
    its projections have a bias here, 448 weights in all.
    """

    order: ClassVar[int] = 120
    title: ClassVar[str] = "WRN-16-4"
    summary: ClassVar[str] = "Residual blocks four times as wide, and only 16 deep."
    lesson: ClassVar[str] = (
        "Wide and shallow learns as well as narrow and very deep, and trains faster: the machine "
        "has more to do at once."
    )
    paper: ClassVar[str] = "Zagoruyko and Komodakis 2016, arXiv:1605.07146"
    published: ClassVar[Published] = Published(2_750_000, (32, 32, 3), 10, rounding=5_000)

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            _convolution(16),
            _stage(1, 64, stride=1),
            _stage(2, 128, stride=2),
            _stage(3, 256, stride=2),
            *_ACTIVATED,
            *HEAD,
        )


_ACTIVATED = (
    BlockSpec(kind="batch-normalization", momentum=MOMENTUM),
    BlockSpec(kind="activation", function="relu"),
)


def _convolution(filters: int, stride: int = 1) -> BlockSpec:
    return BlockSpec(
        kind="convolution", filters=filters, stride=stride, activation="none", bias=False
    )


def _residual(inside: Blocks, **settings: object) -> BlockSpec:
    return BlockSpec(kind="residual", activation="none", blocks=inside, **settings)


def _stage(number: int, filters: int, stride: int) -> BlockSpec:
    """Two residual blocks; the first changes the shape."""
    second = (*_ACTIVATED, _convolution(filters))
    first = (_convolution(filters, stride), *second)
    return BlockSpec(
        kind="group",
        name=f"Stage {number}",
        blocks=(
            *_ACTIVATED,
            _residual(first, shortcut="projected", normalization=False),
            _residual((*_ACTIVATED, _convolution(filters), *second)),
        ),
    )
