"""What the errors of Google's libraries mean: what was received, what to do, and never a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imgclf_gui.core.cloud import BusyError, cancelled, loopback
from imgclf_gui.core.errors import UserError

LONGEST = 400
"""Characters of a service's own sentence that are shown."""

_SECRETS = re.compile(
    r"AIza[\w-]{30,}|ya29\.[\w.-]+|1//[\w-]{20,}|GOCSPX-[\w-]+"
    r"|-----BEGIN.*?(?:-----END[A-Z ]*-----|$)|(?i:bearer)\s+[\w.~+/-]+=*|[\w+/=-]{60,}",
    re.DOTALL,
)
"""Keys, tokens, private keys, and images in base64, as far as their form tells."""


@dataclass(frozen=True)
class _Failure:
    """An error in the parts that tell what it means."""

    code: int
    """Of HTTP; 0 where no service answered."""
    reason: str
    """Of google.rpc.ErrorInfo."""
    said: str
    """The service's or the library's own sentence."""
    after: float | None
    """Seconds, of google.rpc.RetryInfo."""
    kind: str
    """The name of the error's class."""


def in_words(error: BaseException, host: str, hidden: Sequence[str] = ()) -> UserError:
    """What an error of Google's libraries (gRPC, REST or sign-in) means, without any secret.

    `hidden` are secrets that the caller knows, beside those that are recognised. A `BusyError` if
    it may work in a moment.
    """
    if isinstance(error, UserError):
        return error
    failure = _failure(error, hidden)
    for read in (_untrusted, _unanswered, _signed_out, _refused, _failed):
        found = read(failure, host)
        if found is not None:
            return found
    return UserError(
        "cloud.unexpected",
        _begun(f"{_name(host)} could not be asked: {failure.said or failure.kind}."),
        "Try again; if it stays so, report it.",
        _details(failure),
    )


