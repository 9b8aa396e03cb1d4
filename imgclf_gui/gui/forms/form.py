"""A form for a model: one row a field, in the order of the fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pydantic import BaseModel
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.gui.forms.editors import Editor, editor_for
from imgclf_gui.gui.forms.fields import FieldInfo, fields_of
from imgclf_gui.gui.forms.row import Row, label_width
from imgclf_gui.plan import Problem

EditorFactory = Callable[[FieldInfo], Editor]


class Form(QWidget):
    """Edits a model whose place in the project's spec is `path` ('training').

    Each editor's control is named by its path ('training.batch_size'), as `--set` and the
    problems of a plan name it.
    """

    edited = Signal(str, object, bool)
    """The field's name, its new value, and whether it was typed."""
    complained = Signal()
    """What `complaints` returns changed."""

    def __init__(
        self,
        model: type[BaseModel],
        path: str,
        *,
        editors: Mapping[str, EditorFactory] | None = None,
        only: Collection[str] | None = None,
        first: Sequence[str] = (),
    ) -> None:
        """With `only` the form has these fields, and leaves the others of `model` alone.

        Those named in `first` stand before the others.
        """
        super().__init__()
        self._path = path
        self._rows: dict[str, Row] = {}
        fields = [one for one in fields_of(model) if only is None or one.name in only]
        fields.sort(key=lambda one: first.index(one.name) if one.name in first else len(first))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        titles = label_width(self, (field.title for field in fields))
        for field in fields:
            editor = (editors or {}).get(field.name, editor_for)(field)
            self._rows[field.name] = row = self._row(field, editor, titles)
            layout.addWidget(row)
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)

    def editor(self, name: str) -> Editor:
        """The editor of the field `name`."""
        return self._rows[name].editor

    def editors(self) -> tuple[Editor, ...]:
        """The editors in their order."""
        return tuple(row.editor for row in self._rows.values())

    def show_values(self, values: BaseModel) -> None:
        """Show the fields of `values`, without reporting edits."""
        for name, row in self._rows.items():
            row.editor.show_value(getattr(values, name))

    def show_problems(self, problems: Iterable[Problem]) -> list[Problem]:
        """Mark the fields that `problems` name; returns those that name none of them."""
        found: dict[str | None, list[Problem]] = {}
        for problem in problems:
            found.setdefault(self._field_of(problem.path), []).append(problem)
        for name, row in self._rows.items():
            own = row.editor.take_problems(found.get(name, ()))
            row.show_problem(" ".join(f"{problem.message} {problem.fix}" for problem in own))
        return found.get(None, [])

    def complaints(self) -> list[str]:
        """What is wrong with the texts that stand in the fields now: 'Epochs: …'."""
        return [sentence for row in self._rows.values() for sentence in row.editor.complaints()]

    def _field_of(self, path: str) -> str | None:
        rest = path.removeprefix(f"{self._path}.")
        name = rest.partition(".")[0]
        return name if rest != path and name in self._rows else None

    def _row(self, field: FieldInfo, editor: Editor, titles: int) -> Row:
        row = Row(field, editor, f"{self._path}.{field.name}", titles)
        editor.edited.connect(
            lambda value, typed, name=field.name: self.edited.emit(name, value, typed)
        )
        editor.complained.connect(self.complained)
        return row
