"""Where accounts of tests get their tokens, and a proxy that lets nothing through.

with TokenServer() as tokens:
    file = tokens.service_account(folder)  # its key is made now and worth nothing
    tokens.script([REVOKED])
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tests.helpers.loopback import HttpHandler, LoopbackServer

if TYPE_CHECKING:
    import pytest

EMAIL = "tester@example-project.iam.gserviceaccount.com"
PROJECT = "example-project"


@dataclass(frozen=True)
class Token:
    """A good answer; without a `text` it is `ya29.test-N`, N counting from 1."""

    seconds: int = 3600
    text: str = ""


@dataclass(frozen=True)
class Refused:
    """OAuth's error (RFC 6749, 5.2)."""

    error: str
    description: str
    status: int = 400


REVOKED = Refused("invalid_grant", "Token has been expired or revoked.")
ACCOUNT_GONE = Refused("invalid_grant", "Invalid grant: account not found")
CLOCK_SKEWED = Refused(
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim.",
)
TOO_EARLY = Refused(
    "invalid_grant",
    "Token used too early, 1790000000 < 1790003600. Check that your computer's clock is set "
    "correctly.",
)


@cache
def _private_key() -> str:
    """A throw-away RSA key (PEM); one a process, since making it takes a moment."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


class TokenServer(LoopbackServer):
    """OAuth's token endpoint."""

    def __init__(self) -> None:
        super().__init__(_Tokens)
        self.received: list[Mapping[str, str]] = []
        """The forms that were sent: `grant_type`, `assertion`, …"""
        self._script: list[Token | Refused] = []
        self._then: Token | Refused = Token()

    @property
    def token_uri(self) -> str:
        return f"{self.url}/token"

    def script(self, answers: Sequence[Token | Refused], then: Token | Refused = Token()) -> None:
        """What the next requests get, one after the other, and all `then`."""
        self._script, self._then = list(answers), then

    def service_account(self, folder: Path, **changes: str) -> Path:
        """The file of a service account whose tokens come from here, with `changes` in it."""
        file = folder / "service-account.json"
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "0123456789abcdef",
            "private_key": _private_key(),
            "client_email": EMAIL,
            "client_id": "1234567890",
            "token_uri": self.token_uri,
            "universe_domain": "googleapis.com",
            **changes,
        }
        file.write_text(json.dumps(account), "utf-8")
        return file

    def person(self, folder: Path, environment: pytest.MonkeyPatch) -> None:
        """Application default credentials of a person whose tokens come from here."""
        from google.oauth2 import credentials

        # Their file cannot say where; the library knows only Google's.
        environment.setattr(credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", self.token_uri)
        file = folder / "application_default_credentials.json"
        account = {
            "type": "authorized_user",
            "client_id": "1234567890.apps.googleusercontent.com",
            "client_secret": "made-up",
            "refresh_token": "made-up-too",
        }
        file.write_text(json.dumps(account), "utf-8")
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    def take(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, object]]:
        """Keep a request; the status of HTTP and the answer."""
        with self.guard:
            self.received.append(form)
            answer = self._script.pop(0) if self._script else self._then
            number = len(self.received)
        if isinstance(answer, Refused):
            told = {"error": answer.error, "error_description": answer.description}
            return answer.status, told
        token = answer.text or f"ya29.test-{number}"
        return 200, {
            "access_token": token,
            "expires_in": answer.seconds,
            "token_type": "Bearer",
        }


class _Tokens(HttpHandler):
    server: TokenServer

    def do_POST(self) -> None:
        status, answer = self.server.take(dict(parse_qsl(self.body().decode())))
        self.answer(status, json.dumps(answer).encode())


class ProxyStub(LoopbackServer):
    """A proxy of HTTP that refuses with `status`, and remembers who was asked for.

    407 is a proxy that wants a password, 502 one that does not reach the other side.
    """

    def __init__(self, status: int = 502) -> None:
        super().__init__(_Refusing)
        self.status = status
        self.asked: list[str] = []
        """`CONNECT host:port` or `POST http://…`."""


class _Refusing(HttpHandler):
    server: ProxyStub

    def _refuse(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.body()
        self.answer(self.server.status, b"", "text/plain")

    def do_CONNECT(self) -> None:
        self._refuse()

    def do_GET(self) -> None:
        self._refuse()

    def do_POST(self) -> None:
        self._refuse()
