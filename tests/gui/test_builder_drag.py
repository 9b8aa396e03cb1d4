"""Dragging blocks: from the palette, inside the tree, from elsewhere; and files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QModelIndex, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QTreeView
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.gui.architecture.block_model import BLOCKS_MIME, blocks_mime
from imgclf_gui.gui.operations.images import take_drop
from imgclf_gui.plan.network_file import write_network
from tests.helpers.builder import Builder

COPY, MOVE = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction
CONVOLUTION = BlockSpec(kind="convolution", filters=4)
FLATTEN = BlockSpec(kind="flatten")
LOGITS = BlockSpec(kind="logits")
RESIDUAL = BlockSpec(kind="residual", shortcut="projected", blocks=(CONVOLUTION,))


def from_palette(builder: Builder, title: str) -> QMimeData:
    """What a drag of the palette's block of that title carries."""
    palette = builder.find(QTreeView, "palette_blocks")
    model = palette.model()
    for row in range(model.rowCount()):
        heading = model.index(row, 0)
        for below in range(model.rowCount(heading)):
            index = model.index(below, 0, heading)
            if index.data() == title:
                assert model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled
                return model.mimeData([index])
    raise AssertionError(f"the palette has no {title!r}")


def dragged(builder: Builder, *places: tuple[int, ...]) -> QMimeData:
    """What a drag of those rows carries."""
    model = builder.tree.blocks
    return model.mimeData([model.index_of(place) for place in places])


def test_a_block_of_the_palette_goes_between_two(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.drop(from_palette(builder, "Max pooling"), builder.point((1,), 0), COPY)
    assert builder.outline() == "convolution max-pooling flatten logits"
    assert builder.chosen() == ((1,),)
    assert builder.studio.undo_name == "Insert Max pooling"


def test_a_container_of_the_palette_comes_with_blocks_that_fit(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.drop(from_palette(builder, "Residual"), builder.point((0,), 1), COPY)
    assert builder.blocks[1].blocks[0].settings["filters"] == 4
    assert not builder.card(1).problem


def test_a_block_goes_into_a_container_and_behind_all(builder: Builder) -> None:
    builder.show(CONVOLUTION, RESIDUAL, FLATTEN)
    builder.drop(from_palette(builder, "Dropout"), builder.point((1,), 0.5), COPY)
    assert builder.outline() == "convolution residual(convolution dropout) flatten"
    below = QPoint(100, builder.tree.viewport().height() - 5)
    builder.drop(from_palette(builder, "Logits"), below, COPY)
    assert builder.outline().endswith("flatten logits")


def test_an_empty_network_takes_its_first_block(builder: Builder) -> None:
    builder.show()
    assert "Drag a block here" in builder.text("network_empty")
    builder.drop(from_palette(builder, "Flatten"), builder.tree.viewport().rect().center(), COPY)
    assert builder.outline() == "flatten"
    assert not builder.find(QLabel, "network_empty").isVisible()


def test_nothing_goes_in_front_of_the_input(builder: Builder) -> None:
    builder.show(FLATTEN, LOGITS)
    builder.drop(from_palette(builder, "Convolution"), builder.point(None, 0), COPY)
    assert builder.outline() == "convolution flatten logits"


def test_rows_are_moved_by_dragging(builder: Builder) -> None:
    builder.show(CONVOLUTION, RESIDUAL, FLATTEN, LOGITS)
    drop = builder.drop(dragged(builder, (1, 0)), builder.point((0,), 0), MOVE)
    assert builder.outline() == "convolution convolution residual flatten logits"
    assert builder.studio.undo_name == "Move Convolution"
    assert builder.chosen() == ((0,),)
    assert not drop.isAccepted(), "else the view would take the rows away once more"


def test_several_rows_are_moved_together(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, RESIDUAL, LOGITS)
    builder.drop(dragged(builder, (0,), (1,)), builder.point((2,), 0.5), MOVE)
    assert builder.outline() == "residual(convolution convolution flatten) logits"
    assert builder.chosen() == ((0, 1), (0, 2))


def test_a_container_does_not_go_into_itself(builder: Builder) -> None:
    builder.show(RESIDUAL, FLATTEN, LOGITS)
    before = builder.blocks
    builder.drop(dragged(builder, (0,)), builder.point((0, 0), 0), MOVE)
    assert builder.blocks == before


def test_with_control_rows_are_copied(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.drop(dragged(builder, (0,)), builder.point((1,), 0), COPY)
    assert builder.outline() == "convolution convolution flatten logits"


def test_blocks_of_another_window_are_copied(builder: Builder, qtbot: QtBot) -> None:
    builder.show(FLATTEN, LOGITS)
    builder.drop(blocks_mime([RESIDUAL]), builder.point((0,), 0), MOVE)
    assert builder.outline() == "residual(convolution) flatten logits"
    broken = QMimeData()
    broken.setData(BLOCKS_MIME, b"\xff[")
    with qtbot.waitSignal(builder.studio.failed):
        builder.drop(broken, builder.point((0,), 0), COPY)


def test_a_mend_is_pressed_on_its_card(builder: Builder) -> None:
    builder.show(BlockSpec(kind="dense", units=5), LOGITS)
    tree = builder.tree
    index = tree.blocks.index_of((0,))
    layout = tree.card_layout(index, tree.visualRect(index))
    button, mend = layout.mends[0]
    assert mend.title == "Insert Flatten"
    QTest.mouseMove(tree.viewport(), button.center())
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=button.center())
    assert builder.outline() == "flatten dense logits"
    assert builder.studio.undo_name == "Insert Flatten"
    assert not builder.card(1).problem


def test_a_click_beside_a_mend_chooses_its_block(builder: Builder) -> None:
    builder.show(BlockSpec(kind="dense", units=5), LOGITS)
    QTest.mouseClick(
        builder.tree.viewport(), Qt.MouseButton.LeftButton, pos=builder.point((0,), 0.1)
    )
    assert builder.chosen() == ((0,),)
    assert builder.outline() == "dense logits"


def test_a_dropped_network_file_is_opened(builder: Builder, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "mine.json"
    write_network(file, NetworkSpec(blocks=(RESIDUAL, FLATTEN, LOGITS)))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    model = builder.tree.blocks
    assert not model.canDropMimeData(data, COPY, -1, 0, QModelIndex()), "the window takes it"
    with qtbot.waitSignal(builder.studio.network_opened):
        take_drop(builder.studio, [file])
    assert builder.outline() == "residual(convolution) flatten logits"
    assert builder.studio.undo_name == "Open network"
