"""Forms made from a model's fields."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui import catalog
from imgclf_gui.core.spec import DataSpec, EntrySpec, TrainingSpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.gui.forms.entries import DeviceEditor, EntryEditor
from imgclf_gui.gui.forms.fields import FieldInfo, fields_of, number_text
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.plan import Problem

Edits = list[tuple[str, object, bool]]


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[Form]:
    """The training form, with the defaults."""
    made = Form(
        TrainingSpec,
        "training",
        editors={
            "optimizer": lambda field: EntryEditor(field, "training.optimizer"),
            "schedule": lambda field: EntryEditor(field, "training.schedule"),
            "device": DeviceEditor,
        },
    )
    qtbot.addWidget(made)
    made.show_values(TrainingSpec())
    made.show()
    yield made


@pytest.fixture
def edits(form: Form) -> Edits:
    """What the form reports."""
    found: Edits = []
    form.edited.connect(lambda *edit: found.append(edit))
    return found


def find(form: QWidget, name: str) -> QWidget:
    widget = form.findChild(QWidget, name)
    assert widget is not None, name
    return widget


def write(form: Form, name: str, text: str) -> None:
    """Type `text` over what stands in the field."""
    box = find(form, name)
    assert isinstance(box, QAbstractSpinBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)


def text_of(form: QWidget, name: str) -> str:
    box = find(form, name)
    assert isinstance(box, QAbstractSpinBox)
    return box.text()


def complaint(form: QWidget, name: str) -> str:
    label = find(form, f"{name}.complaint")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisibleTo(form) else ""


def test_each_field_has_an_editor_with_a_name_for_those_who_hear_it(form: Form) -> None:
    for name, field in TrainingSpec.model_fields.items():
        control = find(form, f"training.{name}")
        assert field.title is not None
        assert control.accessibleName().startswith(field.title)
        assert control.focusPolicy() != Qt.FocusPolicy.NoFocus


def test_typing_reports_the_value(form: Form, edits: Edits) -> None:
    write(form, "training.epochs", "25")
    assert edits[-1] == ("epochs", 25, True)


@pytest.mark.parametrize(
    ("text", "value"), [("3e-4", 3e-4), ("0.05", 0.05), ("0,05", 0.05), (" 1 ", 1.0)]
)
def test_a_learning_rate_can_be_written_in_several_ways(
    form: Form, edits: Edits, text: str, value: float
) -> None:
    write(form, "training.learning_rate", text)
    assert edits[-1] == ("learning_rate", pytest.approx(value), True)


def test_an_empty_field_says_that_something_belongs_there(form: Form) -> None:
    write(form, "training.epochs", " ")
    said = complaint(form, "training.epochs")
    assert said == "Nothing stands here: write a whole number from 1 to 10,000."


@pytest.mark.parametrize("text", ["0", "-1", "ten", "1.5", "1e99"])
def test_a_wrong_value_is_marked_where_it_stands_and_not_reported(
    form: Form, edits: Edits, text: str
) -> None:
    write(form, "training.batch_size", text)
    assert text.strip("-") in complaint(form, "training.batch_size")
    assert "from 1 to 65,536" in complaint(form, "training.batch_size")
    assert find(form, "training.batch_size").accessibleDescription() == complaint(
        form, "training.batch_size"
    )
    assert len(form.complaints()) == 1
    assert text_of(form, "training.batch_size") == text
    assert not [edit for edit in edits if edit[1] == 0 or isinstance(edit[1], str)]


def test_escape_takes_a_wrong_value_back(form: Form) -> None:
    write(form, "training.batch_size", "none")
    QTest.keyClick(find(form, "training.batch_size"), Qt.Key.Key_Escape)
    assert text_of(form, "training.batch_size") == "128"
    assert form.complaints() == []


def test_arrows_step_along_1_2_5_where_sizes_matter(form: Form, edits: Edits) -> None:
    rate = find(form, "training.learning_rate")
    for _ in range(3):
        QTest.keyClick(rate, Qt.Key.Key_Up)
    assert edits[-1][1] == pytest.approx(0.01)
    for _ in range(4):
        QTest.keyClick(rate, Qt.Key.Key_Down)
    assert edits[-1][1] == pytest.approx(0.0005)
    QTest.keyClick(find(form, "training.epochs"), Qt.Key.Key_Up)
    assert edits[-1] == ("epochs", 11, True)


def test_stepping_stays_within_the_bounds(form: Form, edits: Edits) -> None:
    QTest.keyClick(find(form, "training.seed"), Qt.Key.Key_Down)
    assert edits == []
    assert text_of(form, "training.seed") == "0"


def test_a_check_box_and_a_choice_report_what_was_chosen(form: Form, edits: Edits) -> None:
    box = find(form, "training.class_weights")
    assert isinstance(box, QCheckBox)
    box.click()
    combo = find(form, "training.schedule")
    assert isinstance(combo, QComboBox)
    QTest.keyClicks(combo, "Step")
    assert edits == [
        ("class_weights", True, False),
        ("schedule", EntrySpec(kind="step"), False),
    ]


def test_every_entry_of_an_open_set_can_be_chosen_and_shows_its_own_fields(
    form: Form, qtbot: QtBot
) -> None:
    combo = find(form, "training.optimizer")
    assert isinstance(combo, QComboBox)
    entries = catalog.optimizer_entries()
    assert [combo.itemText(i) for i in range(combo.count())] == [e.title for e in entries.values()]
    for kind, entry in entries.items():
        combo.setCurrentIndex(combo.findData(kind))
        combo.activated.emit(combo.currentIndex())
        for name in entry.model_fields:
            field = find(form, f"training.optimizer.{name}")
            qtbot.waitUntil(lambda field=field: field.isVisible())  # type: ignore[misc]


def test_a_setting_of_an_entry_is_reported_with_the_entry(form: Form, edits: Edits) -> None:
    write(form, "training.optimizer.beta_1", "0.8")
    assert edits[-1] == ("optimizer", EntrySpec(kind="adam", beta_1=0.8), True)
    write(form, "training.optimizer.beta_1", "1")
    assert "below 1" in complaint(form, "training.optimizer.beta_1")
    assert form.complaints()


def test_an_entry_that_is_not_installed_is_shown_and_kept(form: Form, edits: Edits) -> None:
    unknown = EntrySpec(kind="lion", beta=0.5)
    form.show_values(TrainingSpec(optimizer=unknown))
    combo = find(form, "training.optimizer")
    assert isinstance(combo, QComboBox)
    assert "lion" in combo.currentText()
    assert edits == []


def test_values_from_outside_are_shown_without_being_reported(form: Form, edits: Edits) -> None:
    form.show_values(TrainingSpec(epochs=3, optimizer=EntrySpec(kind="sgd", momentum=0.5)))
    assert text_of(form, "training.epochs") == "3"
    assert text_of(form, "training.optimizer.momentum") == "0.5"
    assert edits == []


def test_what_is_being_typed_is_not_rewritten(form: Form, edits: Edits) -> None:
    write(form, "training.learning_rate", "0.0010")
    form.show_values(TrainingSpec(learning_rate=0.001))
    assert text_of(form, "training.learning_rate") == "0.0010"


def test_problems_of_the_plan_stand_at_their_fields(form: Form) -> None:
    elsewhere = form.show_problems(
        [
            Problem(path="training.batch_size", message="Too large.", fix="Make it smaller."),
            Problem(path="training.optimizer.beta_1", message="Odd.", fix="Mend it."),
            Problem(path="data", message="No images.", fix="Import some."),
        ]
    )
    assert complaint(form, "training.batch_size") == "Too large. Make it smaller."
    assert complaint(form, "training.optimizer.beta_1") == "Odd. Mend it."
    assert [problem.path for problem in elsewhere] == ["data"]
    form.show_problems([])
    assert complaint(form, "training.batch_size") == ""


def test_an_empty_optional_field_means_automatic(qtbot: QtBot) -> None:
    form = Form(DataSpec, "data")
    qtbot.addWidget(form)
    form.show_values(DataSpec(image_width=32))
    found: Edits = []
    form.edited.connect(lambda *edit: found.append(edit))
    box = find(form, "data.image_width")
    assert isinstance(box, QAbstractSpinBox)
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Delete)
    assert found == [("image_width", None, True)]


def test_the_devices_of_the_worker_can_be_chosen(form: Form, edits: Edits) -> None:
    editor = form.editor("device")
    assert isinstance(editor, DeviceEditor)
    combo = find(form, "training.device")
    assert isinstance(combo, QComboBox)
    assert combo.currentText() == "cpu"
    editor.show_devices(
        (
            DeviceSummary(label="cpu", name="Fast processor", memory_bytes=8 * 10**9),
            DeviceSummary(label="gpu:0", name="Some GPU"),
        )
    )
    assert combo.currentText() == "cpu – Fast processor, 8 GB"
    combo.activated.emit(combo.findData("gpu:0"))
    assert edits[-1] == ("device", EntrySpec(kind="gpu", index=0), False)


def test_bounds_and_units_are_read_from_the_model() -> None:
    fields = {field.name: field for field in fields_of(TrainingSpec)}
    assert fields["batch_size"].unit == "images"
    assert fields["epochs"].range_words() == "from 1 to 10,000"
    assert fields["learning_rate"].range_words() == "above 0 and up to 10"
    assert fields["optimizer"].kind == "entry"
    assert fields["seed"].range_words() == "from 0 to 2,147,483,647"


@pytest.mark.parametrize(
    ("value", "text"), [(0.001, "0.001"), (1e-7, "1e-7"), (128, "128"), (2.0, "2")]
)
def test_numbers_are_written_as_people_write_them(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e400", "–", "1..2"])
def test_what_is_no_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="a number"):
        FieldInfo("x", "number", "X").parse(text)
