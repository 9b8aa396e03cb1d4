"""What many blocks ask of their input, and the mends for it."""

from __future__ import annotations

from math import isqrt, prod

from imgclf_gui.core.entry import BlockInput, BlockProblem, Mend, Shape
from imgclf_gui.core.spec import BlockSpec

INSERT_FLATTEN = Mend(title="Insert Flatten", before=(BlockSpec(kind="flatten"),))
INSERT_GLOBAL_POOLING = Mend(
    title="Insert global pooling", before=(BlockSpec(kind="global-pooling"),)
)


def shape_text(shape: Shape) -> str:
    """'28×28×1', '300'."""
    return "×".join(map(str, shape))


def needs_image(inputs: BlockInput, subject: str) -> BlockProblem | None:
    """`subject` ('A convolution') works on (height, width, channels)."""
    if len(inputs.shape) == 3:
        return None
    return BlockProblem(
        f"{subject} needs an image, and gets {prod(inputs.shape)} values.",
        "Move it before Flatten.",
    )


def needs_values(inputs: BlockInput, subject: str) -> BlockProblem | None:
    """`subject` ('A dense block') works on a plain list of values."""
    if len(inputs.shape) == 1:
        return None
    return BlockProblem(
        f"{subject} needs a list of values, and gets an image ({shape_text(inputs.shape)}).",
        "Insert Flatten before it.",
        (INSERT_FLATTEN, INSERT_GLOBAL_POOLING),
    )


def largest_divisor(number: int, most: int) -> int:
    """The largest divisor of `number` that is not above `most`; both at least 1."""
    small = [low for low in range(1, min(isqrt(number), most) + 1) if number % low == 0]
    return max(found for low in small for found in (low, number // low) if found <= most)
