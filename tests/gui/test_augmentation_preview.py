"""The live preview, drawn by a real worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationStep, ProjectSpec
from imgclf_gui.gui.augmentation.compare_dialog import CompareDialog
from imgclf_gui.gui.augmentation.examples import ExamplePictures
from imgclf_gui.gui.augmentation.extremes import StrengthButton
from imgclf_gui.gui.augmentation.image_chooser import ImageChooser
from imgclf_gui.gui.augmentation.shown_images import TrainingImages
from imgclf_gui.gui.pages.augmentation import AugmentationPage
from imgclf_gui.gui.services.previews import Preview, PreviewWish, read_preview
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.image_grid import ImageGrid, picture_size, scaled_picture
from imgclf_gui.gui.widgets.pair_view import PairView
from imgclf_gui.gui.widgets.thumbnail_grid import ThumbnailGrid
from imgclf_gui.plan import preset_network
from imgclf_gui.protocol.commands import ImageForm, ImportImages
from imgclf_gui.worker.importing import import_images
from tests.helpers.previewing import SLOW_MS, Previewing, alike, pixels, workers

FLIP = AugmentationStep(kind="flip-horizontal", probability=1.0)
SOMETIMES = AugmentationStep(kind="flip-horizontal", probability=0.5)


def rotation(degrees: float) -> AugmentationStep:
    return AugmentationStep(kind="rotation", degrees=degrees)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Path:
    """A project with 60 images of 12×12 pixels, and a file that an earlier session left."""
    folder = tmp_path_factory.mktemp("previewed") / "a project"
    Project.create(folder, ProjectSpec(name="Shapes", network=preset_network("linear")))
    command = ImportImages(job="import", project=str(folder), source=str(shapes))
    import_images(command, lambda _event: None, lambda: False)
    left = folder / "cache" / "preview"
    left.mkdir(parents=True)
    (left / "live-7.npy").write_bytes(b"from before")
    return folder


@pytest.fixture(scope="module")
def warm(qapp: object, project: Path) -> Iterator[Studio]:
    """A studio whose worker stays warm from one test to the next; its list begins empty."""
    del qapp
    made = Studio(Settings())
    made.open_project(project)
    yield made
    made.close()


@pytest.fixture
def preview(warm: Studio, qtbot: QtBot) -> Previewing:
    """The view of a list that is empty, drawn."""
    qtbot.waitUntil(lambda: warm.project is not None)
    return shown(warm, qtbot)


def shown(studio: Studio, qtbot: QtBot) -> Previewing:
    page = AugmentationPage(studio)
    qtbot.addWidget(page)
    page.resize(1200, 760)
    with qtbot.waitExposed(page):
        page.show()
    found = Previewing(page, studio, qtbot)
    found.set()
    found.wait()
    return found


# What is shown


def test_the_images_stand_beside_their_draws_and_words_say_what_they_are(
    preview: Previewing, project: Path
) -> None:
    first = preview.draw(FLIP)
    assert preview.text("preview_words") == (
        "4 training images × 6 draws, at the network's 12×12 pixels in grayscale, seed 0."
    )
    assert first.wish.shape == (7, 4, 12, 12, 1)
    rows = {row.id: row for row in preview.studio.dataset.images}
    assert [row.title for row in preview.grid.rows] == [rows[i].label for i in first.wish.images]
    assert len({row.title for row in preview.grid.rows}) == 3, "of each class"
    assert all(rows[image].split == "train" for image in first.wish.images)
    assert (pixels(first.drawn[0][2]) == pixels(first.originals[2])[:, ::-1]).all()
    left = [path.name for path in (project / "cache" / "preview").glob("*.npy")]
    assert left == [], "files go when they are read, and those of earlier sessions, too"


def test_pictures_change_with_the_strength(preview: Previewing) -> None:
    little, much = preview.draw(rotation(3.0)), preview.draw(rotation(90.0))
    assert little.originals == much.originals
    assert not alike(little, much)
    assert np.mean(little.changes) < np.mean(much.changes)


def test_without_steps_the_draws_are_said_to_be_the_images(preview: Previewing) -> None:
    preview.draw(FLIP)
    nothing = preview.draw()
    assert all(drawn == nothing.originals for drawn in nothing.drawn)
    assert "No augmentation is switched on" in preview.text("preview_words")
    assert set(preview.grid.rows[0].notes[1:]) == {"unchanged"}
    model = preview.grid.model()
    spoken = model.data(model.index(1, 3), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"{preview.grid.rows[1].title}, draw 3, unchanged"


def test_the_same_seed_shows_the_same_again(preview: Previewing) -> None:
    seed = preview.find(QSpinBox, "preview_seed")
    first = preview.draw(rotation(60.0))
    other = preview.after(lambda: seed.setValue(7))
    assert not alike(first, other) and first.originals == other.originals
    assert preview.text("preview_words").endswith("seed 7.")
    assert alike(first, preview.after(lambda: seed.setValue(0)))
    before = seed.value()
    preview.after(preview.find(QToolButton, "preview_dice").click)
    assert seed.value() != before


def test_every_image_can_be_changed_to_see_it(preview: Previewing) -> None:
    some = preview.draw(SOMETIMES)
    assert min(map(min, some.changes)) == 0 < max(map(max, some.changes))
    every = preview.find(QCheckBox, "preview_every")
    assert not every.isChecked()
    all_of_them = preview.after(every.click)
    assert min(map(min, all_of_them.changes)) > 0
    assert preview.studio.spec.augmentation.steps == (SOMETIMES,), "the list is not touched"


def test_fewer_and_more_images_and_draws(preview: Previewing) -> None:
    first = preview.draw(FLIP)

    def show(images: int, draws: int) -> Preview:
        preview.find(QSpinBox, "preview_images").setValue(images)
        return preview.after(lambda: preview.find(QSpinBox, "preview_draws").setValue(draws))

    more = show(8, 12)
    assert more.wish.shape[:2] == (13, 8)
    assert more.wish.images[:4] == first.wish.images
    one = show(1, 1)
    assert one.wish.shape[:2] == (2, 1)
    assert preview.text("preview_words").startswith("1 training image × 1 draw, ")


def test_other_images_are_drawn_from_the_training_images(preview: Previewing) -> None:
    first = preview.draw(FLIP)
    other = preview.after(preview.find(QToolButton, "preview_others").click)
    assert set(other.wish.images) != set(first.wish.images)


def test_images_are_chosen_by_their_thumbnails(preview: Previewing) -> None:
    preview.draw(FLIP)
    preview.find(QToolButton, "preview_choose").click()
    chooser = preview.find(ImageChooser, "image_chooser")
    grid = chooser.findChild(ThumbnailGrid, "chooser_images")
    use = chooser.findChild(QPushButton, "chooser_use")
    none = chooser.findChild(QPushButton, "chooser_none")
    assert grid is not None and use is not None and none is not None
    assert len(grid.selectedIndexes()) == 4, "those that are shown"
    none.click()
    assert not use.isEnabled()
    for place in (5, 2):
        index = grid.model().index(place, 0)
        point = grid.visualRect(index).center()
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=point)
    wanted = (grid.rows[5].id, grid.rows[2].id)
    chosen = preview.after(use.click)
    assert chosen.wish.images == wanted
    more = preview.after(lambda: preview.find(QSpinBox, "preview_images").setValue(3))
    assert more.wish.images[:2] == wanted and len(more.wish.images) == 3


# While one edits


def test_the_newest_wish_wins_and_few_others_are_drawn(preview: Previewing) -> None:
    preview.draw(rotation(1.0))
    arrived: list[Preview] = []

    def take(channel: str, found: Preview) -> None:
        if channel == "live":
            arrived.append(found)

    preview.studio.previews.arrived.connect(take)
    for degrees in range(10, 60):
        preview.set(rotation(float(degrees)))
    preview.wait()
    preview.studio.previews.arrived.disconnect(take)
    angles = [found.wish.variants[0][0].settings["degrees"] for found in arrived]
    assert angles in ([10.0, 59.0], [59.0]), "what was under way; of those that waited the newest"
    assert preview.shown is arrived[-1]


def test_what_is_wrong_is_said_and_the_last_picture_stands_back(preview: Previewing) -> None:
    before = preview.draw(FLIP, rotation(20.0))
    preview.set(FLIP, rotation(400.0))
    said = preview.text("preview_problem")
    assert said.startswith("Step 2: ") and "400" in said and "180" in said
    assert preview.grid.dimmed and preview.shown is before
    assert not preview.find(QPushButton, "preview_retry").isVisible()
    preview.draw(FLIP, rotation(40.0))
    assert preview.text("preview_problem") == "" and not preview.grid.dimmed


def test_a_network_with_a_problem_does_not_keep_the_preview(preview: Previewing) -> None:
    spec = preview.studio.spec
    broken = spec.network.model_copy(update={"blocks": ()})
    preview.studio.edit("Empty", spec.model_copy(update={"network": broken}))
    assert preview.studio.resolution.plan is None
    assert min(map(min, preview.draw(FLIP).changes)) > 0
    preview.studio.edit("Full", spec)


def test_a_view_that_nobody_sees_asks_nothing(preview: Previewing) -> None:
    before = preview.draw(FLIP)
    preview.page.hide()
    preview.set(rotation(33.0))
    assert not preview.busy("live") and preview.shown is before
    preview.after(preview.page.show)
    assert preview.shown.wish.variants[0][0].settings["degrees"] == 33


# Compare


def test_a_picture_is_compared_by_keyboard(preview: Previewing) -> None:
    shown = preview.draw(rotation(45.0))
    preview.grid.setFocus()
    preview.grid.go_to(1, 2)
    QTest.keyClick(preview.grid, Qt.Key.Key_Right)
    QTest.keyClick(preview.grid, Qt.Key.Key_Return)
    dialog = preview.find(CompareDialog, "compare_dialog")
    pair = preview.find(PairView, "pair_view")
    preview.qtbot.waitUntil(dialog.isActiveWindow)
    assert not dialog.isModal() and dialog.place == (1, 3)
    assert pair.images == (shown.originals[1], shown.drawn[2][1])
    assert preview.text("compare_right") == "Draw 3 of 6, seed 0"
    QTest.keyClick(pair, Qt.Key.Key_Right)
    QTest.keyClick(pair, Qt.Key.Key_Down)
    assert dialog.place == (2, 4) and pair.images[1] == shown.drawn[3][2]
    assert preview.grid.currentIndex().row() == 2, "the grid goes along"
    again = preview.after(lambda: preview.set(rotation(90.0)))
    assert pair.images[1] == again.drawn[3][2], "and so does the comparison"
    QTest.keyClick(pair, Qt.Key.Key_Escape)
    preview.qtbot.waitUntil(lambda: preview.page.findChild(CompareDialog) is None)
    preview.grid.opened.emit(0, 0)
    assert preview.find(CompareDialog, "compare_dialog").place == (0, 1), "its first draw"


def test_both_pictures_are_looked_at_more_closely_at_the_same_place(qtbot: QtBot) -> None:
    pair = PairView()
    qtbot.addWidget(pair)
    pair.resize(416, 200)
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    pair.show_images(image, image)
    pair.look_closer(4, QPointF(0, 0))
    assert pair.zoom == pytest.approx(1.25**4)
    pair.look_closer(-100)
    assert pair.zoom == 1
    with qtbot.waitExposed(pair):
        pair.show()
    QTest.mouseDClick(pair, Qt.MouseButton.LeftButton)
    assert not pair.grab().isNull()


# Strengths side by side


def strengths(preview: Previewing, *names: str) -> list[StrengthButton]:
    """The buttons, which must have these names, when they have their pictures."""

    def found() -> list[StrengthButton]:
        visible = [one for one in preview.page.findChildren(StrengthButton) if one.isVisible()]
        return sorted(visible, key=lambda one: one.share)

    def ready() -> bool:
        return [one.text() for one in found()] == [*names] and all(one.pictures for one in found())

    preview.qtbot.waitUntil(ready, timeout=SLOW_MS)
    return found()


def test_strengths_stand_side_by_side_and_one_is_set_by_a_click(preview: Previewing) -> None:
    preview.draw(rotation(90.0))
    preview.choose(0)
    buttons = strengths(preview, "0 %", "25 %", "50 %", "75 %", "100 %")
    assert buttons[0].pictures == [preview.shown.originals[0]]
    assert len({pixels(button.pictures[0]).tobytes() for button in buttons}) == 5
    assert [button.now for button in buttons] == [False, False, True, False, False]
    assert buttons[2].accessibleName() == "Rotation at 50 %, as it is now"
    preview.after(buttons[3].click)
    assert preview.studio.spec.augmentation.steps == (rotation(135.0),)
    assert buttons[3].now and not buttons[2].now
    assert not preview.busy("strip"), "the strength is not part of the question"
    preview.after(preview.studio.undo)
    assert preview.studio.spec.augmentation.steps == (rotation(90.0),)


def test_what_is_only_on_or_off_is_shown_so(preview: Previewing) -> None:
    preview.draw(SOMETIMES)
    preview.choose(0)
    buttons = strengths(preview, "off", "on")
    mirrored = pixels(preview.shown.originals[0])[:, ::-1]
    assert (pixels(buttons[1].pictures[0]) == mirrored).all()
    preview.after(buttons[0].click)
    assert preview.studio.spec.augmentation.steps[0].settings["probability"] == 0
    preview.draw()
    assert strengths(preview) == [], "nothing is chosen in an empty list"


# Pictures for the palette


def test_every_augmentation_gets_an_example_that_is_kept(
    preview: Previewing, project: Path
) -> None:
    kinds = {kind for kind, one in catalog.augmentation_entries().items() if not one.needs_colour}
    examples = ExamplePictures(preview.studio)
    preview.draw(FLIP)
    preview.qtbot.waitUntil(lambda: set(examples.pictures) == kinds, timeout=SLOW_MS)
    kept = list((project / "cache" / "preview").glob("examples-*/*.npy"))
    assert {path.stem.rpartition("-")[0] for path in kept} == kinds
    again = ExamplePictures(preview.studio)
    written = {path: path.stat().st_mtime_ns for path in kept}
    preview.draw(rotation(2.0))
    preview.qtbot.waitUntil(lambda: set(again.pictures) == kinds, timeout=SLOW_MS)
    assert written == {path: path.stat().st_mtime_ns for path in kept}
    assert again.picture("rotation") == examples.picture("rotation") is not None
    assert again.picture("hue") is None, "grayscale images have none"


# What goes wrong


def test_a_worker_that_dies_is_told_and_another_draws(preview: Previewing) -> None:
    before = preview.draw(FLIP)
    for worker in workers():
        worker.suspend()
    preview.set(rotation(30.0))
    for worker in workers():
        worker.kill()
    retry = preview.find(QPushButton, "preview_retry")
    preview.qtbot.waitUntil(retry.isVisible, timeout=SLOW_MS)
    assert "killed" in preview.text("preview_problem")
    assert preview.grid.dimmed and preview.shown is before
    preview.find(QPushButton, "preview_retry").click()
    assert preview.text("preview_words") == "Starting TensorFlow for the preview…"
    preview.wait()
    assert not preview.grid.dimmed and not retry.isVisible()
    assert preview.shown.wish.variants[0][0].kind == "rotation"


def test_an_empty_dataset_says_what_to_do_first(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.project_changed):
        studio.new_project(tmp_path / "empty")
    page = AugmentationPage(studio)
    qtbot.addWidget(page)
    page.show()
    button = page.findChild(QPushButton, "preview_to_dataset")
    assert button is not None and button.isVisible()
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        button.click()
    assert wanted.args == ["dataset"]


WISH = PreviewWish(
    images=(1, 2),
    form=ImageForm(width=4, height=3, channels=3, fit="pad"),
    variants=((),),
    draws=2,
    seed=0,
)


@pytest.mark.parametrize(
    "array",
    [np.zeros((3, 2, 3, 4, 3), np.float32), np.zeros((3, 2, 4, 3, 3), np.uint8), np.array([None])],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, array: object) -> None:
    file = tmp_path / "live-1.npy"
    np.save(file, np.asarray(array))
    with pytest.raises(UserError, match=r"live-1\.npy") as refused:
        read_preview(file, WISH)
    assert refused.value.code == "preview.file"


def test_a_file_that_is_cut_short_or_missing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "live-1.npy"
    np.save(file, np.zeros((3, 2, 3, 4, 3), np.uint8))
    os.truncate(file, 150)
    for path in (file, tmp_path / "none.npy"):
        with pytest.raises(UserError) as refused:
            read_preview(path, WISH)
        assert refused.value.code == "preview.file"


# Parts


def test_training_images_are_drawn_from_all_classes_in_turn(preview: Previewing) -> None:
    images = TrainingImages(preview.studio.dataset.images)
    eight = images.some(8, 3)
    assert images.some(5, 3) == eight[:5] and len({row.id for row in eight}) == 8
    assert len({row.label for row in eight[:3]}) == 3
    assert images.some(8, 4) != eight
    last = eight[-1].id
    assert [row.id for row in images.some(2, 3, (last, -5))] == [last, eight[0].id]
    assert not TrainingImages() and TrainingImages().some(4, 0) == []


def test_pictures_are_enlarged_to_squares_and_fit_into_their_room() -> None:
    assert picture_size(QSize(20, 10), QSize(100, 100)) == QSize(100, 50)
    assert picture_size(QSize(10, 10), QSize(5, 100)).width() > 30, "small ones are of no use"
    image = QImage(2, 1, QImage.Format.Format_Grayscale8)
    image.fill(0)
    image.setPixel(1, 0, 0xFFFFFFFF)
    row = pixels(scaled_picture(image, QSize(6, 3), 1.0).toImage())[1, :, 0]
    assert list(row) == [0, 0, 0, 255, 255, 255]


def test_pictures_use_the_room_there_is(preview: Previewing) -> None:
    preview.draw(FLIP)
    wide = preview.grid.columnWidth(1)
    preview.page.resize(820, 560)
    preview.qtbot.waitUntil(lambda: preview.grid.columnWidth(1) < wide)
    bar = preview.grid.horizontalScrollBar()
    preview.qtbot.waitUntil(lambda: bar.maximum() == 0)


def test_every_control_can_be_heard_and_reached(preview: Previewing) -> None:
    preview.draw(rotation(20.0))
    preview.choose(0)
    for kind in (QSpinBox, QToolButton, QCheckBox, StrengthButton, ImageGrid):
        for control in preview.view.findChildren(kind):
            assert isinstance(control, QWidget)
            text = control.text() if isinstance(control, QAbstractButton) else ""
            assert control.accessibleName() or text, control.objectName()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()
