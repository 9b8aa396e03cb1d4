"""No augmentation."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.core.spec import EntrySpec


class NoAugmentation(AugmentationPreset):
    """The images as they are."""

    order: ClassVar[int] = 10
    title: ClassVar[str] = "None"
    summary: ClassVar[str] = "The images as they are."
    lesson: ClassVar[str] = "What all else is compared with: augmentation has to earn its time."

    def steps(self) -> tuple[EntrySpec, ...]:
        """Nothing."""
        return ()
