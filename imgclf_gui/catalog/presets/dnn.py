"""DNN."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset
from imgclf_gui.core.spec import EntrySpec


class Dnn(Preset):
    """Three dense blocks of 300, 100 and 30 units."""

    order: ClassVar[int] = 20
    title: ClassVar[str] = "DNN"
    summary: ClassVar[str] = "Three dense blocks of 300, 100 and 30 units."
    lesson: ClassVar[str] = (
        "Hidden units combine pixels into patterns. Parameters grow, and so does the need for data."
    )

    def blocks(self) -> tuple[EntrySpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            EntrySpec(kind="flatten"),
            EntrySpec(kind="dense", units=300),
            EntrySpec(kind="dense", units=100),
            EntrySpec(kind="dense", units=30),
            EntrySpec(kind="logits"),
        )
