"""One image and one draw of it, as large as the window allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.image_grid import GridRow
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.pair_view import PairView

WINDOW_SHARE = 0.92
"""Of the window's width and height."""
_KEYS = "← → draws · ↑ ↓ images · wheel or + − looks closer, 0 shows all · Esc closes"


class CompareDialog(QDialog):
    """Does not block the window, and follows the preview."""

    moved = Signal(int, int)
    """Row and column of the picture that is looked at now."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("compare_dialog")
        self.setWindowTitle("Original and augmented")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.resize(parent.window().size() * WINDOW_SHARE)
        self._rows: Sequence[GridRow] = ()
        self._seed = 0
        self._row, self._column = 0, 1
        self._title = ElidedLabel(name="compare_title")
        theme.set_title(self._title)
        self._left = ElidedLabel("Original", name="compare_left")
        self._right = ElidedLabel(name="compare_right")
        self._pair = PairView()
        self._arrange()
        for keys, does in (
            ("Left", lambda: self._move(0, -1)),
            ("Right", lambda: self._move(0, 1)),
            ("Up", lambda: self._move(-1, 0)),
            ("Down", lambda: self._move(1, 0)),
            ("+", lambda: self._pair.look_closer(1)),
            ("=", lambda: self._pair.look_closer(1)),
            ("-", lambda: self._pair.look_closer(-1)),
            ("0", self._pair.show_all),
        ):
            QShortcut(QKeySequence(keys), self, does)
        self._pair.setFocus()

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the draw that is shown."""
        return self._row, self._column

    def show_rows(self, rows: Sequence[GridRow], seed: int) -> None:
        """There is a new preview."""
        self._rows, self._seed = rows, seed
        self.go_to(*self.place)

    def go_to(self, row: int, column: int) -> None:
        """Show the draw at that place of the grid; beside an original the first draw."""
        if not self._rows:
            return
        draws = len(self._rows[0].pictures) - 1
        self._row = min(max(row, 0), len(self._rows) - 1)
        self._column = min(max(column, 1), draws)
        shown = self._rows[self._row]
        self._pair.show_images(shown.pictures[0], shown.pictures[self._column])
        label, note = shortened(shown.title, 200), shown.notes[self._column]
        draw = f"Draw {self._column} of {draws}, seed {self._seed}"
        self._title.setText(label)
        self._right.setText(f"{draw} · {note}" if note else draw)
        self._pair.setAccessibleName(f"{label}: the original, and {draw.lower()}. {note}".strip())

    def _move(self, rows: int, columns: int) -> None:
        before = self.place
        self.go_to(self._row + rows, self._column + columns)
        if self.place != before:
            self.moved.emit(*self.place)

    def _arrange(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(theme.SPACING)
        above.addWidget(self._title, 1)
        for name, icon, text, rows, columns in (
            ("compare_left_draw", "left", "The draw before (←)", 0, -1),
            ("compare_right_draw", "right", "The next draw (→)", 0, 1),
            ("compare_up_image", "up", "The image before (↑)", -1, 0),
            ("compare_down_image", "down", "The next image (↓)", 1, 0),
        ):
            above.addWidget(_button(name, icon, text, self._mover(rows, columns)))
        captions = QHBoxLayout()
        captions.setSpacing(2 * theme.SPACING)
        for label in (self._left, self._right):
            captions.addWidget(label, 1)
        keys = ElidedLabel(_KEYS, name="compare_keys")
        theme.set_muted(keys)
        layout = QVBoxLayout(self)
        margin = 2 * theme.SPACING
        layout.setContentsMargins(margin, theme.SPACING, margin, theme.SPACING)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(above)
        layout.addLayout(captions)
        layout.addWidget(self._pair, 1)
        layout.addWidget(keys)

    def _mover(self, rows: int, columns: int) -> Callable[[], None]:
        return lambda: self._move(rows, columns)


def _button(name: str, icon: str, text: str, does: Callable[[], None]) -> QToolButton:
    button = named(QToolButton(), name, text)
    button.setIcon(icons.icon(icon))
    button.setToolTip(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda _checked=False: does())
    return button
