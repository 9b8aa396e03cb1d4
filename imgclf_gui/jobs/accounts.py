"""The account that the cloud is asked with: without secrets; its key lies in the system's keyring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from imgclf_gui.core.annotation import Access, Classify
from imgclf_gui.core.cloud import Account, Cancel

Where = Literal["keyring", "session", "environment"]
"""Where a key is: with the system, in this process until it ends, or in GOOGLE_API_KEY."""


def load() -> Account:
    """The account that is kept, or a new one.

    Raises:
        UserError: `cloud.account` where the file is damaged.
    """
    raise NotImplementedError


def save(account: Account) -> None:
    """Keep it in the settings.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    raise NotImplementedError


def account_with(account: Account, **changes: object) -> Account:
    """The account with changed settings.

    Raises:
        UserError: `cloud.account` for a setting that does not work.
    """
    raise NotImplementedError


def key_stored() -> Where | None:
    """Where the API key is; None if there is none. May ask the keyring, so it may take a while."""
    raise NotImplementedError


def set_key(key: str) -> Where:
    """Keep the API key in the keyring; where there is none, in this process alone.

    Raises:
        UserError: `cloud.key` for what cannot be a key.
    """
    raise NotImplementedError


def forget_key() -> None:
    """Take the API key out of the keyring and out of this process."""
    raise NotImplementedError


def secret(account: Account) -> Callable[[], str] | None:
    """What asks for the account's API key when it is needed; None if it signs in otherwise.

    Raises (when called):
        UserError: `cloud.key`.
    """
    raise NotImplementedError


def test(account: Account, cancel: Cancel) -> str:
    """Ask Cloud Vision without any image (nothing is billed); a sentence that says it works.

    Raises:
        UserError: why it does not.
    """
    raise NotImplementedError


def access(account: Account, classify: Classify | None = None) -> Access:
    """What a provider is given: the account, its key when it is needed, this machine's classifier."""
    return Access(account=account, secret=secret(account), classify=classify)
