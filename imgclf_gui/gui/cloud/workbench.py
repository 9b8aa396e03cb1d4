"""The request on the left, its price and consent, the answer on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud.answer_panel import AnswerPanel
from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.cloud.quote_panel import QuotePanel
from imgclf_gui.gui.cloud.request_form import RequestForm
from imgclf_gui.gui.cloud.request_text import RequestText
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter


class Workbench(RememberedSplitter):
    """Three columns; what belongs to the request stands in the first."""

    account_wanted = Signal()

    def __init__(self, studio: Studio, desk: Desk) -> None:
        settings = studio.settings
        super().__init__(Qt.Orientation.Horizontal, "cloud_splitter", settings)
        self.form = RequestForm(studio, desk)
        quote = QuotePanel(desk)
        request = RememberedSplitter(Qt.Orientation.Vertical, "cloud_request_splitter", settings)
        request.addWidget(self.form)
        request.addWidget(RequestText(studio, desk))
        request.begin((370, 250))
        for part in (request, quote, AnswerPanel(desk, settings)):
            self.addWidget(part)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(2, 3)
        self.begin((380, 240, 480))
        self.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        self.form.account_wanted.connect(self.account_wanted)
        quote.account_wanted.connect(self.account_wanted)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(quote.send)
