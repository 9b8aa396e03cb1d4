"""Light augmentation."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.core.spec import EntrySpec


class Light(AugmentationPreset):
    """Small changes that keep the class of almost any image: no mirror images, no colours."""

    order: ClassVar[int] = 20
    title: ClassVar[str] = "Light"
    summary: ClassVar[str] = "A little turned and brightened: safe for almost every dataset."
    lesson: ClassVar[str] = "Small changes that any camera makes: a good first try."

    def steps(self) -> tuple[EntrySpec, ...]:
        """Geometry first, so that it is resampled once."""
        return (
            EntrySpec(kind="rotation", degrees=5.0),
            EntrySpec(kind="brightness", change=20.0),
        )
