"""Windows that slide over an image: where they fit, and how large what they make is."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from imgclf_gui.core.entry import BlockProblem, Mend, Shape

Padding = Literal["same", "valid"]

PADDING_HELP = "same: the edges are filled up, and stride 1 keeps the size; valid: they are not."
DILATION_HELP = "Distance of the pixels that a filter looks at; 1: neighbours."


@dataclass(frozen=True)
class Window:
    """A square of `size` pixels, `dilation` apart, moved by `stride` over height and width."""

    size: int
    stride: int = 1
    padding: Padding = "same"
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Pixels from its first to its last, both counted."""
        return self.dilation * (self.size - 1) + 1

    def output(self, shape: Shape) -> tuple[int, int]:
        """Height and width of what it makes of `shape`; 'same' gives ceil(side / stride).

        Dumoulin and Visin 2016, A guide to convolution arithmetic (arXiv:1603.07285).
        """
        lost = self.reach - 1 if self.padding == "valid" else 0
        height, width = (ceil((side - lost) / self.stride) for side in shape[:2])
        return height, width

    def check(self, shape: Shape) -> BlockProblem | None:
        """Whether it fits into an image of `shape`, and its settings go together."""
        if self.stride > 1 and self.dilation > 1:
            return BlockProblem(
                f"Stride {self.stride} and dilation {self.dilation} cannot be used together.",
                "Set one of them to 1.",
                (
                    Mend(title="Set dilation to 1", settings={"dilation": 1}),
                    Mend(title="Set stride to 1", settings={"stride": 1}),
                ),
            )
        if self.padding == "valid" and min(shape[:2]) < self.reach:
            return BlockProblem(
                f"The window ({self.reach}×{self.reach}) is larger than what reaches it "
                f"({shape[0]}×{shape[1]}).",
                "Use padding 'same', or a smaller window.",
                (Mend(title="Pad the image", settings={"padding": "same"}),),
            )
        return None

    def brief(self, *more: str) -> str:
        """For a card: '3×3', what else there is to say, 'stride 2'."""
        parts = [f"{self.size}×{self.size}", *more]
        if self.stride > 1:
            parts.append(f"stride {self.stride}")
        if self.dilation > 1:
            parts.append(f"dilation {self.dilation}")
        return ", ".join(parts)
