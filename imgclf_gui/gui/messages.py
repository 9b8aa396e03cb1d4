"""The one door for what the window has to say: a bar inside it, in plain text, nothing modal."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.named import named

LONGEST_TEXT = 400
"""Characters; a label with megabytes of text would block the window for seconds."""
NOTICE_MS = 10_000
"""How long good news stay. Errors stay until they are closed."""


class MessageBar(QFrame):
    """Shows the newest message; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message_bar")
        self.setAutoFillBackground(True)
        self._report: ErrorReport | None = None
        self._icon = QLabel()
        self._text = plain_label(objectName="message_text")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._copy = named(QPushButton("Copy details"), "message_copy")
        self._copy.setIcon(icons.icon("copy"))
        self._copy.clicked.connect(self._on_copy)
        close = named(QToolButton(), "message_close", "Close this message")
        close.setAutoRaise(True)
        close.setIcon(icons.icon("close"))
        close.setToolTip("Close this message (Esc)")
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._copy)
        row.addWidget(close)
        self._timer = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @Slot(object)
    def report(self, report: ErrorReport) -> None:
        """Say what went wrong, and what to do."""
        self._timer.stop()
        self._report = report
        self._show(report.sentence(), "warning", theme.current().bad)

    @Slot(str)
    def say(self, text: str) -> None:
        """Say what was done; it goes away by itself, and never covers an error."""
        if self.isVisible() and self._report is not None:
            return
        self._report = None
        self._show(text, "information", theme.current().accent)
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        """What is hidden is over."""
        self._report = None
        super().hideEvent(event)  # type: ignore[arg-type]

    def _show(self, text: str, icon: str, color: str) -> None:
        self._text.setText(shortened(text, LONGEST_TEXT))
        self._text.setAccessibleName(self._text.text())
        self._icon.setPixmap(icons.icon(icon).pixmap(QSize(20, 20)))
        self._copy.setVisible(self._report is not None)
        palette = QPalette(QGuiApplication.palette())
        tint = theme.blend(QColor(color), palette.window().color(), 0.18)
        palette.setColor(QPalette.ColorRole.Window, tint)
        self.setPalette(palette)
        self.show()

    @Slot()
    def _on_copy(self) -> None:
        if self._report is not None:
            QGuiApplication.clipboard().setText(details_text(self._report))


def plain_label(text: str = "", *, objectName: str = "") -> QLabel:  # noqa: N803 as in Qt
    """A label that shows `text` as it is: a file named like a tag stays a name."""
    label = QLabel()
    label.setObjectName(objectName)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    return label


def shortened(text: str, longest: int) -> str:
    """`text` with its middle left out where it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def details_text(report: ErrorReport) -> str:
    """Everything about an error, for a bug report."""
    from imgclf_gui import __version__

    lines = [f"ImgClf Studio {__version__}", f"{report.code}: {report.message}", report.hint]
    return "\n".join([*filter(None, lines), "", report.details]).strip() + "\n"
