"""The line at the bottom: project, device, and what runs now with its progress."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QStatusBar

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import SPACING
from imgclf_gui.gui.widgets.cost_sign import CostSign
from imgclf_gui.gui.widgets.labels import ElidedLabel, plain_tip
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.network_sign import NetworkSign
from imgclf_gui.gui.widgets.progress import ProgressBar


class StatusLine(QStatusBar):
    """Follows the studio; the button ends what runs."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("status_line")
        self.setContentsMargins(SPACING, 0, SPACING, 0)
        self.setSizeGripEnabled(False)
        self._studio = studio
        self._project = plain_label(objectName="status_project")
        self._device = plain_label(objectName="status_device")
        self._job = ElidedLabel(name="status_job")
        self._progress = named(ProgressBar(), "status_progress", "Progress of what runs now")
        self._progress.setFixedWidth(20 * SPACING)
        self._cancel = named(QPushButton("Cancel"), "status_cancel", "Cancel what runs now")
        self._cancel.clicked.connect(studio.stop_job)
        self._beside = plain_label(objectName="status_beside")
        theme.set_muted(self._beside)
        self._network = NetworkSign()
        for label in (self._project, self._device):
            label.setContentsMargins(0, 0, 2 * SPACING, 0)
            self.addWidget(label)
        self.addWidget(self._job, 1)
        self.addPermanentWidget(self._beside)
        self.addPermanentWidget(self._progress)
        self.addPermanentWidget(self._cancel)
        self.addPermanentWidget(CostSign(studio))
        self.addPermanentWidget(self._network)
        studio.project_changed.connect(self._on_project_changed)
        studio.spec_changed.connect(self._on_project_changed)
        studio.devices_changed.connect(self._on_device_changed)
        studio.spec_changed.connect(self._on_device_changed)
        studio.job_changed.connect(self._on_job_changed)
        self._on_project_changed()
        self._on_device_changed()
        self._on_job_changed()

    @Slot()
    def _on_project_changed(self) -> None:
        project = self._studio.project
        self._project.setText(shortened(self._studio.spec.name, 40) if project else "No project")
        self._project.setToolTip(str(project.folder).replace("<", "‹") if project else "")

    @Slot()
    def _on_device_changed(self) -> None:
        label = self._studio.device_label
        known = next((d for d in self._studio.devices if d.label == label), None)
        self._device.setVisible(known is not None)
        self._device.setText(f"{label.upper()} · {shortened(known.name, 40)}" if known else "")

    @Slot()
    def _on_job_changed(self) -> None:
        job, beside = self._studio.job, self._studio.augmenting.job
        self._beside.setVisible(beside is not None and job != beside)
        self._beside.setText(beside.title if beside else "")
        self._beside.setToolTip(plain_tip(beside.sentence()) if beside else "")
        for widget in (self._progress, self._cancel):
            widget.setVisible(job is not None)
        if job is None:
            self._job.setText("")
            return
        self._job.setText(job.sentence())
        resumable = job.kind in ("run", "study")
        self._cancel.setText("Stop" if resumable else "Cancel")
        self._cancel.setToolTip("It can be resumed later" if resumable else "")
        self._progress.show_fraction(job.fraction)
