"""Light augmentation."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.core.spec import EntrySpec


class Light(AugmentationPreset):
    """Small changes that keep the class of almost any image: no mirror images, no colours.

    Each for half of the images: an eighth is not moved, and stays as sharp as those to classify.
    """

    order: ClassVar[int] = 20
    title: ClassVar[str] = "Light"
    summary: ClassVar[str] = "A little moved, turned, zoomed and brightened: safe for digits, too."
    lesson: ClassVar[str] = (
        "What differs between two photographs of the same thing should not count; small changes "
        "say so without more images."
    )

    def steps(self) -> tuple[EntrySpec, ...]:
        """Moves first, so that pixels are read once."""
        return (
            EntrySpec(kind="rotation", degrees=5, probability=0.5),
            EntrySpec(kind="translation", horizontal=4, vertical=4, probability=0.5),
            EntrySpec(kind="zoom", larger=5, smaller=5, probability=0.5),
            EntrySpec(kind="brightness", change=15, probability=0.5),
            EntrySpec(kind="contrast", lower=0.9, upper=1.1, probability=0.5),
        )
