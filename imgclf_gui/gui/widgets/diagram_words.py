"""The picture of a network in words, for those who hear the window instead of seeing it. No Qt."""

from __future__ import annotations

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, Place
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.words import shape_words
from imgclf_gui.plan import NetworkDraft

LONGEST = 2_000
"""Characters; a screen reader would go on for minutes."""
_DEEPEST = 10


def network_words(blocks: Blocks, draft: NetworkDraft, input_shape: Shape) -> str:
    """'Input 28×28×1, Convolution 28×28×10, Residual (…) 28×28×10.' and the problems."""
    chain = ", ".join([f"Input {shape_words(input_shape)}", *_each(blocks, (), draft)])
    problems = " ".join(f"{one.message} {one.fix}" for one in draft.problems)
    return shortened(f"{chain}. {problems}".strip(), LONGEST)


def block_words(spec: BlockSpec, place: Place, draft: NetworkDraft) -> str:
    """'Repeat ×3 (Convolution 28×28×10, …) 28×28×10', or '… shape not known'."""
    entry, plan = catalog.block_entries().get(spec.kind), draft.at.get(place)
    title = spec.name or (entry.title if entry else f"{spec.kind:.100}")
    times = f" ×{len(plan.lanes)}" if plan and entry and entry.holds == "chain" else ""
    inside = ""
    if spec.blocks and len(place) < _DEEPEST:
        between = " beside " if entry and entry.holds == "lanes" else ", "
        inside = f" ({between.join(_each(spec.blocks, place, draft))})"
    shape = shape_words(plan.output_shape) if plan else "shape not known"
    return f"{title}{times if times != ' ×1' else ''}{inside} {shape}"


def _each(blocks: Blocks, holder: Place, draft: NetworkDraft) -> list[str]:
    few = blocks[:200]  # more than fits
    return [block_words(block, (*holder, i), draft) for i, block in enumerate(few)]
