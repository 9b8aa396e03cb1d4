"""Choosing a starting network."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QScrollArea, QTableView
from pytestqt.qtbot import QtBot

from imgclf_gui import catalog
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.gui.pages.architecture import ArchitecturePage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.block_list import BlockList
from imgclf_gui.gui.widgets.network_picture import NetworkPicture
from imgclf_gui.gui.widgets.preset_card import PresetCard


@pytest.fixture
def page(opened: Studio, qtbot: QtBot) -> ArchitecturePage:
    """The page of the project with 60 images of 12×12 pixels in three classes."""
    made = ArchitecturePage(opened)
    qtbot.addWidget(made)
    made.show()
    return made


def card(page: ArchitecturePage, kind: str) -> PresetCard:
    found = page.findChild(PresetCard, f"preset_{kind}")
    assert found is not None
    return found


def text(page: ArchitecturePage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def blocks(page: ArchitecturePage) -> list[tuple[str, ...]]:
    view = page.findChild(BlockList, "block_list")
    assert isinstance(view, QTableView)
    model = view.model()
    columns = range(model.columnCount())
    return [
        tuple(str(model.index(row, column).data()) for column in columns)
        for row in range(model.rowCount())
    ]


def test_every_preset_has_a_card_with_its_figures(page: ArchitecturePage) -> None:
    for kind, preset in catalog.preset_entries().items():
        figures = text(page, f"preset_{kind}_figures")
        assert "parameters" in figures and "memory" in figures
        assert card(page, kind).accessibleName() == preset.title
        assert preset.lesson in card(page, kind).accessibleDescription()


def test_figures_are_those_of_the_dataset(page: ArchitecturePage) -> None:
    # 12 · 12 values · 3 classes + 3 biases
    assert text(page, "preset_linear_figures").startswith("435 parameters · 432 multiply-adds")
    assert "12×12×1 images and 3 classes" in text(page, "network_inputs")


def test_choosing_a_card_changes_the_network_and_can_be_undone(
    page: ArchitecturePage, opened: Studio
) -> None:
    assert card(page, "linear").isChecked()
    QTest.mouseClick(card(page, "cnn"), Qt.MouseButton.LeftButton)
    assert opened.spec.network.preset == "cnn"
    assert card(page, "cnn").isChecked() and not card(page, "linear").isChecked()
    assert [row[0] for row in blocks(page)][1] == "Convolution"
    opened.undo()
    assert opened.spec.network.preset == "linear"
    assert card(page, "linear").isChecked()


def test_a_card_can_be_chosen_with_the_keyboard(page: ArchitecturePage, opened: Studio) -> None:
    card(page, "dnn").setFocus()
    QTest.keyClick(card(page, "dnn"), Qt.Key.Key_Space)
    assert opened.spec.network.preset == "dnn"


def test_choosing_the_same_card_twice_leaves_it_chosen(page: ArchitecturePage) -> None:
    QTest.mouseClick(card(page, "linear"), Qt.MouseButton.LeftButton)
    assert card(page, "linear").isChecked()


def test_blocks_stand_in_their_order_with_shapes_and_parameters(page: ArchitecturePage) -> None:
    assert blocks(page) == [
        ("Input", "the image", "12×12×1", "", ""),
        ("Flatten", "", "144 values", "–", "–"),
        ("Logits", "one value a class", "3 values", "435", "432"),
    ]
    assert text(page, "total_parameters_value") == "435"
    assert "435 parameters learn from" in text(page, "data_budget")


def test_the_network_is_drawn_and_said(page: ArchitecturePage, opened: Studio) -> None:
    QTest.mouseClick(card(page, "cnn"), Qt.MouseButton.LeftButton)
    picture = page.findChild(NetworkPicture, "network_picture")
    assert picture is not None
    assert picture.accessibleName().startswith(
        "From the image to the classes: Input 12×12×1, Convolution 12×12×10, Max pooling 6×6×10"
    )
    assert "Dropout" not in picture.accessibleName(), "only what changes the shape is drawn"


def test_memory_follows_the_batch_size(page: ArchitecturePage, opened: Studio) -> None:
    before = text(page, "total_memory_value")
    training = opened.spec.training.model_copy(update={"batch_size": 4096})
    opened.edit("Batch size", opened.spec.model_copy(update={"training": training}))
    assert text(page, "total_memory_value") != before


def test_a_problem_stands_at_its_block(page: ArchitecturePage, opened: Studio) -> None:
    network = NetworkSpec(
        blocks=(
            BlockSpec(kind="flatten"),
            BlockSpec(kind="convolution"),
            BlockSpec(kind="from-the-future", size=3),
        )
    )
    opened.edit("Network", opened.spec.model_copy(update={"network": network}))
    rows = blocks(page)
    assert rows[1][2] == "144 values"
    assert "needs an image" in rows[2][1] and "before Flatten" in rows[2][1]
    assert rows[3][0] == "from-the-future"
    assert "needs an image" in text(page, "network_problem")
    assert text(page, "total_parameters_value") == "–"


def test_without_a_dataset_figures_are_for_an_example_and_say_so(
    studio: Studio, qtbot: QtBot
) -> None:
    page = ArchitecturePage(studio)
    qtbot.addWidget(page)
    assert "28×28×1 images and 10 classes" in text(page, "network_inputs")
    assert "until you import" in text(page, "network_inputs")
    assert text(page, "preset_linear_figures").startswith("7,850 parameters")
    assert not card(page, "linear").isEnabled()


def test_the_cards_can_be_scrolled_as_far_as_they_go(page: ArchitecturePage, qtbot: QtBot) -> None:
    page.resize(900, 500)
    cards = page.findChild(QScrollArea, "preset_cards")
    assert cards is not None
    column = cards.widget()
    assert column is not None

    def below_the_last() -> int:
        last = card(page, list(catalog.preset_entries())[-1])
        return column.height() - last.geometry().bottom()

    qtbot.waitUntil(lambda: cards.verticalScrollBar().maximum() > 0)
    assert below_the_last() < 20
