"""Fifty secrets are planted where people and libraries put them, and are found nowhere else."""

from __future__ import annotations

import io
import json
import logging
import os
import secrets
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import keyring
import pytest

from imgclf_gui.cli.main import main
from imgclf_gui.core.cloud import Account
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import accounts
from imgclf_gui.jobs.worker_process import worker_environment
from tests.helpers import google_errors as google
from tests.helpers.cloud_parts import PICTURES, MemoryKeyring, Sending, vision_host
from tests.helpers.google_errors import Status
from tests.helpers.token_server import Refused, Token, TokenServer
from tests.helpers.vision_server import Drop, Garbage, VisionServer

ROUNDS = 10
"""Of five secrets each: a key, one more in the keyring, a token, a private key, a refresh token."""
WAYS = ("grpc", "rest")


def _made(beginning: str, length: int) -> str:
    return beginning + secrets.token_hex(length)[:length]


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, at the lowest level, as somebody may ask for who hunts a mistake."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    monkeypatch.setenv("GOOGLE_SDK_PYTHON_LOGGING_SCOPE", "google")
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield heard
    keyring.set_keyring(before)
    root.removeHandler(handler)
    root.setLevel(level)


def _told(error: BaseException) -> str:
    """Whatever a crash report or --debug would show of it."""
    shown = "".join(traceback.format_exception(error))
    return shown + (error.report.model_dump_json() if isinstance(error, UserError) else "")


def _attempts(server: VisionServer, sending: Sending, echoed: str) -> str:
    """All that is said of a sending that goes well, and of ones that fail in many ways."""
    said = [str(sending())]
    for failure in (
        google.KEY_INVALID,
        google.TOKEN_INVALID,
        Status("INVALID_ARGUMENT", f"Bad header: {echoed}"),
        Status("PERMISSION_DENIED", f"Not with {echoed}.", "SERVICE_DISABLED"),
        Garbage(f"<html>{echoed}".encode()),
        Drop(),
    ):
        server.script([failure])
        try:
            said.append(str(sending()))
        except UserError as error:
            said.append(_told(error))
    return "".join(said)


def test_fifty_planted_secrets_are_found_nowhere(
    everything: io.StringIO, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted: list[str] = []
    said: list[str] = []
    project = Project.create(tmp_path / "project")
    keys = tmp_path / "keys"
    keys.mkdir()
    printed, complained = io.StringIO(), io.StringIO()
    with VisionServer() as server, TokenServer() as tokens:
        for number in range(ROUNDS):
            transport = WAYS[number % 2]
            host = vision_host(server, transport)
            key, other, token = _made("AIza", 35), _made("AIza", 35), _made("ya29.", 60)
            body, refresh = _made("MII", 90), _made("1//0", 40)
            planted += [key, other, token, body, refresh]
            # A key that is used, one in the keyring, and one that is typed into a wrong setting.
            said.append(_attempts(server, Sending(host, transport, key=key), key))
            accounts.set_key(other)
            account = accounts.account_with(
                Account(), way="api-key", host=host, transport=transport
            )
            accounts.save(account)
            with redirect_stdout(printed), redirect_stderr(complained):
                words = ["cloud", "vision", str(PICTURES / "rocket.jpg"), "--yes", "--debug"]
                main([*words, "--project", str(project.folder), "--curl"])
                server.script([Status("INVALID_ARGUMENT", f"No: {other}")])
                main([*words, "--json"])
                main(["cloud", "account", "--test"])
                main(["cloud", "account", "--set", f"project={key}", "--debug"])
                main(["cloud", "account", "--set", f"file=-----BEGIN PRIVATE KEY-----{body}"])
            # A private key in a file that is whole, and in one that is not.
            tokens.script([], then=Token(text=token))
            file = tokens.service_account(keys)
            robot = account.model_copy(update={"way": "service-account", "file": str(file)})
            said.append(_attempts(server, Sending(host, transport, account=robot), token))
            tokens.script([Refused("invalid_grant", f"{token} {body}")])
            said.append(_attempt_to_sign_in(host, transport, robot))
            whole = json.loads(file.read_text("utf-8"))
            broken = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
            file.write_text(json.dumps({**whole, "private_key": broken}))
            said.append(_attempt_to_sign_in(host, transport, robot))
            # A person's refresh token, in a file with something missing.
            adc = keys / "adc.json"
            adc.write_text(json.dumps({"type": "authorized_user", "refresh_token": refresh}))
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(adc))
            person = account.model_copy(update={"way": "adc"})
            said.append(_attempt_to_sign_in(host, transport, person))
    assert len(set(planted)) == 50
    assert server.requests > 100
    said += [everything.getvalue(), printed.getvalue(), complained.getvalue()]
    files = [path for root in (project.folder, own_folders) for path in root.rglob("*")]
    said += [path.read_text("utf-8", "replace") for path in files if path.is_file()]
    said += [" ".join(sys.argv), json.dumps(worker_environment())]
    whole_text = "".join(said)
    assert [secret for secret in planted if secret in whole_text] == []
    base64_of_an_image = "/9j/4AAQSkZJRg"
    assert base64_of_an_image not in "".join(said[:-2])


def _attempt_to_sign_in(host: str, transport: str, account: Account) -> str:
    try:
        Sending(host, transport, account=account)()
    except UserError as error:
        return _told(error)
    raise AssertionError("it signed in")


def test_a_key_in_the_environment_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accounts.VARIABLE, _made("AIza", 35))
    assert accounts.VARIABLE not in worker_environment()
    assert worker_environment()["PATH"] == os.environ["PATH"]


LISTEN = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from tests.helpers.cloud_parts import Sending, vision_host
from tests.helpers.vision_server import VisionServer
with VisionServer() as server:
    for transport in ("grpc", "rest"):
        Sending(vision_host(server, transport), transport)()
print(server.requests)
"""


def test_googles_loggers_stay_silent_even_when_they_are_asked_to_speak() -> None:
    """At DEBUG they write every image, as base64, and every header."""
    done = subprocess.run(
        [sys.executable, "-c", LISTEN],
        env={**os.environ, "GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google.cloud.vision_v1"},
        capture_output=True,
        text=True,
        check=True,
        cwd=PICTURES.parents[1],
    )
    assert done.stdout.strip() == "2"
    assert "x-goog-api-key" not in done.stderr
    assert len(done.stderr) < 5_000
