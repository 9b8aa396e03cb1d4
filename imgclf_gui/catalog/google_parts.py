"""What Google's clients have in common: credentials, channels, and their errors in words.

Google's libraries are imported inside the functions, which are never called on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from imgclf_gui.core.cloud import Account
from imgclf_gui.core.errors import UserError

if TYPE_CHECKING:
    import grpc
    from google.auth.credentials import Credentials

CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def quiet() -> None:
    """Keep Google's loggers silent: at DEBUG they write whole images, tokens and keys."""
    raise NotImplementedError


def credentials(account: Account, secret: Callable[[], str] | None) -> Credentials:
    """The account's credentials, refreshed, so that what is wrong with them is said at once.

    Raises:
        UserError: `cloud.credentials`, `cloud.key`, `cloud.signed-out`, `cloud.clock`,
            `cloud.offline`.
    """
    raise NotImplementedError


def channel(host: str, signed: Credentials) -> grpc.Channel:
    """A gRPC channel to `host`: TLS to Google's, plain to a loopback address of this machine."""
    raise NotImplementedError


def in_words(error: BaseException, host: str) -> UserError:
    """What an error of Google's libraries (gRPC, REST or sign-in) means, without any secret.

    A `BusyError` if it may work in a moment.
    """
    raise NotImplementedError
