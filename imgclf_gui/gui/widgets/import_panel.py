"""An import under way, where its images will appear."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import SPACING
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar


class ImportPanel(QFrame):
    """Sentence, progress and Cancel; hidden while nothing is imported."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("import_panel")
        self._studio = studio
        self._text = ElidedLabel(name="import_text")
        self._progress = named(ProgressBar(), "import_progress", "Progress of the import")
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
        self._progress.show_fraction(job.fraction)
