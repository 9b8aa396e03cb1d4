"""TrivialAugment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.catalog.policy_parts import factors, moves, tones
from imgclf_gui.core.augmentation import Caution, Draws, Policy, Tensor
from imgclf_gui.core.cautions import turn_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.core.summary import DatasetSummary

WIDEST_TURN = 135
"""Degrees, at magnitude 10."""


class TrivialAugment(Policy):
    """One operation drawn for each image, of a strength drawn too. [N, h, w, c], 0…255 → the same.

    Müller and Hutter 2021 (arXiv:2103.10158), with their wide ranges at magnitude 10. Other than
    there: strengths are drawn without steps, shear and translation go in both directions at once
    and the latter by half of the side, brightness is added, autocontrast and equalising are blended
    in by the magnitude, and beyond the edge the mirror image is seen.
    """

    title: ClassVar[str] = "TrivialAugment"
    summary: ClassVar[str] = "One operation for each image, as strong as chance will have it."
    group: ClassVar[str] = "Policies"
    order: ClassVar[int] = 10
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"magnitude": (0, 10)}

    magnitude: float = Field(
        10, ge=0, le=10, title="Magnitude", description="At most; the paper needs no other than 10."
    )

    def brief(self) -> str:
        """'up to 10'."""
        return f"up to {self.magnitude:g}"

    def operations(self) -> tuple[EntrySpec, ...]:
        """The paper's list at its widest, times a tenth of the magnitude."""
        share = self.magnitude / 10
        return (
            *moves(share, degrees=WIDEST_TURN, slant=45, shift=50),
            *tones(share, bits=6),
            *factors(share, reach=0.99, brightness=200),
        )

    def augment(
        self, images: Tensor, draws: Draws, operate: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Every image by an operation of its own; -1 is no change."""
        return operate(images, draws.integers(len(self.operations()) + 1, (1,)) - 1)

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where turned images may be of another class; its turns are the widest of all policies."""
        turned = turn_caution(dataset, WIDEST_TURN * self.magnitude / 10)
        return turned and Caution(turned.message, "Set the magnitude to 3, or take it out.")

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandAugment with one operation, which it draws for a whole batch."""
        del height, width
        return (KerasLayer("RandAugment", {"num_ops": 1, "factor": self.magnitude / 10}),)
