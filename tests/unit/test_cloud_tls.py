"""The real host, by TLS and through a proxy, with the command as a person calls it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.cloud import Account, Transport
from imgclf_gui.jobs import accounts
from tests.helpers.cloud_parts import KEY, PICTURES
from tests.helpers.command import IMGCLF
from tests.helpers.tls_front import TlsFront
from tests.helpers.vision_server import VisionServer

HOST = "vision.googleapis.com"
WORDS = (*IMGCLF, "cloud", "vision", str(PICTURES / "coffee.jpg"), "--yes", "--json")


@pytest.fixture
def server() -> Iterator[VisionServer]:
    with VisionServer() as started:
        yield started


@pytest.fixture
def front(server: VisionServer, tmp_path: Path) -> Iterator[TlsFront]:
    ports = (int(host.rpartition(":")[2]) for host in (server.grpc_host, server.rest_host))
    with TlsFront(tmp_path, HOST, *ports) as started:
        yield started


def ask(transport: Transport, **environment: str) -> dict[str, Any]:
    """The last line of the command."""
    accounts.save(Account(way="api-key", transport=transport))
    mine = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        WORDS,
        env={**mine, accounts.VARIABLE: KEY, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert KEY not in done.stdout + done.stderr
    return result


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_google_is_asked_by_tls_through_a_proxy(
    transport: Transport, server: VisionServer, front: TlsFront
) -> None:
    result = ask(transport, **front.environment())
    (one,) = result["answers"]
    assert one["response"]["labelAnnotations"][0]["description"] == "Red"
    assert result["sent"] is True
    assert front.asked == [f"{HOST}:443"]
    assert server.received[0].transport == transport
    assert server.received[0].api_key == KEY


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_who_cannot_prove_to_be_google_gets_nothing(
    transport: Transport, server: VisionServer, front: TlsFront
) -> None:
    result = ask(transport, https_proxy=front.url)
    assert result["type"] == "error"
    assert result["code"] == "cloud.certificate"
    assert "nothing was sent" in result["message"]
    assert server.requests == 0
