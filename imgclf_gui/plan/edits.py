"""Edits of a network as a person makes them: each gives the new blocks, and what to choose next.

Places given are those before the edit, places returned those after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.entry import Mend, Shape
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import (
    Blocks,
    Place,
    block_at,
    blocks_in,
    inserted,
    place_of,
    removed,
    replaced,
    walk,
)
from imgclf_gui.plan.plan import Problem

DEEPEST_KEPT = 25
"""Blocks in one another that every file of networks and projects may hold; far above DEEPEST."""


@dataclass(frozen=True)
class Edited:
    """The blocks after an edit, and the places that a person now looks at."""

    blocks: Blocks
    chosen: tuple[Place, ...] = ()


def outermost(places: Iterable[Place]) -> tuple[Place, ...]:
    """`places` in their order, without those that lie inside another of them."""
    found: list[Place] = []
    for place in sorted(set(places)):
        if not found or place[: len(found[-1])] != found[-1]:
            found.append(place)
    return tuple(found)


def side_by_side(places: Sequence[Place]) -> bool:
    """Whether `places`, in their order, are neighbours in one holder."""
    first = places[0] if places else ()
    return bool(first) and list(places) == [
        (*first[:-1], first[-1] + number) for number in range(len(places))
    ]


def holds_blocks(block: BlockSpec) -> bool:
    """Whether others can lie inside `block`."""
    entry = catalog.block_entries().get(block.kind)
    return entry is not None and entry.holds != "nothing"


def with_examples(block: BlockSpec, shape: Shape) -> BlockSpec:
    """`block` as it is put behind `shape`: an empty container gets blocks that fit there."""
    entry = catalog.block_entries().get(block.kind)
    if entry is None or block.blocks:
        return block
    inside = entry.example_blocks(shape)
    return block.model_copy(update={"blocks": inside}) if inside else block


def insert_blocks(blocks: Blocks, place: Place, new: Sequence[BlockSpec]) -> Edited:
    """`new` in front of `place`, or behind the last block of its holder."""
    return Edited(inserted(blocks, place, new), _places(place, len(new)))


def remove_blocks(blocks: Blocks, places: Iterable[Place]) -> Edited:
    """Without the blocks at `places`; next comes what stands there now, or else before it."""
    gone = outermost(places)
    for place in reversed(gone):
        blocks = removed(blocks, place)
    if not gone:
        return Edited(blocks)
    holder, index = gone[0][:-1], gone[0][-1]
    left = len(blocks_in(blocks, holder))
    if left:
        return Edited(blocks, ((*holder, min(index, left - 1)),))
    return Edited(blocks, (holder,) if holder else ())


def duplicate_blocks(blocks: Blocks, places: Iterable[Place]) -> Edited:
    """A copy of the blocks at `places` behind the last of them."""
    copied = outermost(places)
    new = [block_at(blocks, place) for place in copied]
    return insert_blocks(blocks, after(copied[-1]), new)


def move_blocks(blocks: Blocks, places: Iterable[Place], target: Place) -> Edited:
    """The blocks at `places` in front of `target`.

    Raises:
        ValueError: `target` lies inside one of them.
    """
    taken = outermost(places)
    if any(target[: len(place)] == place and len(target) > len(place) for place in taken):
        raise ValueError("a block cannot be moved into itself")
    new = [block_at(blocks, place) for place in taken]
    blocks, first = inserted(blocks, target, new), target
    for place in reversed(taken):
        old = _shifted(place, target, len(new))
        blocks = removed(blocks, old)
        first = _shifted(first, after(old), -1)
    return Edited(blocks, _places(first, len(new)))


def step_blocks(blocks: Blocks, places: Sequence[Place], step: int) -> Edited | None:
    """Neighbours one place up (-1) or down (1) in their holder; None at its end."""
    holder, first, last = places[0][:-1], places[0][-1], places[-1][-1]
    target = first - 1 if step < 0 else last + 2
    if not 0 <= target <= len(blocks_in(blocks, holder)):
        return None
    return move_blocks(blocks, places, (*holder, target))


def take_out(blocks: Blocks, places: Sequence[Place]) -> Edited | None:
    """Neighbours behind the container that they lie in; None at the top."""
    holder = places[0][:-1]
    return move_blocks(blocks, places, after(holder)) if holder else None


def take_in(blocks: Blocks, places: Sequence[Place]) -> Edited | None:
    """Neighbours into the container in front of them, or else the one behind; None without."""
    holder, first, last = places[0][:-1], places[0][-1], places[-1][-1]
    around = blocks_in(blocks, holder)
    if first and holds_blocks(around[first - 1]):
        target = (*holder, first - 1, len(around[first - 1].blocks))
        return move_blocks(blocks, places, target)
    if last + 1 < len(around) and holds_blocks(around[last + 1]):
        return move_blocks(blocks, places, (*holder, last + 1, 0))
    return None


def wrap_blocks(blocks: Blocks, places: Sequence[Place], container: BlockSpec) -> Edited:
    """Neighbours inside a new `container` in their place."""
    inside = tuple(block_at(blocks, place) for place in places)
    whole = container.model_copy(update={"blocks": inside})
    left = remove_blocks(blocks, places).blocks
    return insert_blocks(left, places[0], (whole,))


def unwrap_block(blocks: Blocks, place: Place) -> Edited:
    """What lies inside the block at `place`, instead of it."""
    inside = block_at(blocks, place).blocks
    return Edited(replaced(blocks, place, *inside), _places(place, len(inside)))


def mended(blocks: Blocks, problem: Problem, mend: Mend) -> Blocks:
    """`blocks` with `mend`, one of those of `problem`."""
    named = place_of(problem.path)
    if named is None:
        return inserted(blocks, (len(blocks),), mend.before)
    place, _ = named
    block = _with_settings(block_at(blocks, place), mend.settings)
    if mend.inside:
        block = _with_settings_inside(block, mend.inside)
    if mend.before and _is_lane(blocks, place):
        lane = BlockSpec(kind="group", blocks=(*mend.before, block))
        return replaced(blocks, place, lane)
    return replaced(blocks, place, *mend.before, block)


def too_deep(blocks: Blocks) -> bool:
    """Whether `blocks` lie deeper in one another than a project's file may hold."""
    return any(len(place) > DEEPEST_KEPT for place, _ in walk(blocks))


