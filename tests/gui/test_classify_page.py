"""Classify: images in, answers out. The worker is an actor, but for the last test."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.pages.classify import ClassifyPage
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.prediction_table import PredictionTable
from imgclf_gui.protocol import events as e

BUILT_IN = "ImageNet, 1,000 kinds of things (EfficientNet-Lite0)"


@pytest.fixture
def page(opened: Studio, qtbot: QtBot) -> ClassifyPage:
    """The shown page of a project with one complete run."""
    opened.train("first")
    qtbot.waitUntil(lambda: opened.classifier is not None, timeout=10_000)
    return shown(opened, qtbot)


def shown(studio: Studio, qtbot: QtBot) -> ClassifyPage:
    made = ClassifyPage(studio)
    qtbot.addWidget(made)
    made.resize(1000, 640)
    with qtbot.waitExposed(made):
        made.show()
    return made


def text(page: QWidget, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def widget(page: QWidget, name: str) -> QWidget:
    found = page.findChild(QWidget, name)
    assert found is not None, name
    return found


def table(page: ClassifyPage) -> PredictionTable:
    found = page.findChild(PredictionTable, "prediction_table")
    assert found is not None
    return found


def chooser(page: ClassifyPage) -> QComboBox:
    found = page.findChild(QComboBox, "classify_run")
    assert found is not None
    return found


def titles(page: ClassifyPage) -> list[str]:
    """What can be chosen to classify with."""
    return [chooser(page).itemText(index) for index in range(chooser(page).count())]


def choose(page: ClassifyPage, title: str) -> None:
    chooser(page).setCurrentText(title)
    chooser(page).activated.emit(chooser(page).currentIndex())


def answer(image: str, *pairs: tuple[str, float], error: str = "") -> e.Prediction:
    labels, shares = tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)
    return e.Prediction(image=image, labels=labels, probabilities=shares, error=error)


def given(studio: Studio, *answers: e.Prediction) -> None:
    """Let these be the answers to a classification that begins and ends now."""
    run_id = studio.runs[0].id
    job = f"{run_id}:classify-9"
    studio.classify_started.emit(run_id, [])
    studio.take_events(
        [
            e.Classified(job=job, predictions=answers, done=len(answers), total=len(answers)),
            e.ClassifyFinished(job=job, images=len(answers), seconds=0.1),
        ]
    )


def test_without_a_model_the_page_says_what_to_do_first(
    opened: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgclf_gui.gui.project_runs.built_in_classifiers", dict)
    page = shown(opened, qtbot)
    assert not widget(page, "choose_images").isEnabled()
    button = page.findChild(QPushButton, "to_training")
    assert button is not None and button.isVisible()
    with qtbot.waitSignal(opened.page_wanted) as wanted:
        button.click()
    assert wanted.args == ["training"]


def test_the_model_gets_ready_when_the_page_is_shown(page: ClassifyPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: text(page, "predictor_status") == "The model is ready.")
    assert widget(page, "drop_area").isVisible()


def test_a_run_that_completes_is_offered_and_used(opened: Studio, qtbot: QtBot) -> None:
    page = shown(opened, qtbot)
    opened.train("late")
    runs = page.findChild(QComboBox, "classify_run")
    assert runs is not None
    qtbot.waitUntil(lambda: runs.currentText() == "001 · late", timeout=10_000)
    assert widget(page, "drop_area").isVisible()


def test_a_dropped_image_is_answered_with_bars(
    page: ClassifyPage, shapes: Path, opened: Studio, qtbot: QtBot
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(shapes / "bars" / "000.png"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, buttons, keys)
    page.dragEnterEvent(enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(opened.classify_finished):
        page.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, buttons, keys))
    assert text(page, "answer_name") == "000.png"
    bars = widget(page, "probability_bars")
    assert bars.accessibleName() == "Most probable classes: a 80.0 %, b 20.0 %"
    assert not table(page).isVisible(), "one image needs no table"


def test_many_images_become_a_table(page: ClassifyPage, opened: Studio) -> None:
    QAbstractItemModelTester(
        table(page).answers, QAbstractItemModelTester.FailureReportingMode.Fatal, page
    )
    given(
        opened,
        answer("/x/cats/1.png", ("cat", 0.9), ("dog", 0.1)),
        answer("/x/cats/2.png", ("cat", 0.6), ("dog", 0.4)),
        answer("/x/broken.png", error="broken.png is not an image."),
    )
    assert table(page).isVisible()
    assert table(page).shown[0].image == "/x/cats/1.png"
    table(page).sortByColumn(2, Qt.SortOrder.AscendingOrder)
    model = table(page).model()
    rows = [[str(model.index(row, column).data()) for column in range(3)] for row in range(3)]
    assert rows == [
        ["x/broken.png", "broken.png is not an image.", ""],
        ["cats/2.png", "cat", "60.0 %"],
        ["cats/1.png", "cat", "90.0 %"],
    ]
    table(page).selectRow(1)
    assert "cat 60.0 %" in widget(page, "probability_bars").accessibleName()


def test_only_unsure_answers_are_shown_on_request(page: ClassifyPage, opened: Studio) -> None:
    given(opened, answer("/1.png", ("a", 0.95)), answer("/2.png", ("a", 0.55)))
    limit = page.findChild(QSpinBox, "confidence_filter")
    assert limit is not None
    limit.setValue(60)
    assert [one.image for one in table(page).shown] == ["/2.png"]
    limit.setValue(100)
    assert len(table(page).shown) == 2


def test_answers_are_saved_as_a_table(
    page: ClassifyPage, opened: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    given(opened, answer("/1.png", ("a", 0.9), ("b", 0.1)), answer("/=2.png", error="Broken."))
    with qtbot.waitSignal(opened.said):
        page.save(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["label"] == "a" and float(rows[0]["probability"]) == pytest.approx(0.9)
    assert rows[1]["error"] == "Broken."
    with qtbot.waitSignal(opened.failed) as said:
        page.save(tmp_path / "missing" / "out.csv")
    assert said.args is not None and said.args[0].code == "file.write"


def test_progress_is_shown_and_can_be_cancelled(
    page: ClassifyPage, opened: Studio, qtbot: QtBot
) -> None:
    run_id = opened.runs[0].id
    opened.classify_started.emit(run_id, [])
    assert widget(page, "classify_progress").isVisible()
    part = e.Classified(
        job=f"{run_id}:classify-3", predictions=(answer("/1.png", ("a", 1.0)),), done=1, total=9
    )
    opened.take_events([part])
    assert text(page, "answer_count") == "1 of 9 images"
    assert widget(page, "classify_cancel").isVisible()
    opened.take_events(
        [e.ClassifyFinished(job=f"{run_id}:classify-3", images=1, seconds=0.1, stopped=True)]
    )
    assert "stopped" in text(page, "answer_count")
    assert not widget(page, "classify_cancel").isVisible()


def test_a_failed_classification_ends_the_progress(page: ClassifyPage, opened: Studio) -> None:
    run_id = opened.runs[0].id
    opened.classify_started.emit(run_id, [])
    error = ErrorReport(code="worker.killed", message="Memory ran out.")
    opened.take_events([e.JobFailed(job=f"{run_id}:classify-3", error=error)])
    assert not widget(page, "classify_progress").isVisible()
    assert "error" in text(page, "answer_count")


def test_a_folder_without_images_is_told(page: ClassifyPage, opened: Studio) -> None:
    given(opened)
    assert "No image was found" in text(page, "answer_error")


def test_an_image_is_pasted(page: ClassifyPage, opened: Studio, qtbot: QtBot) -> None:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    QGuiApplication.clipboard().setImage(image)
    with qtbot.waitSignals([opened.classify_started, opened.classify_finished]):
        QTest.keyClick(page, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert text(page, "answer_name").startswith("pasted")


def test_an_empty_clipboard_is_told(page: ClassifyPage, opened: Studio, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("no image")
    with qtbot.waitSignal(opened.failed) as said:
        widget(page, "paste_image").setFocus()
        QTest.keyClick(widget(page, "paste_image"), Qt.Key.Key_Space)
    assert said.args is not None and said.args[0].code == "clipboard.empty"


def test_without_a_project_photographs_are_named(
    studio: Studio, shapes: Path, qtbot: QtBot
) -> None:
    page = shown(studio, qtbot)
    assert titles(page) == [BUILT_IN]
    assert "can only answer with one of these" in text(page, "built_in_words")
    assert widget(page, "built_in_words").isVisible()
    assert widget(page, "drop_area").isVisible()
    assert not widget(page, "classify_views").isVisible()
    qtbot.waitUntil(lambda: text(page, "predictor_status") == "The model is ready.")
    with qtbot.waitSignal(studio.classify_finished):
        page.classify([shapes / "bars" / "000.png"])
    assert text(page, "answer_name") == "000.png"


def test_an_image_is_pasted_without_a_project(studio: Studio, qtbot: QtBot) -> None:
    page = shown(studio, qtbot)
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    QGuiApplication.clipboard().setImage(image)
    with qtbot.waitSignal(studio.classify_finished):
        QTest.keyClick(page, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert text(page, "answer_name").startswith("pasted")


def test_the_first_run_takes_over_from_what_is_built_in(
    opened: Studio, shapes: Path, qtbot: QtBot
) -> None:
    page = shown(opened, qtbot)
    with qtbot.waitSignal(opened.classify_finished):
        page.classify([shapes / "bars" / "000.png"])
    choose(page, BUILT_IN)  # there is nothing else
    opened.train("mine")
    qtbot.waitUntil(lambda: titles(page) == ["001 · mine", BUILT_IN], timeout=10_000)
    assert chooser(page).currentText() == "001 · mine"
    assert not widget(page, "built_in_words").isVisible()
    assert widget(page, "ask_again").isVisible(), "the answers are not the run's"


def test_what_is_built_in_can_be_chosen_beside_runs(
    page: ClassifyPage, opened: Studio, shapes: Path, qtbot: QtBot
) -> None:
    choose(page, BUILT_IN)
    assert widget(page, "built_in_words").isVisible()
    qtbot.waitUntil(lambda: text(page, "predictor_status") == "The model is ready.")
    opened.train("second")
    qtbot.waitUntil(lambda: len(titles(page)) == 3, timeout=10_000)
    assert chooser(page).currentText() == BUILT_IN, "it was chosen"
    choose(page, titles(page)[0])
    assert opened.classifier is not None
    assert not widget(page, "built_in_words").isVisible()


@pytest.fixture
def real(qtbot: QtBot, project_folder: Path) -> Iterator[Studio]:
    """A studio with a real worker and a run of two epochs."""
    made = Studio(Settings())
    with qtbot.waitSignal(made.project_changed):
        made.open_project(project_folder)
    training = made.spec.training.model_copy(update={"epochs": 2, "batch_size": 8})
    made.edit("Epochs", made.spec.model_copy(update={"training": training}))
    made.train("for real")
    qtbot.waitUntil(lambda: made.classifier is not None, timeout=120_000)
    yield made
    made.close()


def test_images_are_classified_for_real(real: Studio, shapes: Path, qtbot: QtBot) -> None:
    page = shown(real, qtbot)
    qtbot.waitUntil(lambda: "is ready" in text(page, "predictor_status"), timeout=120_000)
    with qtbot.waitSignal(real.classify_finished, timeout=30_000):
        page.classify([shapes])
    answers = table(page).shown
    assert len(answers) == 60
    assert {one.labels[0] for one in answers} <= {"bars", "blobs", "rings"}
    assert all(sum(one.probabilities) == pytest.approx(1, abs=1e-3) for one in answers)
    broken = shapes.parent / "broken.png"
    broken.write_bytes(b"no image")
    with qtbot.waitSignal(real.classify_finished, timeout=30_000):
        page.classify([broken])
    assert "broken.png" in text(page, "answer_error")