def redacted(text: str, hidden: Sequence[str] = ()) -> str:
    """`text` without keys, tokens and images, and not too long."""
    for secret in hidden:
        if secret:
            text = text.replace(secret, "…")
    text = " ".join(_SECRETS.sub("…", text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _failure(error: BaseException, hidden: Sequence[str]) -> _Failure:
    from google.api_core import exceptions

    if isinstance(error, exceptions.RetryError) and error.cause is not None:
        error = error.cause
    answered = isinstance(error, exceptions.GoogleAPICallError)
    said = str(getattr(error, "message", "") or error)
    said = re.sub(r"^(POST|GET) \S+: ", "", said)  # the REST client's own beginning
    return _Failure(
        code=int(getattr(error, "code", 0) or 0) if answered else 0,
        reason=str(getattr(error, "reason", "") or "") if answered else "",
        said=redacted(said, hidden).rstrip("."),
        after=_after(getattr(error, "details", ())),
        kind=type(error).__name__,
    )


def _after(details: Any) -> float | None:
    """The seconds that google.rpc.RetryInfo names: a message over gRPC, a dictionary over REST."""
    for detail in details if isinstance(details, list | tuple) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and re.fullmatch(r"[\d.]+s", delay):
            return float(delay[:-1])
        if hasattr(detail, "retry_delay"):
            return float(detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9)
    return None


def _details(failure: _Failure) -> str:
    parts = (failure.kind, str(failure.code or ""), failure.reason, failure.said)
    return " · ".join(part for part in parts if part)


def _name(host: str) -> str:
    return "the server on this machine" if loopback(host) else host


def _begun(text: str) -> str:
    """A sentence with a capital, unless it begins with an address."""
    return f"T{text[1:]}" if text.startswith("the server") else text


_LOST = (
    "failed to connect", "connection refused", "max retries", "name resolution",
    "dns resolution", "connection aborted", "connection reset", "unreachable", "socket closed",
    "remote end closed", "no route", "connection error", "closed connection", "recvmsg",
    "name or service not known",
)  # fmt: skip
"""What gRPC, urllib3 and systems say when nobody answers."""


def _unanswered(failure: _Failure, host: str) -> UserError | None:
    """What keeps a call from reaching anybody: the network, a proxy."""
    from urllib.request import getproxies  # 10 ms, which nobody shall wait for before

    said = failure.said.lower()
    if failure.code not in (0, 503) or failure.kind == "RefreshError":
        return cancelled() if failure.kind == "Cancelled" else None
    lost = _has(said, *_LOST)
    behind = bool(getproxies().get("https")) and not loopback(host)
    if (lost and behind) or _has(said, "http proxy returned", "tunnel connection", "proxyerror"):
        return UserError(
            "cloud.proxy",
            _begun(f"{_name(host)} cannot be reached through the proxy that is set here."),
            "Check the setting HTTPS_PROXY of your system, and whether the proxy wants a sign-in.",
            _details(failure),
        )
    if not lost:
        return None
    return UserError(
        "cloud.offline",
        _begun(f"{_name(host)} cannot be reached, or the connection broke."),
        "Check that the server is running and its port is right."
        if loopback(host)
        else "Check the network connection; rehearse with a recorded exchange meanwhile.",
        _details(failure),
    )


def _untrusted(failure: _Failure, host: str) -> UserError | None:
    """What fails where two sides prove who they are: a clock, a certificate."""
    said = failure.said.lower()
    if _has(
        said,
        "not yet valid",
        "certificate has expired",
        "invalid jwt: token must",
        "used too early",
    ):
        return UserError(
            "cloud.clock",
            "The clock of this machine seems to be wrong: what it says does not fit Google's.",
            "Set date and time, or let the system do it; then try again.",
            _details(failure),
        )
    if _has(said, "certificate verify failed", "certificate_verify_failed", "handshake failed"):
        return UserError(
            "cloud.certificate",
            _begun(f"{_name(host)} could not prove who it is, so nothing was sent."),
            "A proxy of your network may look into connections; ask who runs it.",
            _details(failure),
        )
    return None


def _signed_out(failure: _Failure, host: str) -> UserError | None:
    """What is wrong with a sign-in itself."""
    del host
    details, said = _details(failure), failure.said.lower()
    if failure.reason.startswith("API_KEY_") or "api key not valid" in said:
        if failure.reason in ("API_KEY_INVALID", "") or "not valid" in said:
            return UserError(
                "cloud.key",
                "Google does not know this API key.",
                "Copy it again from 'APIs & Services › Credentials' of your project.",
                details,
            )
        return UserError(
            "cloud.key",
            f"The API key may not be used for this: {failure.said}.",
            "Change the key's restrictions in 'APIs & Services › Credentials', or use another.",
            details,
        )
    if failure.kind == "RefreshError" or failure.code == 401:
        return UserError(
            "cloud.signed-out",
            "Google does not accept this sign-in any more: it was revoked, or has expired."
            if "invalid_grant" in said or failure.code == 401
            else f"The sign-in could not be renewed: {failure.said}.",
            "Sign in again ('gcloud auth application-default login'), or choose another key file "
            "or API key.",
            details,
        )
    if "getting metadata from plugin" in said:
        return UserError("cloud.signed-out", "The sign-in failed.", "Sign in again.", details)
    return None


def _refused(failure: _Failure, host: str) -> UserError | None:
    """What a service answers to someone it knows."""
    details, said = _details(failure), failure.said.lower()
    if failure.code == 403:
        return _forbidden(failure, details, said)
    if failure.code == 404:
        return UserError(
            "cloud.not-found",
            _begun(f"{_name(host)} does not know what was asked for: {failure.said}."),
            "Check the project, the region and the host of the account.",
            details,
        )
    if failure.code in (400, 413):
        return UserError(
            "cloud.invalid",
            f"The request was refused: {failure.said}.",
            "Mend the request, or send fewer or smaller images.",
            details,
        )
    return None


def _forbidden(failure: _Failure, details: str, said: str) -> UserError:
    if failure.reason == "SERVICE_DISABLED" or "it is disabled" in said:
        return UserError(
            "cloud.not-enabled",
            "The API is not enabled in your Google Cloud project.",
            "Enable it in 'APIs & Services › Library', wait a few minutes, then try again.",
            details,
        )
    if failure.reason == "BILLING_DISABLED" or "billing" in said:
        return UserError(
            "cloud.billing",
            "Your Google Cloud project has no billing account, and the API asks for one.",
            "Link one under 'Billing' of the console; the first 1,000 units a month are free.",
            details,
        )
    if failure.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
        return UserError(
            "cloud.permission",
            "The sign-in was made for other purposes than this.",
            "Run 'gcloud auth application-default login' again.",
            details,
        )
    return UserError(
        "cloud.permission",
        f"The sign-in has no permission for this: {failure.said}.",
        "Ask whoever runs the project for the role, or name another quota project.",
        details,
    )


def _failed(failure: _Failure, host: str) -> UserError | None:
    """What a service, or somebody between, could not do."""
    details = _details(failure)
    if failure.code == 429:
        return _busy(
            "cloud.quota",
            f"The quota is used up for the moment: {failure.said}.",
            "Wait a minute and try again, or ask for a higher quota in the console.",
            failure,
        )
    if failure.code == 504 or "timed out" in failure.said.lower() or "Timeout" in failure.kind:
        return UserError(
            "cloud.deadline",
            _begun(f"{_name(host)} did not answer in time."),
            "Try again, with fewer images at once.",
            details,
        )
    garbage = ("deserializing", "parse", "decode", "no message", "expecting value", "redirect")
    if _has(f"{failure.kind} {failure.said}".lower(), *garbage) or (
        failure.code and "<html" in failure.said.lower()
    ):
        return UserError(
            "cloud.garbage",
            f"What {_name(host)} answered makes no sense here.",
            "A proxy or the sign-in page of a network may stand between; open a web page to see.",
            details,
        )
    if failure.code >= 500:
        return _busy(
            "cloud.unavailable",
            _begun(f"{_name(host)} has a problem of its own: {failure.said}."),
            "Try again in a few minutes.",
            failure,
        )
    return None


def _busy(code: str, message: str, hint: str, failure: _Failure) -> BusyError:
    error = BusyError(code, message, hint, _details(failure))
    error.after = failure.after
    return error


def _has(text: str, *parts: str) -> bool:
    return any(part in text for part in parts)
