"""What decides behind a backbone: its kind, and the settings that this kind has."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui import catalog
from imgclf_gui.core.entry import Block
from imgclf_gui.gui.forms.editors import ChoiceEditor, editor_for
from imgclf_gui.gui.forms.fields import FieldInfo, fields_of
from imgclf_gui.gui.forms.row import Row, label_width
from imgclf_gui.gui.transfer_choice import HEAD_TITLES, HEAD_WORDS, Head, HeadKind
from imgclf_gui.gui.widgets.labels import wrapped_label

OFFERED: tuple[HeadKind, ...] = ("linear", "dropout", "dense")
"""The kinds that a person chooses; one that was built by hand is shown where there is one."""


class HeadForm(QWidget):
    """Edits a Head."""

    edited = Signal(object, str, bool)
    """The new Head, what was changed ('head', 'units', 'rate'), and whether it was typed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("transfer_head_form")
        self._head = Head()
        blocks = catalog.block_entries()
        field = FieldInfo("head", "choice", "Kind", "What decides behind the backbone.")
        self._kind = ChoiceEditor(field, {kind: HEAD_TITLES[kind] for kind in OFFERED})
        self._kind.edited.connect(self._on_kind)
        self._words = wrapped_label(muted=True, name="transfer_head_words")
        titles = label_width(self, ("Kind", "Units", "Rate"))
        self._units = _row(blocks["dense"], "units", titles)
        self._rate = _row(blocks["dropout"], "rate", titles)
        for name, row in (("units", self._units), ("rate", self._rate)):
            row.editor.edited.connect(
                lambda value, typed, name=name: self._on_setting(name, value, typed)
            )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(Row(field, self._kind, "transfer_head.kind", titles))
        for widget in (self._units, self._rate, self._words):
            layout.addWidget(widget)

    def show_head(self, head: Head) -> None:
        """Show `head`, without reporting an edit."""
        self._head = head
        kinds: tuple[HeadKind, ...] = (*OFFERED, "other") if head.kind == "other" else OFFERED
        self._kind.offer({kind: HEAD_TITLES[kind] for kind in kinds})
        self._kind.show_value(head.kind)
        self._words.setText(HEAD_WORDS[head.kind])
        self._units.setVisible(head.kind == "dense")
        self._rate.setVisible(head.kind in ("dropout", "dense"))
        self._units.editor.show_value(head.units)
        self._rate.editor.show_value(head.rate)

    def complaints(self) -> list[str]:
        """What is wrong with what was typed."""
        return [*self._units.editor.complaints(), *self._rate.editor.complaints()]

    @Slot(object, bool)
    def _on_kind(self, kind: object, typed: bool) -> None:
        for one in OFFERED:
            if one == kind and one != self._head.kind:
                self.edited.emit(replace(self._head, kind=one, built=()), "head", typed)

    def _on_setting(self, name: str, value: object, typed: bool) -> None:
        if name == "units" and isinstance(value, int):
            self.edited.emit(replace(self._head, units=value), name, typed)
        if name == "rate" and isinstance(value, int | float):
            self.edited.emit(replace(self._head, rate=float(value)), name, typed)


def _row(block: type[Block], name: str, titles: int) -> Row:
    """The row of a form for a field of `block`."""
    field = next(one for one in fields_of(block) if one.name == name)
    return Row(field, editor_for(field), f"transfer_head.{name}", titles)
