"""Editors for members of the open sets: a choice of the entry, and the entry's own fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui import catalog
from imgclf_gui.core.entry import Entry
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.gui.forms.editors import ChoiceEditor
from imgclf_gui.gui.forms.fields import FieldInfo
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.plan import Problem

OPEN_SETS: Mapping[str, Callable[[], Mapping[str, type[Entry]]]] = {
    "optimizer": catalog.optimizer_entries,
    "schedule": catalog.schedule_entries,
}
"""The set that a field of that name chooses from."""


class EntryEditor(ChoiceEditor):
    """Chooses an entry of an open set; the entry's own fields stand below it."""

    def __init__(self, field: FieldInfo, path: str) -> None:
        self._entries = OPEN_SETS[field.name]()
        super().__init__(field, {kind: entry.title for kind, entry in self._entries.items()})
        for index, entry in enumerate(self._entries.values()):
            self._combo.setItemData(index, entry.summary, Qt.ItemDataRole.ToolTipRole)
        self._path = path
        self._spec = EntrySpec(kind="")
        self._form: Form | None = None
        self._fields = QWidget()
        self._layout = QVBoxLayout(self._fields)
        self._layout.setContentsMargins(12, 2, 0, 2)
        self._fields.hide()
        self.below = self._fields
        self._combo.activated.disconnect()
        self._combo.activated.connect(self._on_activated)

    def show_value(self, value: object) -> None:
        """Show the entry that `value`, an EntrySpec, stores."""
        if not isinstance(value, EntrySpec) or value == self._spec:
            return
        kind_changed = value.kind != self._spec.kind
        self._spec = value
        super().show_value(value.kind)
        if kind_changed:
            self._rebuild()
        self._refresh()

    def take_problems(self, problems: Iterable[Problem]) -> list[Problem]:
        """Mark the entry's own fields; the rest concerns the choice."""
        return self._form.show_problems(problems) if self._form else list(problems)

    def complaints(self) -> list[str]:
        """What is wrong in the entry's own fields."""
        return self._form.complaints() if self._form else []

    def _on_activated(self, index: int) -> None:
        kind = self._combo.itemData(index)
        if kind != self._spec.kind:
            self.show_value(EntrySpec(kind=kind))
            self.edited.emit(self._spec, False)

    def _on_field_edited(self, name: str, value: object, typed: bool) -> None:
        settings = {**self._spec.settings, name: value}
        self._spec = EntrySpec(kind=self._spec.kind, **settings)
        self._refresh()
        self.edited.emit(self._spec, typed)

    def _rebuild(self) -> None:
        if self._form is not None:
            self._form.setParent(None)
            self._form.deleteLater()
            self._form = None
        entry = self._entries.get(self._spec.kind)
        if entry is not None and entry.model_fields:
            self._form = Form(entry, self._path)
            self._form.edited.connect(self._on_field_edited)
            self._form.complained.connect(self.complained)
            self._layout.addWidget(self._form)
        self._fields.setVisible(self._form is not None)
        self._combo.setToolTip(entry.summary if entry else "")
        self.complained.emit()

    def _refresh(self) -> None:
        entry = self._entries.get(self._spec.kind)
        if entry is None or self._form is None:
            return
        defaults = {name: info.default for name, info in entry.model_fields.items()}
        known = {name: value for name, value in self._spec.settings.items() if name in defaults}
        self._form.show_values(entry.model_construct(**{**defaults, **known}))


class DeviceEditor(ChoiceEditor):
    """Chooses among the devices that the worker reports."""

    def __init__(self, field: FieldInfo) -> None:
        super().__init__(field, {})
        self._devices: tuple[DeviceSummary, ...] = ()
        self._combo.activated.disconnect()
        self._combo.activated.connect(self._on_activated)

    def show_devices(self, devices: tuple[DeviceSummary, ...]) -> None:
        """Offer `devices`."""
        self._devices = devices
        self.offer({device.label: _device_text(device) for device in devices})

    def show_value(self, value: object) -> None:
        """Show the device that `value`, an EntrySpec or a label, means."""
        label = device_label(value) if isinstance(value, EntrySpec) else str(value)
        if not self._devices and self._combo.findData(label) < 0:
            self._combo.addItem(label, label)  # the worker has not reported yet
        super().show_value(label)

    def _on_activated(self, index: int) -> None:
        device = catalog.device_from_text(self._combo.itemData(index))
        self.edited.emit(device.to_spec(), False)


def device_label(spec: EntrySpec) -> str:
    """'gpu:0'; the bare kind where this installation does not know it."""
    try:
        return catalog.load(spec, catalog.device_entries()).label()
    except UserError:
        return spec.kind


def _device_text(device: DeviceSummary) -> str:
    memory = f", {device.memory_bytes / 1e9:.0f} GB" if device.memory_bytes else ""
    return f"{device.label} – {device.name}{memory}"
