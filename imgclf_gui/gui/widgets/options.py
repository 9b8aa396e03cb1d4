"""How the next run is trained: the forms of the spec, its name, and Train."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.spec import TrainingSpec
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.edits import augmentation_words
from imgclf_gui.gui.forms.editors import Editor
from imgclf_gui.gui.forms.entries import DeviceEditor, EntryEditor
from imgclf_gui.gui.forms.fields import FieldInfo
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan import Problem

LONGEST_NAME = 100


class Options(QWidget):
    """Edits the project's training spec; says what keeps a run from being started."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("options")
        self._studio = studio
        self._training = Form(
            TrainingSpec,
            "training",
            editors={"optimizer": _entry, "schedule": _entry, "device": DeviceEditor},
        )
        self._training.edited.connect(self._on_training_edited)
        self._name = named(QLineEdit(), "run_name_edit", "Name of the run")
        self._name.setMaxLength(LONGEST_NAME)
        self._name.setPlaceholderText("Name of the run (optional)")
        self._name.returnPressed.connect(self._on_train)
        self._augmentation = wrapped_label(muted=True, name="training_augmentation")
        self._warning = wrapped_label(muted=True, name="plan_warnings")
        self._problem = WrongLabel("plan_problems")
        self._train = named(QPushButton(icons.icon("train"), "Train"), "train_button")
        theme.set_primary(self._train)
        self._train.clicked.connect(self._on_train)
        self._arrange()
        self._training.complained.connect(self._refresh_readiness)
        studio.spec_changed.connect(self._refresh_values)
        studio.project_changed.connect(self._refresh_values)
        studio.devices_changed.connect(self._refresh_values)
        studio.resolution_changed.connect(self._refresh_readiness)
        self._refresh_values()

    @Slot(str, object, bool)
    def _on_training_edited(self, name: str, value: object, typed: bool) -> None:
        training = self._studio.spec.training.model_copy(update={name: value})
        spec = self._studio.spec.model_copy(update={"training": training})
        title = TrainingSpec.model_fields[name].title or name
        self._studio.edit(f"Change {title.lower()}", spec, merge=typed)

    @Slot()
    def _refresh_values(self) -> None:
        device = self._training.editor("device")
        if isinstance(device, DeviceEditor) and self._studio.devices:
            device.show_devices(self._studio.devices)
        self._training.show_values(self._studio.spec.training)
        self._augmentation.setText(augmentation_words(self._studio.spec.augmentation))
        self._augmentation.setVisible(bool(self._augmentation.text()))
        self._refresh_readiness()

    @Slot()
    def _refresh_readiness(self) -> None:
        """Mark what is wrong where it is wrong, and let nothing wrong be trained."""
        resolution, project = self._studio.resolution, self._studio.project
        wrong = [*resolution.problems, *resolution.warnings]
        elsewhere = self._training.show_problems(wrong)
        self._problem.say(_sentences(p for p in elsewhere if p in resolution.problems))
        self._warning.setText(_sentences(p for p in elsewhere if p in resolution.warnings))
        self._warning.setVisible(bool(self._warning.text()))
        planned = project is not None and resolution.plan is not None
        ready = planned and not self._training.complaints()
        self._train.setEnabled(ready)
        self._train.setToolTip("" if ready else "Mend what is marked first")
        for widget in (self._training, self._name):
            widget.setEnabled(project is not None)

    @Slot()
    def _on_train(self) -> None:
        if self._train.isEnabled():
            self._studio.train(self._name.text().strip())
            self._name.clear()

    def _arrange(self) -> None:
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, theme.SPACING, 0)
        inner.setSpacing(theme.SPACING)
        inner.addWidget(_heading("Training"))
        inner.addWidget(self._training)
        inner.addStretch(1)
        scroll = named(QScrollArea(), "options_scroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(scroll, 1)
        for widget in (self._augmentation, self._warning, self._problem, self._name, self._train):
            layout.addWidget(widget)


def _entry(field: FieldInfo) -> Editor:
    return EntryEditor(field, f"training.{field.name}")


def _heading(text: str) -> QLabel:
    label = plain_label(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def _sentences(problems: Iterable[Problem]) -> str:
    return "\n".join(f"{problem.message} {problem.fix}" for problem in problems)
