"""Edits of a network: what they make, and where what was edited lies then."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, Place, block_at, walk
from imgclf_gui.plan import draft_network, edits, preset_network


def block(
    name: str, *inside: BlockSpec, kind: str = "convolution", **settings: object
) -> BlockSpec:
    return BlockSpec(kind="group" if inside else kind, name=name, blocks=inside, **settings)


TREE: Blocks = (
    block("a"),
    block("b", block("c"), block("d", block("e")), block("f")),
    block("g"),
)


def names(blocks: Blocks) -> str:
    """'a b(c d(e) f) g'."""
    return " ".join(one.name + (f"({names(one.blocks)})" if one.blocks else "") for one in blocks)


def chosen(edited: edits.Edited | None) -> str:
    assert edited is not None
    return " ".join(block_at(edited.blocks, place).name for place in edited.chosen)


def test_places_inside_others_go_with_them() -> None:
    assert edits.outermost([(2,), (1, 1), (1,), (2,)]) == ((1,), (2,))
    assert edits.side_by_side([(1, 0), (1, 1)])
    assert not edits.side_by_side([(1, 0), (2,)])
    assert not edits.side_by_side([])


def test_removing_chooses_what_stands_there_then() -> None:
    assert names(edits.remove_blocks(TREE, [(0,)]).blocks) == "b(c d(e) f) g"
    assert chosen(edits.remove_blocks(TREE, [(1, 1), (1, 1, 0)])) == "f"
    assert chosen(edits.remove_blocks(TREE, [(2,)])) == "b"
    assert chosen(edits.remove_blocks(TREE, [(1, 1, 0)])) == "d", "the empty container"
    assert edits.remove_blocks((block("a"),), [(0,)]) == edits.Edited((), ())


def test_duplicates_stand_behind_the_last() -> None:
    edited = edits.duplicate_blocks(TREE, [(1, 0), (1, 1)])
    assert names(edited.blocks) == "a b(c d(e) c d(e) f) g"
    assert edited.chosen == ((1, 2), (1, 3))


@pytest.mark.parametrize(
    ("places", "target", "result"),
    [
        ([(0,)], (2,), "b(c d(e) f) a g"),
        ([(0,)], (3,), "b(c d(e) f) g a"),
        ([(2,)], (0,), "g a b(c d(e) f)"),
        ([(0,)], (1, 1, 1), "b(c d(e a) f) g"),
        ([(1, 1, 0)], (0,), "e a b(c d f) g"),
        ([(1, 0), (2,)], (1, 1, 0), "a b(d(c g e) f)"),
        ([(0,), (1, 2)], (1, 2), "b(c d(e) a f) g"),
        ([(0,)], (0,), "a b(c d(e) f) g"),
    ],
)
def test_moving(places: list[Place], target: Place, result: str) -> None:
    edited = edits.move_blocks(TREE, places, target)
    assert names(edited.blocks) == result
    moved = [block_at(TREE, place) for place in places]
    assert [block_at(edited.blocks, place) for place in edited.chosen] == moved


def test_any_move_keeps_every_block_and_finds_what_was_moved() -> None:
    draw = random.Random(0)
    blocks = TREE
    for _ in range(500):
        everywhere = [place for place, _ in walk(blocks)]
        taken = edits.outermost(draw.sample(everywhere, draw.randint(1, 3)))
        target = draw.choice([*everywhere, (len(blocks),)])
        if any(target[: len(place)] == place and target != place for place in taken):
            with pytest.raises(ValueError, match="into itself"):
                edits.move_blocks(blocks, taken, target)
            continue
        edited = edits.move_blocks(blocks, taken, target)
        moved = [block_at(blocks, place) for place in taken]
        assert [block_at(edited.blocks, place) for place in edited.chosen] == moved
        blocks = edited.blocks
        assert sorted(one.name for _, one in walk(blocks)) == list("abcdefg")


def test_steps_end_at_the_holder() -> None:
    edited = edits.step_blocks(TREE, [(1, 1), (1, 2)], -1)
    assert edited is not None
    assert names(edited.blocks) == "a b(d(e) f c) g"
    assert edits.step_blocks(TREE, [(1, 0)], -1) is None
    assert edits.step_blocks(TREE, [(2,)], 1) is None
    assert chosen(edits.step_blocks(TREE, [(0,)], 1)) == "a"


def test_out_of_a_container_and_into_one() -> None:
    out = edits.take_out(TREE, [(1, 0)])
    assert out is not None
    assert names(out.blocks) == "a b(d(e) f) c g"
    assert edits.take_out(TREE, [(0,)]) is None
    into = edits.take_in(TREE, [(2,)])
    assert into is not None
    assert names(into.blocks) == "a b(c d(e) f g)"
    before = edits.take_in(TREE, [(0,)])
    assert before is not None
    assert names(before.blocks) == "b(a c d(e) f) g"
    assert edits.take_in(TREE, [(1, 1, 0)]) is None


def test_wrapping_and_unwrapping_are_each_others_inverse() -> None:
    wrapped = edits.wrap_blocks(TREE, [(1, 0), (1, 1)], BlockSpec(kind="residual", name="r"))
    assert names(wrapped.blocks) == "a b(r(c d(e)) f) g"
    assert wrapped.chosen == ((1, 0),)
    back = edits.unwrap_block(wrapped.blocks, (1, 0))
    assert back == edits.Edited(TREE, ((1, 0), (1, 1)))


@pytest.mark.parametrize("kind", ["residual", "repeat", "group", "branches", "backbone"])
@pytest.mark.parametrize("shape", [(12, 12, 3), (12, 12, 16), (40,)])
def test_a_new_container_works_where_it_is_put(kind: str, shape: tuple[int, ...]) -> None:
    whole = edits.with_examples(BlockSpec(kind=kind), shape)
    front = () if len(shape) == 3 else (BlockSpec(kind="flatten"),)
    size = shape if len(shape) == 3 else (5, 8, 1)
    draft = draft_network((*front, whole), size, 10)
    assert (len(front),) in draft.at, draft.problems
    assert edits.with_examples(whole, (1, 1, 1)) is whole, "what it holds stays"


def repaired(blocks: Blocks, shape: tuple[int, ...] = (12, 12, 3)) -> Blocks:
    """`blocks` after the first mend of each problem."""
    for _ in range(10):
        problems = draft_network(blocks, shape, 10).problems
        if not problems:
            return blocks
        blocks = edits.mended(blocks, problems[0], problems[0].mends[0])
    raise AssertionError(f"still wrong: {problems}")


def kinds(blocks: Blocks) -> list[str]:
    return [one.kind for one in blocks]


def test_mends_put_blocks_in_front_or_at_the_end() -> None:
    mended = repaired((BlockSpec(kind="convolution"), BlockSpec(kind="dense")))
    assert kinds(mended) == ["convolution", "flatten", "dense", "logits"]


def test_a_lane_is_mended_inside_its_lane() -> None:
    lanes = BlockSpec(kind="branches", blocks=(BlockSpec(kind="dense"), BlockSpec(kind="dense")))
    mended = repaired((lanes,))
    assert kinds(mended) == ["branches", "logits"]
    assert kinds(mended[0].blocks) == ["group", "group"]
    assert kinds(mended[0].blocks[0].blocks) == ["flatten", "dense"]


def mends_of(blocks: Blocks) -> Iterator[tuple[str, Blocks]]:
    """Every mend of the first problem: its title, and what it makes."""
    problem = draft_network(blocks, (12, 12, 3), 10).problems[0]
    for mend in problem.mends:
        yield mend.title, edits.mended(blocks, problem, mend)


def test_every_mend_of_a_shortcut_takes_its_problem_away() -> None:
    inside = (BlockSpec(kind="convolution", filters=6), BlockSpec(kind="batch-normalization"))
    residual = BlockSpec(kind="residual", name="mine", blocks=inside)
    found = dict(mends_of((residual,)))
    assert {"Project the shortcut", "Match filters"} <= found.keys()
    for title, blocks in found.items():
        assert (0,) in draft_network(blocks, (12, 12, 3), 10).at, title
        assert blocks[0].name == "mine"
    assert found["Match filters"][0].blocks[0].settings["filters"] == 3


def test_presets_need_no_mend() -> None:
    assert repaired(preset_network("cnn").blocks, (28, 28, 1)) == preset_network("cnn").blocks
