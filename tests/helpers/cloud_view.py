"""The Cloud Vision view as a test uses it: what stands there, and what a person does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.cloud import Account
from imgclf_gui.core.vision import AskedFeature
from imgclf_gui.gui.cloud.vision import VisionView
from imgclf_gui.gui.pages.cloud import CloudPage
from imgclf_gui.gui.studio import Studio

PICTURES = Path(__file__).parents[1] / "pictures"
PHOTOS = [PICTURES / f"{name}.jpg" for name in ("chelsea", "coffee", "rocket")]

WidgetT = TypeVar("WidgetT", bound=QWidget)


class ShownPage:
    """The Cloud models page in 1200×760; everything is found by its name."""

    def __init__(self, studio: Studio, qtbot: QtBot) -> None:
        self.qtbot, self.studio = qtbot, studio
        self.page = CloudPage(studio)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 760)
        self.page.show()
        qtbot.waitExposed(self.page)

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        """What a label says; nothing while it is hidden."""
        label = self.find(QLabel, name)
        return label.text() if label.isVisible() else ""

    def text_in(self, dialog: QWidget, name: str) -> str:
        """What a label of a dialog says."""
        label = dialog.findChild(QLabel, name)
        assert label is not None, name
        return label.text()

    def visible(self, name: str) -> bool:
        return self.find(QWidget, name).isVisible()

    def enabled(self, name: str) -> bool:
        return self.find(QWidget, name).isEnabled()

    def click(self, name: str) -> None:
        button = self.find(QAbstractButton, name)
        assert button.isVisible() and button.isEnabled(), name
        button.click()

    def tick(self, name: str, on: bool = True) -> None:
        box = self.find(QCheckBox, name)
        if box.isChecked() != on:
            self.click(name)

    def choose(self, name: str, title: str) -> None:
        combo = self.find(QComboBox, name)
        place = combo.findText(title, Qt.MatchFlag.MatchContains)
        assert place >= 0, [combo.itemText(row) for row in range(combo.count())]
        combo.setCurrentIndex(place)
        combo.activated.emit(place)


class CloudView(ShownPage):
    """The page with Cloud Vision in front."""

    def __init__(self, studio: Studio, qtbot: QtBot) -> None:
        super().__init__(studio, qtbot)
        view = self.page.view("vision")
        assert isinstance(view, VisionView)
        self.view, self.desk = view, view.desk
        qtbot.waitUntil(lambda: bool(self.desk.exchanges.recordings))

    @property
    def json(self) -> QPlainTextEdit:
        """The editor of the request."""
        return self.find(QPlainTextEdit, "request_json")

    def drop(self, paths: Sequence[Path]) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        where, how = QPointF(50, 50), Qt.DropAction.CopyAction
        self.view.dropEvent(QDropEvent(where, how, data, buttons, keys))
        self.qtbot.waitUntil(lambda: not self.desk.draft.preparing)

    def ask_for(self, *kinds: str) -> None:
        """Ask for these features, five results each."""
        self.desk.draft.ask_for(tuple(AskedFeature(kind, 5) for kind in kinds))

    def read(self) -> None:
        """Wait until the request is checked and priced."""
        self.qtbot.waitUntil(lambda: self.desk.draft.reading is not None, timeout=20_000)

    def use_account(self, host: str, transport: str = "rest") -> None:
        """An API key and a server of this machine."""
        account = Account.model_validate({"way": "api-key", "host": host, "transport": transport})
        with self.qtbot.waitSignal(self.desk.account_changed):
            self.desk.account.save(account)

    def agree_and_send(self) -> None:
        self.read()
        self.tick("quote_agree")
        self.click("cloud_send")

    def answered(self) -> None:
        """Wait for the end of what was sent."""
        self.qtbot.waitUntil(lambda: not self.desk.sending.active, timeout=30_000)

    def looked_at(self, name: str) -> str:
        """What the picture of that image shows, in words, as soon as it is there."""
        picture = self.find(QWidget, "answer_picture")
        beginning = f"Image {name}"
        self.qtbot.waitUntil(lambda: picture.accessibleName().startswith(beginning))
        return picture.accessibleName()

    def press(
        self,
        key: Qt.Key,
        widget: QWidget | None = None,
        held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        QTest.keyClick(widget or self.view, key, held)
