"""What Google's clients have in common: credentials, channels, silence.

Google's libraries are imported inside the functions, which are never called on the window's thread.
What their errors mean is in `google_errors`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from imgclf_gui.catalog.google_errors import in_words
from imgclf_gui.core import network
from imgclf_gui.core.cloud import Account, loopback
from imgclf_gui.core.errors import UserError

if TYPE_CHECKING:
    import grpc
    from google.auth.credentials import Credentials

CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

SIGN_IN_HOST = "oauth2.googleapis.com"
"""Where sign-ins other than by an API key are renewed."""
SIGN_IN_SECONDS = 30.0
_LOGGING_SCOPE = "GOOGLE_SDK_PYTHON_LOGGING_SCOPE"


def quiet() -> None:
    """Keep Google's loggers silent: at DEBUG they write whole images, tokens and keys.

    To be called before the clients are imported, and after.
    """
    os.environ.pop(_LOGGING_SCOPE, None)  # it would give them handlers of their own
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if name.startswith("google.") and isinstance(logger, logging.Logger):
            logger.setLevel(logging.NOTSET)
    logging.getLogger("google").setLevel(logging.CRITICAL + 1)


def credentials(account: Account, secret: Callable[[], str] | None) -> Credentials:
    """The account's credentials, renewed, so that what is wrong with them is said at once.

    Raises:
        UserError: `cloud.credentials`, `cloud.key`, `cloud.signed-out`, `cloud.clock`,
            `cloud.offline`, `cloud.proxy`.
    """
    quiet()
    if account.way == "api-key":
        return _by_key(secret)
    signed = _signed_by(account.file) if account.way == "service-account" else _default()
    if account.payer and hasattr(signed, "with_quota_project"):
        signed = signed.with_quota_project(account.payer)
    renew(signed)
    return signed


def renew(signed: Credentials) -> None:
    """Get a new token where there is none that holds.

    Raises:
        UserError: see `credentials`.
    """
    if signed.valid:
        return
    import requests
    from google.auth.transport.requests import Request

    _note_sign_in(signed)
    try:
        with requests.Session() as session:
            signed.refresh(_within(Request(session), SIGN_IN_SECONDS))  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 whatever failed becomes a sentence
        raise in_words(error, SIGN_IN_HOST, secrets(signed)) from None


def _note_sign_in(signed: Credentials) -> None:
    """A key file may name another place to sign in at than Google's usual one."""
    place = urlsplit(getattr(signed, "_token_uri", None) or "")
    network.note(place.hostname or SIGN_IN_HOST, "signing in")


def _within(request: Any, seconds: float) -> Callable[..., Any]:
    """As `request`, which Google's libraries call without a limit on time."""

    def asked(*arguments: Any, **named: Any) -> Any:
        return request(*arguments, **{**named, "timeout": seconds})

    return asked


def secrets(signed: Credentials) -> tuple[str, ...]:
    """What must not stand in any message."""
    held = (getattr(signed, name, None) for name in ("token", "refresh_token", "client_secret"))
    return tuple(value for value in held if isinstance(value, str) and value)


def _by_key(secret: Callable[[], str] | None) -> Credentials:
    from google.auth import api_key

    key = secret() if secret is not None else ""
    if not key:
        raise UserError("cloud.key", "There is no API key.", "Enter one in the account.")
    signed: Credentials = api_key.Credentials(key)  # type: ignore[no-untyped-call]
    return signed


def _signed_by(path: str) -> Credentials:
    from google.oauth2 import service_account

    hint = "Create a key for the service account, and choose it."
    if not path:
        raise UserError("cloud.credentials", "The account names no key file.", hint)
    file = Path(path)
    info = _read(file, "service_account", hint)
    try:
        signed: Credentials = service_account.Credentials.from_service_account_info(
            info, scopes=[CLOUD_SCOPE]
        )  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 pyasn1 and cryptography have errors of many kinds
        raise UserError(
            "cloud.credentials",
            f"{file.name} is no complete key of a service account.",
            "Download the key again, as JSON.",
            type(error).__name__,  # its message may quote the key
        ) from None
    return signed


def _default() -> Credentials:
    """Application default credentials, from their file.

    `google.auth.default` would run gcloud for seconds, and look for Google's machines. Credentials
    that say themselves which program or server to ask are not taken.
    """
    from google.auth import _cloud_sdk
    from google.oauth2.credentials import Credentials as PersonsCredentials

    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    file = Path(named or _cloud_sdk.get_application_default_credentials_path())  # type: ignore[no-untyped-call]
    hint = "Run 'gcloud auth application-default login', or choose another way to sign in."
    info = _read(file, "", hint)
    if info["type"] == "service_account":
        return _signed_by(str(file))
    with contextlib.suppress(ValueError):
        if info["type"] == "authorized_user":
            signed: Credentials = PersonsCredentials.from_authorized_user_info(info)  # type: ignore[no-untyped-call]
            return signed
    raise UserError(
        "cloud.credentials",
        f"{file.name} holds neither a person's credentials nor a service account's.",
        hint,
    )


def _read(file: Path, kind: str, hint: str) -> dict[str, Any]:
    """What stands in a file of credentials; of `kind`, unless that is empty."""
    try:
        info = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise UserError("cloud.credentials", f"There are no credentials at {file}.", hint) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            "cloud.credentials", f"{file.name} cannot be read.", hint, type(error).__name__
        ) from None
    found = info.get("type") if isinstance(info, dict) else None
    if found is None or (kind and found != kind):
        what = "a key of a service account" if kind else "credentials"
        raise UserError("cloud.credentials", f"{file.name} is not {what}.", hint)
    return dict(info)


def channel(host: str, signed: Credentials) -> grpc.Channel:
    """A gRPC channel to `host`: TLS to Google's, plain to a loopback address of this machine."""
    import grpc
    from google.api_core import grpc_helpers

    options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    if not loopback(host):
        made: grpc.Channel = grpc_helpers.create_channel(
            f"{host}:443", credentials=signed, options=options
        )
        return made
    from imgclf_gui.catalog.google_channel import Signing

    plain = grpc.insecure_channel(
        host.removeprefix("http://"), [*options, ("grpc.enable_http_proxy", 0)]
    )
    return grpc.intercept_channel(plain, Signing(signed))
