"""The augmentation of the course's flowers lab."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.core.spec import EntrySpec


class FlowersLab(AugmentationPreset):
    """The course's: 299 of 309 pixels, mirrored, brightness by 63 of 255, contrast by 0.2–1.8."""

    order: ClassVar[int] = 30
    title: ClassVar[str] = "Flowers lab"
    summary: ClassVar[str] = "The course's: cropped, mirrored, other brightness and contrast."
    lesson: ClassVar[str] = (
        "A flower is the same flower in other light, a little aside, and in the mirror: four lines "
        "of the lab that make few photographs many."
    )

    def steps(self) -> tuple[EntrySpec, ...]:
        """In the order of the lab."""
        return (
            EntrySpec(kind="crop", mode="enlarge", margin=3.34),
            EntrySpec(kind="flip-horizontal", probability=0.5),
            EntrySpec(kind="brightness", change=63),
            EntrySpec(kind="contrast", lower=0.2, upper=1.8),
        )
