"""Whether anything has gone over the network since the app started, always in sight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from imgclf_gui.core import network
from imgclf_gui.core.network import Contact
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.widgets.labels import plain_tip

OFFLINE = "Offline: nothing sent"
NOTHING = "Nothing has left this machine since the app started."
MOST_LINES = 12
SIDE = 16


class NetworkSign(QWidget):
    """'Offline', or the number of requests; the tooltip says whom, and what for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status_network")
        self._picture = QLabel()
        self._words = plain_label(objectName="status_network_words")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACING, 0, 0, 0)
        row.setSpacing(theme.SPACING // 2)
        row.addWidget(self._picture)
        row.addWidget(self._words)
        watch = _Watch(self)
        watch.noted.connect(self.refresh)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what was asked so far."""
        contacts = network.seen()
        picture = icons.icon("online" if contacts else "offline")
        self._picture.setPixmap(picture.pixmap(QSize(SIDE, SIDE)))
        self._words.setText(words(contacts))
        told = tip(contacts)
        self.setToolTip(plain_tip(told))
        self.setAccessibleName(f"{words(contacts)}: {told}")


class _Watch(QObject):
    """Hands over from the threads that ask; many requests in a moment are told once."""

    noted = Signal()
    _came = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True, interval=50)
        self._timer.timeout.connect(self.noted)
        self._came.connect(self._on_came, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(network.subscribe(lambda _contact: self._came.emit()))

    @Slot()
    def _on_came(self) -> None:
        if not self._timer.isActive():
            self._timer.start()


def words(contacts: Sequence[Contact]) -> str:
    """'Offline: nothing sent', 'Online: 3 requests to vision.googleapis.com'."""
    if not contacts:
        return OFFLINE
    hosts = Counter(one.host for one in contacts)
    requests = "1 request" if len(contacts) == 1 else f"{len(contacts):,} requests"
    where = shortened(next(iter(hosts)), 40) if len(hosts) == 1 else f"{len(hosts)} hosts"
    return f"Online: {requests} to {where}"


def tip(contacts: Sequence[Contact]) -> str:
    """Each host with what it was asked for, in lines."""
    if not contacts:
        return NOTHING
    counted = Counter((one.host, one.purpose) for one in contacts)
    lines = [
        f"{host}: {purpose} ({n:,}×)" for (host, purpose), n in counted.most_common(MOST_LINES)
    ]
    return "\n".join(["Asked since the app started:", *lines])
