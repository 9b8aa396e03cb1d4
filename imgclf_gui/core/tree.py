"""Blocks inside blocks: finding, walking, and edits that make a new tree.

A place is the indices on the way to a block: (3, 0) is the first block inside the fourth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imgclf_gui.core.spec import BlockSpec

Place = tuple[int, ...]
Blocks = tuple[BlockSpec, ...]

_ROOT = "network.blocks"


def block_at(blocks: Blocks, place: Place) -> BlockSpec:
    """The block at `place`.

    Raises:
        IndexError: there is none.
    """
    if not place:
        raise IndexError("the network itself is no block")
    for index in place[:-1]:
        blocks = blocks[index].blocks
    return blocks[place[-1]]


def blocks_in(blocks: Blocks, holder: Place) -> Blocks:
    """The blocks inside the one at `holder`; those of the network for ()."""
    return block_at(blocks, holder).blocks if holder else blocks


def walk(blocks: Blocks, holder: Place = ()) -> Iterator[tuple[Place, BlockSpec]]:
    """Every block with its place, each before those inside it."""
    for index, block in enumerate(blocks):
        place = (*holder, index)
        yield place, block
        yield from walk(block.blocks, place)


def inserted(blocks: Blocks, place: Place, new: Sequence[BlockSpec]) -> Blocks:
    """`blocks` with `new` in front of `place`, or behind the last one of its holder."""
    return _edited(blocks, place, 0, new)


def removed(blocks: Blocks, place: Place) -> Blocks:
    """`blocks` without the one at `place`, and without those inside it."""
    block_at(blocks, place)
    return _edited(blocks, place, 1, ())


def replaced(blocks: Blocks, place: Place, *new: BlockSpec) -> Blocks:
    """`blocks` with `new` instead of the one at `place`."""
    block_at(blocks, place)
    return _edited(blocks, place, 1, new)


def moved(blocks: Blocks, source: Place, target: Place) -> Blocks:
    """`blocks` with the one at `source` in front of `target`, a place before the move.

    Raises:
        ValueError: `target` lies inside the block itself.
    """
    if target[: len(source)] == source and len(target) > len(source):
        raise ValueError("a block cannot be moved into itself")
    block = block_at(blocks, source)
    if target > source:  # first the later place, so that the earlier one still means the same
        return removed(inserted(blocks, target, (block,)), source)
    return inserted(removed(blocks, source), target, (block,))


def field_path(place: Place, field: str = "") -> str:
    """As problems and `--set` name a block or its setting: 'network.blocks.3.blocks.0.filters'."""
    steps = ".blocks.".join(map(str, place))
    return ".".join(part for part in (_ROOT, steps, field) if part)


def place_of(path: str) -> tuple[Place, str] | None:
    """The block and the setting (or '') that `path` names; None if it does not name a block."""
    if not path.startswith(f"{_ROOT}."):
        return None
    place: list[int] = []
    parts = path.removeprefix(f"{_ROOT}.").split(".")
    while parts and parts[0].isdecimal():
        place.append(int(parts.pop(0)))
        if parts[:1] == ["blocks"] and parts[1:2] and parts[1].isdecimal():
            parts.pop(0)
        else:
            break
    return (tuple(place), ".".join(parts)) if place else None


def _edited(blocks: Blocks, place: Place, gone: int, new: Sequence[BlockSpec]) -> Blocks:
    """`blocks` with `gone` blocks from `place` on replaced by `new`."""
    index = place[0]
    if len(place) == 1:
        return (*blocks[:index], *new, *blocks[index + gone :])
    holder = blocks[index]
    inside = _edited(holder.blocks, place[1:], gone, new)
    changed = holder.model_copy(update={"blocks": inside})
    return (*blocks[:index], changed, *blocks[index + 1 :])
