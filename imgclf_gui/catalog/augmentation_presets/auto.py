"""Augmentation that needs no choice."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.core.spec import EntrySpec


class Auto(AugmentationPreset):
    """TrivialAugment: one operation an image, where RandAugment has two and costs more.

    Its paper finds it as good as what was searched for on the dataset itself.
    """

    order: ClassVar[int] = 50
    title: ClassVar[str] = "Auto"
    summary: ClassVar[str] = (
        "One operation drawn for each image: nothing to choose (TrivialAugment)."
    )
    lesson: ClassVar[str] = (
        "Chance can take the place of a long search: one operation an image, of any strength, does "
        "as well as lists tuned for a dataset."
    )

    def steps(self) -> tuple[EntrySpec, ...]:
        """One step."""
        return (EntrySpec(kind="trivial-augment"),)
