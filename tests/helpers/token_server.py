"""Google's sign-in on this machine: gives tokens, or says why not; and files to sign in with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.oauth2 import credentials as user_credentials

from tests.helpers.loopback import HttpHandler, LoopbackServer

TOKEN = "ya29" + ".test-token-that-is-made-up"
REVOKED = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
SKEWED = {
    "error": "invalid_grant",
    "error_description": "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
    "reasonable timeframe. Check your iat and exp values in the JWT claim.",
}


class TokenServer(LoopbackServer):
    """Answers with a token, or with `refusal` (status 400)."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.refusal: dict[str, str] | None = None
        self.asked = 0


class _Handler(HttpHandler):
    server: TokenServer

    def do_POST(self) -> None:
        self.body()
        self.server.asked += 1
        if self.server.refusal is not None:
            return self.answer(400, json.dumps(self.server.refusal).encode())
        given = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        return self.answer(200, json.dumps(given).encode())


@cache
def private_key() -> str:
    """A key that nobody else has, as PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def service_account(folder: Path, server: TokenServer, **changes: Any) -> Path:
    """The key file of a service account that signs in at `server`."""
    info = {
        "type": "service_account",
        "project_id": "example-project",
        "private_key_id": "0123456789abcdef",
        "private_key": private_key(),
        "client_email": "robot@example-project.iam.gserviceaccount.com",
        "client_id": "1234567890",
        "token_uri": f"{server.url}/token",
        **changes,
    }
    path = folder / "robot.json"
    path.write_text(json.dumps(info), "utf-8")
    return path


def person(folder: Path, server: TokenServer, environment: pytest.MonkeyPatch) -> Path:
    """Application default credentials of a person who signs in at `server`."""
    # Their file cannot say where: the library knows only Google's.
    environment.setattr(user_credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{server.url}/token")
    path = folder / "application_default_credentials.json"
    info = {
        "type": "authorized_user",
        "client_id": "1234567890.apps.googleusercontent.com",
        "client_secret": "GOCSPX-made-up-client-secret",
        "refresh_token": "1//0made-up-refresh-token-of-a-person",
    }
    path.write_text(json.dumps(info), "utf-8")
    environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path
