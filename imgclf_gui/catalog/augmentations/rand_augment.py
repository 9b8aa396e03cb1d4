"""RandAugment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.catalog.policy_parts import factors, moves, tones
from imgclf_gui.core.augmentation import Draws, Policy, Tensor
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.spec import EntrySpec


class RandAugment(Policy):
    """A few operations drawn for each image, all of one magnitude. [N, h, w, c], 0…255 → the same.

    Cubuk et al. 2019 (arXiv:1909.13719). Other than there: each image draws its strength evenly up
    to the magnitude, shear and translation go in both directions at once, brightness is added,
    autocontrast and equalising are blended in by the magnitude, and beyond the edge the mirror
    image is seen. No change is one of the operations, as there.
    """

    title: ClassVar[str] = "RandAugment"
    summary: ClassVar[str] = "Two operations drawn for each image from a list of eleven."
    group: ClassVar[str] = "Policies"
    order: ClassVar[int] = 20
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"magnitude": (0, 10)}

    count: int = Field(
        2, ge=1, le=4, title="Operations", description="For each image, one after the other."
    )
    magnitude: float = Field(
        5, ge=0, le=10, title="Magnitude", description="Of each operation: 10 is the strongest."
    )

    def brief(self) -> str:
        """'2 of magnitude 5'."""
        return f"{self.count} of magnitude {self.magnitude:g}"

    def operations(self) -> tuple[EntrySpec, ...]:
        """Those of the paper at its largest magnitude, times a tenth of this one."""
        share = self.magnitude / 10
        return (
            *moves(share, degrees=30, slant=17, shift=30),
            *tones(share, bits=4),
            *factors(share, reach=0.9, brightness=100),
        )

    def augment(
        self, images: Tensor, draws: Draws, operate: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Every image by operations of its own; -1 is no change."""
        return operate(images, draws.integers(len(self.operations()) + 1, (self.count,)) - 1)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandAugment, which draws the operations for a whole batch."""
        del height, width
        settings = {"num_ops": self.count, "factor": self.magnitude / 10}
        return (KerasLayer("RandAugment", settings),)
