"""Linear."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Linear(Preset):
    """Each pixel votes for each class."""

    order: ClassVar[int] = 10
    title: ClassVar[str] = "Linear"
    summary: ClassVar[str] = "Each pixel votes for each class."
    lesson: ClassVar[str] = (
        "The least that can be learned: one weight for each pixel and class. It says how hard "
        "the task is before anything deeper is tried."
    )
    paper: ClassVar[str] = "The course's ladder"
    published: ClassVar[Published] = Published(7_850, (28, 28, 1), 10, by="the course")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            BlockSpec(kind="flatten"),
            BlockSpec(kind="logits"),
        )
