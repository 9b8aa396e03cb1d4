"""Edits of blocks inside blocks: every one can be undone by another, and places name blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import (
    Blocks,
    Place,
    block_at,
    blocks_in,
    field_path,
    inserted,
    moved,
    place_of,
    removed,
    replaced,
    walk,
)
from tests.helpers.timing import within

NEW = BlockSpec(kind="new")


def _holder(kind: str, blocks: list[BlockSpec]) -> BlockSpec:
    return BlockSpec(kind=kind, blocks=tuple(blocks))


BLOCKS = st.recursive(
    st.builds(BlockSpec, kind=st.sampled_from("abc"), size=st.integers(1, 99)),
    lambda inside: st.builds(_holder, st.sampled_from("xyz"), st.lists(inside, max_size=4)),
    max_leaves=12,
)
TREES = st.lists(BLOCKS, min_size=1, max_size=5).map(tuple)
PLACES = st.lists(st.integers(0, 99), min_size=1, max_size=6).map(tuple)
FIELDS = st.sampled_from(["", "filters", "name", "kind", "batch_size"])


def _places(blocks: Blocks) -> list[Place]:
    return [place for place, _ in walk(blocks)]


def _gaps(blocks: Blocks) -> list[Place]:
    """Every place that something can be put in front of, and the end of every holder."""
    holders: list[Place] = [(), *_places(blocks)]
    return [(*h, i) for h in holders for i in range(len(blocks_in(blocks, h)) + 1)]


@given(TREES, st.data())
def test_what_is_inserted_is_there_and_its_removal_undoes_it(
    blocks: Blocks, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(_gaps(blocks)))
    more = inserted(blocks, place, (NEW,))
    assert block_at(more, place) == NEW
    assert len(_places(more)) == len(_places(blocks)) + 1
    assert removed(more, place) == blocks


@given(TREES, st.data())
def test_a_removed_block_can_be_put_back(blocks: Blocks, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(_places(blocks)))
    assert inserted(removed(blocks, place), place, (block_at(blocks, place),)) == blocks


@given(TREES, st.data())
def test_a_block_replaced_twice_is_the_old_one(blocks: Blocks, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(_places(blocks)))
    changed = replaced(blocks, place, NEW)
    assert block_at(changed, place) == NEW
    assert replaced(changed, place, block_at(blocks, place)) == blocks


@given(TREES, st.data())
def test_a_move_loses_nothing_and_puts_the_block_in_front_of_its_target(
    blocks: Blocks, data: st.DataObject
) -> None:
    source = data.draw(st.sampled_from(_places(blocks)))
    marked = replaced(blocks, source, block_at(blocks, source).model_copy(update={"name": "it"}))
    target = data.draw(st.sampled_from(_gaps(marked)))
    if len(target) > len(source) and target[: len(source)] == source:
        with pytest.raises(ValueError, match="into itself"):
            moved(marked, source, target)
        return
    after = moved(marked, source, target)
    (reached,) = (place for place, block in walk(after) if block.name == "it")
    assert block_at(after, reached) == block_at(marked, source)
    assert removed(after, reached) == removed(marked, source)
    assert reached == _without(source, target)


def _without(source: Place, target: Place) -> Place:
    """`target` as it is called once the block at `source` is gone."""
    depth = len(source) - 1
    if target[:depth] == source[:depth] and len(target) > depth and target[depth] > source[depth]:
        return (*target[:depth], target[depth] - 1, *target[depth + 1 :])
    return target


@given(PLACES, FIELDS)
def test_a_path_names_its_place_and_field(place: Place, field: str) -> None:
    assert place_of(field_path(place, field)) == (place, field)


@pytest.mark.parametrize(
    "path", ["", "data.fit", "network.blocks", "network.blocks.", "network.blocks.x", "network.b.1"]
)
def test_a_path_that_names_no_block_has_no_place(path: str) -> None:
    assert place_of(path) is None


def test_the_field_of_a_block_may_have_a_path_of_its_own() -> None:
    assert place_of("network.blocks.3.blocks.0.filters") == ((3, 0), "filters")
    assert place_of("network.blocks.3.blocks") == ((3,), "blocks")
    assert place_of("network.blocks.3.a.b") == ((3,), "a.b")


@pytest.mark.parametrize("place", [(), (1,), (0, 0), (0, 0, 0)])
def test_there_is_nothing_at_a_wrong_place(place: Place) -> None:
    blocks = (BlockSpec(kind="a"),)
    with pytest.raises(IndexError):
        block_at(blocks, place)


def test_blocks_are_walked_from_the_outside_in_and_an_edit_leaves_the_rest_shared() -> None:
    inner = BlockSpec(kind="b")
    blocks = (_holder("x", [inner, inner]), BlockSpec(kind="a"))
    assert [place for place, _ in walk(blocks)] == [(0,), (0, 0), (0, 1), (1,)]
    changed = replaced(blocks, (0, 1), NEW)
    assert changed[1] is blocks[1]
    assert changed[0].blocks[0] is inner
    assert blocks[0].blocks == (inner, inner)


def test_an_edit_of_a_thousand_blocks_takes_no_time() -> None:
    blocks = tuple(_holder("x", [BlockSpec(kind="a")] * 10) for _ in range(100))

    def there_and_back() -> None:
        moved(moved(blocks, (99, 9), (0, 0)), (0, 0), (99, 9))

    within(2 * 0.005, there_and_back, times=20)
