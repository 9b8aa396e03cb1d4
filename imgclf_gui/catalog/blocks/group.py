"""Blocks behind each other, as one."""

from __future__ import annotations

from typing import ClassVar, Literal

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, Shape


class Group(Block):
    """The blocks inside, behind each other: one lane among branches, or a group with a name."""

    title: ClassVar[str] = "Group"
    group: ClassVar[str] = "Containers"
    summary: ClassVar[str] = "Blocks behind each other as one: a lane of branches, or a stage."
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "chain"

    def output_shape(self, inputs: BlockInput) -> Shape:
        """What the last block inside makes."""
        return inputs.ends[0]

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None of its own."""
        del inputs
        return 0

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """None of its own."""
        del inputs
        return ()
