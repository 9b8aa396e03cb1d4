"""What is deployed, and costs by the hour: always in sight, whichever page is in front."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QToolButton

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import plain_tip


class CostSign(QToolButton):
    """Hidden while nothing is deployed; a press shows what is."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("status_cost")
        self.setAutoRaise(True)
        self.setIcon(icons.icon("warning"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._studio = studio
        self.clicked.connect(self._on_clicked)
        studio.job_changed.connect(self.refresh)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._tint()

    @Slot()
    def refresh(self) -> None:
        """Show what is, or may be, deployed."""
        lingering = self._studio.cloud.lingering
        self.setVisible(bool(lingering))
        if lingering:
            self.setText(f"Deployed: ${self._studio.cloud.models.an_hour:,.2f} an hour")
            self.setToolTip(plain_tip(lingering))
            self._tint()

    def _tint(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.ButtonText, QColor(theme.current().warning))
        self.setPalette(palette)

    @Slot()
    def _on_clicked(self) -> None:
        self._studio.page_wanted.emit("cloud")
        self._studio.view_wanted.emit("automl")
