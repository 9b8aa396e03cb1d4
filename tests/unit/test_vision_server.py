"""The Vision server of tests speaks to Google's own client, over gRPC and over REST."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import requests
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.cloud import vision_v1
from google.cloud.vision_v1.services.image_annotator.transports import (
    ImageAnnotatorGrpcTransport,
)
from google.oauth2.service_account import Credentials
from PIL import Image

from tests.helpers.google_errors import NOT_ENABLED, QUOTA
from tests.helpers.token_server import REVOKED, ProxyStub, TokenServer
from tests.helpers.vision_answers import ANSWERS
from tests.helpers.vision_server import Good, Hang, PerImageError, VisionServer


def _client(server: VisionServer, transport: str) -> vision_v1.ImageAnnotatorClient:
    if transport == "grpc":
        channel = grpc.insecure_channel(server.grpc_host)
        return vision_v1.ImageAnnotatorClient(
            transport=ImageAnnotatorGrpcTransport(channel=channel)
        )
    return vision_v1.ImageAnnotatorClient(
        transport="rest",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=server.rest_host),
    )


@pytest.fixture(params=["grpc", "rest"])
def client(
    request: pytest.FixtureRequest, vision_server: VisionServer
) -> Iterator[vision_v1.ImageAnnotatorClient]:
    client = _client(vision_server, request.param)
    yield client
    client.transport.close()  # type: ignore[no-untyped-call]


def _request(images: int = 1) -> vision_v1.BatchAnnotateImagesRequest:
    """A red image with a blue rectangle at its left, all features asked."""
    file = io.BytesIO()
    image = Image.new("RGB", (80, 60), (200, 30, 30))
    image.paste((0, 0, 255), (10, 20, 30, 40))
    image.save(file, "PNG")
    one = vision_v1.AnnotateImageRequest(
        image=vision_v1.Image(content=file.getvalue()),
        features=[vision_v1.Feature(type_=kind) for kind in ANSWERS],
    )
    return vision_v1.BatchAnnotateImagesRequest(requests=[one] * images)


def _send(
    client: vision_v1.ImageAnnotatorClient, images: int = 1, seconds: float = 20
) -> vision_v1.BatchAnnotateImagesResponse:
    return client.batch_annotate_images(
        _request(images),
        retry=None,
        timeout=seconds,
        metadata=[("x-goog-api-key", "planted-key")],
    )


def test_answers_come_from_pixels(
    client: vision_v1.ImageAnnotatorClient, vision_server: VisionServer
) -> None:
    vision_server.script([PerImageError(1, message="Bad.")])
    good, bad = _send(client, 2).responses
    assert [label.description for label in good.label_annotations][:2] == ["Red", "Blue"]
    box = good.localized_object_annotations[0].bounding_poly.normalized_vertices
    assert (box[0].x, box[2].x) == (0.125, 0.375)
    assert good.full_text_annotation.text == good.text_annotations[0].description == "SAMPLE 42"
    assert good.face_annotations[0].joy_likelihood == vision_v1.Likelihood.UNKNOWN
    filled = type(good).to_dict(good, always_print_fields_with_no_presence=False)
    assert len(filled) == len(ANSWERS)  # both texts make the same two
    assert bad.error.message == "Bad."
    (received,) = vision_server.received
    assert received.api_key == "planted-key" and vision_server.images == 2


def test_refusals_come_in_the_order_of_the_script(
    client: vision_v1.ImageAnnotatorClient, vision_server: VisionServer
) -> None:
    vision_server.script([QUOTA, NOT_ENABLED])
    with pytest.raises(exceptions.TooManyRequests) as quota:
        _send(client)
    assert quota.value.reason == "RATE_LIMIT_EXCEEDED"
    with pytest.raises(exceptions.Forbidden, match="has not been used in project") as disabled:
        _send(client)
    assert disabled.value.reason == "SERVICE_DISABLED"
    assert _send(client).responses and vision_server.requests == 3


def test_a_call_that_hangs_is_seen_to_be_left(
    client: vision_v1.ImageAnnotatorClient, vision_server: VisionServer
) -> None:
    vision_server.script([Hang()], then=Good())
    with pytest.raises(Exception, match=r"Deadline Exceeded|Read timed out"):
        _send(client, seconds=0.2)
    vision_server.wait_abandoned(1)
    assert vision_server.connections == 1


def test_tokens_and_refusals_of_tokens(token_server: TokenServer, tmp_path: Path) -> None:
    file = token_server.service_account(tmp_path)
    scope = ["https://www.googleapis.com/auth/cloud-platform"]
    account = Credentials.from_service_account_file(file, scopes=scope)  # type: ignore[no-untyped-call]
    account.refresh(Request())
    assert account.token.startswith("ya29.")
    token_server.script([REVOKED])
    with pytest.raises(RefreshError, match="expired or revoked"):
        account.refresh(Request())
    assert len(token_server.received) == 2


def test_a_proxy_is_asked_for_what_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with ProxyStub(407) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            requests.get("https://vision.example.com/", timeout=20)
    assert proxy.asked == ["CONNECT vision.example.com:443"] and proxy.connections == 1
