"""Blocks side by side."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.block_checks import shape_text
from imgclf_gui.core.entry import (
    FLOAT32_BYTES,
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    Mend,
    Shape,
    end,
)
from imgclf_gui.core.spec import BlockSpec


class Branches(Block):
    """Each block inside gets the same input; their outputs are put together.

    'concatenate' lays the channels one behind the other (Szegedy et al. 2015, arXiv:1409.4842),
    'add' adds them up. A lane of several blocks is a group.
    """

    title: ClassVar[str] = "Branches"
    group: ClassVar[str] = "Containers"
    summary: ClassVar[str] = "Blocks side by side on the same input, put together at the end."
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "lanes"

    merge: Literal["concatenate", "add"] = Field("concatenate", title="Put together")

    @classmethod
    def example_blocks(cls, shape: Shape) -> tuple[BlockSpec, ...]:
        """Two lanes of half the channels each: one looks at pixels, the other at patches."""
        if len(shape) != 3:
            return super().example_blocks(shape) * 2
        half = max(1, shape[2] // 2)
        pixels = BlockSpec(kind="convolution", filters=half, size=1)
        patches = BlockSpec(kind="convolution", filters=half, size=3)
        return (
            BlockSpec(kind="group", name="Pixels", blocks=(pixels,)),
            BlockSpec(kind="group", name="Patches", blocks=(pixels, patches)),
        )

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """Outputs must have the same height and width, and to be added the same channels."""
        ends = inputs.ends
        if len({shape[:-1] for shape in ends}) > 1:
            return BlockProblem(
                f"The branches make images of different sizes: {_listed(ends)}.",
                "Use the same strides and 'same' padding in all of them.",
            )
        if self.merge == "add" and len(set(ends)) > 1:
            return BlockProblem(
                f"Only equal shapes can be added, and the branches make {_listed(ends)}.",
                "Concatenate them, or give their last blocks the same number of filters.",
                (Mend(title="Concatenate", settings={"merge": "concatenate"}),),
            )
        return None

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height, width, all channels), or the shape of each if they are added."""
        first = inputs.ends[0]
        if self.merge == "add":
            return first
        return (*first[:-1], sum(shape[-1] for shape in inputs.ends))

    def activation_bytes(self, inputs: BlockInput) -> int:
        """What is laid out anew; a sum takes the place of what is added."""
        if self.merge == "add" or len(inputs.ends) == 1:
            return 0
        return FLOAT32_BYTES * prod(self.output_shape(inputs))

    def brief(self) -> str:
        """How they are put together."""
        return "added" if self.merge == "add" else "concatenated"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Concatenate or Add layer; none for a single branch."""
        lanes = len(inputs.ends)
        if lanes == 1:
            return ()
        layer = "Add" if self.merge == "add" else "Concatenate"
        return (KerasLayer(layer, inputs=tuple(end(lane) for lane in range(lanes))),)


def _listed(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(map(shape_text, shapes))
