"""The Transfer view: a backbone is chosen, frozen to some depth, given a head, and used."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QPushButton, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, BlockSpec, NetworkSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.gui.architecture.transfer_panel import TransferPanel
from imgclf_gui.gui.architecture.transferability import TransferabilityPanel
from imgclf_gui.gui.pages.architecture import ArchitecturePage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.transfer_choice import (
    Choice,
    Head,
    begun,
    changed,
    choice_in,
    figures,
    frozen_words,
    notes,
    phase_advice,
    phases_of,
)
from imgclf_gui.gui.widgets.use_bar import DRAFT, IN_USE
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.plan import resolve
from imgclf_gui.plan.backbones import backbones
from imgclf_gui.plan.transfer import phases
from tests.helpers.plans import DATASET, a_spec
from tests.helpers.timing import hold
from tests.helpers.transfer_view import Transfer, make_run_with_weights, shown

FIRST = "efficientnet-lite0"
WITHOUT_WEIGHTS = "efficientnet-lite2"


@pytest.fixture
def transfer(opened: Studio, qtbot: QtBot) -> Transfer:
    """The view of the project with 60 gray images of 12×12 pixels in three classes."""
    return shown(opened, qtbot)


@pytest.fixture
def used(transfer: Transfer) -> Transfer:
    """The same, with the first backbone in use."""
    transfer.find(QPushButton, "transfer_use").click()
    return transfer


# What is chosen


def test_which_backbone_suits_is_asked_beside_the_network(transfer: Transfer) -> None:
    tabs = transfer.find(QTabWidget, "transfer_tabs")
    assert not transfer.view.findChildren(TransferabilityPanel), "made when it is first shown"
    tabs.setCurrentIndex(1)
    (panel,) = transfer.view.findChildren(TransferabilityPanel)
    assert tabs.tabText(1) == "Which backbone suits?" and panel.parentWidget() is tabs.widget(1)


def test_it_is_the_view_between_build_and_compare(opened: Studio, qtbot: QtBot) -> None:
    page = ArchitecturePage(opened)
    qtbot.addWidget(page)
    page.show()
    tabs = page.findChild(QTabWidget, "architecture_views")
    assert tabs is not None
    titles = [tabs.tabText(index) for index in range(tabs.count())]
    assert titles[:3] == ["Build", "Transfer", "Compare"]
    page.show_view("transfer")
    assert page.view("transfer").isVisible()


def test_without_a_project_it_shows_an_example_and_says_what_to_do(
    studio: Studio, qtbot: QtBot
) -> None:
    transfer = shown(studio, qtbot)
    assert transfer.checked() == [FIRST]
    # 1,280 features of 10 classes, with a bias each
    assert transfer.figure("trainable") == "12.8 k"
    assert "10 classes, until you import" in transfer.text("transfer_inputs")
    assert "Open or make a project" in transfer.text("transfer_state")
    for name in ("transfer_use", "transfer_train"):
        assert not transfer.find(QPushButton, name).isEnabled()
    transfer.press(transfer.strip, Qt.Key.Key_Left)
    assert transfer.figure("trainable") != "12.8 k", "the handle can be tried"
    assert not studio.spec.network.blocks
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        transfer.find(QPushButton, "transfer_to_dataset").click()
    assert wanted.args == ["dataset"]


def test_a_project_without_images_asks_for_them(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.project_changed):
        studio.new_project(tmp_path / "new")
    transfer = shown(studio, qtbot)
    assert "Import images" in transfer.text("transfer_state")
    assert not transfer.find(QPushButton, "transfer_use").isEnabled()


def test_cards_tell_what_a_backbone_is_and_whether_its_weights_are_here(
    transfer: Transfer,
) -> None:
    for name, backbone in backbones().items():
        assert transfer.text(f"backbone_{name}_title") == backbone.title
        assert f"{backbone.width}×{backbone.height}" in transfer.text(f"backbone_{name}_figures")
        assert backbone.summary in transfer.card(name).accessibleDescription()
        origin = transfer.text(f"backbone_{name}_origin")
        assert backbone.learned_from in origin and backbone.licence in origin
    assert "3.41 M parameters" in transfer.text(f"backbone_{FIRST}_figures")
    assert "on this machine" in transfer.text(f"backbone_{FIRST}_origin")
    assert "imgclf backbones --add" in transfer.text(f"backbone_{WITHOUT_WEIGHTS}_origin")


def test_choosing_a_card_shows_its_figures_and_changes_nothing_yet(
    transfer: Transfer, opened: Studio
) -> None:
    before = opened.spec
    work = transfer.figure("work")
    transfer.press(transfer.card(WITHOUT_WEIGHTS), Qt.Key.Key_Space)
    assert transfer.checked() == [WITHOUT_WEIGHTS]
    assert transfer.figure("size") == "260×260"
    assert transfer.figure("work") != work
    assert opened.spec is before
    assert "weights missing" in transfer.text("transfer_state")
    assert not transfer.find(QPushButton, "transfer_use").isEnabled()
    QTest.mouseClick(transfer.card(FIRST), Qt.MouseButton.LeftButton)
    assert transfer.text("transfer_state") == DRAFT
    assert transfer.find(QPushButton, "transfer_use").isEnabled()


# How deep


def test_keys_move_the_handle_and_the_figures_follow(transfer: Transfer) -> None:
    assert transfer.strip.value() == 10
    assert transfer.figure("features") == "1,280"
    assert transfer.figure("trainable") == "3,843"  # 3 · 1,281
    assert "3,843 parameters learn from 48 images" in transfer.text("transfer_budget")
    assert "whole backbone stays" in transfer.text("transfer_frozen_words")
    total = transfer.figure("total")
    transfer.press(transfer.strip, Qt.Key.Key_Left, Qt.Key.Key_Left)
    assert transfer.strip.value() == 8
    assert transfer.figure("trainable") == "1.01 M"
    assert transfer.figure("total") == total
    words = transfer.text("transfer_frozen_words")
    assert words == (
        "Rescale to Stage 6 (8 blocks) stay as they are. Stage 7 to Features (2 blocks) and the "
        "head learn."
    )
    assert transfer.strip.accessibleDescription() == words
    transfer.press(transfer.strip, Qt.Key.Key_Home)
    assert transfer.text("transfer_frozen_words").startswith("Nothing stays frozen")


def test_a_move_of_the_handle_is_counted_at_once(transfer: Transfer) -> None:
    transfer.press(transfer.strip, Qt.Key.Key_Left)
    assert transfer.view.choice is not None
    taken = []
    for trained in range(10):
        began = time.perf_counter()
        choice = replace(transfer.view.choice, trained=trained)
        summary = transfer.studio.summary
        figures(begun(transfer.studio.spec, summary, choice), summary)
        taken.append(time.perf_counter() - began)
    hold(sorted(taken)[5], 0.03)


def test_after_use_the_handle_moves_the_networks(used: Transfer, opened: Studio) -> None:
    assert used.kinds() == ["resize", "backbone", "global-pooling", "dropout", "logits"]
    assert opened.undo_name == "Use EfficientNet-Lite0 as backbone"
    assert used.trained() == 0
    assert used.text("transfer_state") == IN_USE
    assert used.find(QPushButton, "transfer_use").isHidden()
    used.press(used.strip, Qt.Key.Key_Left, Qt.Key.Key_Left)
    assert used.trained() == 2
    opened.undo()
    assert used.trained() == 1, "each key is a step"
    assert used.strip.value() == 9, "the handle follows"
    opened.undo()
    opened.undo()
    assert used.kinds() == ["flatten", "logits"]
    assert used.text("transfer_state") == DRAFT
    opened.redo()
    assert used.text("transfer_state") == IN_USE


def test_an_edit_is_planned_once_for_all_who_show_it(used: Transfer, opened: Studio) -> None:
    used.press(used.strip, Qt.Key.Key_Left)
    plan, counted = opened.resolution.plan, figures(opened.spec, opened.summary).network
    assert plan is not None and counted is not None
    assert counted.blocks[1] is plan.network.blocks[1]


def test_a_drag_of_the_handle_is_one_step(used: Transfer, opened: Studio) -> None:
    strip, name = used.strip, opened.undo_name
    y = strip.height() // 2

    def at(value: int) -> QPoint:
        return QPoint(strip.boundary(value), y)

    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=at(9))
    for value in (7, 5, 4):
        QTest.mouseMove(strip, at(value))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=at(4))
    assert used.trained() == 6
    assert opened.undo_name == "Change frozen blocks"
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=at(3))
    assert used.trained() == 7
    opened.undo()
    assert used.trained() == 6
    opened.undo()
    assert used.trained() == 0
    assert opened.undo_name == name


def test_a_shorter_backbone_has_other_features(used: Transfer, opened: Studio) -> None:
    box = used.find(QAbstractSpinBox, "transfer.blocks")
    used.press(used.strip, Qt.Key.Key_Left)
    used.press(box, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert used.figure("features") == "192"
    assert used.strip.maximum() == 8
    assert used.trained() == 1
    block = opened.spec.network.blocks[1]
    assert block.blocks == backbones()[FIRST].blocks[:8]
    assert opened.undo_name == "Change length of backbone"
    box.selectAll()
    QTest.keyClicks(box, "3")  # 16 channels: where they are high counts, too
    assert used.kinds()[2] == "flatten"
    opened.undo()
    assert used.figure("features") == "1,280", "what was typed and stepped is one edit"


# The head


def test_heads_of_all_kinds(used: Transfer, opened: Studio) -> None:
    combo = used.find(QComboBox, "transfer_head.kind")
    units, rate = (used.find(QWidget, f"transfer_head.{name}") for name in ("units", "rate"))
    assert rate.isVisible() and not units.isVisible()

    def choose(kind: str) -> None:
        combo.setCurrentIndex(combo.findData(kind))
        combo.activated.emit(combo.currentIndex())

    choose("linear")
    assert used.kinds()[2:] == ["global-pooling", "logits"]
    assert not rate.isVisible()
    choose("dense")
    assert used.kinds()[2:] == ["global-pooling", "dense", "dropout", "logits"]
    assert units.isVisible() and rate.isVisible()
    assert used.figure("trainable") == "164 k"  # 1,281 · 128 + 129 · 3
    assert isinstance(units, QAbstractSpinBox)
    units.selectAll()
    QTest.keyClicks(units, "64")
    assert opened.spec.network.blocks[3].settings["units"] == 64
    assert opened.undo_name == "Change units of head"
    opened.undo()
    assert opened.spec.network.blocks[3].settings["units"] == 128
    assert opened.undo_name == "Change head"


def test_a_head_that_was_built_by_hand_stays(used: Transfer, opened: Studio) -> None:
    blocks = (*opened.spec.network.blocks[:2], BlockSpec(kind="flatten", name="Mine"))
    network = NetworkSpec(blocks=(*blocks, BlockSpec(kind="dense"), BlockSpec(kind="logits")))
    opened.edit("Build", opened.spec.model_copy(update={"network": network}))
    combo = used.find(QComboBox, "transfer_head.kind")
    assert combo.currentText() == "As it was built"
    used.press(used.strip, Qt.Key.Key_Left)
    assert opened.spec.network.blocks[2:] == network.blocks[2:]
    assert used.trained() == 1


# The phases


def test_phases_are_edits_of_the_project(used: Transfer, opened: Studio) -> None:
    assert used.text("transfer_phase_1_what") == "Head, 30 epochs"
    assert "1,280 features an image, calculated once" in used.text("transfer_phase_1_how")
    assert used.find(QWidget, "transfer_phase_2").isHidden()
    used.press(used.strip, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left)
    assert "the head learns first" in used.text("transfer_advice")
    box = used.find(QAbstractSpinBox, "transfer.fine_tune_epochs")
    box.selectAll()
    QTest.keyClicks(box, "5")
    assert opened.spec.transfer.fine_tune_epochs == 5
    assert opened.undo_name == "Change fine-tuning"
    assert used.text("transfer_phase_2_what") == "Head and last 3 blocks, 5 epochs"
    assert "Batch normalisation stays frozen" in used.text("transfer_phase_2_how")
    assert used.text("transfer_advice") == ""
    said = used.find(QWidget, "transfer_phases").accessibleDescription()
    assert said.startswith("1. Head: Head, 30 epochs") and "2. Fine-tuning:" in said
    head = used.find(QAbstractSpinBox, "transfer.head_epochs")
    head.selectAll()
    QTest.keyClicks(head, "12")
    assert opened.spec.training.epochs == 12
    assert used.text("transfer_phase_1_what") == "Head, 12 epochs"


@pytest.mark.parametrize(("trained", "fine"), [(0, 0), (0, 4), (2, 0), (2, 4), (10, 4)])
def test_phases_in_words_are_those_of_the_plan(trained: int, fine: int) -> None:
    backbone = backbones()[FIRST]
    choice = replace(Choice.begin(backbone), trained=trained)
    spec = begun(a_spec(), DATASET, choice)
    transfer = spec.transfer.model_copy(update={"fine_tune_epochs": fine})
    spec = spec.model_copy(update={"transfer": transfer})
    plan = resolve(spec, DATASET).plan
    assert plan is not None
    said, meant = phases_of(choice, spec, figures(spec, DATASET)), phases(plan)
    assert len(said) == len(meant)
    for one, phase in zip(said, meant, strict=True):
        assert f"{phase.epochs} epochs" in one.lines[0]
    assert bool(phase_advice(choice, spec)) == ((trained > 0) != (fine > 0))


def test_changed_views_are_told_where_there_is_augmentation() -> None:
    choice = Choice.begin(backbones()[FIRST])
    spec = begun(a_spec(), DATASET, choice)

    def source(kind: str, views: int = 4) -> str:
        steps = (AugmentationStep(kind=kind),)
        transfer = spec.transfer.model_copy(update={"feature_views": views})
        augmented = spec.model_copy(
            update={"augmentation": AugmentationSpec(steps=steps), "transfer": transfer}
        )
        return phases_of(choice, augmented, figures(augmented, DATASET))[0].lines[1]

    assert "each of 4 changed views" in source("flip-horizontal")
    assert "in each epoch" in source("flip-horizontal", views=0)
    assert "in each epoch" in source("mix-up")


# Own runs


def test_a_run_of_the_project_is_a_backbone(
    studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    project = Project.open(project_folder)
    run = make_run_with_weights(project, dataset_summary(project))
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    transfer = shown(studio, qtbot)
    title = transfer.text(f"backbone_run_{run.id}_title")
    assert title == f"Run {run.id} · Watched net, your own"
    with qtbot.waitSignal(studio.backbone_made) as made:
        QTest.mouseClick(transfer.card(f"run:{run.id}"), Qt.MouseButton.LeftButton)
        assert transfer.text(f"backbone_run_{run.id}_origin") == "Is being read…"
    assert made.args is not None and made.args[0] == run.id
    own = made.args[1]
    qtbot.waitUntil(lambda: transfer.checked() == [f"run:{run.id}"])
    assert transfer.strip.maximum() == 7, "a convolution and six residual blocks"
    assert own.id in backbones()
    transfer.find(QPushButton, "transfer_use").click()
    assert studio.undo_name == f"Use {own.title} as backbone"
    assert transfer.kinds() == ["backbone", "flatten", "dropout", "logits"]
    assert studio.spec.data.channels == "grayscale"
    assert not transfer.text("transfer_notes")


def test_a_run_that_cannot_be_a_backbone_says_why(
    studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    project = Project.open(project_folder)
    run = make_run_with_weights(project, dataset_summary(project))
    (run.folder / "checkpoints" / "best.safetensors").unlink()
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    transfer = shown(studio, qtbot)
    with qtbot.waitSignal(studio.failed) as failed:
        QTest.mouseClick(transfer.card(f"run:{run.id}"), Qt.MouseButton.LeftButton)
    assert failed.args is not None and failed.args[0].code == "backbone.run"
    qtbot.waitUntil(lambda: transfer.checked() == [FIRST])
    assert transfer.text(f"backbone_run_{run.id}_origin") == ""


# What is worth knowing


def test_small_and_gray_images_are_told_of(transfer: Transfer) -> None:
    said = transfer.text("transfer_notes")
    assert "12×12 pixels, fewer than the 32" in said
    assert "grayscale" in said and "no harm" in said


def test_larger_images_are_told_of_as_they_are() -> None:
    choice = Choice.begin(backbones()[FIRST])

    def said(**update: object) -> str:
        dataset: DatasetSummary = DATASET.model_copy(update={"grayscale": False, **update})
        spec = begun(a_spec(), dataset, choice)
        return " ".join(notes(choice, dataset, figures(spec, dataset)))

    assert "draws them larger, to 224×224" in said(common_width=64, common_height=64)
    assert said(common_width=640, common_height=640) == ""
    gray = Choice.begin(backbones()[FIRST].model_copy(update={"channels": 1}))
    assert "lose their colour" in " ".join(
        notes(gray, DATASET.model_copy(update={"grayscale": False}), figures(a_spec(), DATASET))
    )


# Round trip, and the rest of the window


@pytest.mark.parametrize(
    "head", [Head("linear"), Head("dropout", rate=0.5), Head("dense", 32, 0.1), Head()]
)
def test_what_is_chosen_can_be_read_from_the_network(head: Head) -> None:
    known = backbones()
    choice = replace(Choice.begin(known[FIRST], 8, head), trained=3)
    spec = begun(a_spec(), DATASET, choice)
    assert choice_in(spec.network, known) == choice
    other = replace(choice, trained=0)
    assert choice_in(changed(spec, other).network, known) == other
    assert changed(spec, choice) == spec
    assert frozen_words(choice).startswith("Rescale to Stage 3 (5 blocks) stay")


def test_a_network_of_another_kind_is_no_choice() -> None:
    known = backbones()
    assert choice_in(a_spec().network, known) is None
    spec = begun(a_spec(), DATASET, Choice.begin(known[FIRST]))
    assert choice_in(spec.network, {}) is None
    block = spec.network.blocks[1]
    network = NetworkSpec(blocks=(block.model_copy(update={"blocks": block.blocks[1:]}),))
    assert choice_in(network, known) is None, "its weights have no place there"


def test_train_goes_to_the_training(used: Transfer, opened: Studio, qtbot: QtBot) -> None:
    train = used.find(QPushButton, "transfer_train")
    assert train.isEnabled()
    asked: list[str] = []
    opened.page_wanted.connect(asked.append)
    with qtbot.waitSignal(opened.runs_changed):
        train.click()
    assert asked == ["training"]
    assert opened.runs[0].plan.network.blocks[1].entry.kind == "backbone"
    qtbot.waitUntil(lambda: opened.active_run is None, timeout=20_000)


def test_it_follows_a_network_from_elsewhere_when_it_is_seen_again(
    used: Transfer, opened: Studio
) -> None:
    used.view.hide()
    choice = used.view.choice
    assert choice is not None
    opened.edit("Elsewhere", changed(opened.spec, replace(choice, trained=4)))
    assert used.strip.value() == 10
    used.view.show()
    assert used.strip.value() == 6


def test_everything_that_can_be_used_has_names_and_the_keyboard(transfer: Transfer) -> None:
    panel = transfer.find(TransferPanel, "transfer_panel")
    for kind in (QAbstractSpinBox, QComboBox, QPushButton):
        for widget in transfer.view.findChildren(kind):
            assert widget.objectName(), widget
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            assert widget.accessibleName() or getattr(widget, "text", str)(), widget.objectName()
    assert transfer.strip.accessibleName() and panel.widget() is not None


def test_head_and_phases_stand_below_each_other_where_it_is_narrow(
    transfer: Transfer, qtbot: QtBot
) -> None:
    head = transfer.find(QWidget, "transfer_head_form")
    phases_shown = transfer.find(QWidget, "transfer_phases")
    content = transfer.find(QWidget, "transfer_content")

    def beside() -> bool:
        origin = QPoint(0, 0)
        left, right = head.mapTo(content, origin), phases_shown.mapTo(content, origin)
        return right.x() > left.x() and abs(right.y() - left.y()) < 40

    assert beside()
    transfer.view.resize(800, 500)
    qtbot.waitUntil(lambda: not beside())
