"""An import under way, where its images will appear."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton

from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import SPACING
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named

STEPS = 1000


class ImportPanel(QFrame):
    """Sentence, progress and Cancel; hidden while nothing is imported."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("import_panel")
        self._studio = studio
        self._text = ElidedLabel(name="import_text")
        self._progress = named(QProgressBar(), "import_progress", "Progress of the import")
        self._progress.setTextVisible(False)
        cancel = named(QPushButton("Cancel"), "import_cancel", "Cancel the import")
        cancel.setToolTip("What was imported so far stays")
        cancel.clicked.connect(studio.stop_job)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self._text, 2)
        row.addWidget(self._progress, 1)
        row.addWidget(cancel)
        studio.job_changed.connect(self._refresh)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        job = self._studio.job
        importing = job is not None and job.kind == "import"
        self.setVisible(importing)
        if job is None or not importing:
            return
        self._text.setText(job.sentence())
        fraction = job.fraction
        self._progress.setRange(0, 0 if fraction is None else STEPS)
        if fraction is not None:
            self._progress.setValue(round(STEPS * fraction))
