"""The account of cloud models, read, kept and tried off the window's thread."""

from __future__ import annotations

from PySide6.QtCore import Signal

from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.gui.services.service import Service


class AccountKeeper(Service):
    """Reads and writes the account; asks the keyring, which may take a while."""

    loaded = Signal(object, object)
    """The Account, and where its API key is (None: nowhere)."""

    def __init__(self) -> None:
        super().__init__("account")

    def load(self) -> None:
        """Read it, and ask the keyring → loaded."""
        self.ask("account", self._load)

    def save(self, account: Account) -> None:
        """Keep it → loaded."""

        def save() -> None:
            from imgclf_gui.jobs import accounts

            accounts.save(account)
            self._load()

        self.ask("account", save)

    def set_key(self, key: str) -> None:
        """Keep the API key, or with an empty one forget it → loaded."""

        def keep() -> None:
            from imgclf_gui.jobs import accounts

            if key:
                accounts.set_key(key)
            else:
                accounts.forget_key()
            self._load()

        self.ask("key", keep)

    def _load(self) -> None:
        from imgclf_gui.jobs import accounts

        self.loaded.emit(accounts.load(), accounts.key_stored())


class AccountTester(Service):
    """Asks who is behind an account."""

    tested = Signal(str)
    """That it works, in a sentence."""

    def __init__(self) -> None:
        super().__init__("account test")

    def test(self, account: Account, cancel: Cancel) -> None:
        """Ask without any image → tested."""

        def test() -> None:
            from imgclf_gui.jobs import accounts

            self.tested.emit(accounts.test(account, cancel))

        self.ask("test", test)
