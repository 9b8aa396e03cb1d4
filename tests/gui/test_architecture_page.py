"""The Architecture page: its views, the starting networks, and the totals."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QScrollArea, QTabWidget
from pytestqt.qtbot import QtBot

from imgclf_gui import catalog
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.gui.pages.architecture import VIEWS, ArchitecturePage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.preset_card import PresetCard
from imgclf_gui.protocol.events import DevicesListed


@pytest.fixture
def page(opened: Studio, qtbot: QtBot) -> ArchitecturePage:
    """The page of the project with 60 images of 12×12 pixels in three classes."""
    return shown(opened, qtbot)


def shown(studio: Studio, qtbot: QtBot) -> ArchitecturePage:
    made = ArchitecturePage(studio)
    qtbot.addWidget(made)
    made.show()
    return made


def show_presets(page: ArchitecturePage, qtbot: QtBot) -> None:
    """Bring the presets to the front, and wait until their figures are counted."""
    tabs = page.findChild(QTabWidget, "palette_tabs")
    assert tabs is not None
    tabs.setCurrentIndex(1)
    last = list(catalog.preset_entries())[-1]
    qtbot.waitUntil(lambda: text(page, f"preset_{last}_figures").strip() != "", timeout=20_000)


def card(page: ArchitecturePage, kind: str) -> PresetCard:
    found = page.findChild(PresetCard, f"preset_{kind}")
    assert found is not None
    return found


def text(page: ArchitecturePage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def test_views_are_made_when_they_are_first_shown(page: ArchitecturePage) -> None:
    tabs = page.findChild(QTabWidget, "architecture_views")
    assert tabs is not None
    assert tabs.tabText(0) == "Build"
    assert page.view("build").isVisible()
    with pytest.raises(KeyError):
        page.view("nothing")
    for view in VIEWS:
        page.show_view(view.key)
        assert page.view(view.key).isVisible()
        assert tabs.tabText(tabs.currentIndex()) == view.title


def test_every_preset_has_a_card_with_its_figures(page: ArchitecturePage, qtbot: QtBot) -> None:
    show_presets(page, qtbot)
    for kind, preset in catalog.preset_entries().items():
        figures = text(page, f"preset_{kind}_figures")
        assert "parameters" in figures or "." in figures, "what it costs, or why it does not fit"
        assert card(page, kind).accessibleName() == preset.title
        assert preset.lesson in card(page, kind).accessibleDescription()
        assert preset.paper in card(page, kind).accessibleDescription()


def test_figures_are_those_of_the_dataset(page: ArchitecturePage, qtbot: QtBot) -> None:
    show_presets(page, qtbot)
    # 12 · 12 values · 3 classes + 3 biases
    assert text(page, "preset_linear_figures").startswith("435 parameters\n432 multiply-adds")
    assert "12×12×1 images and 3 classes" in text(page, "network_inputs")


def test_figures_of_cards_follow_the_batch_size(
    page: ArchitecturePage, opened: Studio, qtbot: QtBot
) -> None:
    show_presets(page, qtbot)
    before = text(page, "preset_cnn_figures")
    training = opened.spec.training.model_copy(update={"batch_size": 4096})
    opened.edit("Batch size", opened.spec.model_copy(update={"training": training}))
    qtbot.waitUntil(lambda: text(page, "preset_cnn_figures") != before)


def test_choosing_a_card_changes_the_network_and_can_be_undone(
    page: ArchitecturePage, opened: Studio, qtbot: QtBot
) -> None:
    show_presets(page, qtbot)
    assert card(page, "linear").isChecked()
    QTest.mouseClick(card(page, "cnn"), Qt.MouseButton.LeftButton)
    assert opened.spec.network.preset == "cnn"
    assert card(page, "cnn").isChecked() and not card(page, "linear").isChecked()
    assert opened.undo_name == "Choose network"
    opened.undo()
    assert opened.spec.network.preset == "linear"
    assert card(page, "linear").isChecked()


def test_a_card_can_be_chosen_with_the_keyboard(
    page: ArchitecturePage, opened: Studio, qtbot: QtBot
) -> None:
    show_presets(page, qtbot)
    card(page, "dnn").setFocus()
    QTest.keyClick(card(page, "dnn"), Qt.Key.Key_Space)
    assert opened.spec.network.preset == "dnn"


def test_choosing_the_same_card_twice_leaves_it_chosen(
    page: ArchitecturePage, qtbot: QtBot
) -> None:
    show_presets(page, qtbot)
    QTest.mouseClick(card(page, "linear"), Qt.MouseButton.LeftButton)
    assert card(page, "linear").isChecked()


def test_a_changed_preset_is_no_preset_any_more(page: ArchitecturePage, opened: Studio) -> None:
    blocks = (BlockSpec(kind="flatten"), BlockSpec(kind="logits", bias=False))
    network = NetworkSpec(preset="linear", blocks=blocks)
    opened.edit("Network", opened.spec.model_copy(update={"network": network}))
    assert not card(page, "linear").isChecked()


def test_totals_tell_what_the_network_costs(page: ArchitecturePage, opened: Studio) -> None:
    assert text(page, "total_parameters_value") == "435"
    assert text(page, "total_multiply_adds_value") == "432"
    # 4 bytes for each of 144 pixels and 3 logits
    assert text(page, "total_activations_value") == "588 B"
    assert "435 parameters learn from" in text(page, "data_budget")
    network = NetworkSpec(
        blocks=(BlockSpec(kind="batch-normalization"), *opened.spec.network.blocks)
    )
    opened.edit("Network", opened.spec.model_copy(update={"network": network}))
    assert text(page, "total_parameters_caption") == "parameters, 2 not trained"


def test_memory_follows_the_batch_size(page: ArchitecturePage, opened: Studio) -> None:
    before = text(page, "total_memory_value")
    training = opened.spec.training.model_copy(update={"batch_size": 4096})
    opened.edit("Batch size", opened.spec.model_copy(update={"training": training}))
    assert text(page, "total_memory_value") != before
    assert text(page, "total_memory_caption").endswith("of 4,096")


def test_the_largest_batch_is_that_of_the_device(page: ArchitecturePage, opened: Studio) -> None:
    assert text(page, "total_batch_value") == "–", "nothing is known of the device yet"
    device = DeviceSummary(label="cpu", name="A processor", memory_bytes=1_000_000)
    opened.take_events([DevicesListed(job="devices", devices=(device,))])
    # 80 % of the memory, less 435 weights with gradients and Adam's two values; of an image its
    # 144 pixels, 147 outputs and their gradients, each of 4 bytes
    left = 800_000 - 4 * 4 * 435
    plan = opened.resolution.plan
    assert plan is not None
    image = plan.network.training_bytes(2, 2) - plan.network.training_bytes(1, 2)
    assert text(page, "total_batch_value") == f"{left // image:,}"
    assert text(page, "total_batch_caption") == "largest batch on cpu"


def test_totals_wait_while_there_are_problems(page: ArchitecturePage, opened: Studio) -> None:
    network = NetworkSpec(blocks=(BlockSpec(kind="flatten"), BlockSpec(kind="convolution")))
    opened.edit("Network", opened.spec.model_copy(update={"network": network}))
    assert text(page, "total_parameters_value") == "–"
    assert "1 problem keeps the network" in text(page, "data_budget")


def test_without_a_project_figures_are_for_an_example_and_say_so(
    studio: Studio, qtbot: QtBot
) -> None:
    page = shown(studio, qtbot)
    show_presets(page, qtbot)
    assert "28×28×1 images and 10 classes" in text(page, "network_inputs")
    assert "until you import" in text(page, "network_inputs")
    assert text(page, "preset_linear_figures").startswith("7,850 parameters")
    assert not card(page, "linear").isEnabled()
    assert "project" in text(page, "network_empty")


def test_the_cards_can_be_scrolled_as_far_as_they_go(page: ArchitecturePage, qtbot: QtBot) -> None:
    page.resize(900, 500)
    show_presets(page, qtbot)
    cards = page.findChild(QScrollArea, "preset_cards")
    assert cards is not None
    column = cards.widget()
    assert column is not None

    def below_the_last() -> int:
        last = card(page, list(catalog.preset_entries())[-1])
        return column.height() - last.geometry().bottom()

    qtbot.waitUntil(lambda: cards.verticalScrollBar().maximum() > 0)
    qtbot.waitUntil(lambda: 0 <= below_the_last() < 20)