def after(place: Place) -> Place:
    """The place behind `place` in its holder."""
    return (*place[:-1], place[-1] + 1)


def _places(first: Place, count: int) -> tuple[Place, ...]:
    return tuple((*first[:-1], first[-1] + number) for number in range(count))


def _shifted(place: Place, at: Place, count: int) -> Place:
    """Where `place` is once `count` blocks were put in front of `at` (-1: one before it went)."""
    level = len(at) - 1
    if len(place) <= level or place[:level] != at[:-1] or place[level] < at[level]:
        return place
    return (*place[:level], place[level] + count, *place[level + 1 :])


def _is_lane(blocks: Blocks, place: Place) -> bool:
    """Whether the block stands beside others: one in front of it would be a further lane."""
    if len(place) == 1:
        return False
    holder = catalog.block_entries().get(block_at(blocks, place[:-1]).kind)
    return holder is not None and holder.holds == "lanes"


def _with_settings(block: BlockSpec, settings: dict[str, Any]) -> BlockSpec:
    return block.model_copy(update=settings) if settings else block


def _with_settings_inside(block: BlockSpec, settings: dict[str, Any]) -> BlockSpec:
    """The last block inside `block` that has such settings gets these."""
    entries = catalog.block_entries()
    for place, inner in reversed(list(walk(block.blocks))):
        entry = entries.get(inner.kind)
        if entry is not None and settings.keys() <= entry.model_fields.keys():
            changed = replaced(block.blocks, place, _with_settings(inner, settings))
            return block.model_copy(update={"blocks": changed})
    return block
