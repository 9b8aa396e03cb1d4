"""The account that the cloud is asked with, kept without secrets; its key is in the keyring."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Callable
from typing import Any, Literal

from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.annotation import Access, Classify
from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.resources import APP, config_folder
from imgclf_gui.jobs.cloud_sending import note, opened, until

Where = Literal["keyring", "session", "environment"]
"""Where a key is: with the system, in this process until it ends, or in GOOGLE_API_KEY."""

FILE = "cloud.json"
VARIABLE = "GOOGLE_API_KEY"
KEY_NAME = "google-api-key"
TEST_SECONDS = 20.0

_KEY = re.compile(r"[\x21-\x7e]{10,500}")

_lock = threading.Lock()
_session_key = ""
"""Of this process alone, where the system has no keyring."""


def load() -> Account:
    """The account that is kept, or a new one.

    Raises:
        UserError: `cloud.account` where the file is damaged.
    """
    path = config_folder() / FILE
    try:
        return Account.model_validate(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return Account()
    except (OSError, ValueError, RecursionError):
        raise UserError(
            "cloud.account",
            f"The settings of the cloud account, {path}, cannot be read.",
            "Remove the file, and enter the account again.",
        ) from None


def save(account: Account) -> None:
    """Keep it in the settings.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    path = config_folder() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    write_text_atomic(path, account.model_dump_json(indent=2) + "\n")


def account_with(account: Account, **changes: object) -> Account:
    """The account with changed settings.

    Raises:
        UserError: `cloud.account` for a setting that does not work.
    """
    try:
        return Account.model_validate({**account.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]  # a key pasted into the wrong field
        where = str(first["loc"][0]) if first["loc"] else ""
        field = Account.model_fields.get(where)
        name = field.title if field is not None and field.title else where
        said = re.sub(r"^Value error, ", "", first["msg"]).rstrip(".")
        if first["type"] == "string_pattern_mismatch":
            said = "it consists of small letters, digits and '-'"
    raise UserError(
        "cloud.account",
        f"{name or 'The account'}: this does not work ({said}).",
        f"Settings are: {', '.join(Account.model_fields)}.",
    )


def key_stored() -> Where | None:
    """Where the API key is; None if there is none. May ask the keyring, so it may take a while."""
    if os.environ.get(VARIABLE):
        return "environment"
    if _session_key:
        return "session"
    return "keyring" if _from_keyring() else None


def set_key(key: str) -> Where:
    """Keep the API key in the keyring; where there is none, in this process alone.

    Raises:
        UserError: `cloud.key` for what cannot be a key.
    """
    global _session_key  # noqa: PLW0603 one key a process
    import keyring
    from keyring.errors import KeyringError

    key = key.strip()
    if not _KEY.fullmatch(key):
        raise UserError(
            "cloud.key",
            "That is no API key.",
            "Copy it from 'APIs & Services › Credentials' of your project: some 39 letters.",
        )
    with _lock:
        with contextlib.suppress(KeyringError, OSError, RuntimeError):
            if _safe(keyring.get_keyring()):
                keyring.set_password(APP, KEY_NAME, key)
                _session_key = ""
                return "keyring"
        _session_key = key
        return "session"


def _safe(backend: Any) -> bool:
    """Whether a keyring is a system's own: of low priority are those that write plain text."""
    backend = next(iter(getattr(backend, "backends", ())), backend)  # the first of a chain
    return bool(backend.priority >= 1)


def forget_key() -> None:
    """Take the API key out of the keyring and out of this process."""
    global _session_key  # noqa: PLW0603 see set_key
    import keyring
    from keyring.errors import KeyringError

    with _lock:
        _session_key = ""
        try:
            keyring.delete_password(APP, KEY_NAME)
        except (KeyringError, OSError, RuntimeError):
            return  # there was none, or no keyring


def secret(account: Account) -> Callable[[], str] | None:
    """What asks for the account's API key when it is needed; None if it signs in otherwise.

    It raises UserError `cloud.key` when it is called and there is no key.
    """
    return _key if account.way == "api-key" else None


def _key() -> str:
    key = os.environ.get(VARIABLE) or _session_key or _from_keyring()
    if not key:
        raise UserError(
            "cloud.key",
            "There is no API key.",
            f"Enter it in the account ('imgclf cloud account --key'), or set {VARIABLE}.",
        )
    return key


def _from_keyring() -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(APP, KEY_NAME) or ""
    except (KeyringError, OSError, RuntimeError):
        return ""


def access(account: Account, classify: Classify | None = None) -> Access:
    """What a provider is given: the account, its key when it is needed, our own classifier."""
    return Access(account=account, secret=secret(account), classify=classify)


def test(account: Account, cancel: Cancel) -> str:
    """Ask Cloud Vision without any image (nothing is billed); a sentence that says it works.

    Raises:
        UserError: why it does not.
    """
    provider = catalog.annotation_providers()["cloud-vision"]()
    asked: dict[str, Any] = {"requests": []}
    session = opened(provider, access(account), cancel)
    note(provider.host_of(account), "Test of the account")
    try:
        until(
            lambda: session.annotate(asked, TEST_SECONDS), cancel, session.cancel, TEST_SECONDS + 1
        )
    except UserError as error:
        if error.code != "cloud.invalid":  # who gets so far is let in: only images are missing
            raise
    finally:
        session.close()
    return f"{provider.title} answers at {provider.host_of(account)}, signed in {_ways(account)}."


def _ways(account: Account) -> str:
    if account.way == "api-key":
        return "with the API key"
    if account.way == "service-account":
        return "as a service account"
    return "with application default credentials"
