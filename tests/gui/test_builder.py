"""Building a network: rows, edits and their undoing, the clipboard, and what stays in place."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLineEdit, QTreeView
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, walk
from imgclf_gui.gui.network_view import Card
from imgclf_gui.plan import edits, preset_network
from imgclf_gui.plan.network_file import blocks_from_text, blocks_text
from tests.helpers.builder import Builder

CONVOLUTION = BlockSpec(kind="convolution", filters=4)
FLATTEN = BlockSpec(kind="flatten")
LOGITS = BlockSpec(kind="logits")
NORMALIZATION = BlockSpec(kind="batch-normalization")


def residual(*inside: BlockSpec) -> BlockSpec:
    return BlockSpec(kind="residual", shortcut="projected", blocks=inside)


def rows(builder: Builder) -> list[tuple[int, ...]]:
    """The places of all rows, as the model tells them."""
    model = builder.tree.blocks
    found = []
    waiting = [model.index(row, 0) for row in range(1, model.rowCount())]
    while waiting:
        index = waiting.pop()
        place = model.place(index)
        assert place is not None
        assert model.index_of(place) == index
        found.append(place)
        waiting += [model.index(row, 0, index) for row in range(model.rowCount(index))]
    return sorted(found)


# Rows


def test_rows_are_the_blocks_with_what_they_make_and_cost(builder: Builder) -> None:
    assert builder.card() == Card(
        "Input", "12 wide, 12 high, grayscale, padded", shape="12×12×1", memory="576 B"
    )
    logits = builder.card(1)
    assert logits.title == "Logits"
    assert logits.figures == ("3 values", "435", "432", "12 B")
    heard = builder.tree.blocks.index_of((1,)).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Logits" in heard and "makes 3 values" in heard and "435 parameters" in heard


def test_a_container_tells_what_all_of_it_costs(builder: Builder) -> None:
    repeat = BlockSpec(kind="repeat", name="Body", count=3, blocks=(NORMALIZATION,))
    builder.show(CONVOLUTION, repeat, FLATTEN, LOGITS)
    assert builder.card(1, 0).parameters == "16"
    assert builder.card(1).parameters == "48"
    assert builder.card(1).title == "Body"
    assert builder.card(1).brief == "Repeat: ×3"


def test_a_problem_stands_on_its_card_with_its_mends(builder: Builder) -> None:
    builder.show(CONVOLUTION, BlockSpec(kind="dense"), BlockSpec(kind="from-the-future", size=3))
    card = builder.card(1)
    assert "needs a list of values" in card.problem
    assert [mend.title for mend in card.mends] == ["Insert Flatten", "Insert global pooling"]
    assert card.figures == ("", "", "", "")
    assert builder.card(2).title == "from-the-future"
    assert "has no 'from-the-future'" in builder.card(2).problem
    index = builder.tree.blocks.index_of((1,))
    high = builder.tree.visualRect(index).height()
    assert high > builder.tree.visualRect(builder.tree.blocks.index_of((0,))).height() + 30


def test_the_model_stands_any_edit(builder: Builder, qtbot: QtBot) -> None:
    model = builder.tree.blocks
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, builder.tree
    )
    assert tester.model() is model
    draw = random.Random(1)
    blocks: Blocks = (*preset_network("resnet-20").blocks[:5], residual(CONVOLUTION), LOGITS)
    for _ in range(150):
        builder.show(*blocks)
        assert rows(builder) == sorted(place for place, _ in walk(blocks))
        everywhere = [place for place, _ in walk(blocks)]
        place = draw.choice(everywhere)
        match draw.randrange(6):
            case 0:
                blocks = edits.insert_blocks(blocks, place, [residual(FLATTEN)]).blocks
            case 1 if len(blocks) > 2:
                blocks = edits.remove_blocks(blocks, [place]).blocks
            case 2:
                target = draw.choice(everywhere)
                if target[: len(place)] != place:
                    blocks = edits.move_blocks(blocks, [place], target).blocks
            case 3:
                moved = edits.step_blocks(blocks, [place], draw.choice((-1, 1)))
                blocks = moved.blocks if moved else blocks
            case 4:
                blocks = edits.wrap_blocks(blocks, [place], BlockSpec(kind="group")).blocks
            case _:
                builder.studio.undo()
                blocks = builder.blocks


# What stays


def test_what_is_chosen_open_and_in_sight_stays_while_another_block_changes(
    builder: Builder, qtbot: QtBot
) -> None:
    builder.show(*preset_network("resnet-20").blocks)
    tree = builder.tree
    group = tree.blocks.index_of((3,))
    assert tree.isExpanded(group), "new containers show what is inside"
    tree.collapse(tree.blocks.index_of((4,)))
    builder.choose((3, 0, 1))
    tree.verticalScrollBar().setValue(60)
    node = tree.blocks.node(tree.currentIndex())
    builder.show(BlockSpec(kind="rescale"), *builder.blocks)
    assert builder.chosen() == ((4, 0, 1),), "it is the same block, at another place"
    assert tree.blocks.node(tree.currentIndex()) is node
    assert tree.isExpanded(tree.blocks.index_of((4,)))
    assert not tree.isExpanded(tree.blocks.index_of((5,)))
    assert tree.verticalScrollBar().value() == 60


def test_a_moved_container_stays_closed(builder: Builder) -> None:
    builder.show(CONVOLUTION, residual(CONVOLUTION), FLATTEN, LOGITS)
    tree = builder.tree
    tree.collapse(tree.blocks.index_of((1,)))
    builder.choose((1,))
    builder.act("up")
    assert builder.outline().startswith("residual(convolution) convolution")
    assert not tree.isExpanded(tree.blocks.index_of((0,)))
    assert builder.chosen() == ((0,),)


# Edits


@pytest.mark.parametrize(
    ("action", "chosen", "result", "then"),
    [
        ("remove", [(1,)], "convolution flatten logits", ([(1,)], "Remove Residual")),
        ("cut", [(1, 0), (1, 1)], "convolution residual flatten logits", ([(1,)], "Cut 2 blocks")),
        (
            "duplicate",
            [(0,)],
            "convolution convolution residual(convolution batch-normalization) flatten logits",
            ([(1,)], "Duplicate Convolution"),
        ),
        (
            "up",
            [(1, 1)],
            "convolution residual(batch-normalization convolution) flatten logits",
            ([(1, 0)], "Move Batch normalisation"),
        ),
        (
            "down",
            [(0,)],
            "residual(convolution batch-normalization) convolution flatten logits",
            ([(1,)], "Move Convolution"),
        ),
        (
            "move_out",
            [(1, 0)],
            "convolution residual(batch-normalization) convolution flatten logits",
            ([(2,)], "Move Convolution"),
        ),
        (
            "move_in",
            [(2,)],
            "convolution residual(convolution batch-normalization flatten) logits",
            ([(1, 2)], "Move Flatten"),
        ),
        (
            "wrap_repeat",
            [(0,), (1,)],
            "repeat(convolution residual(convolution batch-normalization)) flatten logits",
            ([(0,)], "Wrap 2 blocks in Repeat"),
        ),
        (
            "unwrap",
            [(1,)],
            "convolution convolution batch-normalization flatten logits",
            ([(1,), (2,)], "Unwrap Residual"),
        ),
    ],
)
def test_actions_change_the_network_choose_what_they_made_and_can_be_undone(
    builder: Builder,
    action: str,
    chosen: list[tuple[int, ...]],
    result: str,
    then: tuple[list[tuple[int, ...]], str],
) -> None:
    builder.show(CONVOLUTION, residual(CONVOLUTION, NORMALIZATION), FLATTEN, LOGITS)
    before = builder.blocks
    builder.choose(*chosen)
    builder.act(action)
    assert builder.outline() == result
    assert (list(builder.chosen()), builder.studio.undo_name) == then
    builder.studio.undo()
    assert builder.blocks == before
    assert rows(builder) == sorted(place for place, _ in walk(before))


def test_actions_are_offered_where_they_make_sense(builder: Builder) -> None:
    builder.show(CONVOLUTION, residual(CONVOLUTION), LOGITS)
    builder.choose(None)
    assert not builder.action("remove").isEnabled(), "the input stays"
    assert builder.action("insert_block").isEnabled()
    builder.choose((0,), (2,))
    assert builder.action("copy_blocks").isEnabled()
    assert not builder.action("up").isEnabled(), "they are no neighbours"
    builder.choose((1,))
    assert builder.action("unwrap").isEnabled()
    builder.choose((0,))
    assert not builder.action("unwrap").isEnabled()


def test_a_block_is_renamed_in_place(builder: Builder, qtbot: QtBot) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    builder.tree.setFocus()
    builder.press(Qt.Key.Key_F2)
    editor = builder.find(QLineEdit, "block_name_edit")
    assert editor.text() == "Convolution"
    editor.selectAll()
    QTest.keyClicks(editor, "Eyes")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: builder.blocks[0].name == "Eyes")
    assert builder.card(0).title == "Eyes"
    qtbot.waitUntil(lambda: builder.tree.state() == QTreeView.State.NoState)
    assert builder.tree.hasFocus(), "Enter ended the name, and did not go to the settings"
    assert builder.studio.undo_name == "Rename Convolution"
    builder.tree.blocks.setData(builder.tree.blocks.index_of((0,)), "Convolution")
    assert builder.blocks[0].name == "", "the usual title is no name"


def test_undo_and_redo_show_what_they_changed(builder: Builder) -> None:
    builder.show(CONVOLUTION, residual(CONVOLUTION, NORMALIZATION), FLATTEN, LOGITS)
    undo, redo, bench = builder.studio.undo, builder.studio.redo, builder.view.workbench
    bench.set((1, 0), "filters", 9, typed=False)
    builder.choose((3,))
    undo()
    assert builder.chosen() == ((1, 0),), "a setting"
    bench.remove([(1, 1)])
    builder.choose(None)
    undo()
    assert builder.chosen() == ((1, 1),), "what is back"
    builder.choose((3,))
    redo()
    assert builder.chosen() == ((1, 0),), "what stands where a block went"
    bench.wrap([(0,), (1,)], "repeat")
    builder.choose((2,))
    undo()
    assert builder.chosen() == ((0,), (1,))
    builder.choose((3,))
    builder.studio.edit("Rename", builder.studio.spec.model_copy(update={"name": "Other"}))
    undo()
    assert builder.chosen() == ((3,),), "the network stayed as it was"


def test_a_mend_of_the_network_shows_what_it_made(builder: Builder) -> None:
    builder.show(CONVOLUTION)
    builder.choose((0,))
    builder.act("mend_block")
    assert builder.outline() == "convolution global-pooling logits"
    assert builder.chosen() == ((1,), (2,))


def test_a_thousand_edits_can_be_taken_back(builder: Builder) -> None:
    start = builder.blocks
    seen = [start]
    draw = random.Random(2)
    bench = builder.view.workbench
    while len(seen) <= 1000:
        everywhere = [place for place, _ in walk(builder.blocks)] or [(0,)]
        place = draw.choice(everywhere)
        if len(everywhere) > 12:
            bench.remove([place])
        else:
            kind = draw.choice(["convolution", "residual", "dropout", "flatten"])
            bench.insert([BlockSpec(kind=kind)], place)
        seen.append(builder.blocks)
    for blocks in reversed(seen[:-1]):
        builder.studio.undo()
        assert builder.blocks == blocks
    assert builder.studio.undo_name is None
    for _ in range(50):
        builder.studio.redo()
    assert builder.blocks == seen[50]
    assert rows(builder) == sorted(place for place, _ in walk(seen[50]))


# Inserting


def test_blocks_go_behind_the_chosen_one(builder: Builder) -> None:
    builder.show(CONVOLUTION, residual(), LOGITS)
    palette = builder.find(QTreeView, "palette_blocks")
    for chosen, place in (((0,), (1,)), ((1,), (1, 0)), (None, (0,))):
        builder.show(CONVOLUTION, residual(), LOGITS)
        builder.choose(chosen)
        palette.activated.emit(palette.currentIndex())
        assert builder.chosen() == (place,)
        assert builder.studio.undo_name == "Insert Convolution"


@pytest.mark.parametrize("kind", ["residual", "branches", "repeat", "group", "backbone"])
def test_a_new_container_works_at_its_place(builder: Builder, kind: str) -> None:
    builder.show(CONVOLUTION, BlockSpec(kind="global-pooling"), LOGITS)
    builder.view.workbench.insert([BlockSpec(kind=kind)], (1,))
    assert builder.blocks[1].blocks
    assert builder.card(1).shape.startswith("12×12×")
    assert not builder.card(1).problem


# The clipboard


def test_blocks_go_to_other_places_and_programs_as_text(builder: Builder) -> None:
    builder.show(CONVOLUTION, residual(CONVOLUTION), FLATTEN, LOGITS)
    builder.choose((1,))
    builder.act("copy_blocks")
    text = QGuiApplication.clipboard().text()
    assert blocks_from_text(text) == (builder.blocks[1],)
    builder.choose((2,))
    builder.act("paste")
    assert builder.outline() == (
        "convolution residual(convolution) flatten residual(convolution) logits"
    )
    assert builder.studio.undo_name == "Paste Residual"
    QGuiApplication.clipboard().setText('[{"kind": "flatten"}, {"kind": "unheard-of"}]')
    builder.choose(None)
    builder.act("paste")
    assert builder.outline().startswith("flatten unheard-of convolution")


def test_blocks_never_lie_deeper_than_a_file_can_hold(builder: Builder, qtbot: QtBot) -> None:
    nested = FLATTEN
    for _ in range(edits.DEEPEST_KEPT - 1):
        nested = BlockSpec(kind="group", blocks=(nested,))
    QGuiApplication.clipboard().setText(blocks_text([nested]))
    builder.show(BlockSpec(kind="group"), LOGITS)
    before = builder.blocks
    builder.choose((0,))
    with qtbot.waitSignal(builder.studio.failed) as failed:
        builder.act("paste")
    assert failed.args is not None
    assert failed.args[0].code == "network.too_deep"
    assert builder.blocks == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[" * 10_000,
        '{"kind": 3}',
        blocks_text([FLATTEN] * 10_000),
    ],
)
def test_what_is_no_network_is_refused_with_a_sentence(
    builder: Builder, qtbot: QtBot, text: str
) -> None:
    before = builder.blocks
    QGuiApplication.clipboard().setText(text)
    with qtbot.waitSignal(builder.studio.failed) as failed:
        builder.act("paste")
    assert failed.args is not None
    assert failed.args[0].code.startswith("network.")
    assert failed.args[0].hint.startswith("Copy blocks first")
    assert builder.blocks == before


def test_wrong_settings_that_are_pasted_are_a_problem_at_their_block(builder: Builder) -> None:
    wrong = (
        '[{"kind": "convolution", "filters": "64"}, {"kind": "convolution", "filters": 2147483648}]'
    )
    QGuiApplication.clipboard().setText(wrong)
    builder.choose(None)
    builder.act("paste")
    assert "'64' does not work" in builder.card(0).problem
    assert "2147483648 does not work" in builder.card(1).problem
    builder.choose((0,))
    assert "'64' does not work" in builder.text("block.filters.complaint")


def test_ten_thousand_blocks_are_a_problem_and_not_a_freeze(builder: Builder) -> None:
    builder.show(*[FLATTEN] * 10_000)
    assert len(rows(builder)) == 1_000, "the first ones have cards"
    assert "more than 1,000 blocks" in builder.text("network_problem_sentence")
    builder.choose((0,))
    builder.act("remove")
    assert len(builder.blocks) == 9_999, "none is lost"
