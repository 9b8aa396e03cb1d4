"""Where blocks stand in the picture of a network."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgclf_gui import catalog
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, walk
from imgclf_gui.gui.widgets.diagram_layout import MOST_DRAWN, layout_network
from imgclf_gui.gui.widgets.diagram_parts import Box, Card, Layout
from imgclf_gui.gui.widgets.diagram_words import network_words
from imgclf_gui.plan import draft_network, preset_network
from tests.helpers.timing import within

SHAPE = (32, 32, 3)

LEAVES = st.sampled_from(
    [
        BlockSpec(kind="convolution", filters=8),
        BlockSpec(kind="convolution", filters=200, stride=2, name="A long name of a convolution"),
        BlockSpec(kind="convolution", filters="many"),
        BlockSpec(kind="batch-normalization"),
        BlockSpec(kind="activation", function="gelu"),
        BlockSpec(kind="max-pooling"),
        BlockSpec(kind="flatten"),
        BlockSpec(kind="dropout"),
        BlockSpec(kind="dense", units=50),
        BlockSpec(kind="from-the-future"),
    ]
)
CONTAINERS = st.sampled_from(
    [
        {"kind": "residual", "shortcut": "projected"},
        {"kind": "residual", "name": "Shortcut"},
        {"kind": "repeat", "count": 4},
        {"kind": "branches"},
        {"kind": "branches", "merge": "add", "name": "Lanes"},
        {"kind": "group"},
        {"kind": "group", "name": "Stage 1"},
        {"kind": "dropout"},
        {"kind": "from-the-future"},
    ]
)
BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda holder, blocks: BlockSpec(**holder, blocks=tuple(blocks)),
        CONTAINERS,
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=25,
)
NETWORKS = st.lists(BLOCKS, max_size=6).map(tuple)


def layout_of(*blocks: BlockSpec) -> Layout:
    return layout_network(blocks, draft_network(blocks, SHAPE, 10), SHAPE)


def card_of(layout: Layout, *place: int) -> Card:
    return next(card for card in layout.cards if card.place == place)


def overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right - 1e-6
        and other.left < one.right - 1e-6
        and one.top < other.bottom - 1e-6
        and other.top < one.bottom - 1e-6
    )


def inside(inner: Box, outer: Box) -> bool:
    around = outer.around(inner)
    return all(abs(a - b) < 1e-6 for a, b in zip(around, outer, strict=True))


@settings(max_examples=150, deadline=None)
@given(NETWORKS)
def test_every_block_stands_somewhere_and_on_no_other(blocks: Blocks) -> None:
    layout = layout_of(*blocks)
    assert layout.places() == sorted(place for place, _ in walk(blocks))
    fronts = [card.box for card in layout.cards]
    captions = [card.caption for card in layout.cards if card.caption is not None]
    for one, other in combinations([*fronts, *captions], 2):
        assert not overlap(one, other)
    frames = {frame.place: frame.box for frame in layout.frames}
    for drawn in layout.drawn:
        box = frames.get(drawn.place) or drawn.box
        assert inside(box, layout.box)
        if len(drawn.place) > 1:
            assert inside(box, frames[drawn.place[:-1]])
    for one_place, other_place in combinations(frames, 2):
        if one_place[:-1] == other_place[:-1]:
            assert not overlap(frames[one_place], frames[other_place])


@settings(max_examples=100, deadline=None)
@given(NETWORKS)
def test_an_arc_spans_the_blocks_inside_its_container_and_no_others(blocks: Blocks) -> None:
    layout = layout_of(*blocks)
    assert len(layout.arcs) == sum(1 for _, b in walk(blocks) if b.kind == "residual" and b.blocks)
    for arc in layout.arcs:
        for drawn in layout.drawn:
            box = drawn.hull if isinstance(drawn, Card) else drawn.box
            below = arc.box.left < box.left and box.right < arc.box.right
            if drawn.place[: len(arc.place)] == arc.place and drawn.place != arc.place:
                assert below and arc.box.top < box.top
            elif drawn.place != arc.place[: len(drawn.place)]:
                assert not overlap(arc.box, box)


@settings(max_examples=60, deadline=None)
@given(NETWORKS)
def test_each_card_is_found_where_it_is_drawn(blocks: Blocks) -> None:
    layout = layout_of(*blocks)
    for card in layout.cards:
        middle = card.box.left + card.box.width / 2, card.box.top + card.box.height / 2
        assert layout.place_at(*middle) == (card.place or None)
    assert layout.place_at(-1000, 0) is None


def test_heights_show_the_side_of_the_image_and_widths_its_channels() -> None:
    conv = BlockSpec(kind="convolution", filters=64)
    layout = layout_of(conv, BlockSpec(kind="max-pooling"), BlockSpec(kind="flatten"))
    image, planes, pooled, values = layout.cards
    assert image.box.height == planes.box.height > pooled.box.height
    assert image.box.width < planes.box.width == pooled.box.width
    assert [card.look for card in layout.cards] == ["planes", "planes", "planes", "values"]
    assert values.shape == "16,384 values" and values.depth == 0


def test_slim_blocks_lean_on_the_one_before_them() -> None:
    layout = layout_of(
        BlockSpec(kind="convolution"),
        BlockSpec(kind="batch-normalization"),
        BlockSpec(kind="activation"),
    )
    convolution, normalised, activated = layout.cards[1:]
    assert normalised.look == activated.look == "slim"
    assert normalised.caption is None
    assert 0 < normalised.box.left - convolution.box.right < 5
    assert normalised.box.height == convolution.box.height


@pytest.mark.parametrize(
    ("shortcut", "filters", "mark"),
    [("identity", 3, ""), ("projected", 8, "1×1"), ("padded", 6, "zeros"), ("projected", 3, "")],
)
def test_a_shortcut_says_what_it_does_to_the_image(shortcut: str, filters: int, mark: str) -> None:
    inner = BlockSpec(kind="convolution", filters=filters)
    layout = layout_of(BlockSpec(kind="residual", shortcut=shortcut, blocks=(inner,)))
    assert [arc.mark for arc in layout.arcs] == [mark]
    assert [joint.sign for joint in layout.joints] == ["+"]


def test_a_repeated_block_is_drawn_once_with_its_number() -> None:
    repeat = BlockSpec(kind="repeat", count=7, blocks=(BlockSpec(kind="convolution"),))
    layout = layout_of(repeat)
    assert [frame.title for frame in layout.frames] == ["Repeat ×7"]
    assert len(layout.cards) == 2


def test_lanes_lie_below_each_other_and_say_how_they_come_together() -> None:
    lanes = (BlockSpec(kind="convolution", size=1), BlockSpec(kind="convolution", size=5))
    joined = layout_of(BlockSpec(kind="branches", blocks=lanes))
    one, other = (card_of(joined, 0, index).box for index in (0, 1))
    assert one.bottom < other.top
    assert joined.joints[0].sign == "∪"
    added = layout_of(BlockSpec(kind="branches", merge="add", blocks=lanes))
    assert added.joints[0].sign == "+"


def test_a_problem_is_marked_and_what_follows_is_unknown() -> None:
    layout = layout_of(
        BlockSpec(kind="flatten"), BlockSpec(kind="convolution"), BlockSpec(kind="from-the-future")
    )
    flatten, convolution, unknown = layout.cards[1:]
    assert flatten.known and not flatten.problem
    assert not convolution.known and "needs an image" in convolution.problem
    assert unknown.title == "from-the-future" and "has no" in unknown.problem


def test_ten_thousand_blocks_and_deep_ones_are_cut_in_a_moment() -> None:
    flat = tuple(BlockSpec(kind="convolution") for _ in range(10_000))
    deep = BlockSpec(kind="convolution")
    for _ in range(50):
        deep = BlockSpec(kind="group", blocks=(deep,))
    layout_of(deep)
    draft = draft_network(flat, SHAPE, 10)
    layout = within(0.2, lambda: layout_network(flat, draft, SHAPE))
    assert len(layout.places()) == MOST_DRAWN


@pytest.mark.parametrize("kind", catalog.preset_entries())
def test_every_preset_is_drawn_and_told(kind: str) -> None:
    blocks = preset_network(kind).blocks
    draft = draft_network(blocks, SHAPE, 10)
    layout = layout_network(blocks, draft, SHAPE)
    assert all(card.known for card in layout.cards)
    words = network_words(blocks, draft, SHAPE)
    assert words.startswith("Input 32×32×3, ") and words.endswith("10 values.")


def test_words_tell_what_lies_inside() -> None:
    blocks = (
        BlockSpec(kind="repeat", count=2, blocks=(BlockSpec(kind="convolution", filters=3),)),
        BlockSpec(
            kind="branches", blocks=(BlockSpec(kind="max-pooling"), BlockSpec(kind="max-pooling"))
        ),
        BlockSpec(kind="dense"),
    )
    words = network_words(blocks, draft_network(blocks, SHAPE, 10), SHAPE)
    assert "Repeat ×2 (Convolution 32×32×3) 32×32×3" in words
    assert "Branches (Max pooling 16×16×3 beside Max pooling 16×16×3) 16×16×6" in words
    assert "Dense shape not known. " in words and "needs a list of values" in words
