"""A progress bar that waits for its turn to paint."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

STEPS = 1000


class ProgressBar(QProgressBar):
    """Shows a fraction, without text.

    Qt's own paints at once with each value, and with it all that is dirty in the window: 10 ms
    and more while curves are drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setRange(0, STEPS)
        self.setTextVisible(False)

    def show_fraction(self, fraction: float | None) -> None:
        """Show 0…1; nothing while it is not known. (A busy bar would paint all the time.)"""
        self.setValue(round(STEPS * (fraction or 0.0)))

    def setValue(self, value: int) -> None:
        """Set the value, and ask to be painted."""
        if value != self.value():
            self.setUpdatesEnabled(False)
            super().setValue(value)
            self.setUpdatesEnabled(True)
