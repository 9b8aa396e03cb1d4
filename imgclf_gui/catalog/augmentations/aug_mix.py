"""AugMix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.catalog.policy_parts import moves, tones
from imgclf_gui.core.augmentation import Draws, Policy, Tensor
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.spec import EntrySpec


class AugMix(Policy):
    """Blends an image with several versions of itself. [N, h, w, c], 0…255 → the same.

    Hendrycks et al. 2019 (arXiv:1912.02781) with alpha = 1, without its second loss that makes the
    answers to an image's versions alike. As there, contrast, brightness, saturation and sharpness
    are left out. Other than there: each version draws its strengths evenly up to the magnitude,
    shear and translation go in both directions at once, autocontrast and equalising are blended in
    by the magnitude, and beyond the edge the mirror image is seen.
    """

    title: ClassVar[str] = "AugMix"
    summary: ClassVar[str] = "An image and versions of it, changed in chains, shine through."
    group: ClassVar[str] = "Policies"
    order: ClassVar[int] = 30
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"magnitude": (0, 10)}

    magnitude: float = Field(
        3, ge=0, le=10, title="Magnitude", description="Of each operation: 10 is the strongest."
    )
    chains: int = Field(3, ge=1, le=5, title="Versions", description="That are blended.")
    depth: int = Field(
        3, ge=1, le=4, title="Depth", description="Operations a version, at most; drawn for each."
    )

    def brief(self) -> str:
        """'3 versions, up to 3'."""
        return f"{self.chains} version{'s' * (self.chains > 1)}, up to {self.magnitude:g}"

    def operations(self) -> tuple[EntrySpec, ...]:
        """The paper's list at its largest, times a tenth of the magnitude."""
        share = self.magnitude / 10
        return (*moves(share, degrees=30, slant=17, shift=33), *tones(share, bits=4))

    def augment(
        self, images: Tensor, draws: Draws, operate: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """m · image + (1 - m) · Σ w · version; w by Dirichlet(1, …), m and depths drawn evenly."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import per_image

        weights = 1e-6 - ops.log(1 - draws.uniform(shape=(self.chains,)))  # not all of them 0
        weights = weights / ops.sum(weights, 1, keepdims=True)
        depths = 1 + draws.integers(self.depth, (self.chains, 1))
        blend = ops.zeros_like(images)
        for chain in range(self.chains):
            kinds = draws.integers(len(self.operations()), (self.depth,))
            kinds = ops.where(ops.arange(self.depth) < depths[:, chain], kinds, -1)
            version = operate(images, kinds)
            blend = blend + per_image(weights[:, chain]) * version
        return blend + per_image(draws.uniform()) * (images - blend)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """AugMix, which draws the operations for a whole batch."""
        del height, width
        settings = {
            "num_chains": self.chains,
            "chain_depth": self.depth,
            "factor": self.magnitude / 10,
        }
        return (KerasLayer("AugMix", settings),)
