"""Strong augmentation."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.core.spec import EntrySpec


class Strong(AugmentationPreset):
    """All that photographs bear, and CutMix: for long trainings of large networks."""

    order: ClassVar[int] = 40
    title: ClassVar[str] = "Strong"
    summary: ClassVar[str] = "Moved, mirrored, recoloured, noisy, half hidden and mixed."
    lesson: ClassVar[str] = (
        "The fewer images and the longer the training, the more a network learns by heart; what "
        "never comes twice cannot be learnt so. It needs more epochs."
    )

    def steps(self) -> tuple[EntrySpec, ...]:
        """Moves first, so that pixels are read once; mixing last, so that both are changed."""
        return (
            EntrySpec(kind="flip-horizontal", probability=0.5),
            EntrySpec(kind="crop", mode="enlarge", margin=10),
            EntrySpec(kind="rotation", degrees=15, probability=0.5),
            EntrySpec(kind="zoom", larger=20, smaller=10, probability=0.5),
            EntrySpec(kind="perspective", shift=8, probability=0.5),
            EntrySpec(kind="brightness", change=40, probability=0.8),
            EntrySpec(kind="contrast", lower=0.7, upper=1.3, probability=0.8),
            EntrySpec(kind="saturation", lower=0.6, upper=1.4, probability=0.8),
            EntrySpec(kind="gaussian-noise", spread=10, probability=0.3),
            EntrySpec(kind="random-erasing", largest=20, filling="mean", probability=0.25),
            EntrySpec(kind="cut-mix", alpha=1, probability=0.5),
        )
