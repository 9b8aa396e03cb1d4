"""The account: how a person signs in, who pays, and whether it works."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.cloud import VISION_HOSTS, Account
from imgclf_gui.core.errors import UserError
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.cloud.accounts import CloudAccount
from imgclf_gui.gui.forms.editors import ChoiceEditor, Editor, editor_for
from imgclf_gui.gui.forms.fields import FieldInfo
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named

TYPING_MS = 500
_WAYS = {
    "adc": "This machine's (gcloud auth application-default login)",
    "service-account": "A service account's key file",
    "api-key": "An API key",
}
_HOSTS = dict(zip(VISION_HOSTS, ("Global", "European Union", "United States"), strict=True))
_TRANSPORTS = {"grpc": "gRPC", "rest": "REST (HTTPS, for strict proxies)"}
_KEY_WORDS = {
    None: "No API key is known.",
    "keyring": "The API key is in this system's keyring.",
    "session": "The API key is known for this session only: this system has no keyring.",
    "environment": "The API key is that of the environment variable GOOGLE_API_KEY.",
}


class AccountDialog(QDialog):
    """Keeps what is entered at once, but for the key, which a button keeps; does not block."""

    def __init__(self, account: CloudAccount, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("account_dialog")
        self.setWindowTitle("Account of Google Cloud")
        self.setModal(False)
        self.resize(520, 480)
        self._keeper = account
        self._settings = settings
        self._account = account.account
        self._file = named(QPushButton("Choose key file…"), "account_choose_file")
        self._key = named(QLineEdit(), "account_key", "API key")
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setPlaceholderText("API key")
        self._keep = named(QPushButton("Keep key"), "account_keep_key")
        self._forget = named(QPushButton("Forget key"), "account_forget_key")
        self._where = wrapped_label(muted=True, name="account_key_words")
        self._by_key = QWidget()
        editors = {
            "way": lambda field: _above(self._key_part(), _choice(field, _WAYS)),
            "file": lambda field: _above(self._file, editor_for(field)),
            "host": lambda field: _choice(field, _HOSTS),
            "transport": lambda field: _choice(field, _TRANSPORTS),
        }
        fields = [name for name in Account.model_fields if name != "automl_host"]
        self._form = Form(Account, "account", editors=editors, only=fields)
        self._problem = WrongLabel("account_problem")
        self._test = named(QPushButton(icons.icon("check"), "Test"), "account_test")
        self._stop = named(QPushButton(icons.icon("stop"), "Cancel"), "account_stop_test")
        self._said = wrapped_label(name="account_said")
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._timer.timeout.connect(self._save)
        self._arrange()
        self._connect()
        self._refresh()

    def done(self, result: int) -> None:
        """Keep what was typed last."""
        if self._timer.isActive():
            self._timer.stop()
            self._save()
        super().done(result)

    def _connect(self) -> None:
        self._form.edited.connect(self._on_edited)
        self._file.clicked.connect(self._on_choose_file)
        self._key.returnPressed.connect(self._on_keep)
        self._keep.clicked.connect(self._on_keep)
        self._forget.clicked.connect(lambda: self._keeper.set_key(""))
        self._test.clicked.connect(self._on_test)
        self._stop.clicked.connect(self._keeper.stop_test)
        self._keeper.changed.connect(self._refresh)
        self._keeper.tested.connect(self._on_tested)

    @Slot(str, object, bool)
    def _on_edited(self, name: str, value: object, typed: bool) -> None:
        from imgclf_gui.jobs.accounts import account_with

        try:
            self._account = account_with(self._account, **{name: value})
        except UserError as error:
            self._timer.stop()
            self._problem.say(error.report.message)
            return
        self._problem.say("")
        self._said.setText("")
        self._timer.start(TYPING_MS if typed else 0)
        self._show_parts()

    @Slot()
    def _save(self) -> None:
        self._keeper.save(self._account)

    @Slot()
    def _on_choose_file(self) -> None:
        usual = self._settings.last_folder("account", Path.home())
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Key file of a service account", usual, "Key files (*.json);;All files (*)"
        )
        if chosen:
            self._settings.remember_folder("account", Path(chosen).parent)
            self._on_edited("file", chosen, False)
            self._form.show_values(self._account)

    @Slot()
    def _on_keep(self) -> None:
        if self._key.text().strip():
            self._keeper.set_key(self._key.text().strip())
            self._key.clear()

    @Slot()
    def _on_test(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self._save()
        self._said.setText("Asking Google, without any image…")
        self._keeper.test()
        self._show_parts()
        self._stop.setFocus()

    @Slot(str, bool)
    def _on_tested(self, sentence: str, works: bool) -> None:
        self._said.setText(sentence if works else "")
        self._problem.say("" if works else sentence)
        self._show_parts()

    @Slot()
    def _refresh(self) -> None:
        if not self._timer.isActive():
            self._account = self._keeper.account
            self._offer_host()
            self._form.show_values(self._account)
        error = self._keeper.error
        self._problem.say(error.sentence() if error else "")
        self._where.setText(_KEY_WORDS[self._keeper.key])
        self._show_parts()

    def _offer_host(self) -> None:
        """Google's hosts, and one of this machine where the account names it."""
        host, editor = self._account.host, self._form.editor("host")
        if isinstance(editor, ChoiceEditor) and host not in _HOSTS:
            editor.offer({**_HOSTS, host: f"This machine: {host}"})

    def _show_parts(self) -> None:
        """What belongs to the way of signing in."""
        by_key, testing = self._account.way == "api-key", self._keeper.testing
        by_file = self._account.way == "service-account"
        row = self._form.editor("file").parentWidget()
        if row is not None:
            row.setVisible(by_file)
        self._by_key.setVisible(by_key)
        self._forget.setEnabled(self._keeper.key in ("keyring", "session"))
        self._test.setEnabled(not testing)
        self._stop.setVisible(testing)

    def _key_part(self) -> QWidget:
        """The key, and where it is."""
        row = QHBoxLayout()
        row.addWidget(self._key, 1)
        row.addWidget(self._keep)
        row.addWidget(self._forget)
        column = QVBoxLayout(self._by_key)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self._where)
        return self._by_key

    def _arrange(self) -> None:
        about = (
            "Needed to ask models in the cloud. Nothing is stored here but what stands below; "
            "an API key goes to the system's keyring, of a key file only its place is kept."
        )
        close = named(QPushButton("Close"), "account_close")
        close.clicked.connect(self.accept)
        for button in (self._file, self._keep, self._forget, self._test, self._stop, close):
            button.setAutoDefault(False)  # Enter in a field closes nothing
        row = QHBoxLayout()
        row.addWidget(self._test)
        row.addWidget(self._stop)
        row.addStretch(1)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(wrapped_label(about, muted=True))
        layout.addWidget(self._form)
        for widget in (self._problem, self._said):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addLayout(row)


def show_account(studio: Studio, parent: QWidget) -> None:
    """Show how one signs in: one dialog for the window of `parent`."""
    window = parent.window()
    dialog = window.findChild(AccountDialog)
    if dialog is None:
        dialog = AccountDialog(studio.cloud.account, studio.settings, window)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()


def _above(below: QWidget, editor: Editor) -> Editor:
    editor.below = below
    return editor


def _choice(field: FieldInfo, texts: dict[str, str]) -> Editor:
    return ChoiceEditor(field, texts)
