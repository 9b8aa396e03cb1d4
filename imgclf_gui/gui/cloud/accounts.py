"""The account that all views of cloud models ask with. No widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.services.accounts import AccountKeeper, AccountTester

if TYPE_CHECKING:
    from imgclf_gui.jobs.accounts import Where


class CloudAccount(QObject):
    """Lives in the window's thread, one a studio, which closes it."""

    changed = Signal()
    """The account or its key is another, or could not be kept (`error`)."""
    tested = Signal(str, bool)
    """What came of testing it, and whether it works."""

    def __init__(self) -> None:
        super().__init__()
        self._keeper, self._tester = AccountKeeper(), AccountTester()
        self._test: Cancel | None = None
        self.account = Account()
        self.key: Where | None = None
        """Where its API key is."""
        self.error: ErrorReport | None = None
        """Why it could not be read or kept."""
        self._keeper.loaded.connect(self._on_loaded)
        self._keeper.refused.connect(self._on_refused)
        self._tester.tested.connect(self._on_tested)
        self._tester.refused.connect(self._on_test_refused)
        self._keeper.load()

    @property
    def testing(self) -> bool:
        """Whether it is being tested."""
        return self._test is not None

    def save(self, account: Account) -> None:
        """Keep it → changed; it is used from now on."""
        self.account = account
        self._keeper.save(account)

    def set_key(self, key: str) -> None:
        """Keep the API key, or with an empty one forget it → changed."""
        self._keeper.set_key(key)

    def test(self) -> None:
        """Try it → tested."""
        self._test = Cancel()
        self._tester.test(self.account, self._test)

    def stop_test(self) -> None:
        """Wait for no answer."""
        if self._test is not None:
            self._test.cancel()

    def close(self) -> None:
        """End everything, and join the threads."""
        self.stop_test()
        self._keeper.close()
        self._tester.close()

    @Slot(object, object)
    def _on_loaded(self, account: Account, key: Where | None) -> None:
        self.account, self.key, self.error = account, key, None
        self.changed.emit()

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        del what
        self.error = report
        self.changed.emit()

    @Slot(str)
    def _on_tested(self, sentence: str) -> None:
        self._test = None
        self.tested.emit(sentence, True)

    @Slot(str, object)
    def _on_test_refused(self, what: str, report: ErrorReport) -> None:
        del what
        self._test = None
        self.tested.emit(report.sentence(), False)
