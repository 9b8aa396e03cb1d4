"""Where two networks differ, so that a person sees what an undo has changed."""

from __future__ import annotations

from collections.abc import Sequence

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, Place


def changed_places(old: Blocks, new: Blocks) -> tuple[Place, ...]:
    """The blocks of `new` that are not in `old`, or what stands where blocks went.

    Nothing, if the networks are the same or have no block at either end in common.
    """
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    if old == new or not new or (head == tail == 0 and len(old) > 1):
        return ()
    return _between(old, new, head, tail)


def _between(old: Blocks, new: Blocks, head: int, tail: int) -> tuple[Place, ...]:
    gone, came = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(gone) == len(came) == 1 and _same_but_inside(gone[0], came[0]):
        inside = _inside(gone[0].blocks, came[0].blocks)
        return tuple((head, *place) for place in inside) or ((head,),)
    if came:
        return tuple((head + step,) for step in range(len(came)))
    return ((min(head, len(new) - 1),),)


def _inside(old: Blocks, new: Blocks) -> tuple[Place, ...]:
    """As `changed_places`, in a container: where all is new, the container is what changed."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    return _between(old, new, head, tail) if new else ()


def _same_but_inside(one: BlockSpec, other: BlockSpec) -> bool:
    return one.model_copy(update={"blocks": other.blocks}) == other


def _alike(old: Sequence[BlockSpec], new: Sequence[BlockSpec]) -> int:
    """How many at the beginning are the same."""
    for count, (one, other) in enumerate(zip(old, new, strict=False)):
        if one is not other and one != other:
            return count
    return min(len(old), len(new))
