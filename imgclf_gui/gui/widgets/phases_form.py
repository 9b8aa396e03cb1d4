"""How long the head and the fine-tuned blocks learn, and how fast."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.core.spec import ProjectSpec, TrainingSpec, TransferSpec
from imgclf_gui.gui.forms.editors import Editor, editor_for
from imgclf_gui.gui.forms.fields import FieldInfo, fields_of
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.forms.row import Row, label_width
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import wrapped_label

FIRST = ("fine_tune_epochs", "fine_tune_rate", "depth_decay", "feature_views")
_HEAD = "So long the head learns; it is the number of epochs on the Training page."


class PhasesForm(QWidget):
    """Edits the project's TransferSpec, and the epochs of its training: those of the head."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("transfer_phases_form")
        self._studio = studio
        epochs = next(one for one in fields_of(TrainingSpec) if one.name == "epochs")
        epochs = replace(epochs, title="Head", unit="epochs", description=_HEAD)
        self._epochs = _explained(epochs)
        titles = [one.title for one in fields_of(TransferSpec)]
        self._row = Row(epochs, self._epochs, "transfer.head_epochs", label_width(self, titles))
        self._transfer = Form(
            TransferSpec, "transfer", first=FIRST, editors=dict.fromkeys(FIRST, _explained)
        )
        self._epochs.edited.connect(self._on_epochs)
        self._transfer.edited.connect(self._on_transfer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._row)
        layout.addWidget(self._transfer)

    def show_spec(self, spec: ProjectSpec) -> None:
        """Show the values of `spec`, and what is wrong with them."""
        studio = self._studio
        self._epochs.show_value(spec.training.epochs)
        self._transfer.show_values(spec.transfer)
        problems = [*studio.resolution.problems, *studio.resolution.warnings]
        self._transfer.show_problems(problems)
        mine = [f"{one.message} {one.fix}" for one in problems if one.path == "training.epochs"]
        self._row.show_problem(" ".join(mine))
        self.setEnabled(studio.project is not None)

    def complaints(self) -> list[str]:
        """What is wrong with what was typed."""
        return [*self._epochs.complaints(), *self._transfer.complaints()]

    @Slot(object, bool)
    def _on_epochs(self, value: object, typed: bool) -> None:
        training = self._studio.spec.training.model_copy(update={"epochs": value})
        self._edit("Epochs", {"training": training}, typed)

    @Slot(str, object, bool)
    def _on_transfer(self, name: str, value: object, typed: bool) -> None:
        transfer = self._studio.spec.transfer.model_copy(update={name: value})
        self._edit(TransferSpec.model_fields[name].title or name, {"transfer": transfer}, typed)

    def _edit(self, title: str, update: dict[str, object], typed: bool) -> None:
        spec = self._studio.spec.model_copy(update=update)
        self._studio.edit(f"Change {title.lower()}", spec, merge=typed)


def _explained(field: FieldInfo) -> Editor:
    """An editor with the sentence on what it does below it."""
    editor = editor_for(field)
    editor.below = wrapped_label(field.description, muted=True)
    return editor
